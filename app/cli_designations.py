"""The commands `credit-village designations …`: the path of titles, each step by a person with an account."""

import json
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.access.looks import record_looks, refusals_recorded
from app.access.scope import Viewer
from app.certificates.signing import Signer
from app.cli_signing_in import By, Password, signed_in
from app.cli_title_choice import AT_ONCE, Choice, chosen_titles, listed_of, only, without_aside
from app.cli_title_lines import proposed_lines, title_line
from app.cli_transactions import recorded
from app.db import NUMBER_MAX
from app.designations.service.announcing import Announcing
from app.designations.service.proposing import propose_all, propose_one
from app.designations.service.shown import (
    record_views,
    shown_left_out,
    shown_path,
    shown_titles,
    told_by_refusal,
    told_by_refusals,
)
from app.designations.service.steps import act_of, seen_by, take_many
from app.designations.service.titles import calendar, work_list
from app.designations.standing import Refusal
from app.errors import Conflict
from app.models import DesignationAction, DesignationKind, DesignationState
from app.subjects.cipher import Cipher
from app.subjects.key_source import cipher_of

designations = typer.Typer(
    name="designations",
    help="信用户、信用主体、信用村、信用镇 · titles: propose, check, notice, award, review, revoke",
    no_args_is_help=True,
)
console = Console(highlight=False, soft_wrap=True)

Number = Annotated[int, typer.Argument(min=1, max=NUMBER_MAX, help="称号编号 the number of the title")]
Numbers = Annotated[list[int] | None, typer.Argument(min=1, max=NUMBER_MAX, help="称号编号 their numbers")]
Kind = Annotated[DesignationKind, typer.Option(help="称号类别 which title")]
AnyKind = Annotated[DesignationKind | None, typer.Option(help="称号类别 only one kind")]
PlaceCode = Annotated[str | None, typer.Option("--place", help="区划代码 a division, 12 digits")]
Reason = Annotated[str, typer.Option(help="理由 why, for the record")]
Document = Annotated[str, typer.Option(help="依据文件 what it rests on")]


class Check(StrEnum):
    """Whose check it is."""

    VILLAGE = "village"
    TOWN = "town"


class Outcome(StrEnum):
    """What a review comes to."""

    BEGIN = "begin"
    RENEW = "renew"
    PROBATION = "probation"
    RESTORE = "restore"


class Taking(StrEnum):
    """A revocation is announced by one person and decided by another."""

    POST = "post"
    REVOKE = "revoke"
    KEEP = "keep"


_CHECKS = {
    Check.VILLAGE: (DesignationAction.CHECK_VILLAGE, (DesignationState.PROPOSED,)),
    Check.TOWN: (
        DesignationAction.CHECK_TOWN,
        (DesignationState.VILLAGE_CHECKED, DesignationState.PROPOSED),
    ),
}
_OUTCOMES = {
    Outcome.BEGIN: DesignationAction.BEGIN_REVIEW,
    Outcome.RENEW: DesignationAction.RENEW,
    Outcome.PROBATION: DesignationAction.PUT_ON_PROBATION,
    Outcome.RESTORE: DesignationAction.RESTORE,
}
_TAKING = {
    Taking.POST: DesignationAction.POST_REVOCATION,
    Taking.REVOKE: DesignationAction.REVOKE,
    Taking.KEEP: DesignationAction.KEEP,
}


@designations.command("list")
def list_(
    by: By,
    password: Password,
    *,
    kind: AnyKind = None,
    state: Annotated[DesignationState | None, typer.Option(help="状态 only one state")] = None,
    place: PlaceCode = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="待我办理 only what waits for me")] = False,
) -> None:
    """Show the titles of your division, or what waits for you."""
    who, at = signed_in(by, password, to="designations"), clock.now()
    with recorded() as session:
        if waiting:
            items = work_list(session, viewer=who, on=clock.day_of(at), limit=AT_ONCE)
            rows = [item.listed for item in items]
        else:
            rows = listed_of(session, who, kind=kind, state=state, place=place)
        record_views(session, [row.designation for row in rows], viewer=who, at=at)
        shown = shown_titles(session, _cipher(), rows)
    for one in shown:
        console.print(title_line(one), markup=False)
    if not shown:
        console.print("没有称号 · there is no title", markup=False)


@designations.command()
def show(number: Number, by: By, password: Password) -> None:
    """Show every step of a title: who, when, on what facts, with their SHA-256."""
    who, at = signed_in(by, password, to="designation"), clock.now()
    with recorded() as session:
        standing = seen_by(session, number, viewer=who)
        record_views(session, [standing.designation], viewer=who, at=at)
        found = shown_path(session, _cipher(), standing, on=clock.day_of(at))
    console.print(title_line(found.title), markup=False)
    for one in found.steps:
        step = one.step
        console.print(
            f"{step.sequence:>3}  {step.happened_on}  {step.action.label} {step.action}  {one.by}  "
            f"{one.profile}  {step.reason}  {step.fingerprint}",
            markup=False,
        )
        console.print(f"     {json.dumps(step.facts, ensure_ascii=False, sort_keys=True)}", markup=False)
    following = "、".join(action.label for action in found.next_actions) or "无"
    console.print(f"可办理 can follow: {following}", markup=False)


@designations.command()
def propose(
    kind: Kind,
    by: By,
    password: Password,
    *,
    subject: Annotated[int | None, typer.Option(min=1, max=NUMBER_MAX, help="主体编号 the subject")] = None,
    place: PlaceCode = None,
    reason: Reason = "",
    document: Document = "",
) -> None:
    """Apply for a title of one subject, or of a village or town."""
    who, at = signed_in(by, password, to="propose_designation"), clock.now()
    with recorded() as session:
        told = partial(told_by_refusal, session, subject, viewer=who)
        with refusals_recorded(session, told, viewer=who, at=at):
            number = propose_one(
                session,
                kind,
                subject_id=subject,
                place_code=place,
                viewer=who,
                at=at,
                reason=reason,
                document=document,
            )
    console.print(f"已提名 proposed: {number}", markup=False)


@designations.command("propose-all")
def propose_all_(
    kind: Kind,
    place: str,
    by: By,
    password: Password,
    *,
    most: Annotated[
        int, typer.Option(min=0, help="列出未提名者的人数上限 how many of those left out to name")
    ] = 0,
) -> None:
    """Propose everybody of a division who qualifies; tell how many were left out for what, and who."""
    who, at = signed_in(by, password, to="propose_designations"), clock.now()
    with recorded() as session:
        made = propose_all(session, kind, within=place, viewer=who, at=at)
        shown = shown_left_out(session, _cipher(), made.left_out[:most], viewer=who, at=at)
    for line in proposed_lines(made, shown, kind=kind):
        console.print(line, markup=False)


@designations.command()
def check(
    level: Check,
    numbers: Numbers = None,
    *,
    by: By,
    password: Password,
    kind: AnyKind = None,
    place: PlaceCode = None,
    reason: Reason = "",
    document: Document = "",
) -> None:
    """Check proposals: those named, or all of a kind that wait for it in a division."""
    action, states = _CHECKS[level]
    chosen = chosen_titles(numbers, kind=kind, place=place, states=states)
    _take(
        chosen,
        action,
        who=signed_in(by, password, to="take_designation_steps"),
        reason=reason,
        document=document,
    )


@designations.command()
def notice(
    numbers: Numbers = None, *, by: By, password: Password, kind: AnyKind = None, place: PlaceCode = None
) -> None:
    """Post the notice of checked proposals: those named, or all of a kind in a division who agree to it."""
    states = (DesignationState.TOWN_CHECKED, DesignationState.VILLAGE_CHECKED)
    chosen = chosen_titles(numbers, kind=kind, place=place, states=states)
    _take(
        chosen,
        DesignationAction.POST_NOTICE,
        who=signed_in(by, password, to="take_designation_steps"),
        reason="",
        document="",
    )


@designations.command()
def award(
    numbers: Numbers = None,
    *,
    by: By,
    password: Password,
    kind: AnyKind = None,
    place: PlaceCode = None,
    reason: Reason = "",
    document: Document = "",
) -> None:
    """Give the titles whose notice is over: those named, or all of a kind in a division, or none."""
    chosen = chosen_titles(numbers, kind=kind, place=place, states=(DesignationState.NOTICED,))
    _take(
        chosen,
        DesignationAction.AWARD,
        who=signed_in(by, password, to="take_designation_steps"),
        reason=reason,
        document=document,
    )


@designations.command()
def refuse(
    number: Number, *, by: By, password: Password, reason: Reason = "", document: Document = ""
) -> None:
    """Refuse a proposal, and say why."""
    _take(
        only(number),
        DesignationAction.REFUSE,
        who=signed_in(by, password, to="take_designation_step"),
        reason=reason,
        document=document,
    )


@designations.command()
def withdraw(
    number: Number, *, by: By, password: Password, reason: Reason = "", document: Document = ""
) -> None:
    """Take an application back, or note that a holder gives a proposal or a title up, by a document."""
    _take(
        only(number),
        DesignationAction.WITHDRAW,
        who=signed_in(by, password, to="take_designation_step"),
        reason=reason,
        document=document,
    )


@designations.command()
def review(
    number: Number,
    outcome: Outcome,
    by: By,
    password: Password,
    *,
    reason: Reason = "",
    document: Document = "",
) -> None:
    """Note what the yearly review came to: renewed, put on probation, restored."""
    _take(
        only(number),
        _OUTCOMES[outcome],
        who=signed_in(by, password, to="take_designation_steps"),
        reason=reason,
        document=document,
    )


@designations.command()
def revoke(
    number: Number, step: Taking, *, by: By, password: Password, reason: Reason = "", document: Document = ""
) -> None:
    """Announce that a title is to be taken; another person takes it, or lets it be, after the notice."""
    _take(
        only(number),
        _TAKING[step],
        who=signed_in(by, password, to="take_designation_step"),
        reason=reason,
        document=document,
    )


@designations.command("calendar")
def calendar_(by: By, password: Password) -> None:
    """Show until when this year's round of each kind is to be done."""
    who = signed_in(by, password, to="designation_work_list")
    with recorded() as session:
        rounds = calendar(session, viewer=who, on=clock.today())
    for one in rounds:
        console.print(
            f"{one.ends_on}  {one.kind.label} {one.kind}  {one.decided_by.label}认定  "
            f"在办 under way {one.open_count}",
            markup=False,
        )


def _take(choice: Choice, action: DesignationAction, *, who: Viewer, reason: str, document: str) -> None:
    """Take one step of every title chosen; where one is refused none takes it, and each refusal is told."""
    chosen, at = settings.from_environment(), clock.now()
    aside: Sequence[Refusal] = ()
    with recorded() as session:
        rows = choice.found(session, who)
        act = act_of(who, action, session=session, at=at, reason=reason, document=document)
        if choice.whole:
            rows, aside = without_aside(session, rows, act, cipher=_cipher())
        versions = {row.designation.designation_id: row.last.sequence for row in rows}
        announcing = Announcing(_cipher(), Signer.of(chosen), who.username, who.organisation_name)
        taken = take_many(session, versions, act, viewer=who, announcing=announcing)
        record_looks(session, told_by_refusals(session, (*aside, *taken.refusals)), viewer=who, at=at)
    for each in aside:
        console.print(
            f"未办 left out: {each.designation_id:>8}  {each.error.code}  {each.error.detail}", markup=False
        )
    for each in taken.refusals:
        console.print(f"{each.designation_id:>8}  {each.error.code}  {each.error.detail}", markup=False)
    if taken.refusals:
        raise Conflict(
            f"{len(taken.refusals)} 项未能办理“{action.label}”，全部未办理 · {len(taken.refusals)} are "
            "refused, so none took the step"
        )
    console.print(f"{action.label} {action}: {len(taken.steps)}", markup=False)


def _cipher() -> Cipher:
    return cipher_of(settings.from_environment())
