"""The average of the banks that lend in a place: what a village or town may be held against (REQ-102)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from app.db import Session
from app.designations.store import ways as store

Column = NDArray[np.float64]


@dataclass(frozen=True)
class OwnBanks:
    """Of every village and community what its banks have lent there, and what of that would be bad at the
    share each of them has in the whole district.
    """

    lent: Column
    expected: Column

    def shares(self) -> Column:
        """The average of the banks of each; where nobody lends, it is unknown (NaN)."""
        return _share(self.expected, self.lent)

    def shares_of(self, group_of_unit: NDArray[np.int64], *, size: int) -> Column:
        """The same of so many groups, such as towns, by the group of each village and community."""
        lent, expected = (
            np.bincount(group_of_unit, weights=column, minlength=size).astype(float)
            for column in (self.lent, self.expected)
        )
        return _share(expected, lent)


def own_banks(
    session: Session, positions: Mapping[int, int], *, size: int, on: date, recorded_before: datetime
) -> OwnBanks:
    """What banks have lent by the last month-end a night knew, in villages and communities by position.

    Where several banks lend, each counts by what it has lent there.
    """
    balances: dict[str, Column] = defaultdict(lambda: np.zeros(size))
    bad: dict[str, float] = defaultdict(float)
    for row in store.bank_balances(session, on=on, recorded_before=recorded_before):
        if row.place_id in positions:
            balances[row.lender][positions[row.place_id]] += float(row.balance_fen)
            bad[row.lender] += float(row.bad_fen)
    lent, expected = np.zeros(size), np.zeros(size)
    for lender, column in balances.items():
        lent += column
        expected += column * (bad[lender] / column.sum() if column.sum() > 0 else 0.0)
    return OwnBanks(lent, expected)


def _share(part: Column, whole: Column) -> Column:
    return part / np.where(whole > 0, whole, np.nan)
