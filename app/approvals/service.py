"""Maker and checker: what one person asks for, another one grants, and is then carried out once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.access.looks import record_looks
from app.access.scope import Viewer, may_see
from app.approvals import store
from app.approvals.approval import ApprovalState, Standing, fingerprint_of, state_of
from app.approvals.checks import (
    TARGET_LENGTH_MAX,
    checked_text,
    is_intact,
    not_there,
    not_what_was_granted,
    refuse_altered,
    refuse_checker,
    refuse_maker,
    refuse_state,
)
from app.approvals.duties import DUTIES, TERM, may_check
from app.db import Session, add_once
from app.errors import Conflict
from app.models import Approval, ApprovalDecision, ApprovalKind, ApprovalUse
from app.places.service import place as place_by_id
from app.places.service import subtree_prefix

__all__ = ["Standing", "decide", "record_views", "request", "standing", "use", "work_list"]


def request(
    session: Session,
    *,
    kind: ApprovalKind,
    target: str,
    content: Mapping[str, Any],
    reason: str,
    maker: Viewer,
    at: datetime,
) -> Approval:
    """Ask for what takes a second person; it expires after 14 days, decided or not."""
    refuse_maker(maker, kind)
    assert 0 < len(target) <= TARGET_LENGTH_MAX, "a target is a short name of a thing"
    made = Approval(
        kind=kind,
        target=target,
        content=dict(content),
        fingerprint=fingerprint_of(content),
        reason=checked_text(reason, where="reason"),
        place_id=maker.place_id,
        made_by=maker.user_id,
        made_at=at,
        expires_at=at + TERM,
    )
    return store.add(session, made)


def decide(
    session: Session, approval_id: int, *, granted: bool, reason: str, checker: Viewer, at: datetime
) -> ApprovalDecision:
    """Grant or refuse what somebody else asked for; of two decisions at the same moment one is taken.

    Two approvals of one thing are decided one after the other: the second is weighed by what the first left.
    Accounts are personal (one account, one person). `Forbidden` for the maker and for another role,
    `NotFound` from outside the division, `Conflict` for what is decided or expired.
    """
    found = _known(session, approval_id)
    store.lock_target(session, found)
    maker = store.user(session, found.made_by)
    refuse_checker(checker, found, maker=maker, place_code=_place_code(session, found))
    refuse_state(found, _state(session, found, at=at), wanted=ApprovalState.WAITING)
    refuse_altered(found)
    made = ApprovalDecision(
        approval_id=approval_id,
        granted=granted,
        reason=checked_text(reason, where="reason"),
        decided_by=checker.user_id,
        decided_at=at,
    )
    if not add_once(session, made):
        raise Conflict(
            f"审批 {approval_id} 刚刚已由他人决定 · somebody else has just decided about approval "
            f"{approval_id}; read it again"
        )
    return made


def use(
    session: Session,
    approval_id: int,
    *,
    kind: ApprovalKind,
    target: str,
    content: Mapping[str, Any],
    user_id: int,
    at: datetime,
    outcome: Mapping[str, Any],
) -> Approval:
    """Use up a grant for exactly what was granted, once and within its term; `Conflict` otherwise.

    Call it in the transaction that carries the thing out, so that both are kept or neither is.
    """
    found = _known(session, approval_id)
    if (found.kind, found.target, found.fingerprint) != (kind, target, fingerprint_of(content)):
        raise not_what_was_granted(found)
    refuse_altered(found)
    refuse_state(found, _state(session, found, at=at), wanted=ApprovalState.GRANTED)
    made = ApprovalUse(approval_id=approval_id, used_by=user_id, used_at=at, outcome=dict(outcome))
    if not add_once(session, made):
        refuse_state(found, ApprovalState.USED, wanted=ApprovalState.GRANTED)
    return found


def standing(session: Session, approval_id: int, *, viewer: Viewer, at: datetime) -> Standing:
    """An approval as the viewer may see it: one of the viewer's division that the viewer makes or checks."""
    found = _known(session, approval_id)
    duty = DUTIES[found.kind]
    if viewer.role not in duty.makers | duty.checkers or not may_see(viewer, _place_code(session, found)):
        raise not_there(approval_id)
    return _standings(session, [found], viewer=viewer, at=at)[0]


def work_list(session: Session, *, viewer: Viewer, at: datetime, limit: int) -> list[Standing]:
    """What waits for a decision, or for being carried out, in the viewer's division; the oldest first."""
    prefix = subtree_prefix(viewer.place_code)
    mine = [kind for kind, duty in DUTIES.items() if viewer.role in duty.makers | duty.checkers]
    found = store.open_approvals(session, prefix, kinds=mine, at=at, limit=limit)
    return _standings(session, found, viewer=viewer, at=at)


def record_views(session: Session, found: Sequence[Standing], *, viewer: Viewer, at: datetime) -> None:
    """Write down that an official has read what is asked for about these persons and entities (art. 22)."""
    # What was altered may name nobody who is there; it still has to be read and refused.
    intact = [one.approval for one in found if is_intact(one.approval)]
    seen = [each for one in intact if (each := _about(one)) is not None]
    record_looks(session, seen, viewer=viewer, at=at)


def _about(approval: Approval) -> tuple[int, int | None] | None:
    """The subject an approval is about, and the rating it speaks of; None where it is about nobody."""
    said = approval.content
    if said.get("subject_id") is not None:
        return said["subject_id"], said.get("rating_id")
    holder = str(said.get("holder", ""))
    return (int(holder[1:]), None) if holder.startswith("s") else None


def _standings(
    session: Session, approvals: Sequence[Approval], *, viewer: Viewer, at: datetime
) -> list[Standing]:
    """Approvals with what became of each, asked for all of them at once."""
    numbers = [one.approval_id for one in approvals]
    decisions, uses = store.decisions(session, numbers), store.uses(session, numbers)
    people = {one.made_by for one in approvals} | {one.decided_by for one in decisions.values()}
    names = store.usernames(session, people)
    standings = []
    for one in approvals:
        decision, used = decisions.get(one.approval_id), uses.get(one.approval_id)
        state = state_of(one, decision, used, at=at)
        standings.append(
            Standing(
                approval=one,
                decision=decision,
                use=used,
                state=state,
                made_by=names[one.made_by],
                decided_by=None if decision is None else names[decision.decided_by],
                may_decide=may_check(viewer, one) and state is ApprovalState.WAITING,
            )
        )
    return standings


def _known(session: Session, approval_id: int) -> Approval:
    found = store.approval(session, approval_id)
    if found is None:
        raise not_there(approval_id)
    return found


def _state(session: Session, approval: Approval, *, at: datetime) -> ApprovalState:
    decision = store.decision(session, approval.approval_id)
    return state_of(approval, decision, store.use_of(session, approval.approval_id), at=at)


def _place_code(session: Session, approval: Approval) -> str:
    return place_by_id(session, approval.place_id).code
