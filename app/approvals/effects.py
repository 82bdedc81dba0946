"""What a grant carries out of itself: rules, a bank, an override are in force once the second agrees."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, TypedDict

from app import clock
from app.access.looks import refusals_recorded
from app.access.recipients import admit, candidate
from app.access.scope import Viewer
from app.access.service import viewer
from app.approvals import service
from app.approvals.approval import ApprovalState
from app.approvals.checks import is_intact
from app.approvals.proposals import WHAT_IF
from app.attestations import service as attestations
from app.db import Session
from app.errors import NotFound
from app.models import Approval, ApprovalKind
from app.overrides.service import grant, told_by_refusal, wanted
from app.rules.service import activation_of

_AT_ONCE = (
    ApprovalKind.ACTIVATE_RULE,
    ApprovalKind.ATTESTATION,
    ApprovalKind.NEW_RECIPIENT,
    ApprovalKind.OVERRIDE,
)


class _Both(TypedDict):
    reason: str
    approval_id: int
    asked_by: int
    granted_by: int


def decide(
    session: Session, approval_id: int, *, granted: bool, reason: str, checker: Viewer, at: datetime
) -> None:
    """Decide, and carry out at once what needs nothing more than the decision.

    An export, a deletion and a privileged account wait for the maker; `Conflict` where the thing has changed
    meanwhile.
    """
    told = partial(_told, session, approval_id, checker=checker, at=at)
    with refusals_recorded(session, told, viewer=checker, at=at):
        _decide(session, approval_id, granted=granted, reason=reason, checker=checker, at=at)


def _told(
    session: Session, approval_id: int, *, checker: Viewer, at: datetime
) -> list[tuple[int, int | None]]:
    """Of whom a refusal tells: with the grant of an override its subject's grade is looked at again."""
    try:
        found = service.standing(session, approval_id, viewer=checker, at=at)
    except NotFound:
        return []
    asked = found.approval
    if asked.kind is not ApprovalKind.OVERRIDE or found.state is not ApprovalState.WAITING:
        return []
    # What was altered is refused before anybody is looked up.
    return told_by_refusal(session, asked.content["subject_id"]) if is_intact(asked) else []


def _decide(
    session: Session, approval_id: int, *, granted: bool, reason: str, checker: Viewer, at: datetime
) -> None:
    service.decide(session, approval_id, granted=granted, reason=reason, checker=checker, at=at)
    found = service.standing(session, approval_id, viewer=checker, at=at).approval
    if not granted or found.kind not in _AT_ONCE:
        return
    content = _as_it_is_now(session, found, at=at)
    service.use(
        session,
        approval_id,
        kind=found.kind,
        target=found.target,
        content=content,
        user_id=checker.user_id,
        at=at,
        outcome={"carried_out": "on being granted"},
    )
    if found.kind is ApprovalKind.NEW_RECIPIENT:
        admit(session, found.content["organisation_id"], at=at)
    if found.kind is ApprovalKind.OVERRIDE:
        grant(session, found.content, **_both(found, checker), at=at)
    if found.kind is ApprovalKind.ATTESTATION:
        attestations.carry_out(session, found.content, **_both(found, checker), at=at)


def _both(approval: Approval, checker: Viewer) -> _Both:
    """Why, under which approval, and by which two persons."""
    return {
        "reason": approval.reason,
        "approval_id": approval.approval_id,
        "asked_by": approval.made_by,
        "granted_by": checker.user_id,
    }


def _as_it_is_now(session: Session, approval: Approval, *, at: datetime) -> Mapping[str, Any]:
    """The content anew from what is kept now, so that nothing that changed meanwhile slips through."""
    asked = approval.content
    if approval.kind is ApprovalKind.ACTIVATE_RULE:
        first_day = date.fromisoformat(asked["effective_from"])
        shown = {name: asked[name] for name in ("pia", WHAT_IF) if name in asked}
        return activation_of(session, asked["code"], effective_from=first_day) | shown
    if approval.kind is ApprovalKind.OVERRIDE:
        return wanted(
            session,
            asked["subject_id"],
            grade=asked["grade"],
            reason_code=asked["reason_code"],
            document=asked["document"],
            months=asked["months"],
            viewer=viewer(session, approval.made_by),
            on=clock.day_of(at),
        )
    if approval.kind is ApprovalKind.ATTESTATION:
        maker = viewer(session, approval.made_by)
        return attestations.as_it_is_now(session, asked, viewer=maker, on=clock.day_of(at))
    bank = candidate(session, asked["organisation_id"])
    return {**asked, "code": bank.code, "name": bank.name}
