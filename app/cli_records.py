"""The commands `credit-village record …` and `household …`: what happens to records and households."""

from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.cli_days import as_day
from app.cli_transactions import recorded
from app.corrections import service as corrections
from app.db import NUMBER_MAX
from app.errors import SetupError
from app.models import RecordEvent
from app.records.rules import RecordRules
from app.rules.service import record_rules_in_force
from app.subjects import lineage
from app.subjects.key_source import cipher_of
from app.subjects.keys import hold

records = typer.Typer(
    name="record",
    help="记录的更正、修复、告知与说明 · correct, repair, end, notify, comment on a record",
    no_args_is_help=True,
)
households = typer.Typer(
    name="household", help="并户、分户、撤销 · merge, split and undo", no_args_is_help=True
)
console = Console(highlight=False, soft_wrap=True)

RecordId = Annotated[
    int, typer.Argument(min=1, max=NUMBER_MAX, help="the number of the record (see `trace`)")
]
SubjectId = Annotated[int, typer.Argument(min=1, max=NUMBER_MAX, help="主体编号 the number of the household")]
LineageId = Annotated[int, typer.Argument(min=1, max=NUMBER_MAX, help="并户编号 the number of the merge")]
Document = Annotated[str, typer.Option(help="依据文件 the document this rests on")]
By = Annotated[str, typer.Option(help="经办人 who does it")]


@records.command()
def correct(
    record_id: RecordId,
    document: Document,
    by: By,
    reason: Annotated[str, typer.Option(help="why it was wrong from the start")],
    value: Annotated[float | None, typer.Option(help="the right value in the unit of the catalogue")] = None,
) -> None:
    """A record was wrong from the start: it no longer counts, and the right value takes its place."""
    with recorded() as session:
        _tell(corrections.correct(session, record_id, value=value, reason=reason, act=_act(document, by)))


@records.command()
def repair(
    record_id: RecordId,
    document: Document,
    by: By,
    repair_class: Annotated[str, typer.Option("--class", help="light, general or serious")],
) -> None:
    """An entry of a public list was made good: after its least term it is no longer used or shown."""
    with recorded() as session:
        rules = _rules(record_rules_in_force(session, on=clock.today()))
        act = _act(document, by)
        _tell(corrections.repair(session, record_id, repair_class=repair_class, rules=rules, act=act))


@records.command()
def restore(
    record_id: RecordId,
    document: Document,
    by: By,
    reason: Annotated[str, typer.Option(help="why the correction or repair was a mistake")],
) -> None:
    """Take back a correction or a repair."""
    with recorded() as session:
        _tell(corrections.restore(session, record_id, reason=reason, act=_act(document, by)))


@records.command()
def end(
    record_id: RecordId,
    document: Document,
    by: By,
    ended_on: Annotated[str, typer.Option("--on", metavar="DATE", help="such as 2026-11-30")],
) -> None:
    """State the day on which an adverse event ended: five years later it is gone."""
    with recorded() as session:
        _tell(corrections.end(session, record_id, ended_on=as_day(ended_on), act=_act(document, by)))


@records.command()
def notice(
    record_id: RecordId,
    document: Document,
    by: By,
    noticed_on: Annotated[str, typer.Option("--on", metavar="DATE", help="such as 2026-11-30")],
) -> None:
    """State the day on which the person was told of an adverse record: until then it does not count."""
    with recorded() as session:
        _tell(corrections.notice(session, record_id, noticed_on=as_day(noticed_on), act=_act(document, by)))


@records.command()
def statement(record_id: RecordId, text: str, document: Document, by: By) -> None:
    """Keep what the person says about an adverse record, at most 100 characters; it is shown beside it."""
    chosen = settings.from_environment()
    cipher = cipher_of(chosen)
    with recorded() as session:
        hold(session, cipher)
        rules = _rules(record_rules_in_force(session, on=clock.today()))
        corrections.state(session, cipher, record_id, text=text, rules=rules, act=_act(document, by))
    console.print(f"已保存本人说明 · the statement is kept beside record {record_id}", markup=False)


@households.command()
def merge(
    from_id: SubjectId,
    into_id: SubjectId,
    document: Document,
    by: By,
    happened_on: Annotated[str, typer.Option("--on", metavar="DATE", help="such as 2026-11-30")],
) -> None:
    """Merge one household into another: its records count there from the next night on."""
    with recorded() as session:
        made = lineage.merge(
            session,
            from_id,
            into_id,
            happened_on=as_day(happened_on),
            document=document,
            on=clock.today(),
            at=clock.now(),
            by=by,
        )
    console.print(f"并户 merge {made.lineage_id}: {from_id} → {into_id}", markup=False)


@households.command()
def split(
    from_id: SubjectId,
    new_id: SubjectId,
    document: Document,
    by: By,
    happened_on: Annotated[str, typer.Option("--on", metavar="DATE", help="such as 2026-11-30")],
) -> None:
    """Note that a household on file came out of another one."""
    with recorded() as session:
        made = lineage.split(
            session,
            from_id,
            new_id,
            happened_on=as_day(happened_on),
            document=document,
            on=clock.today(),
            at=clock.now(),
            by=by,
        )
    console.print(f"分户 split {made.lineage_id}: {from_id} → {new_id}", markup=False)


@households.command("undo-merge")
def undo_merge(lineage_id: LineageId, document: Document, by: By) -> None:
    """Take back a merge that was a mistake: both households are as if it had never been."""
    with recorded() as session:
        lineage.undo_merge(session, lineage_id, document=document, at=clock.now(), by=by)
    console.print(f"已撤销并户 · merge {lineage_id} is undone", markup=False)


def _act(document: str, by: str) -> corrections.Act:
    return corrections.Act(clock.today(), clock.now(), by, document)


def _rules(found: RecordRules | None) -> RecordRules:
    if found is None:
        raise SetupError("the rules about records are not loaded; run `credit-village init`")
    return found


def _tell(event: RecordEvent) -> None:
    right = f"，新记录 new record {event.replaced_by}" if event.replaced_by else ""
    console.print(
        f"记录 record {event.record_id}: {event.kind.label} {event.kind}{right}；下一次夜间评级生效 · "
        "the next night follows",
        markup=False,
    )
