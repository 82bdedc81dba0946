"""Which demonstration was asked for, and the days on which what it consists of arrived."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from app.clock import CHINA
from app.models.base import epoch_day

SOURCE = "演示数据（合成）"
MONTHS = 36

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_DELIVERED_BEFORE, _UPDATED_BEFORE = timedelta(days=40), timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Order:
    """Which demonstration was asked for; the same order always gives the same district."""

    households: int
    entities: int
    seed: int
    on: date

    def random(self, part: str, number: int = 0) -> np.random.Generator:
        """The chance of one part of the district, independent of all other parts."""
        return np.random.default_rng([self.seed, number, *part.encode()])

    @property
    def delivered_on(self) -> date:
        """The day on which the files arrived; nothing in them was observed later."""
        return self.on - _DELIVERED_BEFORE

    @property
    def updated_on(self) -> date:
        """The day on which what had changed meanwhile, and what had been wrong, arrived."""
        return self.on - _UPDATED_BEFORE

    @property
    def month_ends(self) -> Ints:
        """The epoch days of the month-ends that banks have reported by now, oldest first."""
        return _month_ends(self.updated_on, count=MONTHS)

    @property
    def first_month_ends(self) -> Ints:
        """Those of them that were reported when the files arrived."""
        ends = self.month_ends
        return ends[ends < epoch_day(self.delivered_on.replace(day=1))]

    @property
    def delivered_at_text(self) -> str:
        """The beginning of the day on which the files arrived, as the tables hold it."""
        return midnight(self.delivered_on).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def midnight(on: date) -> datetime:
    """The instant at which a day begins in China."""
    return datetime.combine(on, time(), tzinfo=CHINA)


def _month_ends(before: date, *, count: int) -> Ints:
    """The epoch days of the last `count` month-ends before the month of a day, oldest first."""
    ends = []
    first = before.replace(day=1)
    for _ in range(count):
        first -= timedelta(days=1)
        ends.append(epoch_day(first))
        first = first.replace(day=1)
    return np.array(ends[::-1])
