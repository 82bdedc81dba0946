"""What was known when an official took a step: what is asked for held, or had not been made good."""

from datetime import date
from typing import Any

from tests.oracle.tables import Titles
from tests.oracle.titles import qualifies
from tests.oracle.vetoes import moment_of

ASKS_FOR_FACTS = {"propose", "check_village", "check_town", "post_notice", "award", "renew", "restore"}


def faults_of_facts(tables: Titles, *, since: date) -> list[str]:
    """Steps officials took after a day although the facts of that day did not allow it."""
    found = []
    for number, steps in tables.steps.items():
        if steps[0]["facts"].get("by_hand"):
            continue
        for step in steps:
            if step["user_id"] is None or step["happened_on"] <= since:
                continue
            holds = _holds(tables, number, step)
            where = f"{tables.titles[number]['kind']} {number} step {step['sequence']} {step['action']}"
            if step["action"] in ASKS_FOR_FACTS and not holds:
                found.append(f"{where}: not all that is asked for holds")
            if step["action"] == "revoke" and holds:
                found.append(f"{where}: taken though it holds again")
    return found


def _holds(tables: Titles, number: int, step: dict[str, Any]) -> bool:
    title, on, at = tables.titles[number], step["happened_on"], moment_of(step["recorded_at"])
    gates = tables.profiles[title["kind"]]["criteria"]
    recorded = (
        tables.vetoes.recorded(title["holder"], gate["vetoes"], on, by=at)
        for gate in gates
        if "vetoes" in gate
    )
    known = qualifies(
        tables, title["kind"], title, on, rung=title["rung"], before=step["designation_step_id"]
    )
    return known and not any(recorded)
