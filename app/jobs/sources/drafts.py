"""Records to be written, as columns; and several rows of one subject made into one of them."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.jobs.sources.definition import Together
from app.jobs.sources.seen import parts_of, subject_days
from app.jobs.sources.values import UNKNOWN_DAY

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NO_CONSENT = 0
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Drafts:
    """Values of one fact, one a row: whose, of which day, from which row of the file.

    `ended` and `noticed` are days since 1970 (`UNKNOWN_DAY`: not written); `consents` are ids (0: none).
    """

    subject_ids: Ints
    days: Ints
    values: Floats
    rows: Ints
    ended: Ints
    noticed: Ints
    consents: Ints

    def __len__(self) -> int:
        return len(self.subject_ids)

    @property
    def keys(self) -> Ints:
        """Subject and day in one number."""
        return subject_days(self.subject_ids, self.days)

    def only(self, chosen: NDArray[np.bool_] | Ints) -> Self:
        """Some of the rows."""
        return type(self)(*(getattr(self, each.name)[chosen] for each in fields(self)))

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """The rows of several, one after the other."""
        return cls(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)))


@dataclass(frozen=True, slots=True)
class Combined:
    """One value per subject and day, the rows each was made of, and the places where two consents meet."""

    drafts: Drafts
    group_rows: Ints
    source_rows: Ints
    disputed: Ints


def combine(drafts: Drafts, together: Together, *, adverse_from: float | None) -> Combined:
    """Make several rows of one subject and day into one; it is known by the first of them.

    It has ended, and the person was told of it, when that holds for every adverse row; the last day counts.
    """
    keys = drafts.keys
    order = np.lexsort((drafts.rows, keys))
    ordered, sorted_keys = drafts.only(order), keys[order]
    starts = np.flatnonzero(np.append(True, sorted_keys[1:] != sorted_keys[:-1]))
    sizes = np.diff(np.append(starts, len(sorted_keys)))
    subject_ids, days = parts_of(sorted_keys[starts])
    first_rows = ordered.rows[starts]
    adverse = ordered.values >= (-np.inf if adverse_from is None else adverse_from)
    made = Drafts(
        subject_ids,
        days,
        _reduced(ordered.values, starts, sizes, together),
        first_rows,
        _every(ordered.ended, adverse, starts),
        _every(ordered.noticed, adverse, starts),
        ordered.consents[starts],
    )
    several = np.repeat(sizes > 1, sizes)
    groups = np.repeat(first_rows, sizes)
    disputed = ordered.rows[ordered.consents != np.repeat(made.consents, sizes)]
    return Combined(made, groups[several], ordered.rows[several], disputed)


def _reduced(values: Floats, starts: Ints, sizes: Ints, together: Together) -> Floats:
    if together in (Together.SUM, Together.COUNT):
        return _sums(values, starts)
    if together in (Together.MAX, Together.ANY):
        return np.asarray(np.maximum.reduceat(values, starts), dtype=np.float64)
    return np.asarray(values[starts + sizes - 1], dtype=np.float64)


def _sums(values: Floats, starts: Ints) -> Floats:
    """Sums to the fourth decimal: ten parcels of 0.1 亩 are 1 亩."""
    return np.asarray(np.round(np.add.reduceat(values, starts), 4), dtype=np.float64)


def _every(days: Ints, adverse: NDArray[np.bool_], starts: Ints) -> Ints:
    latest = np.maximum.reduceat(np.where(adverse, days, UNKNOWN_DAY), starts)
    earliest = np.minimum.reduceat(np.where(adverse, days, _NEVER), starts)
    return np.where(earliest == UNKNOWN_DAY, UNKNOWN_DAY, latest)
