"""Shares with an explicit numerator and denominator; nothing over nothing is a state, not a number."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Measure:
    """A measure of many places: numerators, denominators (None for a plain count) and what these count."""

    numerator: NDArray[np.float64]
    denominator: NDArray[np.float64] | None
    denominator_name: str

    def value(self) -> NDArray[np.float64]:
        """The share, or the count; NaN where it is unknown or the denominator is nothing."""
        if self.denominator is None:
            return self.numerator
        some = np.where(self.denominator > 0, self.denominator, np.nan)
        return self.numerator / some
