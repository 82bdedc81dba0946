"""The status of villages and towns as the published nights left it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from app.db import Session
from app.models import (
    PlaceGate,
    PlaceGradeCount,
    PlaceMeasure,
    PlaceStatus,
    RatingRun,
    RuleVersion,
)


def newest_statuses(session: Session, place_ids: Collection[int]) -> Sequence[tuple[PlaceStatus, RatingRun]]:
    """What the newest night that spoke of each place said."""
    newest = (
        select(func.max(PlaceStatus.place_status_id))
        .join(RatingRun, RatingRun.run_id == PlaceStatus.run_id)
        .where(PlaceStatus.place_id.in_(place_ids), RatingRun.published_at.is_not(None))
        .group_by(PlaceStatus.place_id)
    )
    found = select(PlaceStatus, RatingRun).join(RatingRun, RatingRun.run_id == PlaceStatus.run_id)
    rows = session.execute(found.where(PlaceStatus.place_status_id.in_(newest)))
    return [(row[0], row[1]) for row in rows]


def statuses_of(session: Session, place_id: int, *, until: date) -> Sequence[tuple[PlaceStatus, RatingRun]]:
    """Every status of a place by nights about days up to one, the oldest night first."""
    found = select(PlaceStatus, RatingRun).join(RatingRun, RatingRun.run_id == PlaceStatus.run_id)
    rows = session.execute(
        found.where(
            PlaceStatus.place_id == place_id, RatingRun.published_at.is_not(None), RatingRun.as_of <= until
        ).order_by(PlaceStatus.run_id)
    )
    return [(row[0], row[1]) for row in rows]


def nights_until(session: Session, *, until: date) -> Sequence[tuple[int, date]]:
    """Every published night about a day up to one, by its number."""
    found = select(RatingRun.run_id, RatingRun.as_of).where(
        RatingRun.published_at.is_not(None), RatingRun.as_of <= until
    )
    return [(row[0], row[1]) for row in session.execute(found.order_by(RatingRun.run_id))]


def measures(session: Session, status_ids: Collection[int]) -> Sequence[PlaceMeasure]:
    """The measures behind these statuses."""
    return session.scalars(_of(select(PlaceMeasure), PlaceMeasure, status_ids)).all()


def gates(session: Session, status_ids: Collection[int]) -> Sequence[PlaceGate]:
    """The gates behind these statuses."""
    return session.scalars(_of(select(PlaceGate), PlaceGate, status_ids)).all()


def grade_counts(session: Session, status_ids: Collection[int]) -> Sequence[PlaceGradeCount]:
    """The ratings by grade behind these statuses."""
    return session.scalars(_of(select(PlaceGradeCount), PlaceGradeCount, status_ids)).all()


def rule_versions(session: Session, rule_version_ids: Collection[int]) -> Sequence[RuleVersion]:
    """The profiles places were judged by."""
    return session.scalars(select(RuleVersion).where(RuleVersion.rule_version_id.in_(rule_version_ids))).all()


Detail = type[PlaceMeasure] | type[PlaceGate] | type[PlaceGradeCount]


def _of(found: Any, model: Detail, status_ids: Collection[int]) -> Any:
    return found.where(model.place_status_id.in_(status_ids))
