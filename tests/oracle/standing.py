"""Where everybody stands a second time: the last step of every title against what the month tells."""

from collections import Counter

from app.jobs.simulation import Month
from tests.oracle.tables import Titles


def faults_of_standing(tables: Titles, month: Month) -> list[str]:
    """Counts of titles by state, and states of villages, that a month tells and the steps do not."""
    last = {number: steps[-1]["state"] for number, steps in tables.steps.items()}
    counted = Counter((tables.titles[number]["kind"], state) for number, state in last.items())
    told = {(kind.value, state.value): count for (kind, state), count in month.counts.items()}
    found = [
        f"{month.on} {kind} {state}: {counted[kind, state]} titles, told {told.get((kind, state), 0)}"
        for kind, state in sorted(counted.keys() | told.keys())
        if counted[kind, state] != told.get((kind, state), 0)
    ]
    newest = {
        tables.names[title["place_id"]].removesuffix("村民委员会"): last[number]
        for number, title in sorted(tables.titles.items())
        if title["kind"] == "credit_village"
    }
    villages = {name: state.value for name, state in month.villages.items() if state is not None}
    return found + ([] if villages == newest else [f"{month.on}: villages {newest}, told {villages}"])
