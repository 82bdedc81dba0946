"""Why a profile cannot be put in force here: what nobody measures, grades, tells files by or could keep."""

from collections.abc import Iterable

from app.records.catalogue import Catalogue
from scoring import Finding
from scoring.definition import CardDefinition, ProfileDefinition
from scoring.lint.delivered import COVERAGE, GOAL_SOURCE, unaimed, undelivered, unfiled, ungraded

__all__ = ["GOAL_SOURCE", "GRADED_BY", "unfit", "untold_files", "untold_goal"]
# Whose grades a profile names the least of.
GRADED_BY = {"credit_household": "household", "credit_village": "household", "credit_entity": "agri_entity"}


def unfit(
    profile: ProfileDefinition, kept: Iterable[tuple[str, CardDefinition]], catalogue: Catalogue | None
) -> str:
    """Why a profile cannot be put in force: it asks for what nobody here measures, grades or could keep.

    A version that is in force already, or was, is not asked again: what is unknown is insufficient there.
    """
    of = GRADED_BY.get(profile.level)
    grades = list(dict.fromkeys(grade.code for kind, card in kept if kind == of for grade in card.grades))
    found = [*undelivered(profile), *(ungraded(profile, grades) if grades else [])]
    if profile.level == COVERAGE and catalogue is not None:
        found += untold_files(profile, catalogue)
    return "; ".join(dict.fromkeys(str(finding) for finding in found))


def untold_files(profile: ProfileDefinition, catalogue: Catalogue) -> list[Finding]:
    """Why nobody can tell by a profile of coverage which credit files count; nothing where one can."""
    known = {(kind.value, name) for kind, name in catalogue.by_key}
    unknown = [
        Finding(True, "mandatory", f"the catalogue of facts has no {name} of the kind {kind}")
        for kind, names in profile.mandatory.items()
        for name in names
        if (kind, name) not in known
    ]
    return [*unfiled(profile), *unknown]


def untold_goal(profile: ProfileDefinition) -> str:
    """Why nobody can tell by a profile of coverage what is to be reached, and by when; "" where one can."""
    return "; ".join(str(finding) for finding in unaimed(profile))
