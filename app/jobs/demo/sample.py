"""Something to ask about in the demonstration district."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, or_, select

from app.db import Session
from app.models import (
    AgriEntity,
    Consent,
    ConsentKind,
    ConsentWithdrawal,
    EntityStatus,
    Purpose,
    Rating,
    Subject,
)


@dataclass(frozen=True)
class SampleInquiry:
    """A synthetic entity with a rating and a consent in force, to try an inquiry with."""

    uscc: str
    name: str
    purpose: str
    consent_id: int


def sample_inquiry(session: Session, *, on: date) -> SampleInquiry | None:
    """The first entity of the demonstration that can be asked about; none in a real district."""
    in_force = (
        Consent.effective_from <= on,
        or_(Consent.effective_to.is_(None), Consent.effective_to > on),
        Consent.kind == ConsentKind.INQUIRY,
        ~exists().where(ConsentWithdrawal.consent_id == Consent.consent_id),
    )
    found = session.execute(
        select(AgriEntity, Consent)
        .join(Subject, Subject.subject_id == AgriEntity.subject_id)
        .join(Consent, Consent.subject_id == AgriEntity.subject_id)
        .join(Rating, Rating.subject_id == AgriEntity.subject_id)
        .where(
            Subject.synthetic, AgriEntity.status == EntityStatus.ACTIVE, Rating.score.is_not(None), *in_force
        )
        .order_by(AgriEntity.subject_id)
        .limit(1)
    ).first()
    if found is None:
        return None
    entity, consent = found
    return SampleInquiry(entity.uscc, entity.name, consent.purpose or Purpose.PRE_LOAN, consent.consent_id)
