"""What a night reads: subjects, the value that counts of every fact, loans, rosters, and last night."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, text

from app import clock
from app.db import Session
from app.jobs.night.columns import Reader, table
from app.models import (
    Batch,
    EntityType,
    Fact,
    Loan,
    LoanMonth,
    Place,
    Record,
    SubjectKind,
    epoch_day,
)

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


def last_record_id(session: Session) -> int:
    """The last record there is; whoever is still writing records with lower numbers is waited for."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE records IN SHARE MODE"))
    return newest_record_id(session)


def newest_record_id(session: Session) -> int:
    """The last record that can be seen; 0 where there is none."""
    return session.scalar(select(func.max(Record.record_id))) or 0


def extent(session: Session, *, as_of: date, last: int) -> Extent:
    """The records (up to the last) and deliveries a night for this day may read."""
    midnight = datetime.combine(as_of + timedelta(days=1), time.min, tzinfo=clock.CHINA)
    late = session.scalars(select(Batch.batch_id).where(Batch.recorded_at >= midnight)).all()
    return Extent(as_of, last, tuple(late))


def heirs(session: Session, *, on: date) -> dict[int, int]:
    """Of every division that no longer exists on a day, the one that stands in its place."""
    gone = select(Place.place_id, Place.successor_id).where(Place.valid_to <= on)
    successors = {row.place_id: row.successor_id for row in session.execute(gone) if row.successor_id}

    def heir(place_id: int) -> int:
        return heir(successors[place_id]) if place_id in successors else place_id

    return {place_id: heir(place_id) for place_id in successors}


def fact_names(session: Session, kind: SubjectKind) -> dict[int, str]:
    """The facts of one kind of subject, by id."""
    rows = session.execute(select(Fact.fact_id, Fact.name).where(Fact.subject_kind == kind))
    return {row.fact_id: row.name for row in rows}


def subjects(reader: Reader, kind: SubjectKind) -> Subjects:
    """Every subject of a kind, with what the night needs of it."""
    if kind is SubjectKind.AGRI_ENTITY:
        cases = " ".join(f"WHEN '{item.value}' THEN {code}" for code, item in enumerate(ENTITY_TYPES))
        ids, places, types, active = table(
            reader,
            f"SELECT s.subject_id, s.place_id, CASE e.entity_type {cases} END, "
            "CASE e.status WHEN 'active' THEN 1 ELSE 0 END "
            "FROM subjects s JOIN agri_entities e ON e.subject_id = s.subject_id ORDER BY s.subject_id",
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
