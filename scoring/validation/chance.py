"""From a score to an expected chance of default, where the card itself states none."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.validation.discrimination import Floats, ScoreTable

_CLOSE = 1e-14


@dataclass(frozen=True)
class ScoreScale:
    """The chance of default as a logistic curve of the score: log-odds = `intercept` + `slope` · score."""

    intercept: float
    slope: float
    payer_count: int
    default_count: int

    def chance(self, score: ArrayLike) -> Floats:
        """The expected chance of default at each score."""
        return _logistic(self.intercept + self.slope * np.asarray(score, dtype=np.float64))


def score_scale(score: ArrayLike, default: ArrayLike) -> ScoreScale | None:
    """The logistic curve that fits best; None where nobody or everybody defaulted.

    After Platt 1999: outcomes count as (n + 1) / (n + 2) instead of 1, and 1 / (n + 2) instead of 0, so that
    the curve stays finite even where a score parts the outcomes completely.
    """
    table = ScoreTable.of(score, default)
    if table.undefined:
        return None
    payers, defaulters = int(table.payers.sum()), int(table.defaulters.sum())
    total = table.payers + table.defaulters
    target = (table.defaulters * (defaulters + 1) / (defaulters + 2) + table.payers / (payers + 2)) / total
    middle, spread = _spread(table.scores, total)
    intercept, slope = _newton((table.scores - middle) / spread, target, weight=total.astype(np.float64))
    return ScoreScale(intercept - slope * middle / spread, slope / spread, payers, defaulters)


def _newton(z: Floats, target: Floats, *, weight: Floats) -> tuple[float, float]:
    """The intercept and slope of least cross-entropy; a step that would make it worse is halved."""
    design = np.stack([np.ones_like(z), z], axis=1)
    mean = (weight * target).sum() / weight.sum()
    found = np.array([np.log(mean / (1 - mean)), 0.0])
    loss, gain = _loss(design @ found, target, weight=weight), math.inf
    while gain > _CLOSE * loss:
        chance = _logistic(design @ found)
        gradient = design.T @ (weight * (chance - target))
        curvature = design.T @ (design * (weight * chance * (1 - chance))[:, None])
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        while _loss(design @ (found - step), target, weight=weight) > loss and np.abs(step).max() > _CLOSE:
            step = step / 2
        found = found - step
        gain = loss - _loss(design @ found, target, weight=weight)
        loss -= gain
    return float(found[0]), float(found[1])


def _spread(scores: Floats, count: NDArray[np.int64]) -> tuple[float, float]:
    """Mean and standard deviation; 1 where all scores are the same."""
    middle = float((scores * count).sum() / count.sum())
    spread = float(np.sqrt((count * np.square(scores - middle)).sum() / count.sum()))
    return middle, spread or 1.0


def _loss(odds: Floats, target: Floats, *, weight: Floats) -> float:
    return float((weight * (np.logaddexp(0, odds) - target * odds)).sum())


def _logistic(odds: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0, -odds)), dtype=np.float64)
