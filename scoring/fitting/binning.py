"""Where one characteristic is cut into bins: few, each large enough, and rising or falling as it should."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.fitting.cuts import Rules, best_cuts, rounded_edge
from scoring.fitting.woe import Floats

Codes = NDArray[np.intp]
DIRECTIONS = ("auto", "up", "down", "free")
LARGEST = float(np.finfo(np.float64).max)
# Categories whose share of good differs by less than this stand in the order of their names.
RATE_DIGITS = 9


@dataclass(frozen=True)
class Binning:
    """How one characteristic is cut: bin 0 is unknown, then come the bins by value, last the special codes.

    Numbers have `edges`, each the first value of the next bin; texts have `groups` of categories. A number
    outside `minimum` to `maximum` that is no special code, and a category never seen, are unknown.
    """

    name: str
    direction: str
    edges: tuple[float, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    special: tuple[float, ...] = ()
    minimum: float = -LARGEST
    maximum: float = LARGEST

    @property
    def steps(self) -> int:
        """How many bins there are by value."""
        return len(self.groups) if self.groups else len(self.edges) + 1

    @property
    def size(self) -> int:
        """How many bins there are in all."""
        return 1 + self.steps + len(self.special)

    def codes(self, column: NDArray[Any]) -> Codes:
        """The bin of every value; `ValueError` for texts where numbers are read, and the reverse."""
        if self.groups:
            return self._text_codes(column)
        if column.dtype.kind == "O" and any(value is not None for value in column):
            raise ValueError(f"column {self.name} holds texts; it was fitted on numbers")
        values = column.astype(np.float64, copy=False)
        codes: Codes = np.searchsorted(np.asarray(self.edges), values, side="right") + 1
        codes[~((values >= self.minimum) & (values <= self.maximum))] = 0
        for position, code in enumerate(self.special, start=1 + self.steps):
            codes[values == code] = position
        return codes

    @cached_property
    def places(self) -> dict[str | None, int]:
        """The bin of every category seen."""
        return {member: code for code, group in enumerate(self.groups, start=1) for member in group}

    def _text_codes(self, column: NDArray[Any]) -> Codes:
        if column.dtype.kind != "O":
            if not np.isnan(column).all():
                raise ValueError(f"column {self.name} holds numbers; it was fitted on texts")
            return np.zeros(len(column), dtype=np.intp)
        places = self.places
        return np.fromiter((places.get(value, 0) for value in column), dtype=np.intp, count=len(column))


def fit_texts(name: str, column: NDArray[Any], *, good: Floats, bad: Floats, rules: Rules) -> Binning:
    """Categories with a similar share of good loans, put together."""
    names = sorted({value for value in column if value is not None})
    places = {value: place for place, value in enumerate(names)}
    known = np.array([value is not None for value in column], dtype=bool)
    position = np.fromiter((places[value] for value in column[known]), dtype=np.intp)
    goods, bads = _sums(position, good[known], bad[known])
    smoothed = (goods + rules.smoothing * goods.sum() / (goods + bads).sum()) / (
        goods + bads + rules.smoothing
    )
    order = np.argsort(np.round(smoothed, RATE_DIGITS), kind="stable")
    first = np.arange(len(names))
    if len(names) > rules.prebins:
        first = _quantile_starts((goods + bads)[order], rules.prebins)
    pre_good, pre_bad = np.add.reduceat(goods[order], first), np.add.reduceat(bads[order], first)
    starts = first[best_cuts(pre_good, pre_bad, rules=rules, direction="free").starts]
    groups = [tuple(names[place] for place in sorted(part)) for part in np.split(order, starts[1:])]
    return Binning(name, "free", groups=tuple(groups))


def fit_numbers(
    name: str,
    column: Floats,
    *,
    good: Floats,
    bad: Floats,
    rules: Rules,
    direction: str,
    limits: tuple[float, float] | None,
    special: Sequence[float],
) -> Binning:
    """Bins over the weighted quantiles of the values, merged where the outcomes do not tell them apart."""
    minimum, maximum = _limits(name, limits, special=special)
    known = (column >= minimum) & (column <= maximum)
    value, position = np.unique(column[known], return_inverse=True)
    plain = Binning(name, "free", special=tuple(special), minimum=minimum, maximum=maximum)
    if not len(value):
        return plain
    goods, bads = _sums(position, good[known], bad[known])
    first = _quantile_starts(goods + bads, rules.prebins)
    pre_good, pre_bad = np.add.reduceat(goods, first), np.add.reduceat(bads, first)
    ways = ("up", "down") if direction == "auto" else (direction,)
    found = [(best_cuts(pre_good, pre_bad, rules=rules, direction=way), way) for way in ways]
    cuts, way = max(found, key=lambda one: one[0].worth)
    begin = first[cuts.starts[1:]]
    edges = [rounded_edge(float(value[place - 1]), float(value[place])) for place in begin]
    return replace(plain, direction=way if edges else "free", edges=tuple(edges))


def _limits(
    name: str, limits: tuple[float, float] | None, *, special: Sequence[float]
) -> tuple[float, float]:
    """The range a value may have; special codes must lie outside it."""
    if limits is None:
        if special:
            raise ValueError(f"ranges: state the range of {name}; its special codes must lie outside it")
        return -LARGEST, LARGEST
    minimum, maximum = map(float, limits)
    if not (np.isfinite(minimum) and np.isfinite(maximum) and minimum <= maximum):
        raise ValueError(f"ranges: {name}: {minimum:g} to {maximum:g} is no range; write (least, greatest)")
    inside = [code for code in special if minimum <= code <= maximum]
    if inside:
        raise ValueError(f"special: {name}: {inside[0]:g} lies inside its range {minimum:g} to {maximum:g}")
    return minimum, maximum


def _sums(position: Codes, good: Floats, bad: Floats) -> tuple[Floats, Floats]:
    """Good and bad rows by position."""
    goods, bads = np.bincount(position, weights=good), np.bincount(position, weights=bad)
    return goods.astype(np.float64), bads.astype(np.float64)


def _quantile_starts(weights: Floats, prebins: int) -> Codes:
    """The positions at which the weighted quantiles of the unique values begin."""
    middle = np.cumsum(weights) - weights / 2
    group = np.floor(middle / weights.sum() * prebins)
    return np.flatnonzero(np.concatenate([[True], group[1:] > group[:-1]]))
