"""What nobody here could judge or keep: gates on what is not measured, names that are too long."""

import math
from collections.abc import Collection, Iterable, Mapping

from scoring.checks import Finding
from scoring.definition import Criterion, Ladder, ProfileDefinition
from scoring.measured import (
    ATTESTED,
    DELIVERED,
    MEASURABLE,
    NAME_LENGTH_MAX,
    RUNG_LENGTH_MAX,
    TITLE_MEASURES,
)
from scoring.measures import COUNTY_MEDIAN, OWN_BANK

# A grade is reached where it is known which.
GRADE_REACHED = "grade_reached"
_OF_LEAST_GRADE = frozenset({GRADE_REACHED, *TITLE_MEASURES["credit_household"]})
# What a profile of coverage must say: whose files hold what, how much of it, how fresh, and by when.
COVERAGE = "coverage"
FILED = ("household", "agri_entity")
_MONTHS_MAX = 1200
_FILE_NUMBERS = {"mandatory_known_share": (0, 1), "file_months_maximum": (0, _MONTHS_MAX)}
_GOAL = {"goal_year": (1900, 9999)}
_GOAL_GATES = ("file_coverage", "rating_coverage")
# The article the goal answers to, among the sources of a profile.
GOAL_SOURCE = "A19"


def undelivered(profile: ProfileDefinition) -> list[Finding]:
    """Every gate, rung, item of a ladder and reference of a profile that nobody here could judge or keep."""
    measured = DELIVERED.get(profile.level)
    if measured is None:
        return [Finding(True, profile.level, f"is no level here; there are {', '.join(DELIVERED)}")]
    found = [finding for item in profile.criteria for finding in (*_lengths(item), *_gate(item, profile))]
    if profile.ladder is not None:
        read = [(item.name, item.of) for item in profile.ladder.items]
        read += [("ladder", profile.ladder.score)] if profile.ladder.score else []
        found += [_unmeasured(name, of, profile) for name, of in read if of not in measured]
        found += [_ungraded(name) for name, of in read if of in _OF_LEAST_GRADE and not profile.minimum_grade]
        found += _rungs(profile.ladder)
    if profile.level == COVERAGE:
        found += [*unfiled(profile), *unaimed(profile)]
    return [*found, *_references(profile)]


def unfiled(profile: ProfileDefinition) -> list[Finding]:
    """What a profile of coverage does not say of which credit files count."""
    unnamed = [kind for kind in FILED if kind not in profile.mandatory]
    found = [
        Finding(True, "mandatory", f"names no facts a file of the kind {kind} holds") for kind in unnamed
    ]
    return [*found, *_numbers(profile, _FILE_NUMBERS)]


def unaimed(profile: ProfileDefinition) -> list[Finding]:
    """What a profile of coverage does not say of its goal: how much on file and rated, and by when."""
    gates = {item.measure for item in profile.criteria}
    absent = [name for name in _GOAL_GATES if name not in gates]
    found = [Finding(True, name, "no gate asks for it, and it is half of the goal") for name in absent]
    if GOAL_SOURCE not in profile.sources:
        found.append(Finding(True, "sources", f"{GOAL_SOURCE}, the article the goal answers to, is missing"))
    return [*found, *_numbers(profile, _GOAL)]


def _numbers(profile: ProfileDefinition, asked: Mapping[str, tuple[int, int]]) -> list[Finding]:
    return [
        Finding(True, name, f"is to be a number from {low} to {high} under parameters")
        for name, (low, high) in asked.items()
        if not low <= profile.parameters.get(name, math.nan) <= high
    ]


def ungraded(profile: ProfileDefinition, grades: Collection[str]) -> list[Finding]:
    """A least grade that is none of the grades the cards of those it judges give."""
    if not profile.minimum_grade or profile.minimum_grade in grades:
        return []
    return [
        Finding(
            True,
            "minimum_grade",
            f"{profile.minimum_grade} is no grade of a card here; there are {', '.join(grades)}",
        )
    ]


def _lengths(item: Criterion) -> Iterable[Finding]:
    if not 1 <= len(item.name) <= NAME_LENGTH_MAX:
        yield Finding(True, item.name, f"its name has 1 to {NAME_LENGTH_MAX} characters")
    if not 1 <= len(item.measure) <= NAME_LENGTH_MAX:
        yield Finding(True, item.name, f"the name of its measure has 1 to {NAME_LENGTH_MAX} characters")


def _gate(item: Criterion, profile: ProfileDefinition) -> Iterable[Finding]:
    measured = DELIVERED[profile.level]
    if item.kind and item.measure not in MEASURABLE and profile.level in ATTESTED:
        return
    if item.kind == "attestation" and item.measure in MEASURABLE:
        yield Finding(True, item.name, f"{item.measure} is measured; no document attests it")
    elif item.measure not in measured:
        yield _unmeasured(item.name, item.measure, profile)
    elif item.denominator and item.denominator != measured[item.measure]:
        divided = measured[item.measure]
        what = f"{item.measure} of a {profile.level} is divided by {divided}, not by {item.denominator}"
        yield Finding(True, item.name, what)
    elif item.measure in _OF_LEAST_GRADE and not profile.minimum_grade:
        yield _ungraded(item.name)


def _ungraded(name: str) -> Finding:
    return Finding(True, name, "the profile names no minimum_grade to reach")


def _rungs(ladder: Ladder) -> Iterable[Finding]:
    for rung in ladder.rungs:
        if not 1 <= len(rung.name) <= RUNG_LENGTH_MAX:
            yield Finding(True, f"rung {rung.name}", f"its name has 1 to {RUNG_LENGTH_MAX} characters")


def _unmeasured(name: str, measure: str, profile: ProfileDefinition) -> Finding:
    known = ", ".join(DELIVERED[profile.level])
    return Finding(True, name, f"{measure} is not measured of a {profile.level}; measured are {known}")


def _references(profile: ProfileDefinition) -> Iterable[Finding]:
    """The night knows county medians and the average of a place's own banks, and no other reference."""
    for name in profile.references:
        if name == OWN_BANK and profile.level in ("credit_village", "credit_town"):
            continue
        if name.removeprefix(COUNTY_MEDIAN) not in profile.measures or not name.startswith(COUNTY_MEDIAN):
            yield Finding(
                True,
                name,
                f"夜间作业没有此参考值 · the night delivers no such reference; write {COUNTY_MEDIAN} and the "
                f"name of a measure of the profile, or for a village or town {OWN_BANK}",
            )
