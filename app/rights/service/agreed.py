"""What a subject agreed to, and its end by the subject's will, as easy as it was to give (PIPL art. 15)."""

from datetime import datetime

from app import clock
from app.access.scope import Viewer
from app.consents.service import withdraw
from app.db import Session
from app.errors import Invalid, NotFound
from app.models import ConsentChannel
from app.rights import store
from app.rights.checks import checked_document
from app.rights.holding import consent_line
from app.rights.report import ReportConsent
from app.rights.service.desk import kin_of, seen


def agreements(session: Session, subject_id: int, *, viewer: Viewer, at: datetime) -> list[ReportConsent]:
    """Every consent and refusal of a subject and of those merged into it, the oldest first."""
    seen(session, subject_id, viewer=viewer, at=at)
    kin = kin_of(session, subject_id, on=clock.day_of(at))
    return [consent_line(*each) for each in store.consents_of(session, kin)]


def withdraw_agreement(
    session: Session, subject_id: int, consent_id: int, *, document: str, viewer: Viewer, at: datetime
) -> ReportConsent:
    """End a consent from today on by the will of the person at the desk; no reason is asked.

    `document` is by what the person was identified. `Conflict` for one that is withdrawn already.
    """
    proof, on = checked_document(document), clock.day_of(at)
    seen(session, subject_id, viewer=viewer, at=at)
    store.lock_subject(session, subject_id)
    known = store.consents_of(session, kin_of(session, subject_id, on=on))
    found = next((each for each in known if each[0].consent_id == consent_id), None)
    if found is None:
        raise NotFound(f"主体 {subject_id} 没有授权 {consent_id} · subject {subject_id} has no such consent")
    given, _, organisation = found
    if not given.agreed:
        raise Invalid(
            f"consent_id: 授权 {consent_id} 是不同意，不必撤回 · {consent_id} is a refusal: there is nothing "
            "to withdraw; to agree now, record a new consent"
        )
    made = withdraw(
        session, given, on=on, channel=ConsentChannel.COUNTER, evidence=proof, at=at, by=viewer.username
    )
    return consent_line(given, made.withdrawn_on, organisation)
