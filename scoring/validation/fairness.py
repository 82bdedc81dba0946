"""Whether groups of people reach a grade alike, above all those of them who pay."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import CardError
from scoring.validation.discrimination import Floats
from scoring.validation.distributions import share_interval
from scoring.validation.thresholds import Thresholds

UNKNOWN_GROUP = ""


@dataclass(frozen=True)
class GroupFairness:
    """One group: how many are in it, are rated, reach the grade; and of its good payers, how many reach it.

    Everybody counts, the unrated too: who has no grade does not reach it. `ratio` is the adverse impact ratio
    against the reference group, `payer_gap` the equal opportunity difference against the payers' reference.
    Both are given for a group that is `too_small` to judge by, too, but nothing is concluded from them.
    """

    group: str
    subject_count: int
    rated_count: int
    reached_count: int
    low: float
    high: float
    ratio: float | None
    too_small: bool
    payer_count: int
    payer_reached_count: int
    payer_gap: float | None
    payers_too_small: bool

    @property
    def rate(self) -> float | None:
        """The share of the group that reaches the grade; None for an empty group."""
        return self.reached_count / self.subject_count if self.subject_count else None

    @property
    def payer_rate(self) -> float | None:
        """The share of the group's good payers who reach the grade; None where there are none."""
        return self.payer_reached_count / self.payer_count if self.payer_count else None


@dataclass(frozen=True)
class Fairness:
    """One way of grouping, such as by sex; `reference` is the best-treated group large enough to judge by."""

    name: str
    reference: str | None
    payer_reference: str | None
    groups: tuple[GroupFairness, ...]

    def adverse(self, thresholds: Thresholds) -> tuple[GroupFairness, ...]:
        """The groups large enough to judge by whose adverse impact ratio is too low."""
        return tuple(
            item
            for item in self.groups
            if not item.too_small and item.ratio is not None and item.ratio < thresholds.adverse_impact_least
        )


def fairness(
    labels: ArrayLike,
    *,
    name: str,
    reached: NDArray[np.bool_],
    rated: NDArray[np.bool_],
    outcome: Floats,
    thresholds: Thresholds,
) -> Fairness:
    """The figures of every group; a subject whose group is not known is in the group named ''."""
    texts = group_texts(labels, name=name, rows=len(outcome))
    names, place = np.unique(texts, return_inverse=True)
    size, paid = len(names), outcome == 0
    counts = np.stack(
        [
            np.bincount(place[chosen], minlength=size)
            for chosen in (slice(None), rated, reached, paid, paid & reached)
        ],
        axis=1,
    )
    least = thresholds.subjects_least
    best, best_rate = _best(names, counts[:, 2], of=counts[:, 0], least=least)
    payer_best, payer_rate = _best(names, counts[:, 4], of=counts[:, 3], least=least)
    groups = tuple(
        _group(str(group), row.tolist(), best=best_rate, payer_best=payer_rate, thresholds=thresholds)
        for group, row in zip(names, counts, strict=True)
    )
    return Fairness(name, best, payer_best, groups)


def group_texts(labels: ArrayLike, *, name: str, rows: int) -> NDArray[np.str_]:
    """The groups as texts; None and NaN are not known. `CardError` where there are too many or too few."""
    held = np.asarray(labels, dtype=object)
    if held.shape != (rows,):
        raise CardError(f"groups: {name}: {rows} rows expected, one label each, not {held.shape}")
    return np.array([_text(value) for value in held.tolist()], dtype=np.str_)


def _text(label: object) -> str:
    missing = label is None or (isinstance(label, float) and math.isnan(label))
    return UNKNOWN_GROUP if missing else str(label)


def _best(
    names: NDArray[np.str_], reached: NDArray[np.int64], *, of: NDArray[np.int64], least: int
) -> tuple[str | None, float | None]:
    """The group with the highest share among the named ones that are large enough, and that share."""
    fit = np.flatnonzero((of >= least) & (names != UNKNOWN_GROUP))
    if not len(fit):
        return None, None
    best = int(fit[int(np.argmax(reached[fit] / of[fit]))])
    return str(names[best]), float(reached[best] / of[best])


def _group(
    group: str, row: list[int], *, best: float | None, payer_best: float | None, thresholds: Thresholds
) -> GroupFairness:
    subjects, rated, reached, payers, payers_reached = row
    low, high = share_interval(reached, subjects, confidence=thresholds.confidence)
    return GroupFairness(
        group=group,
        subject_count=subjects,
        rated_count=rated,
        reached_count=reached,
        low=low,
        high=high,
        ratio=reached / subjects / best if best and subjects else None,
        too_small=subjects < thresholds.subjects_least,
        payer_count=payers,
        payer_reached_count=payers_reached,
        payer_gap=payers_reached / payers - payer_best if payers and payer_best is not None else None,
        payers_too_small=payers < thresholds.subjects_least,
    )
