"""What share of each grade and score band defaulted, how sure that is, and whether it was to be expected."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.definition import Text
from scoring.validation.discrimination import Floats
from scoring.validation.distributions import chi_square_tail, share_interval
from scoring.validation.thresholds import Thresholds

# A chance of 0 or 1 is taken as this far from it: what it ruled out weighs much, but not without end.
CERTAIN = 1e-9


@dataclass(frozen=True)
class DefaultRate:
    """One grade or score band: its subjects, those with a known outcome, those who defaulted.

    `low` and `high` are the exact interval (Clopper & Pearson 1934) of the true rate; `expected` is the mean
    expected chance of default of those with an outcome, None where there is none. A `thin` cell has too few
    subjects or too few of either outcome: its rate is no more than a hint.
    """

    name: str
    label: Text
    subject_count: int
    outcome_count: int
    default_count: int
    low: float
    high: float
    expected: float | None
    thin: bool

    @property
    def rate(self) -> float | None:
        """The share that defaulted; None where there is no outcome."""
        return self.default_count / self.outcome_count if self.outcome_count else None


@dataclass(frozen=True)
class GradeBreak:
    """Two neighbouring grades of which the better one defaulted more; `certain` where intervals are apart."""

    better: str
    worse: str
    certain: bool


@dataclass(frozen=True)
class GoodnessOfFit:
    """Expected against observed defaults over the score bands, after Hosmer & Lemeshow 1980.

    A small `p` says that gaps so large are rare where the expected chances are right; `own_sample` that the
    chances were fitted on the same subjects. `thin_count` bands have too few subjects or outcomes.
    """

    sample: str
    statistic: float
    freedom: int
    p: float
    own_sample: bool
    thin_count: int


def default_rates(
    place: NDArray[np.integer[Any]],
    outcome: Floats,
    *,
    cells: Sequence[tuple[str, Text]],
    chance: Floats | None,
    thresholds: Thresholds,
) -> tuple[DefaultRate, ...]:
    """The default rate of each cell from each subject's cell and outcome (NaN = unknown)."""
    known = ~np.isnan(outcome)
    subjects = np.bincount(place, minlength=len(cells))
    outcomes = np.bincount(place[known], minlength=len(cells))
    defaults = np.bincount(place[known], weights=outcome[known], minlength=len(cells)).astype(np.int64)
    expected: list[float | None] = [None] * len(cells)
    if chance is not None:
        sums = np.bincount(place[known], weights=chance[known], minlength=len(cells))
        expected = [
            float(total / count) if count and np.isfinite(total) else None
            for total, count in zip(sums, outcomes, strict=True)
        ]
    return tuple(
        DefaultRate(
            name,
            label,
            int(subjects[at]),
            int(outcomes[at]),
            int(defaults[at]),
            *share_interval(int(defaults[at]), int(outcomes[at]), confidence=thresholds.confidence),
            expected[at],
            thresholds.thin(int(outcomes[at]), int(defaults[at])),
        )
        for at, (name, label) in enumerate(cells)
    )


def grade_breaks(rates: Sequence[DefaultRate]) -> tuple[GradeBreak, ...]:
    """Where a better grade defaulted more than the next worse one that has outcomes; best grade first."""
    seen = [cell for cell in rates if cell.rate is not None]
    pairs = itertools.pairwise(seen)
    return tuple(
        GradeBreak(better.name, worse.name, better.low > worse.high)
        for better, worse in pairs
        if better.default_count * worse.outcome_count > worse.default_count * better.outcome_count
    )


def goodness_of_fit(bands: Sequence[DefaultRate], *, sample: str, own_sample: bool) -> GoodnessOfFit | None:
    """The statistic over the bands that have outcomes; None where fewer than 3 do."""
    used = [cell for cell in bands if cell.outcome_count and cell.expected is not None]
    freedom = len(used) - (2 if own_sample else 0)
    if len(used) < 3 or freedom < 1:
        return None
    statistic = 0.0
    for cell in used:
        chance = min(max(cell.expected or 0.0, CERTAIN), 1 - CERTAIN)
        variance = cell.outcome_count * chance * (1 - chance)
        statistic += (cell.default_count - cell.outcome_count * chance) ** 2 / variance
    p = chi_square_tail(statistic, freedom)
    return GoodnessOfFit(sample, statistic, freedom, p, own_sample, sum(cell.thin for cell in used))


def score_edges(score: Floats, *, band_count: int) -> tuple[float, ...]:
    """Where one band of scores ends and the next begins, so that each holds about as many of these scores."""
    if not len(score):
        return ()
    ordered = np.sort(score)
    places = (np.arange(1, band_count) * len(ordered)) // band_count
    return tuple(edge for edge in np.unique(ordered[places]).tolist() if edge > ordered[0])


def score_bands(edges: Sequence[float]) -> list[tuple[str, Text]]:
    """The bands between these edges, lowest scores first, named as half-open intervals."""
    if not edges:
        return [("all", Text("全部", "all"))]
    names = [f"< {edges[0]:g}"]
    names += [f"{low:g} – < {high:g}" for low, high in itertools.pairwise(edges)]
    names.append(f"≥ {edges[-1]:g}")
    return [(name, Text(name, name)) for name in names]
