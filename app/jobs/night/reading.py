"""What a night reads: subjects, the value that counts of every fact, loans, rosters, and last night."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, text

from app.db import Session
from app.jobs.night.columns import Reader, table
from app.models import (
    Batch,
    EntityType,
    Loan,
    LoanMonth,
    Place,
    SubjectKind,
    epoch_day,
)
from app.records.known import ENTITY_STATES, KEYS, RECORDS, Known

ENTITY_TYPES = tuple(EntityType)


@dataclass(frozen=True)
class Extent:
    """How far a night reads: the day, the last record, and the deliveries that came too late for it."""

    as_of: date
    last_record_id: int
    late_batches: tuple[int, ...]


@dataclass(frozen=True)
class Subjects:
    """All subjects of one kind in the order of their ids; `type_code` and `active` matter for entities."""

    ids: NDArray[np.int64]
    place_ids: NDArray[np.int64]
    type_codes: NDArray[np.int8]
    active: NDArray[np.bool_]

    def without_place(self, merged: Mapping[int, int]) -> "Subjects":
        """The same, those who were merged into others living nowhere: nobody is counted twice."""
        gone = np.isin(self.ids, np.fromiter(merged, dtype=np.int64, count=len(merged)))
        return replace(self, place_ids=np.where(gone, 0, self.place_ids))


def settled_rows(session: Session) -> dict[str, int]:
    """The last row of each table that decides what counts; who still writes lower numbers is waited for."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {', '.join(KEYS)} IN SHARE MODE"))
    return newest_rows(session)


def newest_rows(session: Session) -> dict[str, int]:
    """The last row that can be seen of each table that decides what counts; 0 where there is none."""
    return {
        name: session.scalar(text(f"SELECT COALESCE(MAX({key}), 0) FROM {name}")) or 0
        for name, key in KEYS.items()
    }


def extent(session: Session, known: Known) -> Extent:
    """The records (up to the last) and deliveries a night may read."""
    late = session.scalars(select(Batch.batch_id).where(Batch.recorded_at >= known.recorded_before)).all()
    return Extent(known.on, known.until[RECORDS], tuple(late))


def heirs(session: Session, *, on: date) -> dict[int, int]:
    """Of every division that no longer exists on a day, the one that stands in its place."""
    gone = select(Place.place_id, Place.successor_id).where(Place.valid_to <= on)
    successors = {row.place_id: row.successor_id for row in session.execute(gone) if row.successor_id}

    def heir(place_id: int) -> int:
        return heir(successors[place_id]) if place_id in successors else place_id

    return {place_id: heir(place_id) for place_id in successors}


def subjects(reader: Reader, kind: SubjectKind, *, known: Known) -> Subjects:
    """Every subject of a kind, with what the night needs of it; of entities the state then known."""
    if kind is SubjectKind.AGRI_ENTITY:
        cases = " ".join(f"WHEN '{item.value}' THEN {code}" for code, item in enumerate(ENTITY_TYPES))
        ids, places, types, active = table(
            reader,
            f"SELECT s.subject_id, s.place_id, CASE e.entity_type {cases} END, "
            "CASE e.status WHEN 'active' THEN 1 ELSE 0 END FROM subjects s JOIN ("
            "SELECT subject_id, MAX(entity_state_id) AS newest FROM entity_states "
            f"WHERE entity_state_id <= {known.until[ENTITY_STATES]} GROUP BY subject_id"
            ") n ON n.subject_id = s.subject_id "
            "JOIN entity_states e ON e.entity_state_id = n.newest ORDER BY s.subject_id",
            (np.int64, np.int64, np.int8, np.bool_),
        )
        return Subjects(ids, places, types, active)
    ids, places = table(
        reader,
        f"SELECT subject_id, place_id FROM subjects WHERE kind = '{kind.value}' ORDER BY subject_id",
        (np.int64, np.int64),
    )
    return Subjects(ids, places, np.zeros(len(ids), np.int8), np.ones(len(ids), np.bool_))


@dataclass(frozen=True)
class LoanMonthColumns:
    """All loans at one month-end: the place and subject of the borrower, balance, overdue days and class."""

    subject_ids: NDArray[np.int64]
    place_ids: NDArray[np.int64]
    of_household: NDArray[np.bool_]
    balance_fen: NDArray[np.float64]
    overdue_days: NDArray[np.int64]
    class_codes: NDArray[np.int64]

    def of_heirs(self, heirs: Mapping[int, int]) -> "LoanMonthColumns":
        """The same, the loans of whoever was merged into another being the other's."""
        if not heirs:
            return self
        ids = np.array([heirs.get(one, one) for one in self.subject_ids.tolist()], dtype=np.int64)
        return replace(self, subject_ids=ids)


def month_end(session: Session, *, on: date, until: Extent) -> date | None:
    """The last month-end up to a day of which loans were reported in time."""
    reported = select(func.max(LoanMonth.month_end_on)).where(LoanMonth.month_end_on <= on)
    if until.late_batches:
        reported = reported.where(LoanMonth.batch_id.not_in(until.late_batches))
    return session.scalar(reported)


def reported_year_before(session: Session, month: date | None, *, until: Extent) -> date | None:
    """The month-end a year before another, if loans were reported for it; February may end a day later."""
    if month is None:
        return None
    year_before = date(month.year - 1, month.month, monthrange(month.year - 1, month.month)[1])
    return year_before if month_end(session, on=year_before, until=until) == year_before else None


def loan_month(reader: Reader, month: date | None, *, until: Extent) -> LoanMonthColumns:
    """Every loan at a month-end that was reported in time; none where there is no month."""
    late = ",".join(map(str, until.late_batches))
    day = -1 if month is None else epoch_day(month)
    sql = (
        "SELECT l.subject_id, s.place_id, CASE s.kind WHEN 'household' THEN 1 ELSE 0 END, "
        "m.balance_fen, m.overdue_days, m.class_code "
        f"FROM {LoanMonth.__tablename__} m JOIN {Loan.__tablename__} l ON l.loan_id = m.loan_id "
        f"JOIN subjects s ON s.subject_id = l.subject_id WHERE m.month_end_on = {day}"
        + (f" AND m.batch_id NOT IN ({late})" if late else "")
    )
    return LoanMonthColumns(
        *table(reader, sql, (np.int64, np.int64, np.bool_, np.float64, np.int64, np.int64))
    )
