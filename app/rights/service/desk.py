"""The desk of an office: whose data it may open, and the record that it did."""

from datetime import date, datetime

from app import clock
from app.access.looks import record_looks
from app.access.scope import Viewer, may_see
from app.db import Session
from app.errors import NotFound
from app.models import Subject, SubjectKind
from app.places.service import place as place_by_id
from app.ratings.service import current_rating, known_on, standing_for
from app.rights import store
from app.rights.checks import erased, not_there
from app.subjects.cipher import Cipher
from app.subjects.service import SubjectCard, describe, find_by_number, with_contacts
from app.subjects.service import subject as subject_by_id

_UNKNOWN = "nobody is on file under this number; compare it with the card or the licence"


def find(session: Session, cipher: Cipher, number: str, *, viewer: Viewer, at: datetime) -> SubjectCard:
    """The subject behind a number, masked; one that lives elsewhere is as unknown as one not on file."""
    found = find_by_number(session, cipher, number, on=clock.day_of(at))
    if not may_see(viewer, place_by_id(session, found.place_id).code):
        raise NotFound(_UNKNOWN)
    record_view(session, found.subject_id, viewer=viewer, at=at)
    return with_contacts(session, cipher, describe(session, cipher, found))


def seen(session: Session, subject_id: int, *, viewer: Viewer, at: datetime) -> Subject:
    """A household or entity of the viewer's division whose data are still there; the view is written down."""
    try:
        found = subject_by_id(session, subject_id)
    except NotFound:
        raise not_there(subject_id) from None
    if found.kind is SubjectKind.VILLAGE or not may_see(viewer, home_code(session, subject_id)):
        raise not_there(subject_id)
    gone = store.erasure(session, subject_id)
    if gone is not None:
        raise erased(gone, on=clock.day_of(gone.erased_at))
    record_view(session, subject_id, viewer=viewer, at=at)
    return found


def record_view(
    session: Session, subject_id: int, *, viewer: Viewer, at: datetime, rating_id: int | None = None
) -> None:
    if rating_id is None:
        rating = current_rating(session, subject_id)
        rating_id = None if rating is None else rating.rating_id
    record_looks(session, [(subject_id, rating_id)], viewer=viewer, at=at)


def kin_of(session: Session, subject_id: int, *, on: date) -> list[int]:
    """The subject itself and those merged into it."""
    return standing_for(session, subject_id, known=known_on(session, on))


def home_code(session: Session, subject_id: int) -> str:
    return place_by_id(session, subject_by_id(session, subject_id).place_id).code
