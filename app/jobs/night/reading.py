"""What a night reads: subjects, the value that counts of every fact, loans, rosters, and last night."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from app import clock
from app.db import Session
from app.jobs.night.columns import Column, Reader, table
from app.jobs.progress import Progress
from app.models import Batch, EntityType, Fact, Loan, LoanMonth, RatingRun, Record, SubjectKind, epoch_day

NEVER = np.iinfo(np.int32).min
KINDS = tuple(SubjectKind)
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


@dataclass
class Facts:
    """The values that count, by fact: NaN where unknown, and the day each was observed."""

    values: dict[str, NDArray[np.float64]]
    newest_day: NDArray[np.int32]


def extent(session: Session, *, as_of: date) -> Extent:
    """The records and deliveries a night for this day may read."""
    midnight = datetime.combine(as_of + timedelta(days=1), time.min, tzinfo=clock.CHINA)
    last = session.scalar(select(func.max(Record.record_id))) or 0
    late = session.scalars(select(Batch.batch_id).where(Batch.recorded_at >= midnight)).all()
    return Extent(as_of, last, tuple(late))


def last_run(session: Session) -> RatingRun | None:
    """The newest published night."""
    published = select(RatingRun).where(RatingRun.published_at.is_not(None))
    return session.scalars(published.order_by(RatingRun.run_id.desc()).limit(1)).first()


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


class RecordTable:
    """Collects the value that counts of every fact: the newest observation, of one day the last recorded."""

    def __init__(self, kinds: dict[SubjectKind, Subjects], names: dict[SubjectKind, dict[int, str]]) -> None:
        self._facts: dict[int, tuple[SubjectKind, NDArray[np.float64], NDArray[np.int32]]] = {}
        self._named: dict[SubjectKind, dict[str, int]] = {}
        last = max((int(found.ids[-1]) for found in kinds.values() if len(found.ids)), default=0)
        self._position = np.full(last + 1, -1, dtype=np.int32)
        self._sizes = {kind: len(found.ids) for kind, found in kinds.items()}
        for kind, found in kinds.items():
            self._position[found.ids] = np.arange(len(found.ids), dtype=np.int32)
            self._named[kind] = {name: fact_id for fact_id, name in names[kind].items()}
            for fact_id in names[kind]:
                values = np.full(len(found.ids), np.nan)
                self._facts[fact_id] = (kind, values, np.full(len(found.ids), NEVER, dtype=np.int32))

    def add(self, chunk: tuple[Column, ...]) -> None:
        """Take in records, which must come in the order they were recorded."""
        subject_ids, fact_ids, values, days = chunk
        inside = subject_ids < len(self._position)
        rows = np.where(inside, self._position[np.where(inside, subject_ids, 0)], -1)
        order = np.argsort(fact_ids.astype(np.int16), kind="stable")
        ordered = fact_ids[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        for start, end in zip(starts, [*starts[1:], len(ordered)], strict=True):
            if (fact := self._facts.get(int(ordered[start]))) is None:
                continue
            chosen = order[start:end]
            chosen = chosen[rows[chosen] >= 0]
            _take_newest(fact[1], fact[2], rows[chosen], values[chosen], days[chosen].astype(np.int32))

    def facts(self, kind: SubjectKind) -> Facts:
        """What counts of the subjects of one kind."""
        values: dict[str, NDArray[np.float64]] = {}
        newest = np.full(self._sizes[kind], NEVER, dtype=np.int32)
        for name, fact_id in self._named[kind].items():
            _, column, days = self._facts[fact_id]
            values[name] = column
            np.maximum(newest, days, out=newest)
        return Facts(values, newest)


def _take_newest(
    kept: NDArray[np.float64],
    kept_days: NDArray[np.int32],
    rows: NDArray[np.int32],
    values: NDArray[np.float64],
    days: NDArray[np.int32],
) -> None:
    """Where an observation is at least as new as the one kept, it takes its place."""
    if len(days) and days.min() != days.max():
        by_day = np.argsort(days, kind="stable")
        rows, values, days = rows[by_day], values[by_day], days[by_day]
    newer = days >= kept_days[rows]
    kept[rows[newer]] = values[newer]
    kept_days[rows[newer]] = days[newer]


def read_records(reader: Reader, records: RecordTable, *, until: Extent, progress: Progress) -> None:
    """Take in every record the night may read, in the order they were recorded."""
    late = ",".join(map(str, until.late_batches))
    sql = (
        "SELECT subject_id, fact_id, value, observed_on FROM records "
        f"WHERE record_id <= {until.last_record_id} AND observed_on <= {epoch_day(until.as_of)}"
        + (f" AND batch_id NOT IN ({late})" if late else "")
        + " ORDER BY record_id"
    )
    done = 0
    for chunk in reader.chunks(sql):
        records.add(chunk)
        done += len(chunk[0])
        progress(done, max(until.last_record_id, done), "读取记录 reading records")
    progress(done, done, "读取记录 reading records")


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
