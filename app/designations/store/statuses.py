"""The status of villages and towns as the published nights left it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, select

from app.db import Session
from app.models import (
    GateState,
    PlaceGate,
    PlaceGradeCount,
    PlaceMeasure,
    PlaceStatus,
    RatingRun,
    RuleVersion,
)

_NEWEST = (
    select(func.max(PlaceStatus.place_status_id))
    .join(RatingRun, RatingRun.run_id == PlaceStatus.run_id)
    .where(PlaceStatus.place_id.in_(bindparam("place_ids", expanding=True)))
    .where(RatingRun.published_at.is_not(None))
    .group_by(PlaceStatus.place_id)
)
_NEWEST_STATES = select(PlaceStatus.place_id, PlaceStatus.state).where(
    PlaceStatus.place_status_id.in_(_NEWEST)
)


def newest_statuses(session: Session, place_ids: Collection[int]) -> Sequence[tuple[PlaceStatus, RatingRun]]:
    """What the newest night that spoke of each place said."""
    found = select(PlaceStatus, RatingRun).join(RatingRun, RatingRun.run_id == PlaceStatus.run_id)
    found = found.where(PlaceStatus.place_status_id.in_(_NEWEST))
    rows = session.execute(found, {"place_ids": list(place_ids)})
    return [(row[0], row[1]) for row in rows]


def newest_states(session: Session, place_ids: Collection[int]) -> dict[int, GateState]:
    """Whether places hold their titles, as the newest night that spoke of each said; by place."""
    rows = session.connection().execute(_NEWEST_STATES, {"place_ids": list(place_ids)})
    return {row[0]: row[1] for row in rows}


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
