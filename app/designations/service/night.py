"""What a night does for titles: proposes, begins reviews, puts on probation, restores, lets lapse."""

import logging
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeVar

from app.db import Session
from app.designations.found import Found, Holder
from app.designations.rules import TitleRules
from app.designations.service.evidence import overridden
from app.designations.service.facts import SUBJECT_KINDS, grades_of
from app.designations.service.proposing import holders_of, propose_qualifying
from app.designations.service.rules import rules_if_any, unusable_versions
from app.designations.service.rungs import found_for
from app.designations.service.steps import holder_of, rules_for, standings, take
from app.designations.service.subject_gates import Standing as SubjectStanding
from app.designations.service.subject_gates import states_at
from app.designations.standing import Act, Standing, decided_until
from app.designations.store import night as store
from app.designations.store.night import Reached, held_places, lock
from app.designations.store.titles import UNDER_WAY
from app.models import DesignationAction as Action
from app.models import DesignationKind, GateState, Rating, UnratedReason
from app.models import DesignationState as State
from app.notices.service import standings as notice_standings
from app.objections.service import subjects_with_open_objections
from scoring.states import FAILS, HOLDS, INSUFFICIENT
from scoring.titles import BREACHED, GRACE_OVER, KEPT, standing

__all__ = ["Candidates", "Night", "held_places", "keep", "lock", "month_ends"]

_LOG = logging.getLogger(__name__)
T = TypeVar("T")
NIGHT = "night"
_AT_ONCE = 5_000
_WANTING = (UnratedReason.REQUIRED_MISSING, UnratedReason.TOO_FEW_FACTS)
_STATES = {GateState.HOLDS: HOLDS, GateState.FAILS: FAILS, GateState.NOT_APPLICABLE: HOLDS}
# Who has had the title, or is on the way to it, is not proposed by the night; whose title expired is.
_NEVER_AGAIN = frozenset(state for state in State if state is not State.LAPSED)


@dataclass(frozen=True)
class Candidates:
    """What a night found out about those who could hold a title of one kind, before it looks closely.

    Of the subjects (or divisions) `able` may be proposed, `poor` may be in breach and `gone` may have ended.
    Whoever is in none of them is not looked at. On a ladder `poor_rungs` are the poor of each rung.
    """

    able: Collection[int] = ()
    poor: Container[int] = frozenset()
    gone: Container[int] = frozenset()
    poor_rungs: Mapping[str, Container[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Night:
    """The day of a night, and the last step it may know of."""

    on: date
    at: datetime
    last_step_id: int | None

    def act(self, action: Action, reason: str) -> Act:
        """A step of the night itself."""
        return Act(action, at=self.at, on=self.on, reason=reason)


def keep(
    session: Session, kind: DesignationKind, night: Night, *, candidates: Candidates
) -> Mapping[str, int]:
    """Take every step a night takes for the titles of one kind; how many, by action.

    A title takes at most one step a night, and none where an official took one the night does not know of.
    """
    rules = rules_if_any(session, kind, on=night.on)
    if rules is None:
        return {}
    titles = store.reached(session, kind)
    known = [each for each in titles if night.last_step_id is None or each.step_id <= night.last_step_id]
    counts: Counter[str] = Counter()
    done: set[int] = set()
    for rung in sorted({each.rung for each in known}):
        mine = [each for each in known if each.rung == rung]
        for chosen, act in _steps(session, mine, night, rules=rules, candidates=candidates):
            fresh = [each for each in chosen if each not in done]
            taken = _take_all(session, fresh, act)
            done.update(taken)
            counts[act.action.value] += len(taken)
    if rules.path.by_night:
        counts[Action.PROPOSE.value] += _propose(session, titles, night, rules=rules, able=candidates.able)
    return {name: count for name, count in counts.items() if count}


def _steps(
    session: Session,
    known: Sequence[Reached],
    night: Night,
    *,
    rules: TitleRules,
    candidates: Candidates,
) -> Iterator[tuple[list[int], Act]]:
    """The titles of one rung for each step, the most final first."""
    yield from _ended(session, known, night, rules=rules, gone=candidates.gone)
    expired = [e for e in known if e.state.holds_title and e.valid_until and e.valid_until <= night.on]
    yield _numbers(expired), night.act(Action.LAPSE, "到期未续 · not renewed in time")
    late = "公示期满后逾期未决定 · not decided in time after the end of its notice"
    yield _undecided(session, known, night), night.act(Action.LAPSE, late)
    over = {each.designation_id for each in expired}
    kept = [each for each in known if each.designation_id not in over]
    # While an objection of theirs is open nothing lowers a title.
    held_back = subjects_with_open_objections(session, on=night.on)
    poor = [
        each
        for each in kept
        if each.state in (State.DESIGNATED, State.UNDER_REVIEW)
        and _who(each) in candidates.poor_rungs.get(each.rung, candidates.poor)
        and each.subject_id not in held_back
    ]
    breached = _breached(session, poor, night, rules=rules)
    yield breached, night.act(Action.PUT_ON_PROBATION, _breach_words(rules))
    on_probation = [each for each in kept if each.state is State.ON_PROBATION]
    cured = _cured(session, on_probation, night, rules=rules)
    yield cured, night.act(Action.RESTORE, "月末已达标 · the gates held at a month-end again")
    first = night.on + timedelta(days=rules.path.review_before_days)
    due = [e for e in kept if e.state is State.DESIGNATED and e.valid_until and e.valid_until <= first]
    yield _numbers(due), night.act(Action.BEGIN_REVIEW, "临近到期 · it ends soon")


def _undecided(session: Session, known: Sequence[Reached], night: Night) -> list[int]:
    """Proposals whose notice ended too long ago; one that was objected to waits for somebody's answer."""
    shown = [each for each in known if each.state is State.NOTICED]
    notices = notice_standings(session, sorted({each.notice_id or 0 for each in shown}), on=night.on)
    over = [each for each in shown if notices[each.notice_id or 0].ended]
    found = []
    for part in _parts(over):
        for one in _going_on(session, standings(session, _numbers(part))):
            notice = notices[one.notice_id or 0]
            objected = notice.open_objections.get(one.number, 0) or one.number in notice.upheld
            if not objected and decided_until(notice, rules_for(session, one, on=night.on)) <= night.on:
                found.append(one.number)
    return found


def _breach_words(rules: TitleRules) -> str:
    count, days = rules.keeping.month_ends, rules.keeping.grace_days
    return f"连续 {count} 个月末未达标，限 {days} 日整改 · breached at {count} month-ends in a row"


def _ended(
    session: Session, known: Sequence[Reached], night: Night, *, rules: TitleRules, gone: Container[int]
) -> Iterator[tuple[list[int], Act]]:
    """Titles and proposals of those who are no more, by what became of them."""
    asked = [each for each in known if _who(each) in gone and not each.state.ends]
    found = _found(session, asked, night, rules=rules)
    groups: dict[tuple[Action, str], list[int]] = defaultdict(list)
    for each in asked:
        if ended := found[each.holder].ended:
            action = Action.LAPSE if each.state.holds_title else Action.WITHDRAW
            groups[action, ended].append(each.designation_id)
    for (action, reason), numbers in groups.items():
        yield numbers, night.act(action, reason)


def _breached(session: Session, poor: Sequence[Reached], night: Night, *, rules: TitleRules) -> list[int]:
    """Those whose gates failed at so many month-ends in a row since the title was last found to hold."""
    return [
        one.number
        for one, state in _month_end_states(session, poor, night, rules=rules)
        if state in (BREACHED, GRACE_OVER)
    ]


def _cured(
    session: Session, on_probation: Sequence[Reached], night: Night, *, rules: TitleRules
) -> list[int]:
    """Those that held at a month-end since they were put on probation, and hold today."""
    found = _found(session, on_probation, night, rules=rules)
    holding = [each for each in on_probation if not found[each.holder].blocks]
    return [
        one.number
        for one, state in _month_end_states(session, holding, night, rules=rules)
        if state == KEPT and one.last.happened_on < _last_month_end(night.on)
    ]


def _found(
    session: Session, titles: Sequence[Reached], night: Night, *, rules: TitleRules
) -> Mapping[str, Found]:
    """What is known today of the holders of titles of one rung."""
    if not titles:
        return {}
    holders = [_holder(each) for each in titles]
    return found_for(session, holders, rules=rules, rung=titles[0].rung, on=night.on)


def _month_end_states(
    session: Session, titles: Sequence[Reached], night: Night, *, rules: TitleRules
) -> Iterator[tuple[Standing, str]]:
    """Some titles with where each stands by the month-ends since its last step that found it in order."""
    for part in _parts(titles):
        kept = standings(session, [each.designation_id for each in part])
        since = min(_found_in_order(one) for one in kept)
        ends = month_ends(since, until=night.on)
        holders, rung = [holder_of(one.designation) for one in kept], kept[0].designation.rung
        states = _states_at(session, holders, ends, rules=rules, rung=rung)
        for one in kept:
            own = [
                (day, state) for day, state in states[one.designation.holder] if day > _found_in_order(one)
            ]
            yield one, standing(own, keeping=rules.keeping, on=night.on).state


def _found_in_order(one: Standing) -> date:
    """The last day an official or the night found a title in order; on probation, when that began."""
    if one.state is State.ON_PROBATION:
        return one.last.happened_on
    found = [step for step in one.steps if step.state is State.DESIGNATED]
    return found[-1].happened_on


def month_ends(since: date, *, until: date) -> list[date]:
    """The last days of months after a day, up to another."""
    found: list[date] = []
    day = since
    while True:
        end = day.replace(day=monthrange(day.year, day.month)[1])
        if end > until:
            return found
        if end > since:
            found.append(end)
        day = end + timedelta(days=1)


def _states_at(
    session: Session, holders: Sequence[Holder], ends: Sequence[date], *, rules: TitleRules, rung: str
) -> dict[str, list[tuple[date, int]]]:
    """Whether each holder held what is asked for, at each month-end, as the night of it left it."""
    if not ends:
        return {holder.key: [] for holder in holders}
    if rules.kind in SUBJECT_KINDS:
        return _grades_at(session, [holder.subject_id or 0 for holder in holders], ends, rules=rules)
    places = [holder.place_id for holder in holders]
    history = store.states_until(session, places, rung=rung, on=ends[-1])
    found: dict[str, list[tuple[date, int]]] = {}
    for holder in holders:
        nights = history[holder.place_id]
        found[holder.key] = [
            (end, _STATES.get(newest[-1], INSUFFICIENT))
            for end in ends
            if (newest := [state for day, state in nights if day <= end])
        ]
    return found


def _grades_at(
    session: Session, subject_ids: Sequence[int], ends: Sequence[date], *, rules: TitleRules
) -> dict[str, list[tuple[date, int]]]:
    history = store.ratings_until(session, subject_ids, on=ends[-1])
    grades = grades_of(session, [rating for rows in history.values() for _, rating in rows])
    found: dict[str, list[tuple[date, int]]] = {f"s{each}": [] for each in subject_ids}
    for end in ends:
        known = {each: rows[-1] for each in subject_ids if (rows := _until(history[each], end))}
        overrides = overridden(session, list(known), on=end)
        # What could not be rated for want of facts is not known; what else is asked for may be.
        wanting = {each for each, rating in known.items() if rating.unrated_reason in _WANTING}
        then = SubjectStanding(
            list(known), known, grades, overrides, {}, {}, unrateable=wanting - overrides.keys()
        )
        states = states_at(session, then, rules=rules, on=end)
        for each in known:
            found[f"s{each}"].append((end, states[each]))
    return found


def _until(history: Sequence[tuple[date, Rating]], end: date) -> list[Rating]:
    return [rating for day, rating in history if day <= end]


def _take_all(session: Session, numbers: Sequence[int], act: Act) -> list[int]:
    """Take one step for many titles, part by part; the rules let the night take it, or it is a mistake."""
    done: list[int] = []
    for part in _parts(numbers):
        mine = _going_on(session, standings(session, part))
        taken = take(session, mine, act)
        assert not taken.refusals, "the night takes no step that is not its own"
        done.extend(one.number for one in mine)
    return done


def _going_on(session: Session, titles: Sequence[Standing]) -> list[Standing]:
    """Those a night can take a step for; a proposal waits where nobody can go by its version any more."""
    made_by = {one.number: one.steps[0].rule_version_id for one in titles if not one.state.holds_title}
    unusable = unusable_versions(session, set(made_by.values()))
    for number, version in made_by.items():
        if version in unusable:
            _LOG.error("title %s waits: %s", number, unusable[version])
    return [one for one in titles if made_by.get(one.number) not in unusable]


def _propose(
    session: Session, titles: Sequence[Reached], night: Night, *, rules: TitleRules, able: Collection[int]
) -> int:
    """Propose whom the titles, as they stood when the night began, do not keep from it.

    What lapsed tonight is so proposed the next night. Who has one rung of a ladder may be proposed for
    another, but not while a proposal is under way.
    """
    had = [each for each in titles if each.state in _NEVER_AGAIN]
    rungs = {(each.holder, each.rung) for each in had}
    kept_out = {_who(each) for each in had if not rules.rungs or each.state in UNDER_WAY}
    new = [each for each in able if each not in kept_out]
    holders = holders_of(session, new) if rules.kind in SUBJECT_KINDS else [Holder(each) for each in new]
    act, count = night.act(Action.PROPOSE, ""), 0
    for part in _parts(holders):
        made = propose_qualifying(
            session, part, act, rules=rules, by=NIGHT, last_step_id=night.last_step_id, had=rungs
        )
        count += len(made.designation_ids)
    return count


def _holder(title: Reached) -> Holder:
    return Holder(title.place_id, title.subject_id)


def _who(title: Reached) -> int:
    return title.place_id if title.subject_id is None else title.subject_id


def _numbers(titles: Sequence[Reached]) -> list[int]:
    return [each.designation_id for each in titles]


def _last_month_end(on: date) -> date:
    """The newest last day of a month up to a day."""
    end = on.replace(day=monthrange(on.year, on.month)[1])
    return end if end == on else on.replace(day=1) - timedelta(days=1)


def _parts(values: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while part := list(islice(rest, _AT_ONCE)):
        yield part
