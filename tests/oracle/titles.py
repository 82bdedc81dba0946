"""Titles a second time: what each night had to do for them, from the tables and the profiles alone."""

import json
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from app.db import Engine
from tests.oracle.export import earlier, rows
from tests.oracle.vetoes import Vetoes

POLICIES = Path("scoring/policies/cq_bishan")
FILES = {
    "credit_household": "credit_household/2026-11-01.yaml",
    "credit_entity": "credit_entity/2023-01-01.yaml",
    "credit_village": "credit_village/2026-11-01.yaml",
    "credit_town": "credit_town/2026-11-01.yaml",
}
# What an appraisal must be is said there and nowhere else.
APPRAISAL = "appraisal/2023-01-01.yaml"
HELD = {"designated", "under_review", "on_probation", "revocation_noticed"}
ON_THE_WAY = {"proposed", "village_checked", "town_checked", "noticed"}
GRADES = ("AAA", "AA", "A", "B", "N")
REPORTED = ("required_missing", "too_few_facts")


class Titles:
    """The tables of titles as plain rows, and the profiles as they are written."""

    def __init__(self, engine: Engine, *, policies: Path = POLICIES, **files: str) -> None:
        """With other policies, `files` says which profile of a kind holds there."""
        self.profiles = {
            kind: yaml.safe_load((policies / file).read_text("utf-8"))
            for kind, file in (FILES | files).items()
        }
        self.counting = yaml.safe_load((policies / APPRAISAL).read_text("utf-8"))["counting"]
        self.titles = {row["designation_id"]: row for row in rows(engine, "SELECT * FROM designations")}
        self.steps: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in rows(engine, "SELECT * FROM designation_steps ORDER BY designation_id, sequence"):
            row["happened_on"] = day_of(row["happened_on"])
            row["valid_until"] = day_of(row["valid_until"])
            row["facts"] = json.loads(row["facts"]) if isinstance(row["facts"], str) else row["facts"]
            self.steps[row["designation_id"]].append(row)
        self.roles = {row["user_id"]: row["role"] for row in rows(engine, "SELECT * FROM users")}
        self.agreements = rows(
            engine,
            "SELECT c.*, w.withdrawn_on FROM consents c LEFT JOIN consent_withdrawals w USING (consent_id) "
            "WHERE c.kind = 'publication' ORDER BY c.effective_from, c.consent_id",
        )
        self.notices = {row["notice_id"]: row for row in rows(engine, "SELECT * FROM notices")}
        self.entries = rows(engine, "SELECT * FROM notice_entries")
        self.objections = rows(
            engine,
            "SELECT o.*, a.upheld, a.recorded_at AS answered_at FROM notice_objections o "
            "LEFT JOIN notice_objection_answers a USING (notice_objection_uid)",
        )
        self.certificates = {row["designation_step_id"] for row in rows(engine, "SELECT * FROM certificates")}
        self.ratings = rows(
            engine,
            "SELECT r.subject_id, r.grade, r.vetoes, r.unrated_reason, n.as_of, r.run_id FROM ratings r "
            "JOIN rating_runs n USING (run_id) ORDER BY r.run_id",
        )
        self.statuses = rows(
            engine,
            "SELECT s.place_status_id, s.place_id, s.state, n.as_of FROM place_statuses s "
            "JOIN rating_runs n USING (run_id) ORDER BY s.run_id",
        )
        self.measures: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
        for row in rows(engine, "SELECT * FROM place_measures"):
            self.measures[row["place_status_id"]][row["name"]] = row
        self.shares = rows(
            engine,
            "SELECT s.place_id, m.numerator, m.denominator, n.as_of FROM place_measures m "
            "JOIN place_statuses s USING (place_status_id) JOIN rating_runs n USING (run_id) "
            "WHERE m.name = 'designated_village_share' ORDER BY s.run_id",
        )
        self.marks = rows(
            engine,
            "SELECT h.appraisal_round_id, m.subject_id, m.knows, m.kin, m.score, c.closed_on "
            "FROM appraisal_marks m JOIN appraisers h USING (appraiser_id) "
            "JOIN appraisal_closings c USING (appraisal_round_id)",
        )
        self.vetoes = Vetoes(engine)
        self.villages: dict[int, list[int]] = defaultdict(list)
        for row in rows(engine, "SELECT * FROM places WHERE kind = 'village'"):
            self.villages[row["parent_id"]].append(row["place_id"])

    def state_before(self, number: int, on: date) -> tuple[str, dict[str, Any]] | None:
        """Where a title stood before the night of a day, with its last step; none before it was proposed."""
        known = [
            step
            for step in self.steps[number]
            if step["happened_on"] < on or (step["happened_on"] == on and step["user_id"] is not None)
        ]
        return (known[-1]["state"], known[-1]) if known else None


def faults_of_night(tables: Titles, on: date) -> list[str]:
    """What the night of a month-end did otherwise than it had to, title by title."""
    found: list[str] = []
    for kind in FILES:
        expected = _expected(tables, kind, on)
        done = {
            number: steps[-1]["action"]
            for number, all_steps in tables.steps.items()
            if tables.titles[number]["kind"] == kind
            and (steps := [s for s in all_steps if s["happened_on"] == on and s["user_id"] is None])
            and steps[-1]["action"] != "propose"
        }
        if done != expected:
            found.append(f"{on} {kind}: expected {_less(expected, done)}, did {_less(done, expected)}")
        able = _able(tables, kind, on)
        proposed = {
            (tables.titles[number]["holder"], tables.titles[number]["rung"])
            for number, steps in tables.steps.items()
            if tables.titles[number]["kind"] == kind
            and (steps[0]["happened_on"], steps[0]["user_id"]) == (on, None)
        }
        if proposed != able:
            found.append(f"{on} {kind}: should propose {able - proposed}, proposed {proposed - able}")
    return found


def faults_of_counts(tables: Titles, on: date) -> list[str]:
    """Towns whose villages with the title, and villages whose vetoes, a night counted otherwise."""
    found = []
    for town_id, villages in tables.villages.items():
        found += [fault for village_id in villages for fault in tables.vetoes.faults(village_id, on)]
        share = _newest(tables.shares, "place_id", town_id, on)
        counted = None if share is None else (share["numerator"], share["denominator"])
        expected = (len(villages_held(tables, town_id, on)), len(villages))
        if counted != expected:
            found.append(f"{on} town {town_id}: {expected} villages with the title, counted {counted}")
    return found


def _less(one: dict[int, str], other: dict[int, str]) -> dict[int, str]:
    return {number: action for number, action in one.items() if other.get(number) != action}


def _expected(tables: Titles, kind: str, on: date) -> dict[int, str]:
    profile, found = tables.profiles[kind], {}
    for number, title in tables.titles.items():
        before = tables.state_before(number, on) if title["kind"] == kind else None
        if before is None:
            continue
        state, last = before
        ends = last["valid_until"]
        expired = state in HELD and ends is not None and ends <= on
        if expired or (state == "noticed" and _forgotten(tables, profile, number, last, on)):
            found[number] = "lapse"
        elif state in ("designated", "under_review") and _breached(tables, number, on):
            found[number] = "put_on_probation"
        elif state == "on_probation" and _cured(tables, number, on):
            found[number] = "restore"
        elif state == "designated" and ends <= on + timedelta(days=profile["path"]["review_before_days"]):
            found[number] = "begin_review"
    return found


def last_day_to_decide(tables: Titles, profile: dict[str, Any], notice_id: int) -> date:
    """Until when a proposal may be decided after its notice; 90 days where nothing is written."""
    ends = day_of(tables.notices[notice_id]["ends_on"])
    assert ends is not None
    return ends + timedelta(days=profile["path"].get("decide_within_days", 90) - 1)


def objections_to(tables: Titles, notice_id: int, number: int) -> list[dict[str, Any]]:
    """What was raised against the line of a title in a notice, or against the whole of it."""
    mine = [
        entry["notice_entry_id"]
        for entry in tables.entries
        if (entry["notice_id"], entry["designation_id"]) == (notice_id, number)
    ]
    return [
        each
        for each in tables.objections
        if each["notice_id"] == notice_id and each["notice_entry_id"] in (None, *mine)
    ]


def _forgotten(
    tables: Titles, profile: dict[str, Any], number: int, posted: dict[str, Any], on: date
) -> bool:
    """Nobody decided in time, and nobody objected with success or without an answer."""
    if on <= last_day_to_decide(tables, profile, posted["notice_id"]):
        return False
    for objection in objections_to(tables, posted["notice_id"], number):
        answered = day_of(objection["answered_at"])
        if (day_of(objection["raised_on"]) or on) <= on and (
            answered is None or answered > on or objection["upheld"]
        ):
            return False
    return True


def _breached(tables: Titles, number: int, on: date) -> bool:
    """Failed at the last two month-ends for which anything can be said, since the title was in order."""
    steps = [s for s in tables.steps[number] if s["happened_on"] < on or s["user_id"] is not None]
    since = [s for s in steps if s["state"] == "designated"][-1]["happened_on"]
    ends = [day for day in _month_ends(since, on) if day > since]
    known = [state for state in (_holds(tables, number, day) for day in ends) if state is not None]
    wanted = tables.profiles[tables.titles[number]["kind"]]["keeping"]["month_ends"]
    if len(known) < wanted:
        return False
    return not any(known[-wanted:]) and not _holds_now(tables, number, on)


def _holds_now(tables: Titles, number: int, on: date) -> bool:
    return _holds(tables, number, on) is not False


def _cured(tables: Titles, number: int, on: date) -> bool:
    steps = [s for s in tables.steps[number] if s["happened_on"] < on or s["user_id"] is not None]
    begun = steps[-1]["happened_on"]
    title = tables.titles[number]
    return begun < on and _qualifies(tables, title["kind"], title, on, rung=title["rung"])


def _holds(tables: Titles, number: int, on: date) -> bool | None:
    """Whether the holder was good enough by the night of a day; none where nothing can be said."""
    title = tables.titles[number]
    if title["subject_id"] is not None:
        rating = _newest(tables.ratings, "subject_id", title["subject_id"], on)
        if rating is None or rating["unrated_reason"] in REPORTED:
            return None
        recorded = tables.vetoes.recorded(title["holder"], "rating_veto_count", on)
        return _gates_hold(tables.profiles[title["kind"]], rating, recorded)
    status = _newest(tables.statuses, "place_id", title["place_id"], on)
    if status is None or status["state"] == "insufficient":
        return None
    if status["state"] == "fails":
        return False
    return rung_reached(tables, title["kind"], title["place_id"], on, rung=title["rung"])


def _gates_hold(profile: dict[str, Any], rating: dict[str, Any], recorded: int) -> bool:
    """Every gate of a household as its profile writes it, with the vetoes recorded against it."""
    known = {
        "registered": 1,
        "grade_reached": int(GRADES.index(rating["grade"]) <= GRADES.index(profile["minimum_grade"])),
        "rating_veto_count": max(bin(rating["vetoes"]).count("1"), recorded),
    }
    for gate in profile["criteria"]:
        value = known[gate["vetoes"] if "vetoes" in gate else gate["measure"]]
        most = 0 if "vetoes" in gate else gate.get("at_most", value)
        if not gate.get("at_least", value) <= value <= most:
            return False
    return True


def _able(tables: Titles, kind: str, on: date) -> set[tuple[str, str]]:
    """Everybody the night of a day had to propose, each with the rung of the title."""
    if kind == "credit_household":
        holders = [{"subject_id": each, "place_id": None} for each in {m["subject_id"] for m in tables.marks}]
    elif kind == "credit_entity":
        holders = []
    else:
        towns = set(tables.villages)
        places = {row["place_id"] for row in tables.statuses}
        holders = [
            {"subject_id": None, "place_id": each}
            for each in places
            if (each in towns) == (kind == "credit_town")
        ]
    able = set()
    for each in holders:
        rung = next_rung(tables, kind, each, on)
        if rung is not None and _qualifies(tables, kind, each, on, rung=rung):
            able.add((_key(each), rung))
    for number, title in tables.titles.items():
        before = tables.state_before(number, on) if title["kind"] == kind else None
        if before is None:
            continue
        if before[0] != "lapsed":
            able.discard((title["holder"], title["rung"]))
        if before[0] in ON_THE_WAY:
            able = {(holder, rung) for holder, rung in able if holder != title["holder"]}
    return able


def rungs_of(tables: Titles, kind: str) -> list[dict[str, Any]]:
    """The rungs of a kind of title, the lowest first."""
    return list(tables.profiles[kind].get("ladder", {}).get("rungs", []))


def next_rung(tables: Titles, kind: str, holder: dict[str, Any], on: date) -> str | None:
    """The highest rung above those that are borne that a holder has the score and the lower rung for."""
    rungs = rungs_of(tables, kind)
    if not rungs:
        return ""
    borne = rungs_borne(tables, kind, _key(holder), on)
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
    status = _newest(tables.statuses, "place_id", place_id, on)
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


def _key(holder: dict[str, Any]) -> str:
    return f"p{holder['place_id']}" if holder["subject_id"] is None else f"s{holder['subject_id']}"


def _qualifies(tables: Titles, kind: str, holder: dict[str, Any], on: date, *, rung: str) -> bool:
    if kind == "credit_household":
        rating = _newest(tables.ratings, "subject_id", holder["subject_id"], on)
        recorded = tables.vetoes.recorded(f"s{holder['subject_id']}", "rating_veto_count", on)
        good = rating is not None and _gates_hold(tables.profiles[kind], rating, recorded)
        return good and _favourable(tables, holder["subject_id"], on)
    status = _newest(tables.statuses, "place_id", holder["place_id"], on)
    if status is None or status["state"] != "holds":
        return False
    asked = next((each for each in rungs_of(tables, kind) if each["name"] == rung), {})
    if asked.get("requires", "") not in ("", *rungs_borne(tables, kind, _key(holder), on)):
        return False
    if rung_reached(tables, kind, holder["place_id"], on, rung=rung) is not True:
        return False
    return kind != "credit_town" or _enough_villages(tables, holder["place_id"], on)


def _enough_villages(tables: Titles, town_id: int, on: date) -> bool:
    """Whether so many villages of a town as its profile asks bore the title when the night began.

    A street has no villages, and no share of them.
    """
    villages = len(tables.villages.get(town_id, []))
    titled = len(villages_held(tables, town_id, on))
    for gate in tables.profiles["credit_town"]["requires"]:
        wanted = Fraction(str(gate["at_least"]))
        whole = villages if gate["measure"] == "designated_village_share" else 1
        if whole and Fraction(titled, whole) < wanted:
            return False
    return True


def villages_held(tables: Titles, town_id: int, on: date) -> set[int]:
    """The villages of a town that bore the title when the night of a day began."""
    return {
        title["place_id"]
        for number, title in tables.titles.items()
        if title["kind"] == "credit_village"
        and title["place_id"] in tables.villages.get(town_id, [])
        and (before := tables.state_before(number, on)) is not None
        and before[0] in HELD
        and (before[1]["valid_until"] is None or before[1]["valid_until"] > on)
    }


def _favourable(tables: Titles, subject_id: int, on: date) -> bool:
    """Whether three or more appraisers of the newest round knew it, and three fifths of them agreed."""
    rule = tables.counting
    rounds: dict[tuple[date, int], list[int]] = defaultdict(list)
    for mark in tables.marks:
        closed = day_of(mark["closed_on"])
        assert closed is not None
        if mark["subject_id"] == subject_id and earlier(on, 12) < closed <= on:
            counted = mark["knows"] and not mark["kin"]
            rounds[closed, mark["appraisal_round_id"]] += [mark["score"]] if counted else []
    for _, scores in sorted(rounds.items(), reverse=True):
        if len(scores) >= rule["quorum"]:
            good = sum(score >= rule["favourable_from"] for score in scores)
            return bool(good * 10 >= round(rule["favourable_share"] * 10) * len(scores))
    return False


def _newest(found: list[dict[str, Any]], name: str, number: int, on: date) -> dict[str, Any] | None:
    mine = [row for row in found if row[name] == number and (day_of(row["as_of"]) or on) <= on]
    return mine[-1] if mine else None


def _month_ends(since: date, until: date) -> list[date]:
    found, day = [], since
    while day <= until:
        following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        found.append(following - timedelta(days=1))
        day = following
    return [end for end in found if end <= until]


def day_of(value: Any) -> date | None:
    if value is None:
        return None
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
