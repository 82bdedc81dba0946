"""Villages and towns a second time: numerators and denominators counted one by one, gates by hand."""

from collections import defaultdict
from fractions import Fraction
from typing import Any

Share = tuple[Fraction | None, Fraction | None]


def loan_counts(loans: list[dict[str, Any]], place_of: dict[int, int]) -> dict[int, dict[str, Fraction]]:
    """By place: borrowing households, those on time, and the balance of all loans and of bad ones."""
    borrowers: dict[int, set[int]] = defaultdict(set)
    late: set[int] = set()
    counts: dict[int, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for loan in loans:
        place = place_of[loan["place_id"]]
        counts[place]["balance"] += loan["balance_fen"]
        if loan["class_code"] >= 3:
            counts[place]["bad"] += loan["balance_fen"]
        if loan["kind"] == "household" and loan["balance_fen"] > 0:
            borrowers[place].add(loan["subject_id"])
            if loan["overdue_days"] > 0:
                late.add(loan["subject_id"])
    for place, households in borrowers.items():
        counts[place]["borrowing"] = Fraction(len(households))
        counts[place]["on_time"] = Fraction(len(households - late))
    return counts


def share(part: Fraction | None, whole: Fraction | None) -> Fraction | None:
    """A share; nothing where the whole is nothing or unknown."""
    return None if part is None or not whole else part / whole


def gates(profile: dict[str, Any], measures: dict[str, Share]) -> tuple[dict[str, Any], str]:
    """The state, value and margin of every gate, and the state of the whole."""
    found = {}
    for written in [*profile["criteria"], *profile.get("requires", [])]:
        veto = {"measure": written["vetoes"], "at_most": 0} if "vetoes" in written else {}
        criterion = written | veto
        numerator, denominator = measures[criterion["measure"]]
        counted = denominator is None and criterion["measure"] in COUNTED
        value = numerator if counted else share(numerator, denominator)
        threshold = Fraction(str(criterion.get("at_least", criterion.get("at_most"))))
        if value is None:
            state, margin = "insufficient", None
        else:
            margin = value - threshold if "at_least" in criterion else threshold - value
            state = "holds" if margin >= 0 else "fails"
        if denominator is not None and denominator < criterion.get("least_denominator", 0):
            state = "insufficient"
        if denominator == 0 and criterion.get("no_denominator") == "not_applicable":
            state = "not_applicable"
        found[criterion["name"]] = {"state": state, "value": value, "margin": margin}
    states = [gate["state"] for gate in found.values()]
    order = ("fails", "insufficient", "holds", "not_applicable")
    return found, next(state for state in order if state in states)


COUNTED = {"npl_increment", "cadre_default_count", "village_veto_count", "designated_village_count"}
