"""Objections: raised by the rated, marked at once, answered within the term by somebody else."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from app import clock
from app.access.scope import Viewer, may_see
from app.db import Session
from app.errors import Conflict, Invalid, NotFound, SetupError
from app.models import Objection, ObjectionChannel, ObjectionEvent, ObjectionEventKind, Place, PlaceKind
from app.objections import store
from app.objections.about import About, about_rating, about_record
from app.objections.checks import (
    checked_day,
    checked_document,
    checked_reply,
    checked_text,
    of_nobody,
    refuse_ended,
    refuse_other_record,
    refuse_partial,
    uncorrected,
)
from app.objections.letters import Case
from app.objections.objection import (
    OUTCOMES,
    Filing,
    Note,
    ObjectionRules,
    ObjectionState,
    Progress,
    Reply,
    note,
    progress,
)
from app.objections.work_list import WorkItem, WorkList, by_town
from app.places.service import place as place_by_id
from app.places.service import subtree_prefix
from app.ratings.service import known_on, run_in_force, standing_for, superseded_on
from app.records.exclusions import Exclusion
from app.records.service import known_records
from app.rules.service import record_rules_in_force
from app.subjects.cipher import Cipher
from app.subjects.lineage import heirs, kin
from app.subjects.service import describe
from app.subjects.service import subject as subject_by_id

__all__ = [
    "Filing",
    "Note",
    "ObjectionRules",
    "ObjectionState",
    "Progress",
    "Reply",
    "answer",
    "answered_case",
    "escalate",
    "holds_back_downgrade",
    "notes_of",
    "notes_of_each",
    "open_objections",
    "raise_at_office",
    "raise_objection",
    "rules_in_force",
    "standing",
    "subjects_with_open_objections",
    "withdraw",
    "work_list",
]

# Who writes down what the night does of itself.
NIGHT = "night"
_NOT_THERE = "本辖区没有此异议 · there is no such objection in your division"


def rules_in_force(session: Session, *, on: date) -> ObjectionRules:
    """The term of an answer and the day of its escalation, by the rules about records of a day."""
    rules = record_rules_in_force(session, on=on)
    if rules is None:
        raise SetupError(f"no rules about records are in force on {on}. Run `credit-village init`.")
    return ObjectionRules(days=rules.objection_days, escalate_before=rules.escalate_days_before)


def raise_at_office(
    session: Session, cipher: Cipher, filing: Filing, *, viewer: Viewer, at: datetime, rules: ObjectionRules
) -> Objection:
    """Keep an objection that came to an office's desk or by letter, of a subject of its division."""
    if filing.channel is ObjectionChannel.ONLINE:
        raise Invalid(
            "channel: 本人页面提出的异议不由窗口代录 · what a person objects to online is recorded by "
            "that page; write desk or letter"
        )
    subject = subject_by_id(session, filing.subject_id)
    if not may_see(viewer, place_by_id(session, subject.place_id).code):
        raise NotFound(f"there is no subject with the id {filing.subject_id}")
    return raise_objection(session, cipher, filing, by=viewer.username, at=at, rules=rules)


def raise_objection(
    session: Session, cipher: Cipher, filing: Filing, *, by: str, at: datetime, rules: ObjectionRules
) -> Objection:
    """Keep an objection to a record or to a rating; from now on every answer shows that there is one.

    `NotFound` where the record or the rating is not of this subject, `Conflict` while one about it is open.
    """
    on = _day(at)
    text = checked_text(filing.text, where="text")
    raised_on = checked_day(filing, since=_known_since(session, filing, on=on), on=on)
    store.lock_subject(session, filing.subject_id)
    earlier = store.open_about(session, record_id=filing.record_id, rating_id=filing.rating_id, on=on)
    if earlier is not None:
        raise Conflict(
            f"已有异议 {earlier.objection_id} 正在核查，{earlier.due_on} 前答复 · objection "
            f"{earlier.objection_id} to the same is open and will be answered by {earlier.due_on}"
        )
    made = Objection(
        subject_id=filing.subject_id,
        record_id=filing.record_id,
        rating_id=filing.rating_id,
        raised_on=raised_on,
        due_on=raised_on + timedelta(days=rules.days),
        channel=filing.channel,
        text_cipher=b"",
        recorded_at=at,
        recorded_by=by,
    )
    store.add(session, made)
    # Only now the row has the number its text is bound to.
    made.text_cipher = cipher.seal(text, row=_text_row(made))
    session.flush()
    return made


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
        _refuse_uncorrected(session, objection, replaced_by=reply.replaced_by, on=_day(at))
    if reply.replaced_by is not None:
        document = f"{document}（更正后记录号 {reply.replaced_by}）"
    step = _step(objection, reply.outcome, document=document, at=at, by=viewer.username)
    step.text_cipher = cipher.seal(reply.found, row=_answer_row(objection))
    store.add(session, step)
    return standing(session, objection, on=_day(at))


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
    step = _step(objection, ObjectionEventKind.WITHDRAWN, document=document, at=at, by=viewer.username)
    step.text_cipher = cipher.seal(reason, row=_answer_row(objection))
    store.add(session, step)
    return standing(session, objection, on=_day(at))


def work_list(session: Session, cipher: Cipher, *, viewer: Viewer, at: datetime, limit: int) -> WorkList:
    """The most urgent open objections of the viewer's division; that he has seen them is written down."""
    on, prefix = _day(at), subtree_prefix(viewer.place_code)
    open_count, overdue_count = store.count_within(session, prefix, on=on)
    rows = store.open_within(session, prefix, on=on, limit=limit)
    events = store.events_of(session, [objection.objection_id for objection, _ in rows])
    items = []
    for objection, place in rows:
        _record_view(session, objection, viewer=viewer, at=at)
        item = WorkItem(
            progress=progress(objection, events[objection.objection_id], on=on),
            subject=describe(session, cipher, subject_by_id(session, objection.subject_id)),
            place=place,
            town=_town(session, place),
            about=_about(session, objection).words,
            text=cipher.open(objection.text_cipher, row=_text_row(objection)),
        )
        items.append(item)
    return WorkList(on, open_count, overdue_count, by_town(items))


def answered_case(
    session: Session, cipher: Cipher, objection_id: int, *, viewer: Viewer, at: datetime
) -> Case:
    """An answered objection with all its letter says; `Conflict` before there is an answer."""
    objection = _seen(session, objection_id, viewer=viewer)
    end = standing(session, objection, on=_day(at)).end
    if end is None or end.kind not in OUTCOMES or end.text_cipher is None:
        raise Conflict(
            f"异议 {objection_id} 没有答复，也就没有告知书 · objection {objection_id} has no answer, so "
            "there is no letter; answer it first"
        )
    _record_view(session, objection, viewer=viewer, at=at)
    return Case(
        objection=objection,
        end=end,
        subject=describe(session, cipher, subject_by_id(session, objection.subject_id)),
        about=_about(session, objection),
        text=cipher.open(objection.text_cipher, row=_text_row(objection)),
        found=cipher.open(end.text_cipher, row=_answer_row(objection)),
        office=store.office_of(session, end.recorded_by) or viewer.organisation_name,
    )


def escalate(session: Session, *, on: date, at: datetime, rules: ObjectionRules) -> list[int]:
    """Tell a superior, once, of each open objection whose last days have begun; the numbers of those."""
    escalated = []
    for objection in store.open_due_by(session, on + timedelta(days=rules.escalate_before), on=on):
        step = _step(objection, ObjectionEventKind.ESCALATED, document="", at=at, by=NIGHT)
        step.happened_on = on
        store.add(session, step)
        escalated.append(objection.objection_id)
    return escalated


def open_objections(session: Session, subject_ids: Collection[int], *, on: date) -> list[Progress]:
    """The objections of some subjects that were open on a day, the oldest first."""
    found = store.open_of_subjects(session, subject_ids, on=on)
    events = store.events_of(session, [each.objection_id for each in found])
    return [progress(each, events[each.objection_id], on=on) for each in found]


def holds_back_downgrade(session: Session, subject_id: int, *, on: date) -> bool:
    """Whether nothing about this subject may lower a designation on a day, because an objection is open."""
    subjects = kin(session, [subject_id], on=on)[subject_id]
    return bool(store.open_of_subjects(session, subjects, on=on))


def subjects_with_open_objections(session: Session, *, on: date) -> set[int]:
    """Everybody for whom nothing may lower a designation on a day, because an objection is open."""
    raised = store.open_by_subject(session, on=on)
    return raised | {heir for gone, heir in heirs(session, on=on).items() if gone in raised}


def notes_of(session: Session, subject_id: int, *, on: date) -> list[Note]:
    """What every answer about a subject shows of its objections on a day, the oldest first."""
    return notes_of_each(session, [subject_id], on=on)[subject_id]


def notes_of_each(session: Session, subject_ids: Collection[int], *, on: date) -> dict[int, list[Note]]:
    """The same of many subjects at once, by subject; what those merged into it objected to is its own."""
    owners = kin(session, subject_ids, on=on)
    found = store.of_subjects(session, [one for each in owners.values() for one in each], on=on)
    if not found:
        return {subject_id: [] for subject_id in subject_ids}
    events = store.events_of(session, [each.objection_id for each in found])
    read_at = None if (run := run_in_force(session, on)) is None else run.started_at
    progresses = [progress(each, events[each.objection_id], on=on) for each in found]
    told = [(each.objection.subject_id, note(each, read_at=read_at)) for each in progresses]
    return {
        subject_id: [shown for one, shown in told if shown is not None and one in each]
        for subject_id, each in owners.items()
    }


def standing(session: Session, objection: Objection, *, on: date) -> Progress:
    """How one objection stands on a day."""
    events = store.events_of(session, [objection.objection_id])
    return progress(objection, events[objection.objection_id], on=on)


def _known_since(session: Session, filing: Filing, *, on: date) -> date:
    """The day from which the subject could object: the record was on file, or the rating was made.

    Those of a household that was merged into it are its own too.
    """
    if (filing.record_id is None) == (filing.rating_id is None):
        raise Invalid("give either record_id or rating_id · 请写明对哪条记录或哪次评级有异议")
    owners = standing_for(session, filing.subject_id, known=known_on(session, on))
    if filing.record_id is not None:
        record = store.record(session, filing.record_id)
        if record is None or record[0].subject_id not in owners:
            raise of_nobody("record", filing.record_id, subject_id=filing.subject_id)
        return _day(record[2].recorded_at)
    assert filing.rating_id is not None
    rating = store.rating(session, filing.rating_id)
    if rating is None or rating[0].subject_id not in owners:
        raise of_nobody("rating", filing.rating_id, subject_id=filing.subject_id)
    return rating[1].as_of


def _to_end(session: Session, objection_id: int, *, viewer: Viewer) -> Objection:
    """An open objection of the viewer's division that nobody else can close now."""
    store.lock(session, objection_id)
    objection = _seen(session, objection_id, viewer=viewer)
    events = store.events_of(session, [objection_id])[objection_id]
    refuse_ended(objection, next((event for event in events if event.kind.ends), None))
    return objection


def _seen(session: Session, objection_id: int, *, viewer: Viewer) -> Objection:
    """An objection for an official; one of a subject of another division does not exist for him."""
    found = store.objection(session, objection_id)
    if found is None:
        raise NotFound(_NOT_THERE)
    home = place_by_id(session, subject_by_id(session, found.subject_id).place_id)
    if not may_see(viewer, home.code):
        raise NotFound(_NOT_THERE)
    return found


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


def _about(session: Session, objection: Objection) -> About:
    if objection.record_id is not None:
        found = store.record(session, objection.record_id)
        assert found is not None, "an objection is to a record that exists"
        return about_record(found[0], found[1], found[3])
    assert objection.rating_id is not None
    rated = store.rating(session, objection.rating_id)
    assert rated is not None, "an objection is to a rating that was published"
    return about_rating(*rated)


def _town(session: Session, place: Place) -> Place:
    """The town or street a division is or lies in; a district stands for itself."""
    if place.kind in (PlaceKind.VILLAGE, PlaceKind.COMMUNITY) and place.parent_id is not None:
        return place_by_id(session, place.parent_id)
    return place


def _record_view(session: Session, objection: Objection, *, viewer: Viewer, at: datetime) -> None:
    store.record_view(
        session, objection, user_id=viewer.user_id, organisation_id=viewer.organisation_id, at=at
    )


def _step(
    objection: Objection, kind: ObjectionEventKind, *, document: str, at: datetime, by: str
) -> ObjectionEvent:
    return ObjectionEvent(
        objection_id=objection.objection_id,
        kind=kind,
        happened_on=_day(at),
        text_cipher=None,
        document=document,
        recorded_at=at,
        recorded_by=by,
    )


def _text_row(objection: Objection) -> str:
    return f"objections/{objection.objection_id}/text"


def _answer_row(objection: Objection) -> str:
    return f"objections/{objection.objection_id}/answer"


def _day(at: datetime) -> date:
    return at.astimezone(clock.CHINA).date()
