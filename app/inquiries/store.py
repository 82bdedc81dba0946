"""Inquiries as they are kept: written once, never changed."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.db import Session, note_added
from app.inquiries.inquiry import InquiryRecord
from app.models import IdempotencyKey, Inquiry, Rating, RuleVersion

_COLUMNS = [each.name for each in fields(InquiryRecord) if each.name != "shown"]
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
