"""Coverage as the published nights counted it."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import func, select

from app.db import Session
from app.models import CoverageCount, RatingRun, Roster


def counts(session: Session, place_ids: Collection[int], *, on: date) -> Sequence[CoverageCount]:
    """What the newest night up to a day that spoke of each town and type counted."""
    key = (CoverageCount.place_id, CoverageCount.entity_type)
    newest = (
        select(*key, func.max(CoverageCount.run_id).label("run_id"))
        .join(RatingRun, RatingRun.run_id == CoverageCount.run_id)
        .where(RatingRun.published_at.is_not(None), RatingRun.as_of <= on)
        .where(CoverageCount.place_id.in_(place_ids))
        .group_by(*key)
        .subquery()
    )
    found = select(CoverageCount).join(
        newest,
        (newest.c.place_id == CoverageCount.place_id)
        & (newest.c.entity_type == CoverageCount.entity_type)
        & (newest.c.run_id == CoverageCount.run_id),
    )
    return session.scalars(found.order_by(CoverageCount.place_id, CoverageCount.entity_type)).all()


def roster(session: Session, roster_id: int) -> Roster | None:
    """One frozen roster."""
    return session.get(Roster, roster_id)


def newest_as_of(session: Session, *, on: date) -> date | None:
    """The day of the newest published night up to a day."""
    published = select(func.max(RatingRun.as_of)).where(RatingRun.published_at.is_not(None))
    return session.scalar(published.where(RatingRun.as_of <= on))
