"""The commands `credit-village appraisal …` and `credit-village override …` of a signed-in official."""

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from app import clock, settings
from app.appraisals import service
from app.appraisals.appraisal import STATE_LABELS, OwnRound, Round, RoundResult
from app.appraisals.paper import written
from app.cli_days import as_day
from app.cli_signing_in import By, Password, signed_in
from app.cli_transactions import recorded
from app.consents.activities import Activity, Basis, basis_of
from app.db import NUMBER_MAX, make_engine, reading
from app.errors import SetupError
from app.jobs.appraisal_sheets import read_paper
from app.jobs.demo.appraisals import add_appraisals
from app.jobs.imports.reading import file_content
from app.models import Role
from app.overrides import service as override_service
from app.overrides.override import ReportLine
from app.records.current import months_before
from app.subjects.cipher import Cipher
from app.subjects.key_source import cipher_of

appraisals = typer.Typer(
    name="appraisal", help="背靠背评议 · rounds of village appraisal", no_args_is_help=True
)
overrides = typer.Typer(name="override", help="评级调整 · overrides of the card", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)

RoundNo = Annotated[int, typer.Argument(min=1, max=NUMBER_MAX, help="轮次编号 the number of the round")]
Number = Annotated[
    int, typer.Argument(min=1, max=NUMBER_MAX, help="评议员序号 the number of the appraiser in the round")
]
Reason = Annotated[str, typer.Option(help="原因 why")]
Early = Annotated[str, typer.Option("--reason", help="无人提交时提前截止的理由 why, while no sheet is in")]
_DETAILS = {
    "points_from_the_others": "与他人平均相差 points from the others",
    "household_count": "户数 households",
    "top_count": "评最高的户数 with top marks",
    "kappa": "kappa",
    "kappa_least": "下限 least",
}


@appraisals.command("open")
def open_(
    place_code: Annotated[str, typer.Argument(help="村（社区）代码 the village, 12 digits")],
    closes: Annotated[str, typer.Option(metavar="DATE", help="可截止首日 from when on it may be closed")],
    by: By,
    password: Password,
    opens: Annotated[str | None, typer.Option(metavar="DATE", help="开始日期 today if not given")] = None,
) -> None:
    """Open a round for a village over every household it has today."""
    who, chosen = signed_in(by, password, to="open_round"), settings.from_environment()
    with recorded(chosen) as session:
        found = service.open_round(
            session,
            place_code,
            opens_on=clock.today() if opens is None else as_day(opens),
            closes_on=as_day(closes),
            needs_consent=basis_of(Activity.RATE, chosen.operator_basis) is not Basis.STATUTORY_DUTY,
            viewer=who,
            at=clock.now(),
        )
    _say(_line(found))


@appraisals.command("list")
def list_(by: By, password: Password) -> None:
    """Show the rounds of your division, the newest first; an appraiser sees the own ones without a count."""
    who = signed_in(by, password, to="appraisal_rounds")
    with reading(make_engine(settings.from_environment().database_url)) as session:
        if who.role is Role.APPRAISER:
            lines = [
                _own_line(one) for one in service.own_rounds(session, viewer=who, on=clock.today(), limit=500)
            ]
        else:
            found = service.rounds_within(session, viewer=who, on=clock.today(), limit=500)
            lines = [_line(one) for one in found]
    for line in lines:
        _say(line)
    if not lines:
        _say("没有评议轮次 · there are no rounds")


@appraisals.command()
def invite(
    round_id: RoundNo,
    name: Annotated[str, typer.Argument(help="评议员姓名 the name, kept sealed")],
    *,
    by: By,
    password: Password,
    username: Annotated[str | None, typer.Option(help="评议员账号 without one: on paper")] = None,
    kin: Annotated[
        list[str] | None, typer.Option(help="亲属户号 a household he is kin of; repeatable")
    ] = None,
) -> None:
    """Invite an appraiser, with an account or on paper; marks of kin do not count."""
    who, chosen = signed_in(by, password, to="invite_appraiser"), settings.from_environment()
    with recorded(chosen) as session:
        made = service.invite(
            session,
            _cipher(chosen),
            round_id,
            name=name,
            username=username,
            kin_household_nos=kin or [],
            viewer=who,
            at=clock.now(),
        )
    how = "线上 online" if made.username else "纸质 on paper"
    _say(
        f"{made.appraiser.number} 号评议员，{how}，表号 {made.appraiser.form_code}，亲属 {made.kin_count} 户"
    )


@appraisals.command("print")
def print_(
    round_id: RoundNo,
    number: Number,
    target: Annotated[Path, typer.Argument(help="写入的 .xlsx where to write the workbook")],
    by: By,
    password: Password,
) -> None:
    """Write the blank sheet of an appraiser to an .xlsx to be printed or filled in."""
    who, chosen = signed_in(by, password, to="print_form"), settings.from_environment()
    with reading(make_engine(chosen.database_url)) as session:
        form = service.paper_form(session, _cipher(chosen), round_id, number, viewer=who, on=clock.today())
    try:
        target.write_bytes(written(form))
    except OSError as error:
        raise SetupError(f"cannot write {target}: {error.strerror}") from None
    _say(f"{target}: 表号 {form.form_code}，{len(form.lines)} 户 · {len(form.lines)} households")


@appraisals.command("import")
def import_(round_id: RoundNo, number: Number, file: Path, by: By, password: Password) -> None:
    """Take a filled-in sheet: whole, or every wrong line is named and nothing is kept."""
    who, chosen = signed_in(by, password, to="import_sheet"), settings.from_environment()
    content, cipher = file_content(file), _cipher(chosen)
    with recorded(chosen) as session:
        form = service.awaited_form(session, cipher, round_id, number, viewer=who, on=clock.today())
        marks = read_paper(content, form)
        made = service.submit_paper(
            session,
            cipher,
            round_id,
            number,
            marks,
            file_sha256=hashlib.sha256(content).hexdigest(),
            viewer=who,
            at=clock.now(),
        )
    _say(f"{file.name}: 已提交 {len(marks)} 户，不能再改，指纹 {made.fingerprint[:12]} · submitted for good")


@appraisals.command()
def close(round_id: RoundNo, by: By, password: Password, *, reason: Early = "") -> None:
    """Close a round, once; the next night rates by what it came to."""
    who, chosen = signed_in(by, password, to="close_round"), settings.from_environment()
    cipher, at = _cipher(chosen), clock.now()
    with recorded(chosen) as session:
        found = service.close_round(session, cipher, round_id, viewer=who, at=at, reason=reason)
        result = service.result_of_round(session, cipher, round_id, viewer=who, at=at)
    _say(_line(found))
    _tell(result, households=False)


@appraisals.command()
def result(round_id: RoundNo, by: By, password: Password) -> None:
    """Show what a closed round came to, household by household; whoever looks is on record."""
    who, chosen = signed_in(by, password, to="round_result"), settings.from_environment()
    with recorded(chosen) as session:
        found = service.result_of_round(session, _cipher(chosen), round_id, viewer=who, at=clock.now())
    _say(_line(found.round))
    _tell(found, households=True)


@appraisals.command()
def demo() -> None:
    """Add one open and two closed rounds to the demonstration district; everything in them is synthetic."""
    chosen = settings.from_environment()
    made = add_appraisals(make_engine(chosen.database_url), _cipher(chosen), at=clock.now())
    for line in made:
        _say(line)


@overrides.command("list")
def list_overrides(by: By, password: Password) -> None:
    """Show the overrides of your division that began within a year, the newest first."""
    who, on = signed_in(by, password, to="overrides"), clock.today()
    with recorded() as session:
        found = override_service.listed(
            session, viewer=who, first=months_before(on, 12), end=_tomorrow(on), on=on, limit=500
        )
        override_service.record_views(session, found, viewer=who, at=clock.now())
    for one in found:
        _say(f"{one.override_id:>6}  主体 {one.subject_id}  {one.place_name}  {one.words}")
    if not found:
        _say("没有评级调整 · there are no overrides")


@overrides.command("end")
def end_override(
    override_id: Annotated[
        int, typer.Argument(min=1, max=NUMBER_MAX, help="调整编号 the number of the override")
    ],
    *,
    by: By,
    password: Password,
    reason: Reason = "",
) -> None:
    """End an override before its time; from today on the grade of the card holds again."""
    who = signed_in(by, password, to="end_override")
    with recorded() as session:
        made = override_service.end(session, override_id, reason=reason, viewer=who, at=clock.now())
        override_service.record_views(session, [made], viewer=who, at=clock.now())
    _say(f"{made.override_id:>6}  {made.words}")


@overrides.command()
def report(
    by: By,
    password: Password,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="起 a year ago if not given")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="止（不含） up to today if not given")
    ] = None,
) -> None:
    """Count the overrides that each official asked for and each village had."""
    who, on = signed_in(by, password, to="override_report"), clock.today()
    since, until = (
        as_day(first) if first else months_before(on, 12),
        as_day(end) if end else _tomorrow(on),
    )
    with reading(make_engine(settings.from_environment().database_url)) as session:
        officials, villages = override_service.report(session, viewer=who, first=since, end=until, on=on)
    _say(f"评级调整统计 overrides from {since} until before {until}")
    for title, lines in (("按申请人 per official", officials), ("按村（社区） per village", villages)):
        _say(title)
        for line in lines:
            _say(_counted(line))
        if not lines:
            _say("  没有 none")


def _counted(line: ReportLine) -> str:
    return (
        f"  {line.code} {line.name}: 共 {line.override_count}（上调 {line.raised_count}，下调 "
        f"{line.lowered_count}），生效中 {line.in_force_count}，提前终止 {line.ended_early_count}"
    )


def _tell(found: RoundResult, *, households: bool) -> None:
    for one in found.measures:
        share = "—" if one.share is None else f"{one.share:.1%}"
        _say(f"  {one.label} {share}  {one.numerator}/{one.denominator}（{one.denominator_name}）")
    kappa = found.round.closing.kappa if found.round.closing else None
    _say(f"  一致性 Fleiss kappa {'—' if kappa is None else f'{kappa:.3f}'}")
    for flag in found.flags:
        numbers = "、".join(f"{n} 号" for n in (flag.appraiser_number, flag.other_appraiser_number) if n)
        about = f" 主体 {flag.subject_id}" if flag.subject_id else ""
        _say(f"  提示 {flag.kind.label}{numbers and f' {numbers}'}{about}{_detail(flag.detail)}")
    for one_line in found.lines if households else ():
        line = one_line.line
        score = "没有结果 no result" if one_line.score is None else f"{one_line.score:.2f} {one_line.grade}"
        _say(
            f"  {line.line:>4}  {line.household_no}  {line.name_masked}  {line.standing.label}  {score}  "
            f"有效 {one_line.appraiser_count} 人，赞成 {one_line.favourable_count} 人"
        )


def _detail(detail: Mapping[str, Any]) -> str:
    """The figures behind a flag, each after its name."""
    told = (f"{_DETAILS[name]} {number}" for name, number in detail.items() if name in _DETAILS)
    return "".join(f"，{one}" for one in told)


def _line(found: Round) -> str:
    return (
        f"{_head(found)}  农户 {found.household_count}，可评 {found.appraisable_count}，"
        f"评议员 {found.invited_count}，已提交 {found.submitted_count}{_why(found)}"
    )


def _why(found: Round) -> str:
    reason = found.closing.reason if found.closing else None
    return f"  提前截止：{reason}" if reason else ""


def _own_line(found: OwnRound) -> str:
    return f"{_head(found)}  本人评议表{'已提交' if found.submitted else '未提交'}"


def _head(found: Round | OwnRound) -> str:
    kept = found.round
    return (
        f"{kept.appraisal_round_id:>4}  {found.place.name} {found.place.code}  第 {kept.number} 轮  "
        f"{STATE_LABELS[found.state]}  {kept.opens_on} 至 {kept.closes_on}"
    )


def _say(text: str) -> None:
    console.print(text, markup=False)


def _cipher(chosen: settings.Settings) -> Cipher:
    return cipher_of(chosen)


def _tomorrow(on: date) -> date:
    return date.fromordinal(on.toordinal() + 1)
