"""Inquiries as they are kept: written once, never changed."""

from sqlalchemy import select

from app.db import Session
from app.models import Inquiry, Rating, RuleVersion


def add(session: Session, inquiry: Inquiry) -> int:
    """Write an inquiry; its number."""
    session.add(inquiry)
    session.flush()
    return inquiry.inquiry_id


def shown(session: Session, rating_id: int) -> dict[str, object]:
    """What a rating says: the grade, the score and the fingerprint of the card behind it."""
    found = (
        select(Rating.grade, Rating.score, RuleVersion.fingerprint)
        .join(RuleVersion, RuleVersion.rule_version_id == Rating.rule_version_id)
        .where(Rating.rating_id == rating_id)
    )
    row = session.execute(found).one()
    return {"grade": row.grade, "score": row.score, "card": row.fingerprint}
