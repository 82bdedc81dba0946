"""Officials look at ratings of their division in the course of duty, and leave a record of it."""

from collections.abc import Iterable
from datetime import datetime

from app.access.looks import record_looks
from app.access.scope import Viewer, may_see
from app.db import Session
from app.errors import NotFound
from app.models import Rating
from app.places.service import place as place_by_id
from app.ratings.service import rating as rating_by_id
from app.subjects.service import subject as subject_by_id


def view_rating(session: Session, rating_id: int, *, viewer: Viewer, at: datetime) -> Rating:
    """A rating for an official who looks at it; whose subject lives elsewhere does not exist for him."""
    found = rating_by_id(session, rating_id)
    home = place_by_id(session, subject_by_id(session, found.subject_id).place_id)
    if not may_see(viewer, home.code):
        raise NotFound("there is no such rating in your division")
    record_views(session, [found], viewer=viewer, at=at)
    return found


def record_views(session: Session, ratings: Iterable[Rating], *, viewer: Viewer, at: datetime) -> None:
    """Write down that an official sees these ratings in the course of his duty."""
    record_looks(session, ((one.subject_id, one.rating_id) for one in ratings), viewer=viewer, at=at)
