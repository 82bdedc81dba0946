"""What can be measured of places and subjects: by what each measure is divided, and how far it can go."""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurable:
    """One measure: what it may be divided by (`none`: it is a count or a difference), and its range."""

    denominators: tuple[str, ...]
    low: float = 0.0
    high: float = 1.0


def _count(high: float = math.inf) -> Measurable:
    return Measurable(("none",), high=high)


MEASURABLE: Mapping[str, Measurable] = {
    "file_coverage": Measurable(("registered_households", "roster_entities")),
    "rating_coverage": Measurable(("roster_entities",)),
    "credit_household_share": Measurable(("archived_households",)),
    "credit_household_share_registered": Measurable(("registered_households",)),
    "on_time_borrower_share": Measurable(("borrowing_households",)),
    "on_time_loan_share": Measurable(("loans",)),
    "npl_share": Measurable(("loan_balance_fen",)),
    "npl_increment": Measurable(("none",), low=-1.0),
    "member_household_share": Measurable(("registered_households",)),
    "cadre_default_count": _count(),
    "village_veto_count": _count(),
    "assessed_score": _count(100.0),
    "credit_village_share": Measurable(("villages",)),
    "designated_village_share": Measurable(("villages",)),
    "designated_village_count": _count(),
    "entity_file_coverage": Measurable(("roster_entities",)),
    "registered": _count(1.0),
    "in_existence": _count(1.0),
    "grade_reached": _count(1.0),
    "rating_points": _count(),
    "rating_veto_count": _count(),
    "overdue_days_now": _count(),
    "overdue_days_max_24m": _count(),
    "appraisal_favourable_share": Measurable(("appraisers",)),
    "appraisal_favourable": _count(1.0),
}
# The measures that count a lower title, by the title they count.
TITLE_MEASURES: Mapping[str, tuple[str, ...]] = {
    "credit_household": ("credit_household_share", "credit_household_share_registered"),
    "credit_village": ("designated_village_share", "designated_village_count"),
}
_OF_SUBJECTS = {
    "registered": "none",
    "grade_reached": "none",
    "rating_points": "none",
    "rating_veto_count": "none",
    "overdue_days_now": "none",
    "overdue_days_max_24m": "none",
}
# What is measured of those who would hold each title, and by what it is divided. A gate on anything else
# could never be judged: a profile with one is not put in force.
DELIVERED: Mapping[str, Mapping[str, str]] = {
    "credit_household": {
        **_OF_SUBJECTS,
        "appraisal_favourable_share": "appraisers",
        "appraisal_favourable": "none",
    },
    "credit_entity": {**_OF_SUBJECTS, "in_existence": "none"},
    "credit_village": {
        "file_coverage": "registered_households",
        "credit_household_share": "archived_households",
        "credit_household_share_registered": "registered_households",
        "on_time_borrower_share": "borrowing_households",
        "npl_share": "loan_balance_fen",
        "npl_increment": "none",
        "cadre_default_count": "none",
        "village_veto_count": "none",
    },
    "credit_town": {
        "designated_village_share": "villages",
        "designated_village_count": "none",
        "credit_village_share": "villages",
        "npl_share": "loan_balance_fen",
        "on_time_borrower_share": "borrowing_households",
        "entity_file_coverage": "roster_entities",
    },
    "coverage": {"file_coverage": "roster_entities", "rating_coverage": "roster_entities"},
}
# How long the name of a rung may be to be kept with a title, and that of a gate or a measure with a place.
RUNG_LENGTH_MAX = 16
NAME_LENGTH_MAX = 64
# Of whom documents are on file that speak for a title or against it, by any name a profile gives them.
ATTESTED = frozenset({"credit_household", "credit_entity", "credit_village", "credit_town"})
