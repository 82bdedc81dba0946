"""The log-odds of every bin that expert and outcomes make likeliest together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear
from scipy.sparse import csr_array
from scipy.special import expit

from scoring.fitting.woe import Floats

ROUNDS_MAXIMUM = 200
HALVINGS_MAXIMUM = 40
# The intercept has no opinion of the expert's behind it; this only keeps the equations solvable.
FLAT = 1e-9


@dataclass(frozen=True)
class Belief:
    """What the expert holds: the log-odds of every bin of every characteristic, and how firmly.

    `increments` makes the bins' log-odds from variables of which those in `rising` must not be negative:
    so steps rise or fall as the card declares.
    """

    mean: Floats
    precision: float
    increments: Floats
    rising: NDArray[np.bool_]


def likeliest(codes: NDArray[np.intp], belief: Belief, *, good: Floats, bad: Floats) -> tuple[Floats, float]:
    """The log-odds of every bin, and the intercept; `codes` has the places of the bins each row hits.

    Logistic regression with a normal prior around the expert's log-odds, solved by Newton steps, each a
    bounded least-squares problem; the objective is convex, so there is one answer.
    """
    size = len(belief.mean)
    rows = _indicators(codes, size=size)
    mean = np.concatenate([belief.mean, [0.0]])
    precision = np.concatenate([np.full(size, belief.precision), [FLAT]])
    spread = np.eye(size + 1)
    spread[:size, :size] = belief.increments
    lower = np.where(np.concatenate([belief.rising, [False]]), 0.0, -np.inf)
    weight = good + bad
    point = np.linalg.solve(spread, mean)

    def objective(at: Floats) -> float:
        value = spread @ at
        log_odds = rows @ value
        loss = good @ np.logaddexp(0, -log_odds) + bad @ np.logaddexp(0, log_odds)
        return float(loss + 0.5 * precision @ (value - mean) ** 2)

    for _ in range(ROUNDS_MAXIMUM):
        value = spread @ point
        chance = expit(rows @ value)
        slope = spread.T @ (rows.T @ (weight * chance - good) + precision * (value - mean))
        curve = (rows.T @ (rows * (weight * chance * (1 - chance))[:, None])).toarray()
        curve = spread.T @ (curve + np.diag(precision)) @ spread
        step = _bounded_step(point, slope, curve=curve, lower=lower)
        now, fractions = objective(point), (0.5**halved for halved in range(HALVINGS_MAXIMUM))
        better = (fraction for fraction in fractions if objective(point + fraction * step) <= now)
        point = np.maximum(point + next(better, 0.0) * step, lower)
        if np.abs(step).max() < FLAT:
            break
    value = spread @ point
    return value[:size], float(value[size])


def _indicators(codes: NDArray[np.intp], *, size: int) -> csr_array:
    """A one in each row for every bin it hits, and for the intercept."""
    count, width = codes.shape[0], codes.shape[1] + 1
    places = np.column_stack([codes, np.full(count, size)])
    pointers = np.arange(0, count * width + 1, width)
    return csr_array((np.ones(count * width), places.ravel(), pointers), shape=(count, size + 1))


def _bounded_step(point: Floats, slope: Floats, *, curve: Floats, lower: Floats) -> Floats:
    """The step to the least value of the quadratic model that stays within the bounds."""
    scale = 1 / np.sqrt(np.diag(curve))
    factor = np.linalg.cholesky(curve * scale[:, None] * scale + FLAT * np.eye(len(point)))
    target = -np.linalg.solve(factor, scale * slope)
    least = (lower - point) / scale
    free = np.linalg.solve(factor.T, target)
    if (free >= least).all():
        return np.asarray(scale * free)
    found = lsq_linear(factor.T, target, bounds=(np.minimum(least, 0.0), np.inf), method="bvls", tol=FLAT)
    return np.asarray(scale * found.x)
