"""What every step about an objection needs: its rows, its day, and who may see it."""

from datetime import datetime

from app import clock
from app.access.scope import Viewer, may_see
from app.db import Session
from app.errors import NotFound
from app.models import Objection, ObjectionEvent, ObjectionEventKind
from app.objections import store
from app.places.service import place as place_by_id
from app.subjects.service import subject as subject_by_id

_NOT_THERE = "本辖区没有此异议 · there is no such objection in your division"


def seen(session: Session, objection_id: int, *, viewer: Viewer) -> Objection:
    """An objection for an official; one of a subject of another division does not exist for him."""
    found = store.objection(session, objection_id)
    if found is None:
        raise NotFound(_NOT_THERE)
    home = place_by_id(session, subject_by_id(session, found.subject_id).place_id)
    if not may_see(viewer, home.code):
        raise NotFound(_NOT_THERE)
    return found


def step(
    objection: Objection, kind: ObjectionEventKind, *, document: str, at: datetime, by: str
) -> ObjectionEvent:
    """A step about an objection on the day of a moment, its text yet to be sealed."""
    return ObjectionEvent(
        objection_id=objection.objection_id,
        kind=kind,
        happened_on=clock.day_of(at),
        text_cipher=None,
        document=document,
        recorded_at=at,
        recorded_by=by,
    )


def text_row(objection: Objection) -> str:
    """What the text of an objection is bound to."""
    return f"objections/{objection.objection_id}/text"


def answer_row(objection: Objection) -> str:
    """What the text of its end is bound to."""
    return f"objections/{objection.objection_id}/answer"
