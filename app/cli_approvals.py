"""The commands `credit-village approval …`: what takes two persons, each with an account and its password."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console

from app import clock, settings
from app.access.scope import Viewer
from app.approvals import effects, proposals, service
from app.approvals.approval import STATE_LABELS, Standing
from app.approvals.labels import labels_of
from app.approvals.proposals import Proposal
from app.cli_signing_in import By, Password, signed_in
from app.cli_transactions import recorded
from app.db import NUMBER_MAX, Session
from app.errors import Invalid
from app.exports.export import Format
from app.models import SubjectKind
from app.subjects.cipher import Cipher
from app.subjects.key_source import cipher_of
from app.subjects.keys import follow

approvals = typer.Typer(
    name="approval", help="双人审批 · what takes a second person: ask, grant, refuse", no_args_is_help=True
)
requests = typer.Typer(name="request", help="申请 · ask for a second person", no_args_is_help=True)
approvals.add_typer(requests)
console = Console(highlight=False, soft_wrap=True)

Number = Annotated[int, typer.Argument(min=1, max=NUMBER_MAX, help="审批编号 the number of the approval")]
Reason = Annotated[str, typer.Option(help="理由 why, for the second person and for the record")]


@approvals.command("list")
def list_(by: By, password: Password) -> None:
    """Show what waits in your division, and whether you may decide about it."""
    at = clock.now()
    who = signed_in(by, password, to="approvals")
    chosen = settings.from_environment()
    with recorded(chosen) as session:
        found = service.work_list(session, viewer=who, at=at, limit=500)
        lines = _lines(session, cipher_of(chosen), found, who=who)
    for line in lines:
        console.print(line, markup=False)
    if not found:
        console.print("没有待办审批 · nothing waits", markup=False)


@approvals.command()
def show(number: Number, by: By, password: Password) -> None:
    """Show exactly what is asked for."""
    who = signed_in(by, password, to="approval")
    chosen = settings.from_environment()
    with recorded(chosen) as session:
        found = service.standing(session, number, viewer=who, at=clock.now())
        [line] = _lines(session, cipher_of(chosen), [found], who=who)
    console.print(line, markup=False)
    console.print(f"理由 reason: {found.approval.reason}", markup=False)
    for line in _change(found.approval.content.get(proposals.WHAT_IF) or {}):
        console.print(line, markup=False)
    console.print(json.dumps(found.approval.content, ensure_ascii=False, indent=2), markup=False)


@approvals.command()
def grant(number: Number, *, by: By, password: Password, reason: Reason = "") -> None:
    """Grant what another person asked for; rules and recipients take effect at once."""
    _decide(number, granted=True, reason=reason, who=signed_in(by, password, to="decide_approval"))


@approvals.command()
def refuse(number: Number, *, by: By, password: Password, reason: Reason = "") -> None:
    """Refuse what another person asked for."""
    _decide(number, granted=False, reason=reason, who=signed_in(by, password, to="decide_approval"))


@requests.command("activate-rule")
def activate_rule(
    code: Annotated[str, typer.Argument(help="规则编码 the code of the rules, as in CQ-H-1")],
    effective_from: Annotated[str, typer.Argument(metavar="DATE", help="生效首日 their first day")],
    *,
    pia: Annotated[str, typer.Option(help="个人信息保护影响评估 the impact assessment (REQ-417)")],
    reason: Reason = "",
    by: By,
    password: Password,
) -> None:
    """Ask that a newer card, criterion or the rules about records be put in force."""
    try:
        day = date.fromisoformat(effective_from)
    except ValueError:
        raise Invalid(f"DATE: {effective_from!r} is no date; write it as 2026-01-01") from None
    who = signed_in(by, password, to="ask_approval")
    _ask(
        lambda session: proposals.activation(
            session, code, effective_from=day, pia=pia, maker=who, on=clock.today()
        ),
        reason=reason,
        who=who,
    )


@requests.command("new-recipient")
def new_recipient(
    organisation_id: Annotated[
        int, typer.Argument(min=1, max=NUMBER_MAX, help="机构编号 the id of the bank")
    ],
    *,
    document: Annotated[str, typer.Option(help="合作协议 the agreement with it")],
    reason: Reason = "",
    by: By,
    password: Password,
) -> None:
    """Ask that a bank be admitted to receive ratings."""
    who = signed_in(by, password, to="ask_approval")
    _ask(
        lambda session: proposals.new_recipient(session, organisation_id, document=document, maker=who),
        reason=reason,
        who=who,
    )


@requests.command("bulk-export")
def bulk_export(
    place_code: Annotated[str, typer.Argument(help="区划代码 the division, 12 digits")],
    *,
    reason: Reason = "",
    by: By,
    password: Password,
    subjects: Annotated[SubjectKind, typer.Option(help="农户或经营主体 whose")] = SubjectKind.HOUSEHOLD,
    form: Annotated[Format, typer.Option("--format", help="文件格式")] = Format.XLSX,
    plaques: Annotated[bool, typer.Option("--plaques", help="授牌名录 the plaques, not ratings")] = False,
) -> None:
    """Ask for the ratings or plaques of a place as a file; once granted, take it at POST /v1/exports."""
    who = signed_in(by, password, to="ask_approval")
    if plaques:
        _ask(
            lambda session: proposals.plaque_export(
                session, place_code, form=form.value, maker=who, on=clock.today()
            ),
            reason=reason,
            who=who,
        )
        return
    _ask(
        lambda session: proposals.bulk_export(
            session, place_code, subjects=subjects, form=form.value, maker=who, on=clock.today()
        ),
        reason=reason,
        who=who,
    )


@requests.command("override")
def override(
    subject_id: Annotated[
        int, typer.Argument(min=1, max=NUMBER_MAX, help="主体编号 the number of the subject")
    ],
    grade: Annotated[str, typer.Argument(help="调整后的等级 the grade to go by, as in A")],
    *,
    reason_code: Annotated[str, typer.Option(help="原因代码 the code of the reason, as in O01")],
    document: Annotated[str, typer.Option(help="依据文件 the document this rests on")],
    reason: Reason = "",
    by: By,
    password: Password,
    months: Annotated[
        int | None, typer.Option(min=1, help="月数 how long, as the rules say if not given")
    ] = None,
) -> None:
    """Ask that another grade than the card's be gone by for a while, as far as the rules allow."""
    who = signed_in(by, password, to="ask_approval")
    _ask(
        lambda session: proposals.override(
            session,
            subject_id,
            grade=grade,
            reason_code=reason_code,
            document=document,
            months=months,
            maker=who,
            at=clock.now(),
        ),
        reason=reason,
        who=who,
    )


def _ask(propose: Callable[[Session], Proposal], *, reason: str, who: Viewer) -> None:
    at, chosen = clock.now(), settings.from_environment()
    with recorded(chosen) as session:
        wanted = propose(session)
        made = service.request(
            session,
            kind=wanted.kind,
            target=wanted.target,
            content=wanted.content,
            reason=reason,
            maker=who,
            at=at,
        )
        found = service.standing(session, made.approval_id, viewer=who, at=at)
        [line] = _lines(session, cipher_of(chosen), [found], who=who)
    console.print(line, markup=False)
    console.print(
        f"须由另一人批准 · another person grants it: credit-village approval grant {made.approval_id}",
        markup=False,
    )


def _decide(number: int, *, granted: bool, reason: str, who: Viewer) -> None:
    at, chosen = clock.now(), settings.from_environment()
    with recorded(chosen) as session:
        effects.decide(session, number, granted=granted, reason=reason, checker=who, at=at)
        found = service.standing(session, number, viewer=who, at=at)
        [line] = _lines(session, cipher_of(chosen), [found], who=who)
    console.print(line, markup=False)


def _change(told: Mapping[str, Any]) -> Iterator[str]:
    """What new criteria would change, in short; everything about it stands in the content."""
    if "as_of" not in told:
        return
    yield (
        f"标准变动测算 what it changes（{told['as_of']}，{told['place_count']} 处）: 达标 these hold "
        f"{told['holding_before_count']} → {told['holding_after_count']}"
    )
    for label, places in (("新达标 gain", told["gained"]), ("不再达标 lose", told["lost"])):
        yield f"{label}: {'、'.join(place['name'] for place in places) or '无 none'}"


def _lines(session: Session, cipher: Cipher, found: Sequence[Standing], *, who: Viewer) -> list[str]:
    """Each approval in a line: what it is about in words, and the target the machine keeps beside them."""
    follow(session, cipher)
    said = labels_of(session, cipher, [one.approval for one in found], viewer=who)
    service.record_views(session, found, viewer=who, at=clock.now())
    return [_line(one, label=said[one.approval.approval_id]) for one in found]


def _line(standing: Standing, *, label: str) -> str:
    approval = standing.approval
    until = approval.expires_at.astimezone(clock.CHINA)
    mine = "  待您审批 yours to decide" if standing.may_decide else ""
    return (
        f"{approval.approval_id:>6}  {approval.kind.label}：{label}  [{approval.target}]  "
        f"{STATE_LABELS[standing.state]}  申请人 {standing.made_by}  期限 {until:%Y-%m-%d %H:%M}{mine}"
    )
