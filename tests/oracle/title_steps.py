"""Every step of every title weighed by hand: the order, the persons, the terms, the notices."""

import hashlib
import json
from collections import Counter
from datetime import date, timedelta
from typing import Any

from tests.oracle.export import earlier
from tests.oracle.rungs import rungs_of
from tests.oracle.tables import HELD, ON_THE_WAY, Titles, day_of
from tests.oracle.titles import ENDED, ended, last_day_to_decide, objections_to
from tests.oracle.vetoes import moment_of

CHECKS = {"village": ("check_village", "village_checked"), "town": ("check_town", "town_checked")}
BY_NIGHT = {"propose", "withdraw", "begin_review", "put_on_probation", "restore", "lapse"}
JUDGED = {"propose", "check_village", "check_town", "award", "refuse"}
RESTING = {"propose", "check_village", "check_town", "post_notice", "award", "renew", "restore", "revoke"}
# The lowest role that takes a step; who may take it at a higher level is in the row behind.
RANKS = {"collector": 0, "town_official": 1, "district_admin": 2}
LEVELS = {"village": 0, "town": 1, "district": 2}


def faults_of_steps(tables: Titles) -> list[str]:
    """Every step that should not have been possible."""
    found = []
    for number, steps in tables.steps.items():
        kind = tables.titles[number]["kind"]
        profile = tables.profiles[kind]
        allowed = transitions(profile["path"]["checks"])
        state, own = "", []
        for position, step in enumerate(steps, start=1):
            where = f"{kind} {number} step {position} {step['action']}"
            if step["sequence"] != position:
                found.append(f"{where}: numbered {step['sequence']}")
            if allowed.get((state, step["action"])) != step["state"]:
                found.append(f"{where}: from {state!r} to {step['state']}")
            if step["fingerprint"] != _fingerprint(step["facts"]):
                found.append(f"{where}: another fingerprint")
            found += [f"{where}: {fault}" for fault in _of_person(tables, profile, steps[:position])]
            found += [f"{where}: {fault}" for fault in _of_time(tables, profile, number, steps[:position])]
            found += [f"{where}: {fault}" for fault in _of_rung(tables, number, step)]
            found += [f"{where}: {fault}" for fault in _of_consent(tables, number, step)]
            found += [f"{where}: {fault}" for fault in _of_documents(tables, number, step)]
            found += [f"{where}: {fault}" for fault in _of_figures(tables, profile, step)]
            found += [f"{where}: {fault}" for fault in _of_night(tables, step)]
            own.append(step["action"])
            state = step["state"]
        if state not in ENDED and any(step["state"] in ENDED for step in steps):
            found.append(f"{kind} {number}: went on after its end")
    open_titles = Counter(
        (title["kind"], title["rung"], title["holder"])
        for number, title in tables.titles.items()
        if tables.steps[number][-1]["state"] not in ENDED
    )
    under_way = Counter(
        (title["kind"], title["holder"])
        for number, title in tables.titles.items()
        if tables.steps[number][-1]["state"] in ON_THE_WAY
    )
    found += [f"two open titles of {key}" for key, count in open_titles.items() if count > 1]
    return found + [f"two proposals of {key}" for key, count in under_way.items() if count > 1]


def transitions(checks: list[str]) -> dict[tuple[str, str], str]:
    """The state after every step there is, by the state before it and the action."""
    chain = ["proposed", *(CHECKS[level][1] for level in checks), "noticed", "designated"]
    actions = [*(CHECKS[level][0] for level in checks), "post_notice", "award"]
    found = {("", "propose"): "proposed"}
    found |= {
        (before, action): after for before, action, after in zip(chain[:-1], actions, chain[1:], strict=True)
    }
    for state in chain[:-1]:
        found |= {(state, "refuse"): "refused", (state, "withdraw"): "withdrawn"}
    found[("designated", "begin_review")] = "under_review"
    found[("under_review", "renew")] = "designated"
    found[("on_probation", "restore")] = "designated"
    found[("on_probation", "post_revocation")] = "revocation_noticed"
    found[("revocation_noticed", "revoke")] = "revoked"
    found[("revocation_noticed", "keep")] = "designated"
    for state in ("designated", "under_review"):
        found[(state, "put_on_probation")] = "on_probation"
    for state in HELD | {"noticed"}:
        found[(state, "lapse")] = "lapsed"
    for state in HELD - {"revocation_noticed"}:
        found[(state, "withdraw")] = "withdrawn"
    return found


def _of_person(tables: Titles, profile: dict[str, Any], steps: list[dict[str, Any]]) -> list[str]:
    step, path = steps[-1], profile["path"]
    if step["user_id"] is None:
        return [] if step["action"] in BY_NIGHT else ["the night decided by itself"]
    rank = RANKS.get(tables.roles[step["user_id"]], -1)
    asked = {"check_village": 0, "check_town": 1}.get(step["action"])
    if step["action"] in ("award", "revoke", "keep", "renew"):
        asked = LEVELS[path["decided_by"]]
        if rank != asked:
            return [f"decided at the rank {rank}, not {asked}"]
    if step["action"] == "withdraw":
        return _of_withdrawal(tables, path, steps, rank)
    faults = [f"taken at the rank {rank}, below {asked}"] if asked is not None and rank < asked else []
    if step["action"] in JUDGED - {"propose"}:
        others = [each for each in steps[:-1] if each["action"] in JUDGED]
        if any(each["user_id"] == step["user_id"] for each in others):
            faults.append("one person judged twice")
    if step["action"] in ("revoke", "keep") and steps[-2]["user_id"] == step["user_id"]:
        faults.append("who proposed to take the title decided about it")
    return faults


def _of_withdrawal(tables: Titles, path: dict[str, Any], steps: list[dict[str, Any]], rank: int) -> list[str]:
    """An application is taken back by its level; all else is given up in writing, before another person."""
    step, first = steps[-1], steps[0]
    early = steps[-2]["state"] in ON_THE_WAY - {"noticed"}
    if early and first["user_id"] is not None and rank >= RANKS.get(tables.roles[first["user_id"]], -1):
        return []
    faults = [] if rank == LEVELS[path["decided_by"]] else [f"withdrawn at the rank {rank}"]
    if not step["document"].strip():
        faults.append("withdrawn without a declaration")
    judged = {each["user_id"] for each in steps[:-1] if each["action"] in JUDGED}
    return faults + (["withdrawn by who judged"] if step["user_id"] in judged else [])


def _of_time(tables: Titles, profile: dict[str, Any], number: int, steps: list[dict[str, Any]]) -> list[str]:
    step, faults = steps[-1], []
    if step["action"] in ("award", "revoke"):
        faults += _of_notice(tables, profile, number, step, steps)
    if step["valid_until"] != _until(profile, steps):
        faults.append(f"valid until {step['valid_until']}")
    if step["action"] in ("award", "renew") and step["designation_step_id"] not in tables.certificates:
        faults.append("no certificate")
    if step["action"] == "renew" and step["happened_on"] >= steps[-2]["valid_until"]:
        faults.append("renewed after its end")
    if step["action"] == "lapse":
        faults += _of_end(tables, profile, number, steps)
    if step["action"] == "begin_review":
        first = steps[-2]["valid_until"] - timedelta(days=profile["path"]["review_before_days"])
        if step["happened_on"] < first:
            faults.append(f"reviewed before {first}")
    if step["action"] == "post_revocation":
        begun = [each for each in steps if each["action"] == "put_on_probation"][-1]
        if step["happened_on"] < begun["happened_on"] + timedelta(days=profile["keeping"]["grace_days"]):
            faults.append("announced within the grace")
    return faults


def _until(profile: dict[str, Any], steps: list[dict[str, Any]]) -> date | None:
    """The first day a title holds no more: a term from the award, and from its end where it is renewed."""
    step, months = steps[-1], profile["path"]["validity_months"]
    if step["state"] not in HELD:
        return None
    if step["action"] == "award":
        return earlier(step["happened_on"], -months)
    ends: date = steps[-2]["valid_until"]
    return earlier(ends, -months) if step["action"] == "renew" else ends


def _of_notice(
    tables: Titles,
    profile: dict[str, Any],
    number: int,
    step: dict[str, Any],
    steps: list[dict[str, Any]],
) -> list[str]:
    notice = tables.notices[next(each["notice_id"] for each in reversed(steps) if each["notice_id"])]
    begins, ends = day_of(notice["begins_on"]), day_of(notice["ends_on"])
    assert begins is not None
    assert ends is not None
    faults = []
    if (ends - begins).days < profile["path"]["notice_days"] or step["happened_on"] < ends:
        faults.append(f"decided on {step['happened_on']} of a notice from {begins} to {ends}")
    lines = [(entry["notice_id"], entry["designation_id"]) for entry in tables.entries]
    if lines.count((notice["notice_id"], number)) != 1:
        faults.append(f"{lines.count((notice['notice_id'], number))} lines in the notice")
    last = last_day_to_decide(tables, profile, notice["notice_id"])
    if step["action"] == "award" and step["happened_on"] > last:
        faults.append(f"given on {step['happened_on']}, after {last}")
    for objection in objections_to(tables, notice["notice_id"], number):
        if objection["answered_at"] is None or moment_of(objection["answered_at"]) > moment_of(
            step["recorded_at"]
        ):
            faults.append("decided before an objection was answered")
        elif objection["upheld"]:
            faults.append("decided against an upheld objection")
    return faults


def _of_rung(tables: Titles, number: int, step: dict[str, Any]) -> list[str]:
    """A title on a ladder names a rung of it, and the rung below is borne when it is proposed or given."""
    title = tables.titles[number]
    rungs = {rung["name"]: rung for rung in rungs_of(tables, title["kind"])}
    if bool(title["rung"]) != bool(rungs) or (rungs and title["rung"] not in rungs):
        return [f"at the rung {title['rung']!r}"]
    asked = rungs.get(title["rung"], {}).get("requires", "")
    if not asked or step["action"] not in ("propose", "award", "renew"):
        return []
    for other, steps in tables.steps.items():
        lower = tables.titles[other]
        if (lower["kind"], lower["holder"], lower["rung"]) != (title["kind"], title["holder"], asked):
            continue
        known = [each for each in steps if each["designation_step_id"] < step["designation_step_id"]]
        if known and known[-1]["state"] in HELD and known[-1]["valid_until"] > step["happened_on"]:
            return []
    return [f"without the rung {asked}"]


def _of_consent(tables: Titles, number: int, step: dict[str, Any]) -> list[str]:
    """A household, or an entity of a person's name, stands on a notice of the day it agrees to it; that of a
    taken title names no other. Nobody's name is shown in full but that of an entity without a person's."""
    title, on = tables.titles[number], step["happened_on"]
    if title["subject_id"] is None or step["action"] not in ("post_notice", "award", "post_revocation"):
        return []
    shown = [
        entry["shown_name"]
        for entry in tables.entries
        if (entry["notice_id"], entry["designation_id"]) == (step["notice_id"], number)
    ]
    entity = tables.register.entities.get(title["subject_id"])
    person = tables.register.person(title["subject_id"])
    if entity is not None and not person:
        wrong = step["action"] != "award" and shown != [entity["name"]]
        return ["shown under another name"] if wrong else []
    if person and any(person in name for name in shown):
        return ["the name of a person in full"]
    if step["action"] == "award":
        before = [each for each in tables.steps[number] if each["sequence"] < step["sequence"]]
        posted = next(each["notice_id"] for each in reversed(before) if each["notice_id"])
        on = (day_of(tables.notices[posted]["ends_on"]) or on) - timedelta(days=1)
    agreed = False
    for said in tables.agreements:
        since, ends, taken_back = (
            day_of(said[name]) for name in ("effective_from", "effective_to", "withdrawn_on")
        )
        if said["subject_id"] == title["subject_id"] and since is not None and since <= on:
            over = any(end is not None and end <= on for end in (ends, taken_back))
            agreed = bool(said["agreed"]) and not over
    unnamed = [name == "（本人未同意公示姓名）" for name in shown]
    if step["action"] != "post_revocation" and not agreed:
        return ["announced or given without consent"]
    if step["action"] == "award":
        return []
    return ["named without consent, or unnamed with it"] if unnamed != [not agreed] else []


def _of_documents(tables: Titles, number: int, step: dict[str, Any]) -> list[str]:
    """Nothing is proposed, given, renewed or given back while a document stands against it."""
    if step["action"] not in ("propose", "award", "renew", "restore"):
        return []
    title = tables.titles[number]
    profile = tables.profiles[title["kind"]]
    measures = [gate["vetoes"] for gate in profile["criteria"] if "vetoes" in gate]
    on, at = step["happened_on"], moment_of(step["recorded_at"])
    against = [name for name in measures if tables.vetoes.recorded(title["holder"], name, on, by=at)]
    return [f"over a document against it: {name}" for name in against]


def _of_figures(tables: Titles, profile: dict[str, Any], step: dict[str, Any]) -> list[str]:
    """The figures a step of a place keeps are those of the status it names; documents move by the day."""
    facts = step["facts"]
    if facts.get("place_status_id") is None:
        return []
    rows, figures = tables.measures[facts["place_status_id"]], facts["figures"]
    found = []
    for gate in profile.get("criteria", []):
        if "measure" in gate:
            kept, row = figures[gate["name"]], rows[gate["measure"]]
            if (kept["numerator"], kept["denominator"]) != (row["numerator"], row["denominator"]):
                found.append(f"kept other figures of {gate['name']} than were measured")
    return found


def _of_night(tables: Titles, step: dict[str, Any]) -> list[str]:
    """A step names the newest night there was, of its day or before; none of a person rests on an old one."""
    if step["user_id"] is None:
        return []
    named, on = date.fromisoformat(step["facts"]["newest_night"]), step["happened_on"]
    if named not in tables.nights or any(named < night < on for night in tables.nights):
        return [f"names the night {named}, and there was a newer one"]
    late = (on - named).days > 35
    return [f"rests on the night {named}"] if late and step["action"] in RESTING else []


def _of_end(tables: Titles, profile: dict[str, Any], number: int, steps: list[dict[str, Any]]) -> list[str]:
    """What is held lapses at its end, what was shown when it can no longer be decided; never before."""
    step, before = steps[-1], steps[-2]
    if before["state"] != "noticed":
        early = step["happened_on"] < before["valid_until"]
        over = ended(tables, tables.titles[number], step["happened_on"])
        return ["lapsed before its end"] if early and not over else []
    if step["happened_on"] <= last_day_to_decide(tables, profile, before["notice_id"]):
        return ["lapsed while it could be decided"]
    raised = objections_to(tables, before["notice_id"], number)
    waits = any(
        each["answered_at"] is None or moment_of(each["answered_at"]) > moment_of(step["recorded_at"])
        for each in raised
    )
    return ["lapsed over an objection"] if waits or any(each["upheld"] for each in raised) else []


def _fingerprint(facts: dict[str, Any]) -> str:
    plain = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()
