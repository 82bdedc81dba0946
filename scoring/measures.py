"""Shares with an explicit numerator and denominator; nothing over nothing is a state, not a number."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# What the name of such a reference begins with; the measure's follows.
COUNTY_MEDIAN = "county_median_"
# The share of bad loans the banks that lend in a place have in the whole county.
OWN_BANK = "own_bank_npl_share"


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


def unknown(places: int, denominator_name: str) -> Measure:
    """A measure nobody knows of any of so many places, as it would be divided."""
    nothing = np.full(places, np.nan)
    divided = denominator_name not in ("", "none")
    return Measure(nothing, nothing if divided else None, denominator_name if divided else "none")


def county_medians(measures: Mapping[str, Measure], *, among: NDArray[np.bool_]) -> dict[str, float]:
    """The references a profile may be held against: of every measure, the median over these places.

    Places of which it is unknown do not count; where it is unknown of all, there is no median (NaN).
    """
    found = {}
    for name, measure in measures.items():
        value = measure.value()[among]
        known = value[~np.isnan(value)]
        found[COUNTY_MEDIAN + name] = float(np.median(known)) if len(known) else np.nan
    return found
