"""What the first page shows of a division: key figures, the map of its villages, and the two tables."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.coverage.service import By, CoverageReport, coverage
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


@dataclass(frozen=True)
class UnitRow:
    """One village or community in the table."""

    report: StatusReport
    town: Place
    missing: str

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

    @property
    def villages(self) -> int:
        """How many villages it has; communities hold no title."""
        return sum(row.report.place.kind is PlaceKind.VILLAGE for row in self.units)

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


def overview(session: Session, place_code: str, *, on: date) -> Overview:
    """The towns of a division (or the one that it is) with their villages, and coverage."""
    covered = coverage(session, place_code, on=on, by=By.TOWN)
    towns = places_within(session, place_code, on=on, kinds=TOWNS)
    units = places_within(session, place_code, on=on, kinds=UNITS)
    reports = {report.place.place_id: report for report in status_reports(session, [*towns, *units])}
    rows = []
    for town in towns:
        members = [
            UnitRow(reports[unit.place_id], town, gates.first_missing(reports[unit.place_id]))
            for unit in units
            if unit.parent_id == town.place_id and unit.place_id in reports
        ]
        if town.place_id in reports:
            report = reports[town.place_id]
            rows.append(TownRow(report, members, gates.first_missing(report)))
    return Overview(covered.as_of, rows, covered)


def treemap(found: Overview) -> list[dict[str, Any]]:
    """The towns and villages as the drawing wants them; a colour comes with a sign, never alone."""
    return [
        {
            "name": f"{shown.SIGNS[town.report.state]} {town.report.place.name}",
            "children": [
                {
                    "name": f"{shown.SIGNS[unit.report.state]} {short_name(unit.report.place.name)}",
                    "value": max(unit.households, 1),
                    "link": f"/villages/{unit.report.place.code}",
                    "tip": f"{unit.report.place.name}：{shown.state(unit.report.state)}，"
                    f"{unit.households:,} 户。{unit.missing}",
                    "itemStyle": {"color": COLOURS[unit.report.state]},
                }
                for unit in town.units
            ],
        }
        for town in found.towns
        if town.units
    ]


def short_name(name: str) -> str:
    """The name of a village or community without the words for its committee."""
    return name.removesuffix("民委员会").removesuffix("居").removesuffix("村") or name
