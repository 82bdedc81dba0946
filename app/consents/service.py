"""Whether a subject has agreed to an inquiry (征信业管理条例 art. 18)."""

from datetime import date

from app.consents import store
from app.db import Session
from app.models import Consent, Purpose


def consent(session: Session, consent_id: int) -> Consent | None:
    """The consent with this id, valid or not."""
    return store.by_id(session, consent_id)


def covers(consent: Consent, *, subject_id: int, organisation_id: int, purpose: Purpose, on: date) -> bool:
    """Whether a consent is the subject's own, for this organisation and purpose, and in force on a day."""
    begun = consent.effective_from <= on and (consent.effective_to is None or on < consent.effective_to)
    withdrawn = consent.withdrawn_on is not None and consent.withdrawn_on <= on
    given_for = (consent.subject_id, consent.organisation_id, consent.purpose)
    return given_for == (subject_id, organisation_id, purpose) and begun and not withdrawn
