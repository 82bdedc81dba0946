"""What a village or town lacks, as it can be told: the shortest way, and whom it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.designations.case import Case
from app.designations.reports import SinceNight, StatusReport
from app.models import GateState, Place
from scoring import Measure, WayUp
from scoring.titles import UNKNOWN, Arrears, Near, TownWay, Way


@dataclass(frozen=True)
class About:
    """Whom a way is about in one village: files to open first, households to bring up, loans to cure."""

    place: Place
    graded: Sequence[int]
    nearest: Sequence[Near]
    loans: Sequence[Arrears]


@dataclass(frozen=True)
class VillageWay:
    """The way of a village: `near_count` of its households lack at most `near_points` points.

    `way` is none where the place can bear no title: it is a community. On a ladder, `next_rung` is the way to
    the rung above the highest it is enough for. `case` is how far the title has come, `since_night` are the
    documents the newest night does not know yet.
    """

    report: StatusReport
    way: Way | None
    near_points: int
    near_count: int
    titled: bool
    case: Case | None
    next_rung: Way | None = None
    since_night: tuple[SinceNight, ...] = ()

    @property
    def is_barred(self) -> bool:
        """Whether a document the newest night does not know yet stands against every step."""
        return any(one.stands_against for one in self.since_night)

    @property
    def about(self) -> list[About]:
        """Whom it is about."""
        way = self.way
        return [] if way is None else [About(self.report.place, way.graded, way.nearest, way.loans)]


@dataclass(frozen=True)
class TownsWay:
    """The way of a town, and the ways of all its villages and communities by their places.

    `since_night` are documents about the town itself the newest night does not know yet.
    """

    report: StatusReport
    way: TownWay
    villages: Mapping[int, VillageWay]
    case: Case | None
    since_night: tuple[SinceNight, ...] = ()

    @property
    def about(self) -> list[About]:
        """Whom it is about: of the chosen villages the households, of all the loans to cure."""
        return [
            About(
                self.villages[unit.place_id].report.place,
                unit.way.graded if unit.chosen and unit.way is not None else (),
                unit.way.nearest if unit.chosen and unit.way is not None else (),
                unit.loans,
            )
            for unit in self.way.units
        ]

    @property
    def by_hand(self) -> list[VillageWay]:
        """The villages that lack nothing but somebody who decides what too little is known of."""
        chosen = {unit.place_id for unit in self.way.units if unit.chosen}
        return [
            village
            for place_id, village in self.villages.items()
            if place_id not in chosen and not village.titled and _waits_for_a_decision(village.way)
        ]


@dataclass(frozen=True)
class NamedHousehold:
    """A household to bring up, as an official may see it: masked, with what it lacks and its way up."""

    place: Place
    subject_id: int
    name: str
    household_no: str
    rating_id: int
    lacking: int
    way_up: WayUp | None


@dataclass(frozen=True)
class NamedFile:
    """A household whose file to open first, as an official may see it: masked; it has the grade already."""

    place: Place
    subject_id: int
    name: str
    household_no: str
    rating_id: int


@dataclass(frozen=True)
class NamedLoan:
    """A loan to cure, as an official may see it: the borrower masked, or an entity by its name."""

    place: Place
    name: str
    loan: Arrears


@dataclass(frozen=True)
class Named:
    """Whom a way is about; empty for who may not see persons."""

    files: list[NamedFile]
    households: list[NamedHousehold]
    loans: list[NamedLoan]


def _waits_for_a_decision(way: Way | None) -> bool:
    return way is not None and not way.work and {must.why for must in way.musts} == {UNKNOWN}


def columns(reports: Sequence[StatusReport]) -> dict[str, Measure]:
    """Everything that was kept of some places, side by side; what was not kept of one is unknown there."""
    names = {name: row.denominator_name for report in reports for name, row in report.kept.items()}
    found = {}
    for name, divided_by in names.items():
        rows = [report.kept.get(name) for report in reports]
        above = np.array([_number(None if row is None else row.numerator) for row in rows])
        below = np.array([_number(None if row is None else row.denominator) for row in rows])
        found[name] = Measure(above, None if divided_by == "none" else below, divided_by)
    return found


def bears_by_state(report: StatusReport) -> bool:
    """Whether a village holds every gate."""
    return report.state is GateState.HOLDS


def _number(value: float | None) -> float:
    return np.nan if value is None else value
