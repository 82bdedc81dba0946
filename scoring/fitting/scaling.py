"""Points and odds: what a score says about the chance that a loan is repaid."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# Numbers that differ by less than this are rounded alike, whatever order their rows were added in.
ROUNDED_DIGITS = 6


@dataclass(frozen=True)
class Scaling:
    """A straight line between points and log-odds of good: points = offset + factor x log-odds."""

    factor: float
    offset: float

    @classmethod
    def stated(cls, *, base_points: float, base_odds: float, pdo: float) -> "Scaling":
        """The line on which `base_points` have odds of `base_odds` to 1; odds double every `pdo` points."""
        for name, value in (("base_odds", base_odds), ("pdo", pdo)):
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name}: {value!r} is not a positive number; write for example 20")
        if not math.isfinite(base_points):
            raise ValueError(f"base_points: {base_points!r} is not a number; write for example 600")
        factor = pdo / math.log(2)
        return cls(factor, base_points - factor * math.log(base_odds))

    @property
    def pdo(self) -> float:
        """The points that double the odds."""
        return self.factor * math.log(2)

    def points_at(self, odds: float) -> float:
        """The points at which the odds of good to bad are `odds` to 1."""
        return self.offset + self.factor * math.log(odds)

    def log_odds(self, points: NDArray[np.generic]) -> Floats:
        """The log-odds of good at these points."""
        return np.asarray((points.astype(np.float64) - self.offset) / self.factor)


def whole(points: Floats) -> Integers:
    """The nearest whole points, halves upward."""
    return np.floor(np.round(points, ROUNDED_DIGITS) + 0.5).astype(np.int64)


def whole_tables(evidence: list[Floats], *, shares: list[Floats], total: float) -> list[Integers]:
    """Whole points for every bin of every characteristic, from what each bin is worth in points.

    `total` is spread evenly over the characteristics, because a card has no constant term. What one table
    gains on average by rounding (`shares` are the shares of the rows in its bins), the next one gives back.
    """
    tables: list[Integers] = []
    carried = 0.0
    for worth, share in zip(evidence, shares, strict=True):
        exact = worth + total / len(evidence) - carried
        tables.append(whole(exact))
        carried = float(np.round(share @ (tables[-1] - exact), ROUNDED_DIGITS))
    return tables
