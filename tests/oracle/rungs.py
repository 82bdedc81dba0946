"""Ladders a second time: the points of a place, the rungs they are enough for, and those it bears."""

from datetime import date
from typing import Any

from tests.oracle.tables import HELD, Titles, key_of, newest


def rungs_of(tables: Titles, kind: str) -> list[dict[str, Any]]:
    """The rungs of a kind of title, the lowest first."""
    return list(tables.profiles[kind].get("ladder", {}).get("rungs", []))


def next_rung(tables: Titles, kind: str, holder: dict[str, Any], on: date) -> str | None:
    """The highest rung above those that are borne that a holder has the score and the lower rung for."""
    rungs = rungs_of(tables, kind)
    if not rungs:
        return ""
    borne = rungs_borne(tables, kind, key_of(holder), on)
    above = max((place for place, rung in enumerate(rungs, start=1) if rung["name"] in borne), default=0)
    for rung in reversed(rungs[above:]):
        enough = rung_reached(tables, kind, holder["place_id"], on, rung=rung["name"])
        if enough and rung.get("requires", "") in ("", *borne):
            return str(rung["name"])
    return None


def rungs_borne(tables: Titles, kind: str, holder: str, on: date) -> set[str]:
    """The rungs a holder bore when the night of a day began."""
    return {
        title["rung"]
        for number, title in tables.titles.items()
        if (title["kind"], title["holder"]) == (kind, holder)
        and (before := tables.state_before(number, on)) is not None
        and before[0] in HELD
        and (before[1]["valid_until"] is None or before[1]["valid_until"] > on)
    }


def rung_reached(tables: Titles, kind: str, place_id: int, on: date, *, rung: str) -> bool | None:
    """Whether the points of a place were enough for a rung; none where the unknown could lift them."""
    least = next((each["at_least"] for each in rungs_of(tables, kind) if each["name"] == rung), None)
    status = newest(tables.statuses, "place_id", place_id, on)
    if least is None or status is None:
        return True if least is None else None
    sure = possible = 0
    for item in tables.profiles[kind]["ladder"]["items"]:
        value = _value(tables.measures[status["place_status_id"]].get(item["measure"]))
        points = [step["points"] for step in item["bins"]]
        if value is None:
            sure += item["unknown"]["points"]
            possible += max(*points, item["unknown"]["points"])
        else:
            bin_no = sum(value >= step["from"] for step in item["bins"][1:])
            sure, possible = sure + points[bin_no], possible + points[bin_no]
    return True if sure >= least else None if possible >= least else False


def _value(row: dict[str, Any] | None) -> float | None:
    if row is None or row["numerator"] is None:
        return None
    if row["denominator_name"] == "none":
        return float(row["numerator"])
    return float(row["numerator"] / row["denominator"]) if row["denominator"] else None
