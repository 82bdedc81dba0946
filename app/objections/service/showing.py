"""What an official sees of objections; that he has seen them is written down."""

from datetime import datetime

from app import clock
from app.access.looks import record_looks
from app.access.scope import Viewer
from app.db import Session
from app.errors import Conflict
from app.models import Objection, Place, PlaceKind, Purpose
from app.objections import store
from app.objections.about import About, about_rating, about_record
from app.objections.letters import Case
from app.objections.objection import OUTCOMES, progress
from app.objections.service.kept import answer_row, seen, text_row
from app.objections.service.standings import standing
from app.objections.work_list import WorkItem, WorkList, by_town
from app.places.service import place as place_by_id
from app.places.service import subtree_prefix
from app.subjects.cipher import Cipher
from app.subjects.service import describe
from app.subjects.service import subject as subject_by_id


def work_list(session: Session, cipher: Cipher, *, viewer: Viewer, at: datetime, limit: int) -> WorkList:
    """The most urgent open objections of the viewer's division; that he has seen them is written down."""
    on, prefix = clock.day_of(at), subtree_prefix(viewer.place_code)
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
            text=cipher.open(objection.text_cipher, row=text_row(objection)),
        )
        items.append(item)
    return WorkList(on, open_count, overdue_count, by_town(items))


def answered_case(
    session: Session, cipher: Cipher, objection_id: int, *, viewer: Viewer, at: datetime
) -> Case:
    """An answered objection with all its letter says; `Conflict` before there is an answer."""
    objection = seen(session, objection_id, viewer=viewer)
    end = standing(session, objection, on=clock.day_of(at)).end
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
        text=cipher.open(objection.text_cipher, row=text_row(objection)),
        found=cipher.open(end.text_cipher, row=answer_row(objection)),
        office=store.office_of(session, end.recorded_by) or viewer.organisation_name,
    )


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
    look = [(objection.subject_id, objection.rating_id)]
    record_looks(session, look, viewer=viewer, at=at, purpose=Purpose.OBJECTION)
