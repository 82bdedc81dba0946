"""A step of one title or of many: weighed against the rules and the facts of the day, and written once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app import clock
from app.access.scope import Viewer, may_see
from app.db import Session
from app.designations.found import Found, Holder, fingerprint_of
from app.designations.path import Duty, Level, level_of, level_of_person
from app.designations.rules import TitleRules
from app.designations.service.announcing import (
    Announcing,
    announce,
    certify,
    last_day_shown,
    unconsented,
)
from app.designations.service.rules import rules_if_any, rules_of_version
from app.designations.service.rungs import found_for
from app.designations.standing import (
    Act,
    Refusal,
    Seen,
    Standing,
    refusal,
    refused_to_person,
    transition_of,
)
from app.designations.store import titles as store
from app.errors import Conflict, NotFound, PreconditionFailed
from app.models import Designation, DesignationKind, DesignationStep
from app.models import DesignationAction as Action
from app.models import DesignationState as State
from app.notices.notice import NoticeStanding
from app.notices.service import standings as notice_standings
from app.objections.service import subjects_with_open_objections
from app.places.service import place as place_by_id
from app.records.current import months_before
from app.subjects.cipher import Cipher
from app.subjects.free_text import without_numbers

_ANNOUNCED = frozenset({Action.POST_NOTICE, Action.POST_REVOCATION})
_CERTIFIED = frozenset({Action.AWARD, Action.RENEW})


@dataclass(frozen=True)
class Taken:
    """What became of a step for many titles: taken by all of them, or by none and refused for some."""

    steps: Sequence[DesignationStep]
    refusals: Sequence[Refusal]


def act_of(
    viewer: Viewer, action: Action, *, session: Session, at: datetime, reason: str, document: str
) -> Act:
    """What a signed-in person wants to do; the level is that of the account."""
    return Act(
        action=action,
        at=at,
        on=clock.day_of(at),
        user_id=viewer.user_id,
        level=level_of_person(viewer.role, place_by_id(session, viewer.place_id).kind),
        reason=without_numbers(reason.strip(), where="reason"),
        document=without_numbers(document.strip(), where="document"),
    )


def standings(session: Session, designation_ids: Collection[int]) -> list[Standing]:
    """Titles with all their steps, in the order of their numbers."""
    found = store.designations(session, designation_ids)
    steps = store.steps_of(session, [each.designation_id for each in found])
    return [Standing(each, steps[each.designation_id]) for each in found]


def seen_by(session: Session, designation_id: int, *, viewer: Viewer) -> Standing:
    """One title of the viewer's division; one of another division does not exist for him."""
    found = standings(session, [designation_id])
    if not found or not may_see(viewer, place_by_id(session, found[0].designation.place_id).code):
        raise _not_there(designation_id)
    return found[0]


def take(
    session: Session, taken: Sequence[Standing], act: Act, *, announcing: Announcing | None = None
) -> Taken:
    """Take one step for every one of these titles, or for none of them where any is refused.

    Of two persons who take the same step at once the second gets a `Conflict`: steps are numbered.
    """
    weighed = _weighed(session, taken, act)
    refusals = [
        Refusal(one.number, error) for one, seen in weighed if (error := refusal(one, act, seen)) is not None
    ]
    if announcing is not None and not refusals:
        shown = [(one, seen.rules, seen.notice) for one, seen in weighed]
        refusals = _unconsented(session, shown, act, cipher=announcing.cipher)
    if refusals or not weighed:
        return Taken((), refusals)
    rules, notices = {one.number: seen.rules for one, seen in weighed}, {}
    if act.action in _ANNOUNCED:
        assert announcing is not None, "a notice names persons: it takes what opens their names"
        notices = announce(session, [one for one, _ in weighed], act, rules=rules, announcing=announcing)
    rows = [_row(one, act, seen, notice_id=notices.get(one.number)) for one, seen in weighed]
    if not store.add_steps(session, rows):
        raise Conflict(
            "此步骤刚刚已由他人办理，请重新读取 · somebody else has just taken a step of one of these "
            "titles; read them again"
        )
    kept = store.steps_of(session, [one.number for one, _ in weighed])
    made = [(one, kept[one.number][-1]) for one, _ in weighed]
    if act.action in _CERTIFIED:
        assert announcing is not None, "a certificate is signed"
        certify(session, made, rules=rules, announcing=announcing)
    return Taken([step for _, step in made], ())


def take_one(
    session: Session, standing: Standing, act: Act, *, announcing: Announcing | None = None
) -> DesignationStep:
    """The same for one title; the refusal is raised."""
    found = take(session, [standing], act, announcing=announcing)
    if found.refusals:
        raise found.refusals[0].error
    return found.steps[0]


def take_many(
    session: Session,
    versions: Mapping[int, int],
    act: Act,
    *,
    viewer: Viewer,
    announcing: Announcing,
) -> Taken:
    """The same for titles of the viewer's division, each as it was read: by the number of its last step."""
    found = standings(session, versions)
    codes = store.place_codes(session, {one.designation.place_id for one in found})
    seen = {one.number for one in found if may_see(viewer, codes[one.designation.place_id])}
    for number in versions:
        if number not in seen:
            raise _not_there(number)
    stale = [
        Refusal(one.number, PreconditionFailed("称号已有变化，请重新读取 · changed since it was read"))
        for one in found
        if one.last.sequence != versions[one.number]
    ]
    return Taken((), stale) if stale else take(session, found, act, announcing=announcing)


def set_aside(session: Session, taken: Sequence[Standing], act: Act, *, cipher: Cipher) -> list[Refusal]:
    """Of a whole batch, what is not for this person to take, and who does not agree to be announced."""
    found, shown = [], []
    for one in taken:
        rules = rules_for(session, one, on=act.on)
        error = refused_to_person(one, act.action, user_id=act.user_id, level=act.level, rules=rules)
        if error is not None:
            found.append(Refusal(one.number, error))
        else:
            shown.append((one, rules, None))
    return found + _unconsented(session, shown, act, cipher=cipher)


def _unconsented(
    session: Session,
    shown: Sequence[tuple[Standing, TitleRules, NoticeStanding | None]],
    act: Act,
    *,
    cipher: Cipher,
) -> list[Refusal]:
    days = [(one.designation, last_day_shown(act, rules, notice)) for one, rules, notice in shown]
    asked = [(title, last_day) for title, last_day in days if last_day is not None]
    return unconsented(session, asked, act, cipher=cipher)


def rules_for(session: Session, standing: Standing, *, on: date) -> TitleRules:
    """The rules a title goes by: until it is given those it was proposed under, then those of the day."""
    if standing.state.holds_title:
        today = rules_if_any(session, standing.designation.kind, on=on)
        if today is not None:
            return today
    return rules_of_version(session, standing.steps[0].rule_version_id)


def holder_of(designation: Designation) -> Holder:
    """Who holds a title, or would."""
    return Holder(designation.place_id, designation.subject_id)


def _not_there(designation_id: int) -> NotFound:
    return NotFound(f"本辖区没有称号 {designation_id} · there is no title {designation_id} in your division")


def _weighed(session: Session, taken: Sequence[Standing], act: Act) -> list[tuple[Standing, Seen]]:
    """Each title with what its step is weighed by, asked for all of one kind, rung and profile at once."""
    groups: dict[tuple[DesignationKind, str, int], list[Standing]] = defaultdict(list)
    rules: dict[int, TitleRules] = {}
    for one in taken:
        found = rules_for(session, one, on=act.on)
        rules[found.rule_version_id] = found
        groups[one.designation.kind, one.designation.rung, found.rule_version_id].append(one)
    facts: dict[int, Found] = {}
    for (_, rung, version), group in groups.items():
        holders = [holder_of(one.designation) for one in group]
        now = found_for(session, holders, rules=rules[version], rung=rung, on=act.on)
        facts |= {one.number: now[one.designation.holder] for one in group}
    running = {one.notice_id for one in taken if one.notice_id is not None}
    notices = notice_standings(session, sorted(running), on=act.on) if running else {}
    lowers = act.action is Action.PUT_ON_PROBATION
    disputed = subjects_with_open_objections(session, on=act.on) if lowers else set()
    applied_at = _applied_at(session, taken) if act.action is Action.WITHDRAW else {}
    return [
        (
            one,
            Seen(
                rules[version],
                facts[one.number],
                notices.get(one.notice_id or 0),
                disputed=one.designation.subject_id in disputed,
                applied_at=applied_at.get(one.number),
            ),
        )
        for (_, _, version), group in groups.items()
        for one in group
    ]


def _applied_at(session: Session, taken: Sequence[Standing]) -> dict[int, Level]:
    """At which level each of some titles was applied for; what the night proposed is left out."""
    first = {one.number: one.steps[0] for one in taken}
    roles = store.roles(session, {step.user_id for step in first.values() if step.user_id is not None})
    found = {}
    for number, step in first.items():
        if step.user_id is not None:
            lowest = level_of(Duty.PROPOSER, rules_of_version(session, step.rule_version_id).path)
            # Whoever has no level any more applied at the lowest that does, or above.
            found[number] = level_of_person(*roles[step.user_id]) or lowest
    return found


def _row(standing: Standing, act: Act, seen: Seen, *, notice_id: int | None) -> Mapping[str, Any]:
    after = transition_of(standing, act.action, rules=seen.rules).after
    facts = dict(seen.found.facts)
    if standing.by_hand:
        facts["by_hand"] = True
    return step_row(
        standing.number,
        sequence=standing.last.sequence + 1,
        act=act,
        state=after,
        rule_version_id=seen.rules.rule_version_id,
        facts=facts,
        notice_id=notice_id,
        valid_until=_valid_until(standing, act, after=after, rules=seen.rules),
    )


def step_row(
    designation_id: int,
    *,
    sequence: int,
    act: Act,
    state: State,
    rule_version_id: int,
    facts: Mapping[str, Any],
    notice_id: int | None = None,
    valid_until: date | None = None,
) -> Mapping[str, Any]:
    """A step as it is kept."""
    return {
        "designation_id": designation_id,
        "sequence": sequence,
        "action": act.action,
        "state": state,
        "happened_on": act.on,
        "recorded_at": act.at,
        "user_id": act.user_id,
        "rule_version_id": rule_version_id,
        "facts": dict(facts),
        "fingerprint": fingerprint_of(facts),
        "reason": act.reason,
        "document": act.document,
        "notice_id": notice_id,
        "approval_id": None,
        "valid_until": valid_until,
    }


def _valid_until(standing: Standing, act: Act, *, after: State, rules: TitleRules) -> date | None:
    """The first day a title no longer holds; what is renewed goes on where it would have ended."""
    if not after.holds_title:
        return None
    if act.action is Action.AWARD:
        return months_before(act.on, -rules.path.validity_months)
    until = standing.last.valid_until
    assert until is not None, "whoever holds a title holds it until a day"
    return months_before(until, -rules.path.validity_months) if act.action is Action.RENEW else until
