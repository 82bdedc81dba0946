"""The value that counts of every fact of every subject, read from millions of records."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from app.db import Engine
from app.jobs.night.authority import DAY_BITS, DAY_OFFSET, FactRule
from app.jobs.night.columns import Column, snapshot
from app.jobs.night.reading import Extent, Subjects
from app.jobs.night.sqlite_columns import CHUNK_ROWS
from app.jobs.progress import Progress
from app.models import SubjectKind, epoch_day

NEVER = np.iinfo(np.int32).min
PARTS = 2
# Subject and fact, and batch and day, travel as one number each: two columns less of millions of rows.
FACT_BITS = 16
WHAT = "读取记录 reading records"
RECORD_COLUMNS = (
    f"subject_id * {2**FACT_BITS} + fact_id, value, batch_id * {2**DAY_BITS} + observed_on + {DAY_OFFSET}"
)
Ints = NDArray[np.int64]


@dataclass
class Facts:
    """The values that count, by fact (NaN: unknown), and the day of each subject's newest observation."""

    values: dict[str, NDArray[np.float64]]
    newest_day: NDArray[np.int32]


@dataclass
class _FactColumn:
    """One fact of all subjects of a kind: the value kept, and its precedence over other records."""

    rule: FactRule
    values: NDArray[np.float64]
    precedence: NDArray[np.int32]


class RecordTable:
    """Collects the value that counts of every fact by the precedence of its records.

    A subject that was merged into another (`heirs`) shares the other's row.
    """

    def __init__(
        self,
        kinds: Mapping[SubjectKind, Subjects],
        rules: Mapping[SubjectKind, Mapping[int, FactRule]],
        *,
        heirs: Mapping[int, int],
    ) -> None:
        last = max((int(found.ids[-1]) for found in kinds.values() if len(found.ids)), default=0)
        self._position = np.full(last + 1, -1, dtype=np.int32)
        self._sizes = {kind: len(found.ids) for kind, found in kinds.items()}
        self._facts: dict[int, _FactColumn] = {}
        self._named: dict[SubjectKind, dict[str, int]] = {}
        for kind, found in kinds.items():
            self._position[found.ids] = np.arange(len(found.ids), dtype=np.int32)
            self._named[kind] = {rule.name: fact_id for fact_id, rule in rules[kind].items()}
            for fact_id, rule in rules[kind].items():
                size = len(found.ids)
                self._facts[fact_id] = _FactColumn(
                    rule, np.full(size, np.nan), np.full(size, NEVER, dtype=np.int32)
                )
        for gone, heir in heirs.items():
            self._position[gone] = self._position[heir]

    def add(self, chunk: tuple[Column, ...]) -> None:
        """Take in records, which must come in the order they were recorded."""
        keys, values, deliveries = chunk
        subject_ids, fact_ids = keys >> FACT_BITS, keys & (2**FACT_BITS - 1)
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
            precedence = fact.rule.precedence(deliveries[chosen])
            _take_foremost(fact, rows[chosen], values[chosen], precedence)

    def forget(self, keys: Ints) -> None:
        """Take back what counts of some facts of some subjects, each written as one number."""
        rows, fact_ids = self._position[keys >> FACT_BITS], keys & (2**FACT_BITS - 1)
        for fact_id in np.unique(fact_ids):
            if (fact := self._facts.get(int(fact_id))) is not None:
                gone = rows[fact_ids == fact_id]
                fact.values[gone], fact.precedence[gone] = np.nan, NEVER

    def merge(self, later: "RecordTable") -> None:
        """Take in a table of records that were all recorded after those of this one."""
        for fact_id, fact in self._facts.items():
            other = later._facts[fact_id]
            before = (other.precedence != NEVER) & (other.precedence >= fact.precedence)
            fact.values[before] = other.values[before]
            fact.precedence[before] = other.precedence[before]

    def facts(self, kind: SubjectKind) -> Facts:
        """What counts of the subjects of one kind."""
        values: dict[str, NDArray[np.float64]] = {}
        newest = np.full(self._sizes[kind], NEVER, dtype=np.int32)
        for name, fact_id in self._named[kind].items():
            fact = self._facts[fact_id]
            values[name] = fact.values
            days = (fact.precedence & (2**DAY_BITS - 1)) - DAY_OFFSET
            np.maximum(newest, np.where(fact.precedence == NEVER, NEVER, days), out=newest)
        return Facts(values, newest)


def _take_foremost(
    fact: _FactColumn,
    rows: NDArray[np.int32],
    values: NDArray[np.float64],
    precedence: NDArray[np.int32],
) -> None:
    """Where a record comes before the one kept, or is its equal and later, it takes its place."""
    if len(precedence) and precedence.min() != precedence.max():
        by_precedence = np.argsort(precedence, kind="stable")
        rows, values, precedence = rows[by_precedence], values[by_precedence], precedence[by_precedence]
    before = precedence >= fact.precedence[rows]
    fact.values[rows[before]] = values[before]
    fact.precedence[rows[before]] = precedence[before]


def read_records(
    engine: Engine,
    subjects: Mapping[SubjectKind, Subjects],
    rules: Mapping[SubjectKind, Mapping[int, FactRule]],
    *,
    heirs: Mapping[int, int],
    until: Extent,
    progress: Progress,
) -> RecordTable:
    """Every record the night may read; many of them are read in parts at the same time.

    Records are never changed, so that parts read one after the other are still one state.
    """
    last = until.last_record_id
    parts = PARTS if last >= PARTS * CHUNK_ROWS else 1
    bounds = [last * part // parts for part in range(parts + 1)]
    tally = _Tally(last, progress)

    def read_part(first: int, end: int) -> RecordTable:
        found = RecordTable(subjects, rules, heirs=heirs)
        with snapshot(engine, rows=last) as reader:
            for chunk in reader.chunks(records_sql(first, end, until=until)):
                found.add(chunk)
                tally.add(len(chunk[0]))
        return found

    with ThreadPoolExecutor(parts) as pool:
        tables = list(pool.map(read_part, bounds[:-1], bounds[1:]))
    for later in tables[1:]:
        tables[0].merge(later)
    tally.close()
    return tables[0]


def records_sql(first: int, end: int, *, until: Extent) -> str:
    """The records after one number up to another that a night may read, in the order they were recorded."""
    return (
        f"SELECT {RECORD_COLUMNS} FROM records WHERE record_id > {first} AND record_id <= {end} "
        f"AND {_readable(until)} ORDER BY record_id"
    )


def records_of_sql(subject_ids: Sequence[int], *, until: Extent) -> str:
    """The same with the number of each record, of some subjects only."""
    # The plus keeps SQLite from walking through all records in their order instead of looking the few up.
    return (
        f"SELECT {RECORD_COLUMNS}, record_id FROM records WHERE subject_id IN ({_listed(subject_ids)}) "
        f"AND +record_id <= {until.last_record_id} AND {_readable(until)} ORDER BY +record_id"
    )


def _readable(until: Extent) -> str:
    late = f" AND batch_id NOT IN ({_listed(until.late_batches)})" if until.late_batches else ""
    return f"observed_on <= {epoch_day(until.as_of)}{late}"


def _listed(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


class _Tally:
    """Counts what several readers have read."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total, self._progress = total, progress
        self._lock, self._done = Lock(), 0

    def add(self, rows: int) -> None:
        with self._lock:
            self._done += rows
            if self._done < self._total:
                self._progress(self._done, self._total, WHAT)

    def close(self) -> None:
        self._progress(self._done, self._done, WHAT)
