"""What stood in a delivery before: keys of many rows in little memory."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_DAY_BITS = 17
_DAY_ORIGIN = 30_000


def subject_days(subject_ids: Ints, days: Ints) -> Ints:
    """One number for each pair of a subject and a day from 1900 on."""
    return (subject_ids << _DAY_BITS) | (days + _DAY_ORIGIN)


def parts_of(keys: Ints) -> tuple[Ints, Ints]:
    """The subjects and the days behind such numbers."""
    return keys >> _DAY_BITS, (keys & ((1 << _DAY_BITS) - 1)) - _DAY_ORIGIN


class Seen:
    """The keys of all rows so far, with the first row that had each of them."""

    def __init__(self) -> None:
        self._keys: list[Ints] = []
        self._rows: list[Ints] = []

    def add(self, keys: Ints, rows: Ints) -> dict[int, int]:
        """Remember the keys of some rows; those that stood before, by place, with the row of the first."""
        order = np.argsort(keys, kind="stable")
        ordered, numbers = keys[order], rows[order]
        first = np.ones(len(keys), dtype=bool)
        first[1:] = ordered[1:] != ordered[:-1]
        heads = np.flatnonzero(first)
        first_rows = np.repeat(numbers[heads], np.diff(np.append(heads, len(keys))))
        repeated = {int(order[at]): int(first_rows[at]) for at in np.flatnonzero(~first)}
        for known, known_rows in zip(self._keys, self._rows, strict=True):
            at = np.minimum(np.searchsorted(known, ordered), len(known) - 1)
            again = known[at] == ordered
            first &= ~again
            for place in np.flatnonzero(again):
                repeated[int(order[place])] = int(known_rows[at[place]])
        if first.any():
            self._keys.append(ordered[first])
            self._rows.append(numbers[first])
        return repeated
