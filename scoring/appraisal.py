"""The statistics of a village appraisal: what the marks of many come to, and what looks odd in them.

A row is a household and a column an appraiser; `counted` says which marks count. Scores are whole points.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
# What is kept of nobody: no household below the quorum has a score.
NONE = -1


@dataclass(frozen=True)
class Tally:
    """Per household: how many marks count, how many of them are favourable, and the score in hundredths.

    The score is `NONE` below the quorum.
    """

    counted: Ints
    favourable: Ints
    score_hundredths: Ints


def tally(scores: Ints, counted: Bools, *, quorum: int, trimmed_from: int, favourable_from: int) -> Tally:
    """The mean of the marks that count, to two decimals, half up; with `trimmed_from` of them or more the
    best and the worst are dropped first, so that one appraiser alone moves little.
    """
    number = counted.sum(axis=1, dtype=np.int64)
    total = np.where(counted, scores, 0).sum(axis=1, dtype=np.int64)
    trimmed = number >= trimmed_from
    # -1 and 101 lie outside every score: with nothing counted they are never used.
    best = np.where(counted, scores, -1).max(axis=1, initial=-1)
    worst = np.where(counted, scores, 101).min(axis=1, initial=101)
    total = np.where(trimmed, total - best - worst, total)
    divisor = np.where(trimmed, number - 2, np.maximum(number, 1))
    mean = (200 * total + divisor) // (2 * divisor)
    favourable = (counted & (scores >= favourable_from)).sum(axis=1, dtype=np.int64)
    return Tally(number, favourable, np.where(number >= quorum, mean, NONE))


def median(values: Ints, counted: Bools) -> Ints:
    """The median of the values that count in every row, half up between two; `NONE` where none counts."""
    number = counted.sum(axis=1, dtype=np.int64)
    ordered = np.sort(np.where(counted, values, np.iinfo(np.int64).max), axis=1)
    if ordered.shape[1] == 0:
        return np.full(len(values), NONE, dtype=np.int64)
    rows = np.arange(len(values))
    lower = ordered[rows, np.maximum(number - 1, 0) // 2]
    upper = ordered[rows, np.minimum(number // 2, ordered.shape[1] - 1)]
    some = number > 0
    middle = (np.where(some, lower, 0) + np.where(some, upper, 0) + 1) // 2
    return np.where(some, middle, NONE)


def fleiss_kappa(counts: Ints) -> float | None:
    """How far appraisers agree beyond chance: rows are households, columns how many chose each category.

    After Fleiss (1971), with rows of different size weighted alike; rows with fewer than two say nothing.
    None where nothing can be said, also where everybody chose one and the same category everywhere.
    """
    rows = counts[counts.sum(axis=1) >= 2].astype(np.float64)
    if len(rows) == 0:
        return None
    size = rows.sum(axis=1)
    agreed = ((rows**2).sum(axis=1) - size) / (size * (size - 1))
    shares = rows.sum(axis=0) / rows.sum()
    chance = float((shares**2).sum())
    if chance >= 1:
        return None
    return (float(agreed.mean()) - chance) / (1 - chance)


@dataclass(frozen=True)
class Outlier:
    """An appraiser whose marks lie far from the others': by how many points, over how many households."""

    appraiser: int
    points: float
    households: int


def outliers(scores: Ints, counted: Bools, *, marks_least: int, points_least: float) -> Iterator[Outlier]:
    """Appraisers who differ from the median of the others by so many points on average.

    Only households count that at least two others have marked too.
    """
    for column in range(scores.shape[1]):
        others = np.delete(np.arange(scores.shape[1]), column)
        shared = counted[:, column] & (counted[:, others].sum(axis=1) >= 2)
        number = int(shared.sum())
        if number < marks_least:
            continue
        middle = median(scores[shared][:, others], counted[shared][:, others])
        distance = float(np.abs(scores[shared, column] - middle).mean())
        if distance >= points_least:
            yield Outlier(column, round(distance, 2), number)


@dataclass(frozen=True)
class Twins:
    """Two appraisers whose sheets are the same where both marked a household."""

    first: int
    second: int
    households: int


def twins(answers: Ints, counted: Bools, *, marks_least: int, share_least: float) -> Iterator[Twins]:
    """Pairs of appraisers with the same answers (rows: households, columns: appraisers, then the answers)."""
    for first in range(answers.shape[1]):
        for second in range(first + 1, answers.shape[1]):
            both = counted[:, first] & counted[:, second]
            number = int(both.sum())
            same = int((answers[both, first] == answers[both, second]).all(axis=1).sum())
            if number >= marks_least and same >= share_least * number:
                yield Twins(first, second, number)


@dataclass(frozen=True)
class TopMarks:
    """An appraiser who gave nearly everybody the best marks."""

    appraiser: int
    top: int
    households: int


def top_marks(
    scores: Ints, counted: Bools, *, marks_least: int, top_from: int, share_least: float
) -> Iterator[TopMarks]:
    """Appraisers nearly all of whose marks are at the top."""
    number = counted.sum(axis=0)
    top = (counted & (scores >= top_from)).sum(axis=0)
    for column in range(scores.shape[1]):
        if number[column] >= marks_least and top[column] >= share_least * number[column]:
            yield TopMarks(column, int(top[column]), int(number[column]))
