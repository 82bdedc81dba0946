"""The cheapest ways up: the fewest changes a subject can really make that reach the next grade.

A change brings one characteristic to a better bin. A set of changes is minimal when none of it can be left
out; the sets are found in the order of their size, and of as many changes those done soonest come first.
Exact: within a block the greatest gains reach the most, so that the most points of any number of changes are
known before a set is looked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from scoring.definition import CardDefinition, Characteristic, Text
from scoring.tables import PointTables, point_tables


@dataclass(frozen=True)
class Change:
    """One characteristic brought to a better bin: the points it gains and the months it takes at least."""

    name: str
    label: Text
    to_bin: int
    to_label: Text
    points_gained: int
    months: int


@dataclass(frozen=True)
class WayUp:
    """Changes that together reach a grade; made side by side, they take the longest one's time."""

    grade: str
    score: int
    changes: tuple[Change, ...]
    months: int


@dataclass(frozen=True)
class _Step:
    """What one subject can gain in one characteristic at most, and when."""

    item: int
    block: int
    gain: int
    months: int


@dataclass(frozen=True)
class Improvement:
    """A card, ready to say what lifts its subjects."""

    card: CardDefinition

    def ways_up(self, bins: Sequence[int], *, beyond_fewest: int | None = None) -> Iterator[WayUp]:
        """Every minimal set of changes from these bins to the next grade, the cheapest first.

        With `beyond_fewest`, only those of the fewest changes and of so many more.
        `bins` are in the card's order. None at the top, or where no changes are enough. What holds the grade
        down whatever the score (a veto) is not lifted by points.
        """
        start = [0] * len(self.card.blocks)
        for item, block, code in zip(self.card.characteristics, self._blocks, bins, strict=True):
            start[block] += item.bins[code].points
        now = min(max(self._total(start), 0), self.card.maximum)
        goals = [grade for grade in self.card.grades if grade.minimum > now]
        if not goals:
            return
        goal = goals[-1]
        if goal.minimum > self.card.maximum:
            return
        # The greatest gains first: what is left to choose from can be told to be too little at once.
        steps = sorted((step for step in self._steps(bins) if step.gain > 0), key=lambda step: -step.gain)
        most = self._most(start, steps)
        fewest = next((size for size in range(1, len(most)) if most[size] >= goal.minimum), len(most))
        last = len(steps) if beyond_fewest is None else min(fewest + beyond_fewest, len(steps))
        in_time = [
            (months, [step for step in steps if step.months <= months])
            for months in sorted({step.months for step in steps})
        ]
        by_time = [(months, some, self._most(start, some)) for months, some in in_time]
        for size in range(fewest, last + 1):
            for months, some, most in by_time:
                if size < len(most) and most[size] >= goal.minimum:
                    for chosen in self._sets(start, some, size=size, goal=goal.minimum):
                        if max(step.months for step in chosen) == months:
                            yield self._way(start, chosen, bins=bins, grade=goal.code, goal=goal.minimum)

    def unreachable(self, packed: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which packed ratings below the best grade no changes lift to the next one."""
        now = self._now.ranks[self._now.totals(packed)]
        best = self._best.ranks[self._best.totals(packed)]
        return (now > 0) & (best >= now)

    @cached_property
    def _now(self) -> PointTables:
        return point_tables(self.card)

    @cached_property
    def _best(self) -> PointTables:
        """The points of the card as if everybody had made every change that is possible."""
        lifted = tuple(
            replace(
                item, bins=tuple(replace(step, points=_best_from(item, step.points)) for step in item.bins)
            )
            for item in self.card.characteristics
        )
        return point_tables(replace(self.card, characteristics=lifted))

    @cached_property
    def _blocks(self) -> tuple[int, ...]:
        """The position of the block of each characteristic."""
        places = {block.name: place for place, block in enumerate(self.card.blocks)}
        return tuple(places[item.block] for item in self.card.characteristics)

    @cached_property
    def _maxima(self) -> tuple[int, ...]:
        """The most each block gives."""
        return tuple(block.maximum for block in self.card.blocks)

    def _total(self, sums: Sequence[int]) -> int:
        return sum(map(min, sums, self._maxima))

    def _steps(self, bins: Sequence[int]) -> Iterator[_Step]:
        for place, (item, code) in enumerate(zip(self.card.characteristics, bins, strict=True)):
            if item.months_to_change is not None:
                now = item.bins[code].points
                yield _Step(place, self._blocks[place], _best_from(item, now) - now, item.months_to_change)

    def _most(self, start: Sequence[int], steps: Sequence[_Step]) -> list[int]:
        """The most points that no changes, at most one, at most two and so on can reach.

        The steps come with the greatest gains first, so that in each block every further one adds no more
        than the one before it; the greatest additions of all blocks together are then the most there is.
        """
        sums, added = list(start), []
        for step in steps:
            before, most = sums[step.block], self._maxima[step.block]
            sums[step.block] += step.gain
            added.append(min(sums[step.block], most) - min(before, most))
        added.sort(reverse=True)
        return list(accumulate(added, initial=self._total(start)))

    def _sets(
        self, start: Sequence[int], steps: Sequence[_Step], *, size: int, goal: int
    ) -> Iterator[tuple[_Step, ...]]:
        """The minimal sets of just so many changes that reach the goal."""
        gained = list(accumulate((step.gain for step in steps), initial=0))

        def chosen(begun: tuple[_Step, ...], sums: list[int], rest: int) -> Iterator[tuple[_Step, ...]]:
            left = size - len(begun)
            total = self._total(sums)
            if left == 0:
                if total >= goal and self._needed(start, begun, goal):
                    yield begun
                return
            if total >= goal:
                return
            for place in range(rest, len(steps) - left + 1):
                if total + gained[place + left] - gained[place] < goal:
                    return
                step = steps[place]
                sums[step.block] += step.gain
                yield from chosen((*begun, step), sums, place + 1)
                sums[step.block] -= step.gain

        return chosen((), list(start), 0)

    def _needed(self, start: Sequence[int], chosen: tuple[_Step, ...], goal: int) -> bool:
        """Whether no change can be left out."""
        for spare in chosen:
            sums = list(start)
            for step in chosen:
                if step is not spare:
                    sums[step.block] += step.gain
            if self._total(sums) >= goal:
                return False
        return True

    def _way(
        self, start: Sequence[int], chosen: tuple[_Step, ...], *, bins: Sequence[int], grade: str, goal: int
    ) -> WayUp:
        """The changes of a set, each no greater than the goal asks for."""
        sums = list(start)
        for step in chosen:
            sums[step.block] += step.gain
        changes = []
        for step in chosen:
            item = self.card.characteristics[step.item]
            now = item.bins[bins[step.item]].points
            sums[step.block] -= step.gain
            gain, code = min(self._enough(item, step, now=now, sums=sums, goal=goal))
            sums[step.block] += gain
            target = item.bins[code]
            changes.append(Change(item.name, item.label, code, target.label, gain, step.months))
        months = max(step.months for step in chosen)
        return WayUp(grade, min(self._total(sums), self.card.maximum), tuple(changes), months)

    def _enough(
        self, item: Characteristic, step: _Step, *, now: int, sums: list[int], goal: int
    ) -> Iterator[tuple[int, int]]:
        """The gains, and their bins, that still reach the goal."""
        for code, better in enumerate(item.steps, start=1):
            gain = better.points - now
            if gain > 0:
                sums[step.block] += gain
                if self._total(sums) >= goal:
                    yield gain, code
                sums[step.block] -= gain


def _best_from(item: Characteristic, now: int) -> int:
    return now if item.months_to_change is None else max(now, item.maximum)
