"""Inquiries as they are kept: written once, never changed."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import islice

from sqlalchemy import CursorResult, delete, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from app.db import Session, note_added
from app.inquiries.inquiry import InquiryRecord
from app.models import IdempotencyKey, Inquiry, Rating, RuleVersion

_COLUMNS = [each.name for each in fields(InquiryRecord) if each.name != "shown"]
_AT_ONCE = 5_000
_OF_KEY = (IdempotencyKey.user_id, IdempotencyKey.key)
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


def idempotency_key(session: Session, user_id: int, names: Collection[str]) -> IdempotencyKey | None:
    """What is kept of a request under one of the hashes of its key, the newest."""
    kept = select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key.in_(names))
    return session.scalars(kept.order_by(IdempotencyKey.created_at.desc()).limit(1)).first()


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


def forget_until(session: Session, instant: datetime, *, most: int | None = None) -> None:
    """Let the keys go that were kept up to an instant: so many of the oldest, or all."""
    old = IdempotencyKey.created_at <= instant
    if most is not None:
        # What somebody else is letting go is passed over; SQLite has one writer, and no lock of a row.
        oldest = select(*_OF_KEY).where(old).order_by(IdempotencyKey.created_at).limit(most)
        old = tuple_(*_OF_KEY).in_(oldest.with_for_update(skip_locked=True))
    session.execute(delete(IdempotencyKey).where(old).execution_options(synchronize_session=False))


def forget_about(session: Session, subject_ids: Collection[int], *, noise: bytes) -> int:
    """Overwrite and let the keys go of the requests that asked about some subjects; how many.

    A key is of the same user and the same instant as the inquiries of its request.
    """
    asked = select(Inquiry.user_id, Inquiry.inquired_at).where(Inquiry.subject_id.in_(subject_ids))
    mine = tuple_(IdempotencyKey.user_id, IdempotencyKey.created_at).in_(asked)
    session.execute(update(IdempotencyKey).where(mine).values(answer_cipher=noise))
    result = session.execute(delete(IdempotencyKey).where(mine))
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
