"""How far up a ladder places come: a score, and the rungs it is enough for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.definition import Characteristic, Ladder, Rung
from scoring.errors import CardError
from scoring.measures import Measure
from scoring.states import FAILS, HOLDS, INSUFFICIENT


@dataclass(frozen=True)
class RungResults:
    """One rung over many places: whether the score is enough, and whether the lower rung is held already.

    A place may be proposed for a rung where its state holds and it is open.
    """

    rung: Rung
    state: NDArray[np.uint8]
    open: NDArray[np.bool_]


@dataclass(frozen=True)
class LadderResults:
    """A ladder over many places; `bins` are by item. Where something is unknown the score is what is sure."""

    score: NDArray[np.float64]
    possible: NDArray[np.float64]
    bins: Mapping[str, NDArray[np.int64]]
    rungs: tuple[RungResults, ...]


def climb(
    ladder: Ladder, measures: Mapping[str, Measure], *, held: NDArray[np.int64] | None
) -> LadderResults:
    """The score of places and their rungs; a score the unknown could lift is insufficient, not too low."""
    bins: dict[str, NDArray[np.int64]] = {}
    if ladder.score:
        score = possible = _given(ladder.score, measures, where="ladder").value()
    else:
        columns = [_given(item.of, measures, where=item.name).value() for item in ladder.items]
        bins = {item.name: _bins(item, column) for item, column in zip(ladder.items, columns, strict=True)}
        score, possible = (_points(ladder, bins, best=best) for best in (False, True))
    above = np.full(len(score), -1) if held is None else held
    names = [rung.name for rung in ladder.rungs]
    rungs = tuple(
        RungResults(
            rung,
            _state(score, possible, least=rung.at_least),
            above >= (names.index(rung.requires) if rung.requires else -1),
        )
        for rung in ladder.rungs
    )
    return LadderResults(score, possible, bins, rungs)


def _given(name: str, measures: Mapping[str, Measure], *, where: str) -> Measure:
    if name not in measures:
        raise CardError(f"{where}: the measure {name} is not given")
    return measures[name]


def _bins(item: Characteristic, value: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin of each place; 0 where the value is unknown."""
    found = np.searchsorted(np.array(item.edges), value, side="right") + 1
    return np.where(np.isnan(value), 0, found)


def _points(ladder: Ladder, bins: Mapping[str, NDArray[np.int64]], *, best: bool) -> NDArray[np.float64]:
    """The sum of the points; with `best`, an unknown value is taken at the best it could be."""
    total: NDArray[np.float64] = np.zeros(len(next(iter(bins.values()))))
    for item in ladder.items:
        table = np.array([float(step.points) for step in item.bins])
        if best:
            table[0] = max(table[0], item.maximum)
        total = total + table[bins[item.name]]
    return np.clip(total, 0, ladder.maximum)


def _state(score: NDArray[np.float64], possible: NDArray[np.float64], *, least: int) -> NDArray[np.uint8]:
    state = np.where(score >= least, HOLDS, FAILS).astype(np.uint8)
    state[(score < least) & (possible >= least) | np.isnan(score)] = INSUFFICIENT
    return state
