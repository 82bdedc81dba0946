"""The commands `credit-village approval …`: what takes two persons, each with an account and its password."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.access.readiness import Requirements, left_to_do
from app.access.scope import Viewer
from app.access.service import sign_in, viewer
from app.approvals import effects, proposals, service
from app.approvals.approval import STATE_LABELS, Standing
from app.approvals.proposals import Proposal
from app.db import Session, make_engine, reading, transaction
from app.errors import AccountNotReady, Invalid, SecondFactorNeeded
from app.exports.export import Format
from app.models import SubjectKind
from app.subjects.key_source import cipher_of

approvals = typer.Typer(
    name="approval", help="双人审批 · what takes a second person: ask, grant, refuse", no_args_is_help=True
)
requests = typer.Typer(name="request", help="申请 · ask for a second person", no_args_is_help=True)
approvals.add_typer(requests)
console = Console(highlight=False, soft_wrap=True)

Number = Annotated[int, typer.Argument(min=1, help="审批编号 the number of the approval")]
By = Annotated[str, typer.Option(help="本人账号 your own username")]
# Asked for at the terminal, so that it is in no list of commands.
Password = Annotated[
    str, typer.Option(prompt="密码 password", hide_input=True, help="asked for if not given")
]
Reason = Annotated[str, typer.Option(help="理由 why, for the second person and for the record")]


@approvals.command("list")
def list_(by: By, password: Password) -> None:
    """Show what waits in your division, and whether you may decide about it."""
    at = clock.now()
    who = _signed_in(by, password)
    with reading(make_engine(settings.from_environment().database_url)) as session:
        found = service.work_list(session, viewer=who, at=at, limit=500)
    for one in found:
        console.print(_line(one), markup=False)
    if not found:
        console.print("没有待办审批 · nothing waits", markup=False)


@approvals.command()
def show(number: Number, by: By, password: Password) -> None:
    """Show exactly what is asked for."""
    who = _signed_in(by, password)
    with reading(make_engine(settings.from_environment().database_url)) as session:
        found = service.standing(session, number, viewer=who, at=clock.now())
    console.print(_line(found), markup=False)
    console.print(f"理由 reason: {found.approval.reason}", markup=False)
    console.print(json.dumps(found.approval.content, ensure_ascii=False, indent=2), markup=False)


@approvals.command()
def grant(number: Number, reason: Reason, by: By, password: Password) -> None:
    """Grant what another person asked for; rules and recipients take effect at once."""
    _decide(number, granted=True, reason=reason, who=_signed_in(by, password))


@approvals.command()
def refuse(number: Number, reason: Reason, by: By, password: Password) -> None:
    """Refuse what another person asked for."""
    _decide(number, granted=False, reason=reason, who=_signed_in(by, password))


@requests.command("activate-rule")
def activate_rule(
    code: Annotated[str, typer.Argument(help="规则编码 the code of the rules, as in CQ-H-1")],
    effective_from: Annotated[str, typer.Argument(metavar="DATE", help="生效首日 their first day")],
    *,
    pia: Annotated[str, typer.Option(help="个人信息保护影响评估 the impact assessment (REQ-417)")],
    reason: Reason,
    by: By,
    password: Password,
) -> None:
    """Ask that a newer card, criterion or the rules about records be put in force."""
    try:
        day = date.fromisoformat(effective_from)
    except ValueError:
        raise Invalid(f"DATE: {effective_from!r} is no date; write it as 2026-01-01") from None
    who = _signed_in(by, password)
    _ask(
        lambda session: proposals.activation(session, code, effective_from=day, pia=pia, maker=who),
        reason=reason,
        who=who,
    )


@requests.command("new-recipient")
def new_recipient(
    organisation_id: Annotated[int, typer.Argument(min=1, help="机构编号 the id of the bank")],
    *,
    document: Annotated[str, typer.Option(help="合作协议 the agreement with it")],
    reason: Reason,
    by: By,
    password: Password,
) -> None:
    """Ask that a bank be admitted to receive ratings."""
    who = _signed_in(by, password)
    _ask(
        lambda session: proposals.new_recipient(session, organisation_id, document=document, maker=who),
        reason=reason,
        who=who,
    )


@requests.command("bulk-export")
def bulk_export(
    place_code: Annotated[str, typer.Argument(help="区划代码 the division, 12 digits")],
    *,
    reason: Reason,
    by: By,
    password: Password,
    subjects: Annotated[SubjectKind, typer.Option(help="农户或经营主体 whose")] = SubjectKind.HOUSEHOLD,
    form: Annotated[Format, typer.Option("--format", help="文件格式")] = Format.XLSX,
) -> None:
    """Ask for the ratings of a place as a file; once granted, take it at POST /v1/exports."""
    who = _signed_in(by, password)
    _ask(
        lambda session: proposals.bulk_export(
            session, place_code, subjects=subjects, form=form.value, maker=who, on=clock.today()
        ),
        reason=reason,
        who=who,
    )


def _signed_in(username: str, password: str) -> Viewer:
    """Whoever types the command, as the password shows: an account of another person cannot be borrowed.

    The code of the second factor is asked for where the account has one.
    """
    try:
        found = _sign_in(username, password, code="")
    except SecondFactorNeeded:
        code = str(typer.prompt("动态口令 code of the second factor", hide_input=True))
        found = _sign_in(username, password, code=code)
    if not found.ready:
        # Whoever made the account knows its first password, and could be both persons.
        raise AccountNotReady(
            "账号尚未启用，请先修改密码并绑定动态口令 · this account is not ready: change the password and "
            "enrol the second factor first"
        )
    return found


def _sign_in(username: str, password: str, *, code: str) -> Viewer:
    at, chosen = clock.now(), settings.from_environment()
    asked = Requirements(chosen.second_factor == "required", chosen.password_days)
    sealing = cipher_of(chosen) if code else None
    with transaction(make_engine(chosen.database_url)) as session:
        drift = chosen.code_drift_steps
        user = sign_in(session, username, password, at=at, code=code, sealing=sealing, drift_steps=drift)
        return replace(viewer(session, user.user_id), ready=not left_to_do(user, asked, at=at))


def _ask(propose: Callable[[Session], Proposal], *, reason: str, who: Viewer) -> None:
    at = clock.now()
    with transaction(make_engine(settings.from_environment().database_url)) as session:
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
    console.print(_line(found), markup=False)
    console.print(
        f"须由另一人批准 · another person grants it: credit-village approval grant {made.approval_id}",
        markup=False,
    )


def _decide(number: int, *, granted: bool, reason: str, who: Viewer) -> None:
    at = clock.now()
    with transaction(make_engine(settings.from_environment().database_url)) as session:
        effects.decide(session, number, granted=granted, reason=reason, checker=who, at=at)
        found = service.standing(session, number, viewer=who, at=at)
    console.print(_line(found), markup=False)


def _line(standing: Standing) -> str:
    approval = standing.approval
    until = approval.expires_at.astimezone(clock.CHINA)
    mine = "  待您审批 yours to decide" if standing.may_decide else ""
    return (
        f"{approval.approval_id:>6}  {approval.kind.label}  {approval.target}  "
        f"{STATE_LABELS[standing.state]}  申请人 {standing.made_by}  期限 {until:%Y-%m-%d %H:%M}{mine}"
    )
