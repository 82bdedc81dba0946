"""Approvals as they are kept: asked for, decided and used, each written once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select

from app.db import Session
from app.models import Approval, ApprovalDecision, ApprovalKind, ApprovalUse, Place, User


def add(session: Session, approval: Approval) -> Approval:
    """Keep what was asked for, and give it its number."""
    session.add(approval)
    session.flush()
    return approval


def lock_target(session: Session, approval: Approval) -> None:
    """Let only one at a time decide about a thing, by whatever approval; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        thing = f"approval/{approval.kind}/{approval.target}"
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(thing))))


def approval(session: Session, approval_id: int) -> Approval | None:
    """One approval."""
    return session.get(Approval, approval_id)


def decision(session: Session, approval_id: int) -> ApprovalDecision | None:
    """What was decided about an approval."""
    return session.get(ApprovalDecision, approval_id)


def use_of(session: Session, approval_id: int) -> ApprovalUse | None:
    """That an approval was carried out."""
    return session.get(ApprovalUse, approval_id)


def decisions(session: Session, approval_ids: Collection[int]) -> dict[int, ApprovalDecision]:
    """What was decided about some approvals, by their numbers."""
    found = select(ApprovalDecision).where(ApprovalDecision.approval_id.in_(approval_ids))
    return {row.approval_id: row for row in session.scalars(found)}


def uses(session: Session, approval_ids: Collection[int]) -> dict[int, ApprovalUse]:
    """Which of some approvals were carried out, by their numbers."""
    found = select(ApprovalUse).where(ApprovalUse.approval_id.in_(approval_ids))
    return {row.approval_id: row for row in session.scalars(found)}


def open_approvals(
    session: Session, place_prefix: str, *, kinds: Sequence[ApprovalKind], at: datetime, limit: int
) -> Sequence[Approval]:
    """What waits for a decision, or for being carried out, in a division and below, the oldest first.

    What has expired waits for nobody.
    """
    undecided = ApprovalDecision.approval_id.is_(None)
    found = (
        select(Approval)
        .join(Place, Place.place_id == Approval.place_id)
        .outerjoin(ApprovalDecision, ApprovalDecision.approval_id == Approval.approval_id)
        .outerjoin(ApprovalUse, ApprovalUse.approval_id == Approval.approval_id)
        .where(ApprovalUse.approval_id.is_(None), or_(undecided, ApprovalDecision.granted.is_(True)))
        .where(Approval.kind.in_(kinds), Approval.expires_at > at)
        .where(Place.code.startswith(place_prefix, autoescape=True))
        .order_by(Approval.approval_id)
        .limit(limit)
    )
    return session.scalars(found).all()


def user(session: Session, user_id: int) -> User:
    """One user."""
    return session.get_one(User, user_id)


def usernames(session: Session, user_ids: Collection[int]) -> dict[int, str]:
    """The names users sign in with, by their ids."""
    found = select(User.user_id, User.username).where(User.user_id.in_(user_ids))
    return {row[0]: row[1] for row in session.execute(found)}
