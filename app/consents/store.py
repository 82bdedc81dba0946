"""Consents as they are kept."""

from app.db import Session
from app.models import Consent


def by_id(session: Session, consent_id: int) -> Consent | None:
    """One consent."""
    return session.get(Consent, consent_id)
