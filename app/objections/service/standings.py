"""How objections stand on a day, for everything that shows or heeds them."""

from collections.abc import Collection
from datetime import date

from app.db import Session
from app.models import Objection
from app.objections import store
from app.objections.objection import Note, Progress, note, progress
from app.ratings.service import run_in_force
from app.subjects.lineage import heirs, kin


def standing(session: Session, objection: Objection, *, on: date) -> Progress:
    """How one objection stands on a day."""
    events = store.events_of(session, [objection.objection_id])
    return progress(objection, events[objection.objection_id], on=on)


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
