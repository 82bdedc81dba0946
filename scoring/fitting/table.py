"""The fitted table: bins and whole points of every characteristic, and what their sum means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.fitting.binning import Binning
from scoring.fitting.scaling import Integers, Scaling


@dataclass(frozen=True)
class FittedCharacteristic:
    """One characteristic: its bins, the points of each, and how the training rows fell into them.

    `good` and `bad` are rows (or their weights) by bin; `thin` tells the bins whose points are neutral
    because too few rows fell into them.
    """

    binning: Binning
    points: Integers
    good: NDArray[np.float64]
    bad: NDArray[np.float64]
    thin: tuple[int, ...]
    evidence: NDArray[np.float64]
    information_value: float

    @property
    def name(self) -> str:
        """The column that is read."""
        return self.binning.name


@dataclass(frozen=True)
class FittedTable:
    """All characteristics that were kept; the sum of their points is the score, and nothing else is."""

    characteristics: tuple[FittedCharacteristic, ...]
    scaling: Scaling

    def totals(self, columns: Mapping[str, NDArray[Any]]) -> Integers:
        """The score of every row."""
        rows = len(next(iter(columns.values())))
        total = np.zeros(rows, dtype=np.int64)
        for item in self.characteristics:
            total += item.points[item.binning.codes(columns[item.name])]
        return total

    @property
    def lowest(self) -> int:
        """The least score any row can have."""
        return int(sum(item.points.min() for item in self.characteristics))

    @property
    def highest(self) -> int:
        """The greatest score any row can have."""
        return int(sum(item.points.max() for item in self.characteristics))
