"""What a night writes: only what changed, all in one step, so that nobody sees half a night."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import func, insert, select, text

from app.db import Session
from app.errors import Conflict
from app.jobs.night.coverage import CoverageRow
from app.jobs.night.peers import PeersRow
from app.jobs.night.places import GateRow, MeasureRow, Status
from app.jobs.night.rating import REASONS, RatingColumns
from app.jobs.night.staging import COLUMNS
from app.models import (
    CoverageCount,
    PeerPoints,
    PlaceGate,
    PlaceGradeCount,
    PlaceMeasure,
    PlaceStatus,
    RatingRun,
)

_ROWS_AT_ONCE = 50_000
_REASONS = tuple(reason.value for reason in REASONS)


def begin_publishing(session: Session, *, seen: RatingRun | None) -> None:
    """Let one night publish at a time, and only on top of the night it compared itself with."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE rating_runs IN SHARE ROW EXCLUSIVE MODE"))
    newest = session.scalar(select(func.max(RatingRun.run_id)).where(RatingRun.published_at.is_not(None)))
    if newest != (seen.run_id if seen else None):
        raise Conflict("another night was published while this one was computed; run `rescore` again")


def write_run(session: Session, run: RatingRun) -> int:
    """The night itself; its number."""
    session.add(run)
    session.flush()
    return run.run_id


def write_ratings(
    session: Session, ratings: Iterable[RatingColumns], *, run_id: int, grades: tuple[str, ...]
) -> None:
    """The new ratings, straight through the driver; they are numbered in the order they come in."""
    for columns in ratings:
        for start in range(0, len(columns.subject_ids), _ROWS_AT_ONCE):
            part = columns.taken(np.arange(start, min(start + _ROWS_AT_ONCE, len(columns.subject_ids))))
            _write_rows(session, _rating_rows(part, run_id=run_id, grades=grades))


def write_staged_ratings(session: Session, *, run_id: int) -> None:
    """The new ratings, from the file they were prepared in."""
    names = ", ".join(COLUMNS)
    prepared = f"SELECT :run_id, {names} FROM staged.ratings ORDER BY rowid"
    session.execute(text(f"INSERT INTO ratings (run_id, {names}) {prepared}"), {"run_id": run_id})


def _rating_rows(part: RatingColumns, *, run_id: int, grades: tuple[str, ...]) -> list[tuple[Any, ...]]:
    return list(
        zip(
            [run_id] * len(part.subject_ids),
            part.subject_ids.tolist(),
            part.rule_version_ids.tolist(),
            [grades[rank] for rank in part.grade.tolist()],
            [score if score >= 0 else None for score in part.score.tolist()],
            part.packed_bins.tolist(),
            part.vetoes.tolist(),
            part.known_count.tolist(),
            [_REASONS[code] for code in part.unrated.tolist()],
            part.on_file.tolist(),
            part.out_of_range.tolist(),
            strict=True,
        )
    )


def _write_rows(session: Session, rows: list[tuple[Any, ...]]) -> None:
    connection = session.connection()
    names = ", ".join(("run_id", *COLUMNS))
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * (len(COLUMNS) + 1))
        connection.exec_driver_sql(f"INSERT INTO ratings ({names}) VALUES ({marks})", rows)
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY ratings ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def last_statuses(session: Session) -> dict[int, Status]:
    """What the newest night said of every place."""
    newest = (
        select(func.max(PlaceStatus.place_status_id))
        .join(RatingRun, RatingRun.run_id == PlaceStatus.run_id)
        .where(RatingRun.published_at.is_not(None))
        .group_by(PlaceStatus.place_id)
    )
    kept = {row.place_status_id: row for row in session.scalars(
        select(PlaceStatus).where(PlaceStatus.place_status_id.in_(newest))
    )}  # fmt: skip
    measures: dict[int, set[MeasureRow]] = defaultdict(set)
    for measure in session.scalars(select(PlaceMeasure).where(PlaceMeasure.place_status_id.in_(newest))):
        measures[measure.place_status_id].add(
            MeasureRow(measure.name, measure.numerator, measure.denominator, measure.denominator_name)
        )
    gates: dict[int, set[GateRow]] = defaultdict(set)
    for gate in session.scalars(select(PlaceGate).where(PlaceGate.place_status_id.in_(newest))):
        gates[gate.place_status_id].add(
            GateRow(gate.name, gate.measure, gate.state, gate.threshold, gate.value, gate.margin)
        )
    counts: dict[int, set[tuple[str, str, int]]] = defaultdict(set)
    for count in session.scalars(select(PlaceGradeCount).where(PlaceGradeCount.place_status_id.in_(newest))):
        counts[count.place_status_id].add((count.subject_kind, count.grade, count.subject_count))
    return {
        row.place_id: Status(
            row.place_id,
            row.rule_version_id,
            row.state,
            frozenset(measures[status_id]),
            frozenset(gates[status_id]),
            frozenset(counts[status_id]),
        )
        for status_id, row in kept.items()
    }


def write_statuses(session: Session, statuses: Sequence[Status], *, run_id: int) -> None:
    """The new status of places, with measures, gates and ratings by grade."""
    for status in statuses:
        kept = PlaceStatus(
            place_id=status.place_id,
            run_id=run_id,
            rule_version_id=status.rule_version_id,
            state=status.state,
        )
        session.add(kept)
        session.flush()
        owner = {"place_status_id": kept.place_status_id}
        _insert(session, PlaceMeasure, [owner | vars(row) for row in sorted_rows(status.measures)])
        _insert(session, PlaceGate, [owner | vars(row) for row in sorted_rows(status.gates)])
        rows = [
            owner | {"subject_kind": kind, "grade": grade, "subject_count": count}
            for kind, grade, count in sorted(status.grade_counts)
        ]
        _insert(session, PlaceGradeCount, rows)


def sorted_rows(rows: Iterable[Any]) -> list[Any]:
    """Measures or gates by name, so that two runs write them in one order."""
    return sorted(rows, key=lambda row: str(row.name))


def _insert(session: Session, model: type[Any], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(model), rows)


def last_coverage(session: Session) -> set[CoverageRow]:
    """What the newest night that wrote coverage said of every town and type."""
    newest = (
        select(
            CoverageCount.place_id,
            CoverageCount.entity_type,
            func.max(CoverageCount.run_id).label("run_id"),
        )
        .join(RatingRun, RatingRun.run_id == CoverageCount.run_id)
        .where(RatingRun.published_at.is_not(None))
        .group_by(CoverageCount.place_id, CoverageCount.entity_type)
        .subquery()
    )
    found = select(CoverageCount).join(
        newest,
        (newest.c.place_id == CoverageCount.place_id)
        & (newest.c.entity_type == CoverageCount.entity_type)
        & (newest.c.run_id == CoverageCount.run_id),
    )
    return {
        CoverageRow(
            row.place_id,
            row.entity_type,
            row.roster_id,
            row.roster_count,
            row.excluded_count,
            row.on_file_count,
            row.rated_count,
        )
        for row in session.scalars(found)
    }


def changed_coverage(
    tonight: Sequence[CoverageRow], last: set[CoverageRow], *, roster_id: int | None
) -> list[CoverageRow]:
    """The rows that differ from last night's; a town and type the roster no longer names counts nothing."""
    changed = [row for row in tonight if row not in last]
    named = {(row.place_id, row.entity_type) for row in tonight}
    if roster_id is not None:
        changed += [
            CoverageRow(row.place_id, row.entity_type, roster_id, 0, 0, 0, 0)
            for row in last
            if (row.place_id, row.entity_type) not in named and (row.roster_count or row.excluded_count)
        ]
    return changed


def write_coverage(session: Session, rows: Sequence[CoverageRow], *, run_id: int) -> None:
    """The new coverage by town and type."""
    _insert(session, CoverageCount, [vars(row) | {"run_id": run_id} for row in rows])


def last_peers(session: Session) -> set[PeersRow]:
    """The newest row of every group a rating is compared with."""
    key = (PeerPoints.rule_version_id, PeerPoints.peer_group, PeerPoints.place_id)
    newest = (
        select(func.max(PeerPoints.peer_points_id))
        .join(RatingRun, RatingRun.run_id == PeerPoints.run_id)
        .where(RatingRun.published_at.is_not(None))
        .group_by(*key)
    )
    return {
        PeersRow(row.rule_version_id, row.peer_group, row.place_id, row.subject_count, tuple(row.point_sums))
        for row in session.scalars(select(PeerPoints).where(PeerPoints.peer_points_id.in_(newest)))
    }


def write_peers(session: Session, rows: Iterable[PeersRow], *, run_id: int) -> None:
    """The groups whose points differ from last night's."""
    _insert(
        session,
        PeerPoints,
        [vars(row) | {"run_id": run_id, "point_sums": list(row.point_sums)} for row in rows],
    )


def publish(session: Session, run_id: int, *, at: datetime) -> None:
    """Make the night the one that readers see, when its transaction ends."""
    session.get_one(RatingRun, run_id).published_at = at
