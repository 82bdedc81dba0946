"""What share of each grade defaulted, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

METHODS = ("clopper-pearson", "jeffreys")


@dataclass(frozen=True)
class DefaultRate:
    """One grade: its subjects with a known outcome, those who defaulted, and the interval of the true rate.

    `expected` is the mean chance of default the card gave them, None where it was not asked for. A `thin`
    grade has fewer outcomes than were asked for: read its rate as no more than a hint.
    """

    grade: str
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

    @property
    def as_expected(self) -> bool | None:
        """Whether the expected rate lies inside the interval; None where there is nothing to compare."""
        if self.expected is None or not self.outcome_count:
            return None
        return self.low <= self.expected <= self.high

    def __str__(self) -> str:
        """The rate with its interval, numerator and denominator, and that it is thin where it is."""
        if self.rate is None:
            return f"{self.grade}: no outcome"
        text = f"{self.grade}: {self.rate:.2%} ({self.default_count}/{self.outcome_count}), "
        text += f"{self.low:.2%} to {self.high:.2%}"
        return text + (", too few outcomes to judge by" if self.thin else "")


def default_rates(
    grade: ArrayLike,
    default: ArrayLike,
    *,
    grades: Sequence[str],
    least_outcomes: int,
    expected: ArrayLike | None = None,
    method: str = "clopper-pearson",
    confidence: float = 0.95,
) -> list[DefaultRate]:
    """The default rate of each of the `grades`, in their order, from each subject's grade and outcome.

    Raises `ValueError` for a grade that is not listed, an outcome that is neither 0 nor 1, and columns of
    different lengths.
    """
    held, defaulted = np.asarray(grade, dtype=object), np.asarray(default, dtype=np.float64)
    chance = np.full(len(held), np.nan) if expected is None else np.asarray(expected, dtype=np.float64)
    _check(held, defaulted, chance=chance, grades=grades)
    found = []
    for name in grades:
        inside = held == name
        outcomes, defaults = int(inside.sum()), int(defaulted[inside].sum())
        low, high = interval(defaults, outcomes, method=method, confidence=confidence)
        mean = float(chance[inside].mean()) if expected is not None and outcomes else None
        found.append(DefaultRate(name, outcomes, defaults, low, high, mean, outcomes < least_outcomes))
    return found


def interval(
    defaults: int, outcomes: int, *, method: str = "clopper-pearson", confidence: float = 0.95
) -> tuple[float, float]:
    """Where the true rate lies: `clopper-pearson` never promises too much, `jeffreys` is narrower.

    Clopper & Pearson 1934; Brown, Cai & DasGupta 2001. Nothing observed leaves everything possible: 0 to 1.
    """
    if method not in METHODS:
        raise ValueError(f"method: {method!r} is none of {', '.join(METHODS)}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: {confidence!r} must lie between 0 and 1, for example 0.95")
    if not 0 <= defaults <= outcomes:
        raise ValueError(f"{defaults} defaults of {outcomes} outcomes are not possible")
    good, tail = outcomes - defaults, (1 - confidence) / 2
    more = (0.5, 0.5) if method == "jeffreys" else (0.0, 1.0)
    low = float(betaincinv(defaults + more[0], good + more[1], tail)) if defaults else 0.0
    high = float(betaincinv(defaults + more[1], good + more[0], 1 - tail)) if good else 1.0
    return low, high


def _check(held: np.ndarray, defaulted: np.ndarray, *, chance: np.ndarray, grades: Sequence[str]) -> None:
    if not len(held) == len(defaulted) == len(chance):
        lengths = f"{len(held)}, {len(defaulted)} and {len(chance)}"
        raise ValueError(f"grades, outcomes and expected rates differ in length: {lengths}")
    if len(set(grades)) != len(grades):
        raise ValueError(f"grades: one is listed twice: {', '.join(grades)}")
    strangers = sorted({str(value) for value in held} - set(grades))
    if strangers:
        raise ValueError(f"grade: {', '.join(strangers)} not among {', '.join(grades)}")
    wrong = np.flatnonzero((defaulted != 0) & (defaulted != 1))
    if len(wrong):
        raise ValueError(f"default, row {wrong[0]}: {defaulted[wrong[0]]:g} is neither 0 nor 1")
