"""The end of an objection: answered by somebody else, or taken back; and what comes before the term ends."""

from datetime import date, datetime, timedelta

from app import clock
from app.access.scope import Viewer
from app.db import Session
from app.models import Objection, ObjectionEventKind
from app.objections import store
from app.objections.checks import (
    checked_document,
    checked_reply,
    checked_text,
    refuse_ended,
    refuse_partial,
)
from app.objections.objection import ObjectionRules, Progress, Reply
from app.objections.service.corrected import refuse_uncorrected
from app.objections.service.kept import answer_row, seen, step
from app.objections.service.standings import standing
from app.subjects.cipher import Cipher

# Who writes down what the night does of itself.
NIGHT = "night"


def answer(
    session: Session, cipher: Cipher, objection_id: int, reply: Reply, *, viewer: Viewer, at: datetime
) -> Progress:
    """Keep what was found and decided; of two answers at once, one is kept and the other is a `Conflict`.

    Nobody answers an objection he wrote down himself, or one to a record he delivered. Call this in a
    transaction that sees what others have committed (not one of a single state), so that the lock tells.
    """
    reply = checked_reply(reply)
    objection = _to_end(session, objection_id, viewer=viewer)
    disputed = None if objection.record_id is None else store.record(session, objection.record_id)
    delivered_by = None if disputed is None else disputed[2].recorded_by
    refuse_partial(objection, delivered_by=delivered_by, username=viewer.username)
    document = reply.document
    if reply.outcome is ObjectionEventKind.CORRECTED:
        refuse_uncorrected(session, objection, replaced_by=reply.replaced_by, on=clock.day_of(at))
    if reply.replaced_by is not None:
        document = f"{document}（更正后记录号 {reply.replaced_by}）"
    taken = step(objection, reply.outcome, document=document, at=at, by=viewer.username)
    taken.text_cipher = cipher.seal(reply.found, row=answer_row(objection))
    store.add(session, taken)
    return standing(session, objection, on=clock.day_of(at))


def withdraw(
    session: Session,
    cipher: Cipher,
    objection_id: int,
    *,
    text: str,
    document: str,
    viewer: Viewer,
    at: datetime,
) -> Progress:
    """Close an objection that the subject takes back, on the ground of what the subject signed."""
    reason, document = checked_text(text, where="text"), checked_document(document)
    objection = _to_end(session, objection_id, viewer=viewer)
    taken = step(objection, ObjectionEventKind.WITHDRAWN, document=document, at=at, by=viewer.username)
    taken.text_cipher = cipher.seal(reason, row=answer_row(objection))
    store.add(session, taken)
    return standing(session, objection, on=clock.day_of(at))


def escalate(session: Session, *, on: date, at: datetime, rules: ObjectionRules) -> list[int]:
    """Tell a superior, once, of each open objection whose last days have begun; the numbers of those."""
    escalated = []
    for objection in store.open_due_by(session, on + timedelta(days=rules.escalate_before), on=on):
        taken = step(objection, ObjectionEventKind.ESCALATED, document="", at=at, by=NIGHT)
        taken.happened_on = on
        store.add(session, taken)
        escalated.append(objection.objection_id)
    return escalated


def _to_end(session: Session, objection_id: int, *, viewer: Viewer) -> Objection:
    """An open objection of the viewer's division that nobody else can close now."""
    store.lock(session, objection_id)
    objection = seen(session, objection_id, viewer=viewer)
    events = store.events_of(session, [objection_id])[objection_id]
    refuse_ended(objection, next((event for event in events if event.kind.ends), None))
    return objection
