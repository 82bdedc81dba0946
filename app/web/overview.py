"""What the first page shows of a division: key figures, the map of its villages, and the two tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.coverage.service import By, CoverageReport, Line, coverage
from app.db import Session
from app.designations.service import StatusReport, status_reports
from app.models import GateState, Place, PlaceKind
from app.places.service import places_within
from app.web import gates, shown

TOWNS = (PlaceKind.TOWN, PlaceKind.SUBDISTRICT)
UNITS = (PlaceKind.VILLAGE, PlaceKind.COMMUNITY)
COLOURS = {
    GateState.HOLDS: "#2a6f4e",
    GateState.FAILS: "#a8482c",
    GateState.INSUFFICIENT: "#8a6500",
    GateState.NOT_APPLICABLE: "#68707c",
}
# Of so many blocks each is large enough for the word of its state beside the sign.
WORDS_MAXIMUM = 40
NEAREST_SHOWN = 5


@dataclass(frozen=True)
class UnitRow:
    """One village or community in the table."""

    report: StatusReport
    town: Place
    missing: str

    @property
    def name(self) -> str:
        """Its name without the words for its committee."""
        return short_name(self.report.place.name)

    @property
    def is_village(self) -> bool:
        """Whether it can hold a title: communities cannot."""
        return self.report.place.kind is PlaceKind.VILLAGE

    @property
    def households(self) -> int:
        """How many households have a rating or are unrated there."""
        return sum(self.report.grade_counts.get("household", {}).values())


@dataclass(frozen=True)
class TownRow:
    """One town in the table, with its villages."""

    report: StatusReport
    units: list[UnitRow]
    missing: str
    coverage: Line

    @property
    def villages(self) -> int:
        """How many villages it has; communities hold no title."""
        return sum(row.is_village for row in self.units)

    @property
    def holding(self) -> int:
        """How many of its villages hold every gate."""
        return sum(row.report.state is GateState.HOLDS for row in self.units)


@dataclass(frozen=True)
class Overview:
    """A division at one glance."""

    as_of: date
    towns: list[TownRow]
    coverage: CoverageReport

    @property
    def units(self) -> list[UnitRow]:
        """All villages and communities, town by town."""
        return [unit for town in self.towns for unit in town.units]

    @property
    def villages(self) -> int:
        """How many villages there are."""
        return sum(town.villages for town in self.towns)

    @property
    def holding(self) -> int:
        """How many villages hold every gate."""
        return sum(town.holding for town in self.towns)

    @property
    def archived(self) -> tuple[float, float]:
        """Households with a valid file, and registered households, where both are known."""
        lines = [unit.report.measure("file_coverage") for unit in self.units]
        known = [line for line in lines if line and line.numerator is not None and line.denominator]
        return (
            sum(line.numerator or 0 for line in known),
            sum(line.denominator or 0 for line in known),
        )

    @property
    def nearest(self) -> list[UnitRow]:
        """The villages that could hold every gate soonest: the fewest gates missing, by the least."""
        failing = [unit for unit in self.units if unit.report.state is GateState.FAILS]
        return sorted(failing, key=_distance)[:NEAREST_SHOWN]


def overview(session: Session, place_code: str, *, on: date) -> Overview:
    """The towns of a division (or the one that it is) with their villages, and coverage."""
    covered = coverage(session, place_code, on=on, by=By.TOWN)
    lines = {line.key: line for line in covered.lines}
    towns = places_within(session, place_code, on=on, kinds=TOWNS)
    units = places_within(session, place_code, on=on, kinds=UNITS)
    reports = {report.place.place_id: report for report in status_reports(session, [*towns, *units])}
    rows = []
    for town in towns:
        if town.place_id not in reports or town.code not in lines:
            continue
        report = reports[town.place_id]
        members = [unit for unit in units if unit.parent_id == town.place_id and unit.place_id in reports]
        rows.append(
            TownRow(
                report,
                unit_rows([reports[unit.place_id] for unit in members], town),
                gates.first_missing(report),
                lines[town.code],
            )
        )
    return Overview(covered.as_of, rows, covered)


def unit_rows(reports: Iterable[StatusReport], town: Place) -> list[UnitRow]:
    """The rows of a town: its villages first, then the communities, of which nothing is asked."""
    rows = [UnitRow(report, town, gates.first_missing(report)) for report in reports]
    return sorted(rows, key=lambda row: not row.is_village)


def treemap(found: Overview) -> list[dict[str, Any]]:
    """The towns and their villages as the drawing wants them; a colour comes with a sign, never alone.

    `alone` is the town as one block: on a small screen a whole district is drawn by towns only.
    """
    worded = len(found.units) <= WORDS_MAXIMUM
    return [
        {
            "name": f"{shown.SIGNS[town.report.state]} {town.report.place.name}",
            "alone": _town_block(town),
            "children": [_unit_block(unit, worded=True) for unit in town.units]
            if worded
            else [
                *(_unit_block(unit, worded=False) for unit in town.units if unit.is_village),
                *_others(town),
            ],
        }
        for town in found.towns
        if town.units
    ]


def short_name(name: str) -> str:
    """The name of a village or community without the words for its committee."""
    return name.removesuffix("民委员会").removesuffix("居").removesuffix("村") or name


def _town_block(town: TownRow) -> dict[str, Any]:
    place, state = town.report.place, shown.state(town.report.state)
    return _block(
        f"{place.name}\n{state}\n{town.holding}/{town.villages} 个村达标"
        if town.villages
        else f"{place.name}\n{state}",
        told=f"{place.name}：{state}。{town.missing}",
        size=sum(unit.households for unit in town.units),
        state=town.report.state,
        link=f"/towns/{place.code}",
    )


def _unit_block(unit: UnitRow, *, worded: bool) -> dict[str, Any]:
    place, state = unit.report.place, unit.report.state
    return _block(
        f"{unit.name}\n{shown.state(state)}" if worded else f"{shown.SIGNS[state]} {unit.name}",
        told=f"{place.name}：{shown.state(state)}，评级农户 {unit.households:,} 户。{unit.missing}",
        size=unit.households,
        state=state,
        link=f"/villages/{place.code}",
    )


def _others(town: TownRow) -> list[dict[str, Any]]:
    """The communities of a town as one block: nothing is asked of them, and many small ones hide the rest."""
    communities = [unit for unit in town.units if not unit.is_village]
    if not communities:
        return []
    state, size = GateState.NOT_APPLICABLE, sum(unit.households for unit in communities)
    return [
        _block(
            f"{shown.SIGNS[state]} {len(communities)} 社区",
            told=f"{town.report.place.name}的 {len(communities)} 个社区：只统计，不评定。",
            size=size,
            state=state,
            link=f"/towns/{town.report.place.code}",
        )
    ]


def _block(name: str, *, told: str, size: int, state: GateState, link: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": max(size, 1),
        "link": link,
        "tip": told,
        "itemStyle": {"color": COLOURS[state]},
    }


def _distance(unit: UnitRow) -> tuple[int, float]:
    missing = unit.report.missing
    return len(missing), -sum(gate.margin for gate in missing if gate.margin is not None)
