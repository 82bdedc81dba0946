"""How well a score parts those who default from those who pay; a higher score is the better one."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import CardError
from scoring.validation.distributions import normal_quantile

CURVE_POINTS = 200
CAPTURE_SHARES = (0.1, 0.2)

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class CurvePoint:
    """The share of defaulters and of payers with at most this score."""

    score: float
    defaulter_share: float
    payer_share: float


@dataclass(frozen=True)
class Capture:
    """The share of all defaulters among the worst-scored `worst_share` of subjects."""

    worst_share: float
    defaulter_share: float


@dataclass(frozen=True)
class Discrimination:
    """The figures of one sample; None where they are not defined, and `undefined` says why.

    `auc_low` and `auc_high` are the DeLong interval; None where either outcome has fewer than 2 subjects or
    the two do not overlap at all. `ks_score` is the score at which the two distributions differ most.
    """

    sample: str
    payer_count: int
    default_count: int
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    ks: float | None
    ks_score: float | None
    brier: float | None
    capture: tuple[Capture, ...]
    curve: tuple[CurvePoint, ...]
    undefined: str

    @property
    def gini(self) -> float | None:
        """Twice the AUC less one: 0 tells nothing, 1 everything."""
        return None if self.auc is None else 2 * self.auc - 1


@dataclass(frozen=True)
class ScoreTable:
    """How many payers and defaulters have each score, lowest score first; all figures follow from it."""

    scores: Floats
    payers: Counts
    defaulters: Counts

    @classmethod
    def of(cls, score: ArrayLike, default: ArrayLike) -> "ScoreTable":
        """The table of scores and outcomes (1 = default); `CardError` where they cannot be used."""
        held, outcome = np.asarray(score, dtype=np.float64), np.asarray(default, dtype=np.float64)
        _check(held, outcome)
        scores, place = np.unique(held, return_inverse=True)
        all_count = np.bincount(place, minlength=len(scores))
        defaulters = np.bincount(place, weights=outcome, minlength=len(scores)).astype(np.int64)
        return cls(scores, all_count - defaulters, defaulters)

    @property
    def undefined(self) -> str:
        """Why there is nothing to part; empty where there is."""
        if not len(self.scores):
            return "no subject has both a score and an outcome"
        if not self.defaulters.any():
            return "nobody defaulted"
        return "" if self.payers.any() else "everybody defaulted"


def discrimination(
    score: ArrayLike, default: ArrayLike, *, sample: str, confidence: float, chance: ArrayLike | None = None
) -> Discrimination:
    """All figures of one sample; `chance`, the expected chance of default, is for the Brier score."""
    table = ScoreTable.of(score, default)
    low, high = auc_interval(table, confidence=confidence)
    ks, ks_score = _ks(table)
    return Discrimination(
        sample=sample,
        payer_count=int(table.payers.sum()),
        default_count=int(table.defaulters.sum()),
        auc=auc(table),
        auc_low=low,
        auc_high=high,
        ks=ks,
        ks_score=ks_score,
        brier=None if chance is None else brier(chance, default),
        capture=() if table.undefined else tuple(Capture(s, capture(table, s)) for s in CAPTURE_SHARES),
        curve=_curve(table),
        undefined=table.undefined,
    )


def auc(table: ScoreTable) -> float | None:
    """The chance that a payer scores higher than a defaulter, a tie counting half; None where not defined."""
    if table.undefined:
        return None
    below = _placements(table.defaulters)
    return float((table.payers * below).sum() / table.payers.sum())


def auc_interval(table: ScoreTable, *, confidence: float) -> tuple[float | None, float | None]:
    """The interval of the AUC after DeLong, DeLong & Clarke-Pearson 1988, kept within 0 and 1."""
    value, payers, defaulters = auc(table), int(table.payers.sum()), int(table.defaulters.sum())
    if value is None or min(payers, defaulters) < 2 or value in (0.0, 1.0):
        return None, None
    of_payers = _variance(_placements(table.defaulters), table.payers)
    of_defaulters = _variance(_placements(table.payers), table.defaulters)
    wide = normal_quantile((1 + confidence) / 2) * math.sqrt(of_payers / payers + of_defaulters / defaulters)
    return max(0.0, value - wide), min(1.0, value + wide)


def capture(table: ScoreTable, worst_share: float) -> float:
    """The share of defaulters among the worst-scored share of subjects; ties are shared out evenly."""
    both = np.concatenate([[0], np.cumsum(table.payers + table.defaulters)])
    found = np.concatenate([[0], np.cumsum(table.defaulters)])
    return float(np.interp(worst_share * both[-1], both, found) / found[-1])


def brier(chance: ArrayLike, default: ArrayLike) -> float | None:
    """The mean squared gap between expected chance and outcome; 0 is perfect. None without outcomes."""
    gap = np.asarray(chance, dtype=np.float64) - np.asarray(default, dtype=np.float64)
    return float(np.square(gap).mean()) if len(gap) else None


def ks(table: ScoreTable) -> float | None:
    """The greatest gap between the shares of defaulters and payers up to a score; None where not defined."""
    return _ks(table)[0]


def _ks(table: ScoreTable) -> tuple[float | None, float | None]:
    if table.undefined:
        return None, None
    gap = np.abs(_shares(table.defaulters) - _shares(table.payers))
    return float(gap.max()), float(table.scores[int(gap.argmax())])


def _curve(table: ScoreTable) -> tuple[CurvePoint, ...]:
    """The two distributions at each score, thinned to so many points that a plot can show."""
    if table.undefined:
        return ()
    kept = np.unique(
        np.linspace(0, len(table.scores) - 1, min(CURVE_POINTS, len(table.scores))).astype(np.int64)
    )
    columns = (table.scores, _shares(table.defaulters), _shares(table.payers))
    return tuple(CurvePoint(*row) for row in np.stack(columns, axis=1)[kept].tolist())


def _shares(counts: Counts) -> Floats:
    return np.asarray(np.cumsum(counts) / counts.sum(), dtype=np.float64)


def _placements(counts: Counts) -> Floats:
    """For each score the share of these subjects below it, those at it counting half."""
    return np.asarray((np.cumsum(counts) - counts / 2) / counts.sum(), dtype=np.float64)


def _variance(values: Floats, counts: Counts) -> float:
    total = counts.sum()
    mean = (values * counts).sum() / total
    return float((counts * np.square(values - mean)).sum() / (total - 1))


def _check(score: Floats, outcome: Floats) -> None:
    if score.ndim != 1 or score.shape != outcome.shape:
        raise CardError(f"scores and outcomes differ in length: {score.shape} and {outcome.shape}")
    if not np.isfinite(score).all():
        raise CardError(f"score, row {int(np.argmin(np.isfinite(score)))}: a score is a finite number")
    wrong = np.flatnonzero((outcome != 0) & (outcome != 1))
    if len(wrong):
        raise CardError(f"outcome, row {wrong[0]}: {outcome[wrong[0]]:g} is neither 0 (paid) nor 1 (default)")
