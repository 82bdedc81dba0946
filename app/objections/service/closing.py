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
    of_nobody,
    refuse_ended,
    refuse_other_record,
    refuse_partial,
    uncorrected,
)
from app.objections.objection import ObjectionRules, Progress, Reply
from app.objections.service.kept import answer_row, seen, step
from app.objections.service.standings import standing
from app.ratings.service import known_on, standing_for, superseded_on
from app.records.exclusions import Exclusion
from app.records.service import known_records
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
        _refuse_uncorrected(session, objection, replaced_by=reply.replaced_by, on=clock.day_of(at))
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


def _refuse_uncorrected(session: Session, objection: Objection, *, replaced_by: int | None, on: date) -> None:
    """Nobody is told that something was corrected while it was not.

    Either a newer record says what is right, or the disputed record is taken out as corrected; of a rating,
    a correction of one of the subject's records since, or a later rating, does as well.
    """
    owners = standing_for(session, objection.subject_id, known=known_on(session, on))
    disputed = None if objection.record_id is None else store.record(session, objection.record_id)
    if replaced_by is not None:
        right = store.record(session, replaced_by)
        if right is None or right[0].subject_id not in owners:
            raise of_nobody("record", replaced_by, subject_id=objection.subject_id)
        if disputed is not None:
            refuse_other_record(disputed[0], right[0], fact=right[1])
        return
    corrected = _corrected(session, owners, on=on)
    if disputed is not None:
        if disputed[0].record_id not in corrected:
            raise uncorrected(objection)
        return
    assert objection.rating_id is not None
    rating = store.rating(session, objection.rating_id)
    assert rating is not None, "an objection is to a rating that was published"
    since = corrected - _corrected(session, owners, on=rating[1].as_of - timedelta(days=1))
    if not since and superseded_on(session, rating[0]) is None:
        raise uncorrected(objection)


def _corrected(session: Session, owners: list[int], *, on: date) -> set[int]:
    """The records of some subjects that were taken out as wrong by a day."""
    found = known_records(session, owners, known=known_on(session, on))
    return {each.record.record_id for each in found if each.exclusion is Exclusion.CORRECTED}
