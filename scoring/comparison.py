"""What a reform does to a population: who moves from which grade to which, and in which groups."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.definition import NO_SCORE, CardDefinition
from scoring.errors import CardError
from scoring.facts import Coded
from scoring.rating import Scorecard, Scores

Labels = NDArray[np.str_]
# Groups smaller than this are shown, and said to be too small to judge by.
GROUP_LEAST = 30


@dataclass(frozen=True)
class Movement:
    """How many of a group rose, fell and stayed, and their mean scores where both cards rate them."""

    group: str
    count: int
    up: int
    down: int
    mean_before: float | None
    mean_after: float | None

    @property
    def too_small(self) -> bool:
        """Whether the group is too small to judge by."""
        return self.count < GROUP_LEAST


@dataclass(frozen=True)
class Comparison:
    """Two cards over one population: `matrix` counts subjects by grade before (rows) and after (columns).

    Subjects that either card does not rate are counted in the matrix and neither rise nor fall.
    `without_way_up` are those below the best grade whom no change they can make would lift, under each card.
    """

    grades: tuple[str, ...]
    matrix: NDArray[np.int64]
    up: int
    down: int
    groups: Mapping[str, tuple[Movement, ...]]
    without_way_up: tuple[int, int]


def same_bins(old: CardDefinition, new: CardDefinition) -> bool:
    """Whether two cards differ in points, blocks' limits and grades at most: old bins can be pointed anew."""

    def read(card: CardDefinition) -> tuple[object, ...]:
        steps = [
            (c.name, c.of, [(repr(s.low), repr(s.high), s.members, s.special) for s in c.bins])
            for c in card.characteristics
        ]
        held = [(veto.of, veto.threshold, veto.inclusive, veto.grade_at_most) for veto in card.vetoes]
        kept = (card.inputs, card.references, card.derivations, card.required, card.least_known_count)
        return (*kept, steps, held)

    return read(old) == read(new)


def rescored(
    old: Scorecard, before: Scores, new: Scorecard, columns: Mapping[str, ArrayLike | Coded]
) -> Scores:
    """The population under the new card; where only points changed, from the bins it has already hit."""
    if same_bins(old.definition, new.definition):
        return new.repointed(before)
    return new.score(columns)


def compare(
    old: Scorecard, new: Scorecard, *, before: Scores, after: Scores, groups: Mapping[str, Labels]
) -> Comparison:
    """Two ratings of the same subjects, whole and by groups; an empty label is no group.

    Raises `CardError` for cards with different grades and for groups of another length.
    """
    if old.grade_codes != new.grade_codes:
        codes = [", ".join(card.grade_codes) for card in (old, new)]
        raise CardError(f"the cards have different grades ({codes[0]} and {codes[1]}); give them the same")
    rows = len(before.total)
    for name, labels in groups.items():
        if len(labels) != rows:
            raise CardError(f"the group {name} has {len(labels)} labels for {rows} subjects")
    size = len(old.grade_codes)
    both = before.grade.astype(np.int64) * size + after.grade
    graded = (before.total != NO_SCORE) & (after.total != NO_SCORE)
    up, down = graded & (after.grade < before.grade), graded & (after.grade > before.grade)
    return Comparison(
        grades=old.grade_codes,
        matrix=np.bincount(both, minlength=size * size).reshape(size, size),
        up=int(up.sum()),
        down=int(down.sum()),
        groups={
            name: _movements(np.asarray(labels, dtype=np.str_), before, after, moved=(graded, up, down))
            for name, labels in groups.items()
        },
        without_way_up=(_stuck(old, before), _stuck(new, after)),
    )


def _movements(
    labels: Labels, before: Scores, after: Scores, *, moved: tuple[NDArray[np.bool_], ...]
) -> tuple[Movement, ...]:
    graded, up, down = moved
    found = []
    for name in np.unique(labels[labels != ""]):
        mine = labels == name
        counted = mine & graded
        means = [float(scores.total[counted].mean()) if counted.any() else None for scores in (before, after)]
        rose, fell = int((mine & up).sum()), int((mine & down).sum())
        found.append(Movement(str(name), int(mine.sum()), rose, fell, means[0], means[1]))
    return tuple(found)


def _stuck(card: Scorecard, scores: Scores) -> int:
    return int(card.without_way_up(scores.packed[scores.total != NO_SCORE]).sum())
