"""The shortest way of a town to its title: which villages to bring to theirs, and which loans to cure beside.

A town needs so many villages that bear the title, and its own loans in order. A loan cured for a village
counts for the town too, so the villages and the loans are chosen together: exactly, village by village,
keeping for every number of chosen villages, of households on time and of work the greatest bad balance gone.
Only work within reach of the best is kept: what the cheapest villages cost is a lower bound, and with the
loans that complete them for the town it is an upper one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.criteria import Profile
from scoring.measures import Measure
from scoring.states import FAILS
from scoring.titles.aims import Aims
from scoring.titles.asked import (
    BAD,
    ENTITIES,
    ON_TIME,
    OUT_OF_REACH,
    VILLAGES,
    Asked,
    Must,
    least,
    needed_of_loans,
)
from scoring.titles.cures import NEVER, Arrears, Cures
from scoring.titles.way import Way

# A village with a must is chosen only where there is no other: each costs more than any work.
_MUST_COST = 1 << 32
# More than any work can be: what cannot be chosen yet.
_FAR = 1 << 48


@dataclass(frozen=True)
class Unit:
    """A village or community of a town. `way` is None where it can bear no title or bears it already."""

    place_id: int
    way: Way | None
    arrears: Sequence[Arrears]


@dataclass(frozen=True)
class UnitWork:
    """What a town's way asks of one village: to bring it to its title, or only to cure some loans."""

    place_id: int
    chosen: bool
    way: Way | None
    loans: tuple[Arrears, ...]

    @property
    def work(self) -> int:
        """How many files, households and loans there are to work on."""
        return len(self.loans) + (self.way.base if self.chosen and self.way is not None else 0)


@dataclass(frozen=True)
class TownWay:
    """The least work that opens a town's gates but the musts; `units` are those with something to do."""

    village_count: int
    entity_file_count: int
    units: tuple[UnitWork, ...]
    musts: tuple[Must, ...]

    @property
    def work(self) -> int:
        """How many files, households and loans there are to work on."""
        return self.entity_file_count + sum(unit.work for unit in self.units)

    @property
    def must_count(self) -> int:
        """How much stands in the way of the chosen villages that no work mends."""
        return sum(len(unit.way.musts) for unit in self.units if unit.chosen and unit.way is not None)


def shortest_town_way(
    profile: Profile,
    measures: Mapping[str, Measure],
    units: Sequence[Unit],
    *,
    references: Mapping[str, ArrayLike] | None = None,
) -> TownWay:
    """The shortest way of one town; measures and references are columns of one place."""
    gates = Asked.all_of(profile, measures, references=references)
    by_work = [gate for gate in gates if gate.of_villages or gate.of_loans]
    balance = measures["npl_share"].denominator if "npl_share" in measures else None
    town = _Town(units, balance=0.0 if balance is None else float(balance[0]))
    needs, unmet = town.needs(by_work)
    if _Choice(units, needs).spare is None:
        unmet = [gate for gate in unmet if gate.of_villages]
        unmet += [gate for gate in by_work if gate.of_loans and gate.state == FAILS]
        by_work = [gate for gate in by_work if gate.of_villages]
    aims = Aims.of(profile.definition, measures, base=VILLAGES + ENTITIES)
    choices = list(town.choices(by_work, aims))
    ways = [choice.way() for choice in choices or [_Choice(units, town.needs(by_work)[0])]]
    best = min(ways, key=lambda way: (way.must_count, way.work))
    musts = [Must(gate.item, gate.why) for gate in gates if gate.why]
    musts += aims.missed(within_reach=bool(choices))
    return replace(best, musts=(*musts, *(Must(gate.item, OUT_OF_REACH) for gate in unmet)))


@dataclass(frozen=True, order=True)
class _Needs:
    """What a town needs: villages with the title, files of entities, households on time, bad balance gone."""

    village_count: int
    file_count: int
    gain: int
    bad_fen: int


@dataclass(frozen=True)
class _Town:
    """The villages of a town, and what all its loans come to."""

    units: Sequence[Unit]
    balance: float

    def needs(self, gates: Sequence[Asked]) -> tuple[_Needs, list[Asked]]:
        """What it takes for all of these gates to hold, and those nothing opens."""
        able = sum(unit.way is not None for unit in self.units)
        villages, out_of_villages = _most_needed(_on(gates, VILLAGES), most=able)
        files, out_of_files = _most_needed(_on(gates, ENTITIES), most=None)
        gain, bad_fen, unmet = needed_of_loans(_on(gates, ON_TIME + BAD), balance=self.balance)
        return _Needs(villages, files, gain, bad_fen), [*out_of_villages, *out_of_files, *unmet]

    def choices(self, gates: Sequence[Asked], aims: Aims) -> "Iterator[_Choice]":
        """What leads to the gates that can be opened, and with them to the points of the aims."""
        _, unmet = self.needs(gates)
        enough = set()
        for base, loans in product(aims.of_base, aims.of_loans):
            needs, beyond = self.needs([*gates, *base.gates, *loans.gates])
            if base.points + loans.points >= aims.needed and len(beyond) == len(unmet):
                enough.add(needs)
        for needs in sorted(enough):
            choice = _Choice(self.units, needs)
            if choice.spare is not None:
                yield choice


def _on(gates: Sequence[Asked], measures: Sequence[str]) -> list[Asked]:
    return [gate for gate in gates if gate.item.measure in measures]


def _most_needed(gates: Sequence[Asked], *, most: int | None) -> tuple[int, list[Asked]]:
    """How many more it takes for all of these gates to hold; of what nothing opens, as many as there are."""
    needed, unmet = 0, []
    for gate in gates:
        rest = int((gate.denominator or 0.0) - gate.numerator) if most is None else most
        count = _least_more(gate, rest)
        if count is None:
            unmet.append(gate)
        needed = max(needed, rest if count is None else count)
    return needed, unmet


def _least_more(gate: Asked, most: int) -> int | None:
    return least(most, lambda more: gate.holds(more=more))


@dataclass(frozen=True)
class _Option:
    """One thing to do in a unit: choose it or not, and cure so many loans."""

    chosen: int
    cost: int
    gain: int
    bad_fen: int
    loan_count: int


@dataclass(frozen=True)
class _Stage:
    """After some of the units, the most bad balance gone, by villages chosen, work spent and gain.

    Work is counted from `least`, the least that so many of these villages cost.
    """

    least: NDArray[np.int64]
    amounts: NDArray[np.int64]


class _Choice:
    """The villages to choose and the loans to cure for the least work."""

    def __init__(self, units: Sequence[Unit], needs: _Needs) -> None:
        self._units, self._needs = units, needs
        self._villages, self._gain, self._bad_fen = needs.village_count, needs.gain, needs.bad_fen
        # How many loans the town cures beside those of its cheapest villages; None where all is not enough.
        self.spare = self._beside_cheapest()

    def way(self) -> TownWay:
        """The least work, and where it is to be done."""
        units = tuple(sorted(self._works(), key=lambda unit: unit.place_id))
        return TownWay(self._villages, self._needs.file_count, units, musts=())

    def _works(self) -> Iterator[UnitWork]:
        spare = self.spare or 0
        cures = [self._cures(unit, spare) for unit in self._units]
        options = [self._options(unit, cure, spare) for unit, cure in zip(self._units, cures, strict=True)]
        stages = [self._start(spare)]
        for able in options:
            stages.append(_after(stages[-1], able, enough=self._bad_fen))
        spent = int(np.argmax(stages[-1].amounts[self._villages, :, self._gain] >= self._bad_fen))
        cell = (self._villages, spent, self._gain)
        steps = zip(self._units, cures, options, stages[:-1], stages[1:], strict=True)
        for unit, cure, able, before, after in reversed(list(steps)):
            option, cell = _led_here(before, after, able, cell, enough=self._bad_fen)
            loans = cure.chosen(count=option.loan_count, gain=option.gain)
            if option.chosen or loans:
                yield UnitWork(unit.place_id, bool(option.chosen), unit.way, loans)

    def _start(self, spare: int) -> _Stage:
        amounts = np.full((self._villages + 1, spare + 1, self._gain + 1), NEVER, dtype=np.int64)
        amounts[0, 0, 0] = 0
        return _Stage(np.array([0] + [_FAR] * self._villages, dtype=np.int64), amounts)

    def _cures(self, unit: Unit, spare: int) -> Cures:
        own, gain = (0, 0) if unit.way is None else (len(unit.way.loans), unit.way.gain)
        return Cures(unit.arrears, gain_most=max(self._gain, gain), count_most=own + spare)

    def _options(self, unit: Unit, cures: Cures, spare: int) -> list[_Option]:
        """What can be done in a unit; what costs more than `spare` beside the least is left out."""
        beside = np.minimum(cures.amounts[: spare + 1, : self._gain + 1], self._bad_fen)
        able = [_Option(0, count, gain, bad_fen, count) for count, gain, bad_fen in _useful(beside)]
        if unit.way is not None:
            own = np.where(cures.amounts >= unit.way.bad_fen, cures.amounts, NEVER)
            own[:, : unit.way.gain] = NEVER
            able += [
                _Option(1, _cost(unit.way) + count, gain, bad_fen, count)
                for count, gain, bad_fen in _useful(np.minimum(own, self._bad_fen))
            ]
        return able

    def _beside_cheapest(self) -> int | None:
        """The loans that complete the cheapest villages: with them, this many is enough for the town."""
        ways = [unit.way for unit in self._units if unit.way is not None]
        cheapest = sorted(ways, key=lambda way: _cost(way) + len(way.loans))[: self._villages]
        cured = [loan for way in cheapest for loan in way.loans]
        done = {loan.loan_id for loan in cured}
        rest = [loan for unit in self._units for loan in unit.arrears if loan.loan_id not in done]
        left = {loan.subject_id for loan in rest if loan.overdue}
        on_time = {loan.subject_id for loan in cured if loan.of_household and loan.overdue} - left
        gain = max(self._gain - len(on_time), 0)
        bad_fen = max(self._bad_fen - sum(loan.bad_fen for loan in cured), 0)
        return Cures(rest, gain_most=gain).fewest(gain=gain, bad_fen=bad_fen)


def _cost(way: Way) -> int:
    """What a village costs beside its loans."""
    return way.base + _MUST_COST * len(way.musts)


def _useful(amounts: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """The cells that no cell of fewer loans or of more gain comes up to: loans, gain, bad balance gone."""
    # The most of so many loans at so much gain or more; then that of fewer loans, and that of more gain.
    most = np.maximum.accumulate(amounts[:, ::-1], axis=1)
    others = np.full_like(most, NEVER)
    others[1:] = np.maximum.accumulate(most, axis=0)[:-1]
    others[:, 1:] = np.maximum(others[:, 1:], most[:, :-1])
    last = amounts.shape[1] - 1
    for count, back in np.argwhere(amounts[:, ::-1] > others).tolist():
        yield count, last - back, int(amounts[count, last - back])


def _after(before: _Stage, options: Sequence[_Option], *, enough: int) -> _Stage:
    """The stage with one more unit; bad balance is counted up to what is enough."""
    cheapest = min((option.cost for option in options if option.chosen), default=_FAR)
    least_cost = before.least.copy()
    least_cost[1:] = np.minimum(least_cost[1:], np.minimum(before.least[:-1] + cheapest, _FAR))
    after = _Stage(least_cost, np.full_like(before.amounts, NEVER))
    # The most at so much gain or more: what goes beyond the most that is asked is counted in the last column.
    beyond = np.maximum.accumulate(before.amounts[..., ::-1], axis=-1)[..., ::-1]
    reached = _reached(before.amounts)
    for option in options:
        _move(before, after, option, beyond=beyond, reached=reached)
    return _Stage(least_cost, np.where(after.amounts < 0, NEVER, np.minimum(after.amounts, enough)))


def _reached(amounts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """How much work and gain has been reached with each number of villages: the rest of it is empty."""
    found = []
    for some in amounts >= 0:
        work, gain = np.flatnonzero(some.any(axis=1)), np.flatnonzero(some.any(axis=0))
        found.append((int(work[-1]) + 1, int(gain[-1]) + 1) if len(work) else (0, 0))
    return found


def _move(
    before: _Stage,
    after: _Stage,
    option: _Option,
    *,
    beyond: NDArray[np.int64],
    reached: Sequence[tuple[int, int]],
) -> None:
    """Put every cell of a stage, after one option, into the next; work that is too much is dropped."""
    counts, spare, columns = before.amounts.shape
    last = columns - 1
    gain = min(option.gain, last)
    work = (before.least[: counts - option.chosen] + option.cost - after.least[option.chosen :]).tolist()
    for position, more in enumerate(work):
        rows, gains = min(spare - more, reached[position][0]), reached[position][1]
        if rows <= 0:
            continue
        into = after.amounts[position + option.chosen, more : more + rows]
        below = min(last - gain, gains)
        moved, most = into[:, gain : gain + below], into[:, last]
        np.maximum(moved, before.amounts[position, :rows, :below] + option.bad_fen, out=moved)
        if gains > last - gain:
            np.maximum(most, beyond[position, :rows, last - gain] + option.bad_fen, out=most)


def _led_here(
    before: _Stage, after: _Stage, options: Sequence[_Option], cell: tuple[int, int, int], *, enough: int
) -> tuple[_Option, tuple[int, int, int]]:
    """The option that led to a cell, and the cell before it."""
    chosen, spent, gain = cell
    reached = after.amounts[cell]
    most = before.amounts.shape[2] - 1
    # Gains are counted up to the most that is asked: several cells lead to the last column.
    more = range(most + 1 if gain == most else 1)
    cells = (
        (
            option,
            (
                chosen - option.chosen,
                _spent(before, after, option, chosen, spent),
                gain - min(option.gain, most) + extra,
            ),
        )
        for option in options
        if option.chosen <= chosen
        for extra in more
    )
    return next(
        (option, came)
        for option, came in cells
        if 0 <= came[1] < before.amounts.shape[1]
        and 0 <= came[2] <= most
        and before.amounts[came] >= 0
        and min(before.amounts[came] + option.bad_fen, enough) == reached
    )


def _spent(before: _Stage, after: _Stage, option: _Option, chosen: int, spent: int) -> int:
    """The work of the cell an option came from, counted from the least of its own stage."""
    return int(spent + after.least[chosen] - option.cost - before.least[chosen - option.chosen])
