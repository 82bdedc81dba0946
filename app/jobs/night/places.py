"""What the villages and towns come to: measures, the gates that hold, and ratings by grade."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.attestations.service import Counts as Documents
from app.designations.documents import counted
from app.jobs.night.rating import RatingColumns
from app.jobs.night.reading import LoanMonthColumns, Subjects
from app.jobs.night.records import Facts
from app.jobs.night.rules import Rules
from app.models import RUNG_GATE, GateState, Place, PlaceKind, SubjectKind
from scoring import HOLDS, GateResults, Measure, Profile
from scoring.ladder import LadderResults
from scoring.measured import NAME_LENGTH_MAX, RUNG_LENGTH_MAX
from scoring.measures import OWN_BANK, county_medians

Counts = NDArray[np.float64]
GradeCounts = frozenset[tuple[str, str, int]]
STATES = (GateState.HOLDS, GateState.FAILS, GateState.INSUFFICIENT, GateState.NOT_APPLICABLE)
# What the rungs of a ladder are held against.
SCORE = "score"
UNITS = (PlaceKind.VILLAGE, PlaceKind.COMMUNITY)
TOWNS = (PlaceKind.TOWN, PlaceKind.SUBDISTRICT)


@dataclass(frozen=True)
class MeasureRow:
    """One measure of one place: the share as its two numbers, never as a quotient."""

    name: str
    numerator: float | None
    denominator: float | None
    denominator_name: str


@dataclass(frozen=True)
class GateRow:
    """One gate of one place."""

    name: str
    measure: str
    state: GateState
    threshold: float
    value: float | None
    margin: float | None


@dataclass(frozen=True)
class Status:
    """Everything a night says of one place; two nights that say the same are equal."""

    place_id: int
    rule_version_id: int
    state: GateState
    measures: frozenset[MeasureRow]
    gates: frozenset[GateRow]
    grade_counts: GradeCounts


@dataclass(frozen=True)
class District:
    """Villages and communities in one order, towns in another; `heirs` stand for units that are gone."""

    units: Sequence[Place]
    towns: Sequence[Place]
    heirs: Mapping[int, int]

    @property
    def unit_positions(self) -> dict[int, int]:
        """Where a village or community stands, by its id and by the ids of those it stands for."""
        known = {unit.place_id: position for position, unit in enumerate(self.units)}
        return known | {gone: known[heir] for gone, heir in self.heirs.items() if heir in known}

    @property
    def town_of_unit(self) -> NDArray[np.int64]:
        """The position of the town of each village or community."""
        positions = {town.place_id: position for position, town in enumerate(self.towns)}
        return np.array([positions[unit.parent_id or 0] for unit in self.units], dtype=np.int64)

    @property
    def is_village(self) -> NDArray[np.bool_]:
        """Which units are villages: communities are measured but hold no village title."""
        return np.array([unit.kind is PlaceKind.VILLAGE for unit in self.units], dtype=np.bool_)

    def positions(self, place_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions of many units at once; -1 for a place that is none of them."""
        return _looked_up(self.unit_positions, place_ids)

    def town_positions(self, place_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions of the towns that many units or towns are or lie in; -1 for other places."""
        towns = {town.place_id: position for position, town in enumerate(self.towns)}
        town_of_unit = self.town_of_unit.tolist()
        units = {place_id: town_of_unit[position] for place_id, position in self.unit_positions.items()}
        return _looked_up(towns | units, place_ids)


def _looked_up(known: Mapping[int, int], place_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    lookup = np.full(max(known, default=0) + 1, -1, dtype=np.int64)
    for place_id, position in known.items():
        lookup[place_id] = position
    inside = place_ids < len(lookup)
    return np.where(inside, lookup[np.where(inside, place_ids, 0)], -1)


def loan_counts(month: LoanMonthColumns, district: District) -> dict[str, Counts]:
    """Per unit: borrowing households, those of them on time, and the loan balance, in all and bad."""
    size = len(district.units)
    position = district.positions(month.place_ids)
    inside = position >= 0
    balance, bad = month.balance_fen, month.class_codes >= 3
    households = inside & month.of_household & (balance > 0)
    borrowers, first = np.unique(month.subject_ids[households], return_index=True)
    late = np.unique(month.subject_ids[households & (month.overdue_days > 0)])
    home = position[households][first]
    on_time = ~np.isin(borrowers, late)
    return {
        "borrowing": np.bincount(home, minlength=size).astype(float),
        "on_time": np.bincount(home[on_time], minlength=size).astype(float),
        "balance": np.bincount(position[inside], weights=balance[inside], minlength=size),
        "bad": np.bincount(position[inside & bad], weights=balance[inside & bad], minlength=size),
    }


def unknown_loans(district: District) -> dict[str, Counts]:
    """What is known of the loans of a month-end no bank has reported: nothing."""
    names = ("borrowing", "on_time", "balance", "bad")
    return {name: np.full(len(district.units), np.nan) for name in names}


def file_counts(
    ratings: RatingColumns, position: NDArray[np.int64], *, size: int, least: int | None, told: bool
) -> dict[str, Counts]:
    """Per unit: households with a valid file, and credit households among them.

    Where it is not `told` which files count, nobody knows either; without the least grade of a credit
    household (`least`), not how many there are.
    """
    inside = (position >= 0) & ratings.on_file
    on_file, credit = np.full(size, np.nan), np.full(size, np.nan)
    if told:
        on_file = np.bincount(position[inside], minlength=size).astype(float)
    if told and least is not None:
        good = inside & (ratings.grade <= least)
        credit = np.bincount(position[good], minlength=size).astype(float)
    return {"on_file": on_file, "credit": credit}


def village_facts(villages: Subjects, facts: Facts, district: District) -> dict[str, Counts]:
    """The facts recorded of the villages themselves, by unit; NaN where unknown."""
    position = district.positions(villages.place_ids)
    inside = position >= 0
    result: dict[str, Counts] = {}
    for name, column in facts.values.items():
        result[name] = np.full(len(district.units), np.nan)
        result[name][position[inside]] = column[inside]
    return result


def unit_measures(
    files: Mapping[str, Counts],
    loans: Mapping[str, Counts],
    *,
    earlier: Mapping[str, Counts],
    facts: Mapping[str, Counts],
) -> dict[str, Measure]:
    """The measures of every village and community."""
    # A village that had no loans a year ago had no bad ones either.
    before = np.where(earlier["balance"] == 0, 0.0, _share(earlier["bad"], earlier["balance"]))
    # 4 % less 3 % is not quite 1 % in binary; a gate at 1 % must not see that.
    increment = np.round(_share(loans["bad"], loans["balance"]) - before, 12)
    return {
        "file_coverage": Measure(
            files["on_file"], facts["registered_household_count"], "registered_households"
        ),
        "credit_household_share": Measure(files["credit"], files["on_file"], "archived_households"),
        "credit_household_share_registered": Measure(
            files["credit"], facts["registered_household_count"], "registered_households"
        ),
        "on_time_borrower_share": Measure(loans["on_time"], loans["borrowing"], "borrowing_households"),
        "npl_share": Measure(loans["bad"], loans["balance"], "loan_balance_fen"),
        "npl_increment": Measure(increment, None, "none"),
        "cadre_default_count": Measure(facts["cadre_default_count"], None, "none"),
        "village_veto_count": Measure(facts["village_veto"], None, "none"),
    }


def town_measures(
    holds: NDArray[np.bool_],
    loans: Mapping[str, Counts],
    district: District,
    *,
    entities: tuple[Counts, Counts],
    designated: Collection[int],
) -> dict[str, Measure]:
    """The measures of every town: sums over its units, the entities of the roster, and the villages that
    bear the title (`designated`, by their ids).
    """

    def summed(column: Counts) -> Counts:
        return np.bincount(district.town_of_unit, weights=column, minlength=len(district.towns)).astype(float)

    villages = district.is_village
    bear = np.array([unit.place_id in designated for unit in district.units], dtype=np.bool_) & villages
    return {
        "designated_village_share": Measure(
            summed(bear.astype(float)), summed(villages.astype(float)), "villages"
        ),
        "designated_village_count": Measure(summed(bear.astype(float)), None, "none"),
        "credit_village_share": Measure(
            summed((holds & villages).astype(float)), summed(villages.astype(float)), "villages"
        ),
        "npl_share": Measure(summed(loans["bad"]), summed(loans["balance"]), "loan_balance_fen"),
        "on_time_borrower_share": Measure(
            summed(loans["on_time"]), summed(loans["borrowing"]), "borrowing_households"
        ),
        "entity_file_coverage": Measure(*entities, "roster_entities"),
    }


def grade_counts(
    rated: Mapping[SubjectKind, tuple[RatingColumns, NDArray[np.int64]]],
    *,
    size: int,
    grades: tuple[str, ...],
) -> list[GradeCounts]:
    """How many households and entities have which grade, by place."""
    found: list[set[tuple[str, str, int]]] = [set() for _ in range(size)]
    for kind, (ratings, position) in rated.items():
        inside = position >= 0
        flat = position[inside] * len(grades) + ratings.grade[inside]
        counts = np.bincount(flat, minlength=size * len(grades)).reshape(size, len(grades))
        for place, rank in np.argwhere(counts > 0):
            found[place].add((kind.value, grades[rank], int(counts[place, rank])))
    return [frozenset(rows) for rows in found]


def unit_statuses(
    district: District,
    measures: Mapping[str, Measure],
    counts: Sequence[GradeCounts],
    *,
    documents: Documents,
    own_bank: Counts | None,
    rules: Rules,
) -> tuple[list[Status], NDArray[np.bool_]]:
    """The status of every village and community, and which villages hold every gate."""
    villages = district.is_village
    measures = _all_asked(measures, documents, district.units, profile=rules.village)
    references = _references(measures, among=villages, own_bank=own_bank)
    results = rules.village.evaluate(measures, references=references)
    version_id = rules.version_of(rules.village)
    statuses = [
        Status(
            place_id=unit.place_id,
            rule_version_id=version_id,
            state=STATES[results.overall[position]] if villages[position] else GateState.NOT_APPLICABLE,
            measures=_measure_rows(measures, position),
            gates=_gate_rows(results, position) if villages[position] else frozenset(),
            grade_counts=counts[position],
        )
        for position, unit in enumerate(district.units)
    ]
    return statuses, (results.overall == HOLDS) & villages


def town_statuses(
    district: District,
    measures: Mapping[str, Measure],
    counts: Sequence[GradeCounts],
    *,
    documents: Documents,
    own_bank: Counts | None,
    rules: Rules,
) -> list[Status]:
    """The status of every town and street; a measure its profile does not name is not kept."""
    measures = _all_asked(measures, documents, district.towns, profile=rules.town)
    every = np.ones(len(district.towns), dtype=np.bool_)
    references = _references(measures, among=every, own_bank=own_bank)
    results = rules.town.evaluate(measures, references=references)
    kept = {name: measure for name, measure in measures.items() if name in rules.town.definition.measures}
    version_id = rules.version_of(rules.town)
    return [
        Status(
            place_id=town.place_id,
            rule_version_id=version_id,
            state=STATES[results.overall[position]],
            measures=_measure_rows(kept, position),
            gates=_gate_rows(results, position),
            grade_counts=counts[position],
        )
        for position, town in enumerate(district.towns)
    ]


def _references(
    measures: Mapping[str, Measure], *, among: NDArray[np.bool_], own_bank: Counts | None
) -> dict[str, ArrayLike]:
    """What gates may be held against: the medians of the county, and of each place its own banks."""
    own: dict[str, ArrayLike] = {} if own_bank is None else {OWN_BANK: own_bank}
    return {**county_medians(measures, among=among), **own}


def _all_asked(
    measures: Mapping[str, Measure], documents: Documents, places: Sequence[Place], *, profile: Profile
) -> dict[str, Measure]:
    """The measures with what documents say, and with what nobody measures as unknown."""
    holders = [f"p{place.place_id}" for place in places]
    found = counted(measures, profile.definition.criteria, documents, holders=holders)
    return profile.completed(found, places=len(places))


def _measure_rows(measures: Mapping[str, Measure], position: int) -> frozenset[MeasureRow]:
    return frozenset(
        MeasureRow(
            name,
            _number(measure.numerator[position]),
            None if measure.denominator is None else _number(measure.denominator[position]),
            measure.denominator_name,
        )
        for name, measure in measures.items()
        if _can_be_kept(name, measure.denominator_name)
    )


def _gate_rows(results: GateResults, position: int) -> frozenset[GateRow]:
    """The gates of one place, and the rungs of the ladder where there is one."""
    rows = frozenset(
        GateRow(
            gate.criterion.name,
            gate.criterion.measure,
            STATES[gate.state[position]],
            # A reference nobody knows leaves what is added to it.
            _number(gate.threshold[position]) or gate.criterion.threshold,
            _number(gate.value[position]),
            _number(gate.margin[position]),
        )
        for gate in results.gates
        if _can_be_kept(gate.criterion.name, gate.criterion.measure)
    )
    return rows if results.ladder is None else rows | _rung_rows(results.ladder, position)


def _can_be_kept(*names: str) -> bool:
    """Whether names are short enough; a gate whose name is not counts for the state of the whole alone."""
    return all(len(name) <= NAME_LENGTH_MAX for name in names)


def _rung_rows(ladder: LadderResults, position: int) -> frozenset[GateRow]:
    score = _number(ladder.score[position])
    return frozenset(
        GateRow(
            f"{RUNG_GATE}{rung.rung.name}",
            SCORE,
            STATES[rung.state[position]],
            float(rung.rung.at_least),
            score,
            None if score is None else score - rung.rung.at_least,
        )
        for rung in ladder.rungs
        if len(rung.rung.name) <= RUNG_LENGTH_MAX
    )


def _share(part: Counts, whole: Counts) -> Counts:
    return part / np.where(whole > 0, whole, np.nan)


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
