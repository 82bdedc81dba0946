"""Officials look at persons in the course of duty: each look is a row, and each refusal that tells of one."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from app.access.scope import Viewer
from app.db import Session
from app.errors import Conflict, Invalid
from app.models import Inquiry, InquiryOutcome, Purpose

__all__ = ["record_looks", "refusals_recorded"]


def record_looks(
    session: Session,
    seen: Iterable[tuple[int, int | None]],
    *,
    viewer: Viewer,
    at: datetime,
    purpose: Purpose = Purpose.OFFICIAL_DUTY,
) -> None:
    """Write down which subjects an official was shown (art. 22), each with the rating he read of, if any.

    Whoever stands in a list twice is one look.
    """
    session.add_all(
        Inquiry(
            inquired_at=at,
            user_id=viewer.user_id,
            organisation_id=viewer.organisation_id,
            purpose=purpose,
            subject_id=subject_id,
            rating_id=rating_id,
            outcome=InquiryOutcome.ANSWERED,
            refusal_code="",
        )
        for subject_id, rating_id in dict.fromkeys(seen)
    )
    session.flush()


@contextmanager
def refusals_recorded(
    session: Session, told: Callable[[], Iterable[tuple[int, int | None]]], *, viewer: Viewer, at: datetime
) -> Iterator[None]:
    """All in here is done or taken back; a refusal that says how somebody stands is on record as a look.

    `told` names of whom it speaks, and nobody who is not of the viewer's division.
    """
    try:
        with session.begin_nested():
            yield
    except (Conflict, Invalid) as refusal:
        if seen := list(told()):
            record_looks(session, seen, viewer=viewer, at=at)
            refusal.leaves_record = True
        raise
