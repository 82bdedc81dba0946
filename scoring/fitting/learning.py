"""Outcomes become a table of points: bins, weight of evidence, logistic regression, whole points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from scoring.fitting.binning import Binning, fit_numbers, fit_texts
from scoring.fitting.cuts import Rules
from scoring.fitting.scaling import Integers, Scaling, whole, whole_tables
from scoring.fitting.table import FittedCharacteristic, FittedTable
from scoring.fitting.woe import Floats, information_value, weight_of_evidence

# The slope is found so exactly that rows repeated and rows weighted give the same whole points.
TOLERANCE = 1e-9
TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class Settings:
    """How to learn, by column: the direction wanted, the special codes, the range of valid values."""

    rules: Rules
    inverse_penalty: float
    least_rows: float
    directions: Mapping[str, str]
    special: Mapping[str, Sequence[float]]
    ranges: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Scale:
    """The scale asked for: odds stated at some points, or the least and the greatest score."""

    stated: Scaling
    points_range: tuple[int, int] | None


@dataclass(frozen=True)
class _Evidence:
    """The bins of one characteristic, how the rows fell into them and what each says."""

    binning: Binning
    codes: NDArray[np.intp]
    good: Floats
    bad: Floats
    thin: tuple[int, ...]
    woe: Floats
    value: float


def learn(
    columns: Mapping[str, NDArray[Any]], *, good: Floats, bad: Floats, settings: Settings, scale: Scale
) -> FittedTable:
    """The table of points that the outcomes of these rows support; `good` and `bad` are weights by row.

    Where no column tells good from bad, the first one stays and gives every row the same points.
    """
    tried = [_evidence(name, given, good=good, bad=bad, settings=settings) for name, given in columns.items()]
    found = [item for item in tried if np.ptp(item.woe) > 0] or tried[:1]
    found, slopes, intercept = _slopes(found, good=good, bad=bad, inverse_penalty=settings.inverse_penalty)
    while True:
        worth = [slope * item.woe for slope, item in zip(slopes, found, strict=True)]
        tables, scaling = _points(found, worth, intercept=intercept, scale=scale)
        kept = [place for place, table in enumerate(tables) if np.ptp(table) > 0]
        if len(kept) == len(found) or not kept:
            break
        found, slopes = [found[place] for place in kept], slopes[kept]
    return FittedTable(
        tuple(
            FittedCharacteristic(item.binning, table, item.good, item.bad, item.thin, item.woe, item.value)
            for item, table in zip(found, tables, strict=True)
        ),
        scaling,
    )


def _points(
    found: list[_Evidence], worth: list[Floats], *, intercept: float, scale: Scale
) -> tuple[list[Integers], Scaling]:
    """The points of every bin from what it is worth in log-odds, and what their sum then means."""
    if scale.points_range is not None:
        return _fill_range(worth, scale.points_range, intercept=intercept)
    factor = scale.stated.factor
    tables = whole_tables(
        [factor * part for part in worth],
        shares=[(item.good + item.bad) / (item.good + item.bad).sum() for item in found],
        total=scale.stated.offset + factor * intercept,
    )
    return tables, scale.stated


def _evidence(name: str, column: NDArray[Any], *, good: Floats, bad: Floats, settings: Settings) -> _Evidence:
    rules = settings.rules
    if column.dtype.kind == "O":
        binning = fit_texts(name, column, good=good, bad=bad, rules=rules)
    else:
        binning = fit_numbers(
            name,
            column,
            good=good,
            bad=bad,
            rules=rules,
            direction=settings.directions.get(name, "auto"),
            limits=settings.ranges.get(name),
            special=settings.special.get(name, ()),
        )
    codes = binning.codes(column)
    goods, bads = (
        np.bincount(codes, weights=rows, minlength=binning.size).astype(np.float64) for rows in (good, bad)
    )
    woe = weight_of_evidence(goods, bads, smoothing=rules.smoothing)
    beside = [0, *range(1 + binning.steps, binning.size)]
    thin = tuple(code for code in beside if goods[code] + bads[code] < settings.least_rows)
    woe[beside] = np.minimum(woe[beside], woe[1 : 1 + binning.steps].max())
    woe[list(thin)] = np.minimum(0.0, woe[1 : 1 + binning.steps].max())
    value = information_value(goods, bads, smoothing=rules.smoothing)
    return _Evidence(binning, codes, goods, bads, thin, woe, value)


def _slopes(
    found: list[_Evidence], *, good: Floats, bad: Floats, inverse_penalty: float
) -> tuple[list[_Evidence], Floats, float]:
    """Characteristics kept, what each one's evidence counts for beside the others, and the intercept.

    One that would count against its own evidence is left out: its points would run against its direction.
    """
    outcome, weight = good > 0, good + bad
    while True:
        rows = np.column_stack([item.woe[item.codes] for item in found])
        model = LogisticRegression(C=inverse_penalty, solver="newton-cholesky", tol=TOLERANCE)
        model.fit(rows, outcome, sample_weight=weight)
        slopes = model.coef_[0]
        if slopes.min() > 0 or len(found) == 1:
            return found, np.maximum(slopes, 0.0), float(model.intercept_[0])
        found = [item for place, item in enumerate(found) if place != int(slopes.argmin())]


def _fill_range(
    worth: list[Floats], points_range: tuple[int, int], *, intercept: float
) -> tuple[list[Integers], Scaling]:
    """Whole points that together run from the least to the greatest score, and what a score then means."""
    least, greatest = points_range
    lows = np.array([part.min() for part in worth])
    spans = np.array([part.max() for part in worth]) - lows
    if not spans.any():
        raise ValueError("points_range: no column tells good from bad; give more rows")
    factor = (greatest - least) / spans.sum()
    tops = _apportioned(factor * spans, greatest - least)
    bottoms = _apportioned(np.full(len(worth), least / len(worth)), least)
    tables = [
        bottom + whole((part - low) / max(span, TINY) * top)
        for part, low, span, top, bottom in zip(worth, lows, spans, tops, bottoms, strict=True)
    ]
    return tables, Scaling(float(factor), float(least - factor * (lows.sum() + intercept)))


def _apportioned(shares: Floats, total: int) -> Integers:
    """Whole numbers as near to the shares as their sum allows, by largest remainder."""
    exact = np.round(shares, 6)
    result = np.floor(exact).astype(np.int64)
    order = np.argsort(result - exact, kind="stable")
    result[order[: total - int(result.sum())]] += 1
    return result
