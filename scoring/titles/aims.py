"""What work can do for the score of a ladder: what must hold for an item to give so many points.

An item rises by steps. That it comes to a step is a gate like any other, so the least work for it is found as
for gates. Loans move some items; what else moves the others (of a village files and credit households, of a
town villages and files of entities) is the base. None is moved by both.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from scoring.definition import Bin, Characteristic, Criterion, ProfileDefinition, Rung
from scoring.ladder import climb
from scoring.measures import Measure
from scoring.states import HOLDS, INSUFFICIENT
from scoring.titles.asked import BAD, NOT_BY_WORK, ON_TIME, OUT_OF_REACH, UNKNOWN, Asked, Must


@dataclass(frozen=True)
class Aim:
    """Steps of some items: what must hold for them, and the points they give then, or more."""

    gates: tuple[Asked, ...]
    points: int


NO_AIM = (Aim((), 0),)


@dataclass(frozen=True)
class Aims:
    """How a place can come to a rung: one aim of the base and one of loans that give the points `needed`.

    `must` is why it is not enough for the rung where work does not help; then there is nothing to aim at.
    """

    of_base: Sequence[Aim] = NO_AIM
    of_loans: Sequence[Aim] = NO_AIM
    needed: int = 0
    rung: Rung | None = None
    must: Must | None = None

    @classmethod
    def of(
        cls,
        profile: ProfileDefinition,
        measures: Mapping[str, Measure],
        *,
        base: tuple[str, ...],
        rung: str = "",
    ) -> "Aims":
        """The aims of one place for a rung of its ladder, the lowest where none is named.

        A rung the score is enough for is aimed at too: files that a gate asks for can cost it.
        """
        if profile.ladder is None:
            return cls()
        climbed = climb(profile.ladder, measures, held=None)
        asked = next(one for one in climbed.rungs if rung in ("", one.rung.name))
        if asked.state[0] == INSUFFICIENT:
            return cls(must=rung_must(asked.rung, UNKNOWN))
        items = profile.ladder.items
        of_base = [item for item in items if _is_moved(item, measures, by=base)]
        of_loans = [item for item in items if _is_moved(item, measures, by=ON_TIME + BAD)]
        moved = [*of_base, *of_loans]
        if not moved or not all(map(_is_bettered, moved)):
            return cls(must=None if asked.state[0] == HOLDS else rung_must(asked.rung, NOT_BY_WORK))
        given = sum(item.bins[climbed.bins[item.name][0]].points for item in items if item not in moved)
        needed = asked.rung.at_least - given
        return cls(_aims(of_base, measures), _aims(of_loans, measures), needed, asked.rung)

    def missed(self, *, within_reach: bool) -> tuple[Must, ...]:
        """The rung, where it is missed: no work helps, or all the work there is gives too few points."""
        if self.rung is not None and not within_reach:
            return (rung_must(self.rung, OUT_OF_REACH),)
        return () if self.must is None else (self.must,)


def rung_must(rung: Rung, why: str) -> Must:
    """A rung there are too few points for, and why."""
    item = Criterion(
        name=rung.name,
        label=rung.label,
        measure="score",
        at_least=True,
        threshold=rung.at_least,
        least_denominator=0.0,
        no_denominator="insufficient",
        basis=rung.basis,
    )
    return Must(item, why)


def _is_moved(item: Characteristic, measures: Mapping[str, Measure], *, by: tuple[str, ...]) -> bool:
    return item.of in by and _gate(item, item.steps[0], measures).known


def _is_bettered(item: Characteristic) -> bool:
    """Whether work never takes points from an item: the better its value, the more it gives."""
    points = [step.points for step in item.steps]
    return all(low >= high if item.of in BAD else low <= high for low, high in pairwise(points))


def _aims(items: Sequence[Characteristic], measures: Mapping[str, Measure]) -> tuple[Aim, ...]:
    """Every choice of one step of each item."""
    choices = product(*(list(_steps(item, measures)) for item in items))
    return tuple(Aim(tuple(_gates(steps)), sum(step.points for step in steps)) for steps in choices)


def _gates(steps: Sequence[Aim]) -> Iterator[Asked]:
    for step in steps:
        yield from step.gates


def _steps(item: Characteristic, measures: Mapping[str, Measure]) -> Iterator[Aim]:
    """The steps of an item; one of them takes nothing, but that there is something to divide by."""
    over_nothing = bool(np.isnan(measures[item.of].value()[0]))
    for step in item.steps:
        endless = math.isinf(step.high if item.of in BAD else step.low)
        if not endless or over_nothing:
            yield Aim((_gate(item, step, measures),), step.points)
        if endless:
            yield Aim((), min(step.points, item.bins[0].points) if over_nothing else step.points)


def _gate(item: Characteristic, step: Bin, measures: Mapping[str, Measure]) -> Asked:
    """That the value of an item comes to a step, or beyond it."""
    falls = item.of in BAD
    asked = Criterion(
        name=item.name,
        label=item.label,
        measure=item.of,
        at_least=not falls,
        threshold=step.high if falls else step.low,
        least_denominator=0.0,
        no_denominator="insufficient",
        basis=item.basis,
        strict=falls,
    )
    return Asked.of(asked, measures, references={})
