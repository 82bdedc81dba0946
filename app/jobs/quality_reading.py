"""The newest value of every source for every fact of the subjects of some places, in columns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.jobs.night.columns import Reader, table
from app.models import SubjectKind, epoch_day

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Newest:
    """One row for each subject, fact and source that says anything: what it said last, and on which day."""

    subject: Ints
    fact: Ints
    source: Ints
    value: Floats
    day: Ints

    def taken(self, rows: NDArray[np.bool_]) -> "Newest":
        """Only these rows."""
        return Newest(
            self.subject[rows], self.fact[rows], self.source[rows], self.value[rows], self.day[rows]
        )


def subjects_in(reader: Reader, place_ids: Sequence[int]) -> dict[SubjectKind, Ints]:
    """The subjects of some places, by kind."""
    listed = _listed(place_ids)
    return {
        kind: table(
            reader,
            f"SELECT subject_id FROM subjects WHERE kind = '{kind.value}' AND place_id IN ({listed}) "
            "ORDER BY subject_id",
            (np.int64,),
        )[0]
        for kind in SubjectKind
    }


def newest_in(
    reader: Reader, place_ids: Sequence[int], *, out: Collection[int], late: Sequence[int], on: date
) -> Newest:
    """What each source said last, up to a day; records left `out` and `late` deliveries are not read."""
    record, subject, fact, source, value, day = table(
        reader,
        "SELECT r.record_id, r.subject_id, r.fact_id, b.source_id, r.value, r.observed_on FROM records r "
        "JOIN batches b ON b.batch_id = r.batch_id JOIN subjects s ON s.subject_id = r.subject_id "
        f"WHERE s.place_id IN ({_listed(place_ids)}) AND r.observed_on <= {epoch_day(on)} "
        f"AND r.batch_id NOT IN ({_listed(late)})",
        (np.int64, np.int64, np.int64, np.int64, np.float64, np.int64),
    )
    order = np.lexsort((record, day, source, fact, subject))
    order = order[~np.isin(record[order], np.fromiter(out, dtype=np.int64, count=len(out)))]
    rows = Newest(subject[order], fact[order], source[order], value[order], day[order])
    if not len(order):
        return rows
    changes = [column[1:] != column[:-1] for column in (rows.subject, rows.fact, rows.source)]
    return rows.taken(np.r_[np.logical_or.reduce(changes), True])


def _listed(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers)) or "-1"
