"""Titles a second time: what each night had to do for them, from the tables and the profiles alone."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle.export import earlier
from tests.oracle.rungs import next_rung, rung_reached, rungs_borne, rungs_of
from tests.oracle.tables import HELD, ON_THE_WAY, Titles, day_of, key_of, newest

ENDED = {"revoked", "lapsed", "refused", "withdrawn"}
GRADES = ("AAA", "AA", "A", "B", "N")
REPORTED = ("required_missing", "too_few_facts")


def faults_of_night(tables: Titles, on: date) -> list[str]:
    """What the night of a month-end did otherwise than it had to, title by title."""
    found: list[str] = []
    for kind in tables.profiles:
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
    """Towns whose villages with the title or entities on file, and villages whose vetoes, a night counted
    otherwise."""
    found = []
    for town_id, villages in tables.villages.items():
        found += [fault for village_id in villages for fault in tables.vetoes.faults(village_id, on)]
        share = newest(tables.shares, "place_id", town_id, on)
        counted = None if share is None else (share["numerator"], share["denominator"])
        expected = (len(villages_held(tables, town_id, on)), len(villages))
        if counted != expected:
            found.append(f"{on} town {town_id}: {expected} villages with the title, counted {counted}")
        files = newest(tables.files, "place_id", town_id, on)
        counted = None if files is None else (files["numerator"], files["denominator"])
        expected = tables.register.file_coverage({town_id, *tables.below[town_id]}, on)
        if counted != expected:
            found.append(f"{on} town {town_id}: {expected} entities on file, counted {counted}")
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
        if state not in ENDED and ended(tables, title, on):
            found[number] = "lapse" if state in HELD else "withdraw"
        elif expired or (state == "noticed" and _forgotten(tables, profile, number, last, on)):
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
    return begun < on and qualifies(tables, title["kind"], title, on, rung=title["rung"])


def _holds(tables: Titles, number: int, on: date) -> bool | None:
    """Whether the holder was good enough by the night of a day; none where nothing can be said."""
    title = tables.titles[number]
    if title["subject_id"] is not None:
        rating = newest(tables.ratings, "subject_id", title["subject_id"], on)
        # How the register has an entity is known of today only; its rating of the day says it too.
        known = _known(tables, title["subject_id"], rating, on) | {"in_existence": 1}
        if rating is None or rating["unrated_reason"] in REPORTED:
            # Nothing can be said of the rating; of a document or a roster against the title it needs none.
            against = known["recorded"] or not known["registered"]
            return False if rating is not None and against else None
        return _gates_hold(tables.profiles[title["kind"]], rating, known)
    status = newest(tables.statuses, "place_id", title["place_id"], on)
    if status is None or status["state"] == "insufficient":
        return None
    if status["state"] == "fails":
        return False
    return rung_reached(tables, title["kind"], title["place_id"], on, rung=title["rung"])


def _known(tables: Titles, subject_id: int, rating: dict[str, Any] | None, on: date) -> dict[str, int]:
    """What the registers and the documents of a day say of a household or entity."""
    recorded = tables.vetoes.recorded(f"s{subject_id}", "rating_veto_count", on)
    own = 0 if rating is None else bin(rating["vetoes"]).count("1")
    of_entity = subject_id in tables.register.entities
    return {
        "registered": int(not of_entity or tables.register.listed(subject_id, on)),
        "in_existence": int(not of_entity or tables.register.status(subject_id, on) == "active"),
        "recorded": recorded,
        "rating_veto_count": max(own, recorded),
    }


def ended(tables: Titles, title: dict[str, Any], on: date) -> bool:
    """Whether an entity is no more by the register of a day."""
    gone = ("deregistered", "revoked")
    return title["kind"] == "credit_entity" and tables.register.status(title["subject_id"], on) in gone


def _gates_hold(profile: dict[str, Any], rating: dict[str, Any], known: dict[str, int]) -> bool:
    """Every gate of a household or entity as its profile writes it."""
    reached = GRADES.index(rating["grade"]) <= GRADES.index(profile["minimum_grade"])
    known = known | {"grade_reached": int(reached)}
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
        holders = [{"subject_id": each, "place_id": None} for each in tables.register.entities]
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
        if rung is not None and qualifies(tables, kind, each, on, rung=rung):
            able.add((key_of(each), rung))
    for number, title in tables.titles.items():
        before = tables.state_before(number, on) if title["kind"] == kind else None
        if before is None:
            continue
        if before[0] != "lapsed":
            able.discard((title["holder"], title["rung"]))
        if before[0] in ON_THE_WAY:
            able = {(holder, rung) for holder, rung in able if holder != title["holder"]}
    return able


def qualifies(
    tables: Titles,
    kind: str,
    holder: dict[str, Any],
    on: date,
    *,
    rung: str,
    before: int | None = None,
) -> bool:
    """Whether a holder holds all that is asked for a title by what was known on a day, of tonight too.

    For the step of an official, `before` is its number: the titles of villages are those before it.
    """
    if holder["subject_id"] is not None:
        subject_id = holder["subject_id"]
        rating = newest(tables.ratings, "subject_id", subject_id, on)
        known = _known(tables, subject_id, rating, on)
        good = rating is not None and _gates_hold(tables.profiles[kind], rating, known)
        return good and (kind == "credit_entity" or _favourable(tables, subject_id, on))
    status = newest(tables.statuses, "place_id", holder["place_id"], on)
    if status is None or status["state"] != "holds":
        return False
    asked = next((each for each in rungs_of(tables, kind) if each["name"] == rung), {})
    if asked.get("requires", "") not in ("", *rungs_borne(tables, kind, key_of(holder), on)):
        return False
    if rung_reached(tables, kind, holder["place_id"], on, rung=rung) is not True:
        return False
    return kind != "credit_town" or _enough_villages(tables, holder["place_id"], on, before=before)


def _enough_villages(tables: Titles, town_id: int, on: date, *, before: int | None = None) -> bool:
    """Whether so many villages of a town as its profile asks bore the title when the night began.

    A street has no villages, and no share of them.
    """
    villages = len(tables.villages.get(town_id, []))
    titled = len(villages_held(tables, town_id, on, before=before))
    for gate in tables.profiles["credit_town"]["requires"]:
        wanted = Fraction(str(gate["at_least"]))
        whole = villages if gate["measure"] == "designated_village_share" else 1
        if whole and Fraction(titled, whole) < wanted:
            return False
    return True


def villages_held(tables: Titles, town_id: int, on: date, *, before: int | None = None) -> set[int]:
    """The villages of a town that bore the title when the night of a day began, or before a step."""
    return {
        title["place_id"]
        for number, title in tables.titles.items()
        if title["kind"] == "credit_village"
        and title["place_id"] in tables.villages.get(town_id, [])
        and (stood := tables.state_before(number, on, step_id=before)) is not None
        and stood[0] in HELD
        and (stood[1]["valid_until"] is None or stood[1]["valid_until"] > on)
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


def _month_ends(since: date, until: date) -> list[date]:
    found, day = [], since
    while day <= until:
        following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        found.append(following - timedelta(days=1))
        day = following
    return [end for end in found if end <= until]
