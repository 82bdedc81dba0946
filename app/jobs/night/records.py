"""The value that counts of every fact of every subject, read from millions of records."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from app.db import Engine
from app.jobs.night.columns import Column, snapshot
from app.jobs.night.reading import Extent, Subjects
from app.jobs.night.sqlite_columns import CHUNK_ROWS
from app.jobs.progress import Progress
from app.models import SubjectKind, epoch_day

NEVER = np.iinfo(np.int32).min
PARTS = 2
# Subject and fact travel as one number: one column less to read of millions of rows.
_FACT_BITS = 16
WHAT = "读取记录 reading records"


@dataclass
class Facts:
    """The values that count, by fact (NaN: unknown), and the day of each subject's newest observation."""

    values: dict[str, NDArray[np.float64]]
    newest_day: NDArray[np.int32]


class RecordTable:
    """Collects the value that counts of every fact: the newest observation, of one day the last recorded."""

    def __init__(
        self,
        kinds: Mapping[SubjectKind, Subjects],
        names: Mapping[SubjectKind, Mapping[int, str]],
    ) -> None:
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
        keys, values, days = chunk
        subject_ids, fact_ids = keys >> _FACT_BITS, keys & (2**_FACT_BITS - 1)
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

    def merge(self, later: "RecordTable") -> None:
        """Take in a table of records that were all recorded after those of this one."""
        for fact_id, (_, values, days) in self._facts.items():
            _, later_values, later_days = later._facts[fact_id]
            newer = (later_days != NEVER) & (later_days >= days)
            values[newer] = later_values[newer]
            days[newer] = later_days[newer]

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


def read_records(
    engine: Engine,
    subjects: Mapping[SubjectKind, Subjects],
    names: Mapping[SubjectKind, Mapping[int, str]],
    *,
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
        found = RecordTable(subjects, names)
        with snapshot(engine, rows=last) as reader:
            for chunk in reader.chunks(_records_sql(first, end, until=until)):
                found.add(chunk)
                tally.add(len(chunk[0]))
        return found

    with ThreadPoolExecutor(parts) as pool:
        tables = list(pool.map(read_part, bounds[:-1], bounds[1:]))
    for later in tables[1:]:
        tables[0].merge(later)
    tally.close()
    return tables[0]


def _records_sql(first: int, end: int, *, until: Extent) -> str:
    late = ",".join(map(str, until.late_batches))
    return (
        f"SELECT subject_id * {2**_FACT_BITS} + fact_id, value, observed_on FROM records "
        f"WHERE record_id > {first} AND record_id <= {end} AND observed_on <= {epoch_day(until.as_of)}"
        + (f" AND batch_id NOT IN ({late})" if late else "")
        + " ORDER BY record_id"
    )


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
