"""How far the entities of the roster are on file and rated, against the goal of article 19."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date

from app.coverage import store
from app.coverage.report import By, CoverageReport, Goal, Line
from app.db import Session
from app.errors import NotFound, SetupError
from app.models import CoverageCount, EntityType, Place, PlaceKind
from app.places.service import places_within
from app.rules.service import profile_in_force
from app.rules.unfit import GOAL_SOURCE, untold_goal

TOWNS = (PlaceKind.TOWN, PlaceKind.SUBDISTRICT)
__all__ = ["By", "CoverageReport", "Goal", "Line", "coverage"]


def coverage(session: Session, scope_code: str, *, on: date, by: By) -> CoverageReport:
    """Coverage of the towns in a division as the newest night up to a day counted it."""
    as_of = store.newest_as_of(session, on=on)
    if as_of is None:
        raise NotFound(f"no night up to {on} has been published")
    towns = places_within(session, scope_code, on=as_of, kinds=TOWNS)
    counts = store.counts(session, [town.place_id for town in towns], on=on)
    # A roster that begins to count writes all it names, so that the newest row is of the newest roster.
    newest = max(counts, key=lambda count: count.run_id, default=None)
    lines = _by_town(counts, towns) if by is By.TOWN else _by_type(counts)
    return CoverageReport(
        as_of=as_of,
        by=by,
        goal=_goal(session, on=as_of),
        roster=None if newest is None else store.roster(session, newest.roster_id),
        total=_line("total", "合计", counts),
        lines=lines,
    )


def _goal(session: Session, *, on: date) -> Goal:
    profile = profile_in_force(session, "coverage", on=on)
    if faults := untold_goal(profile):
        raise SetupError(
            f"{profile.code}（{profile.effective_from}）未写明目标，请启用新版本 · the profile of coverage "
            f"does not tell the goal; put a new one in force: {faults}"
        )
    asked = {criterion.measure: criterion.threshold for criterion in profile.criteria}
    return Goal(
        file_coverage=asked["file_coverage"],
        rating_coverage=asked["rating_coverage"],
        due_on=date(int(profile.parameters["goal_year"]), 12, 31),
        profile_code=profile.code,
        basis=profile.sources[GOAL_SOURCE],
    )


def _by_town(counts: Sequence[CoverageCount], towns: Sequence[Place]) -> list[Line]:
    groups = _grouped(counts, lambda count: count.place_id)
    return [_line(town.code, town.name, groups[town.place_id]) for town in towns]


def _by_type(counts: Sequence[CoverageCount]) -> list[Line]:
    groups = _grouped(counts, lambda count: count.entity_type)
    return [_line(kind.value, kind.label, groups[kind]) for kind in EntityType]


def _grouped(
    counts: Sequence[CoverageCount], key: Callable[[CoverageCount], object]
) -> dict[object, list[CoverageCount]]:
    groups: dict[object, list[CoverageCount]] = defaultdict(list)
    for count in counts:
        groups[key(count)].append(count)
    return groups


def _line(key: str, label: str, counts: Sequence[CoverageCount]) -> Line:
    return Line(
        key=key,
        label=label,
        roster_count=sum(count.roster_count for count in counts),
        excluded_count=sum(count.excluded_count for count in counts),
        on_file_count=sum(count.on_file_count for count in counts),
        rated_count=sum(count.rated_count for count in counts),
    )
