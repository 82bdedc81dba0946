"""Inquiries as they are kept: written once, never changed."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from itertools import islice

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from app.db import Session, note_added
from app.inquiries.inquiry import InquiryRecord
from app.models import IdempotencyKey, Inquiry, Rating, RuleVersion

_COLUMNS = [each.name for each in fields(InquiryRecord) if each.name != "shown"]
_AT_ONCE = 5_000
_ADD = insert(Inquiry).returning(Inquiry.uid, Inquiry.inquiry_id)


def add(session: Session, inquiry: Inquiry) -> int:
    """Write an inquiry; its number."""
    session.add(inquiry)
    session.flush()
    return inquiry.inquiry_id


def add_all(session: Session, records: Sequence[InquiryRecord]) -> dict[str, int]:
    """Write many inquiries at once; their numbers, by uid."""
    rows = [{name: getattr(record, name) for name in _COLUMNS} for record in records]
    numbers = {str(row[0]): row[1] for row in session.connection().execute(_ADD, rows)}
    note_added(session, records)
    return numbers


def numbered(session: Session) -> tuple[int, set[str]]:
    """How many inquiries have no number in the log, and the numbers of all others."""
    unnumbered = select(func.count()).select_from(Inquiry).where(Inquiry.uid.is_(None))
    rows = session.scalars(
        select(Inquiry.uid).where(Inquiry.uid.is_not(None)).execution_options(yield_per=_AT_ONCE)
    )
    return session.scalar(unnumbered) or 0, {str(uid) for uid in rows}


def known_uids(session: Session, uids: Collection[str]) -> set[str]:
    """Which of these numbers an inquiry has."""
    rest, found = iter(uids), set[str]()
    while part := list(islice(rest, _AT_ONCE)):
        found.update(map(str, session.scalars(select(Inquiry.uid).where(Inquiry.uid.in_(part)))))
    return found


def shown(session: Session, rating_id: int) -> dict[str, object]:
    """What a rating says: the grade, the score and the fingerprint of the card behind it."""
    found = (
        select(Rating.grade, Rating.score, RuleVersion.fingerprint)
        .join(RuleVersion, RuleVersion.rule_version_id == Rating.rule_version_id)
        .where(Rating.rating_id == rating_id)
    )
    row = session.execute(found).one()
    return {"grade": row.grade, "score": row.score, "card": row.fingerprint}


def idempotency_key(session: Session, user_id: int, key: str) -> IdempotencyKey | None:
    """What is kept of a request under its key."""
    return session.get(IdempotencyKey, (user_id, key))


def add_idempotency_key(session: Session, made: IdempotencyKey) -> bool:
    """Keep a key; False where a request at the same moment has just kept the same one."""
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        return False
    return True


def forget_idempotency_key(session: Session, row: IdempotencyKey) -> None:
    """Let a key that is too old go."""
    session.delete(row)
    session.flush()
