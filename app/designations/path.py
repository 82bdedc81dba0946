"""The path of a title as data: which step follows which, at whose level, and what must hold for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from app.models import DesignationAction as Action
from app.models import DesignationKind, PlaceKind, Role
from app.models import DesignationState as State
from app.models.base import Labelled


class Level(Labelled):
    """At which level of the district somebody acts, the lowest first."""

    VILLAGE = "village", "村（社区）"
    TOWN = "town", "镇街"
    DISTRICT = "district", "区级"
    CITY = "city", "市级"

    @property
    def rank(self) -> int:
        """0 for the village."""
        return tuple(Level).index(self)


@dataclass(frozen=True)
class PathRules:
    """How one kind of title is given by its profile: who proposes, checks and decides, and the terms.

    `campaign_until` is the month and day by which the yearly round of this kind is done, if it has one.
    """

    kind: DesignationKind
    by_night: bool
    by_application: bool
    checks: tuple[Level, ...]
    notice_days: int
    decided_by: Level
    validity_months: int
    review_before_days: int
    decide_within_days: int
    campaign_until: tuple[int, int] | None


class Duty(StrEnum):
    """Whose step it is; which level that is, the profile says."""

    PROPOSER = "proposer"
    VILLAGE_CHECKER = "village_checker"
    TOWN_CHECKER = "town_checker"
    POSTER = "poster"
    DECIDER = "decider"
    REVIEWER = "reviewer"


class Condition(StrEnum):
    """What must hold for a step, beside the state and the level."""

    FACTS_HOLD = "facts_hold"
    NEW_PERSON = "new_person"
    OTHER_THAN_POSTER = "other_than_poster"
    NOTICE_OVER = "notice_over"
    NO_OBJECTION = "no_objection"
    DECISION_IN_TIME = "decision_in_time"
    DECISION_OVERDUE = "decision_overdue"
    GRACE_OVER = "grace_over"
    NOT_DISPUTED = "not_disputed"
    NOT_CURED = "not_cured"
    REVIEW_DUE = "review_due"
    NOT_EXPIRED = "not_expired"
    EXPIRED_OR_ENDED = "expired_or_ended"
    REASON = "reason"
    DOCUMENT = "document"
    BREACHED_OR_DOCUMENT = "breached_or_document"
    APPLIED_OR_DECLARED = "applied_or_declared"


@dataclass(frozen=True)
class Transition:
    """One step that may follow a state: whose it is (`by_night`: also the night's) and what must hold."""

    before: State
    action: Action
    after: State
    duty: Duty | None
    conditions: frozenset[Condition]
    by_night: bool = False


Transitions = Mapping[tuple[State, Action], Transition]
# At these steps somebody judges: no person takes two of them in one attempt.
JUDGED = frozenset({Action.PROPOSE, Action.CHECK_VILLAGE, Action.CHECK_TOWN, Action.AWARD, Action.REFUSE})
_CHECKS = {
    Level.VILLAGE: (Action.CHECK_VILLAGE, State.VILLAGE_CHECKED, Duty.VILLAGE_CHECKER),
    Level.TOWN: (Action.CHECK_TOWN, State.TOWN_CHECKED, Duty.TOWN_CHECKER),
}
_HELD = (State.DESIGNATED, State.UNDER_REVIEW, State.ON_PROBATION)
_C = Condition
# What a holder no longer wants rests on his own declaration, and on another person than those who judged.
_GIVEN_UP = (_C.NEW_PERSON, _C.REASON, _C.DOCUMENT)


@cache
def transitions(path: PathRules) -> Transitions:
    """Every step there is, by the state before it and the action; what is not here is refused."""
    steps = [*_towards(path), *_afterwards()]
    found = {(step.before, step.action): step for step in steps}
    assert len(found) == len(steps), "one action leads to one state"
    return found


def _towards(path: PathRules) -> list[Transition]:
    """From the proposal to the award, in the order of the checks the profile names; nothing is skipped."""
    assert path.checks, "a title is checked before it is given"
    steps, here = [], State.PROPOSED
    for level in path.checks:
        action, after, duty = _CHECKS[level]
        steps.append(_step(here, action, after, duty, _C.FACTS_HOLD, _C.NEW_PERSON))
        steps.append(_step(here, Action.REFUSE, State.REFUSED, duty, _C.NEW_PERSON, _C.REASON))
        here = after
    steps.append(_step(here, Action.POST_NOTICE, State.NOTICED, Duty.POSTER, _C.FACTS_HOLD))
    steps.append(_step(here, Action.REFUSE, State.REFUSED, Duty.DECIDER, _C.NEW_PERSON, _C.REASON))
    decided = (_C.FACTS_HOLD, _C.NEW_PERSON, _C.NOTICE_OVER, _C.NO_OBJECTION, _C.DECISION_IN_TIME)
    steps.append(_step(State.NOTICED, Action.AWARD, State.DESIGNATED, Duty.DECIDER, *decided))
    steps.append(_step(State.NOTICED, Action.REFUSE, State.REFUSED, Duty.DECIDER, _C.NEW_PERSON, _C.REASON))
    late = frozenset({_C.DECISION_OVERDUE, _C.NO_OBJECTION})
    steps.append(Transition(State.NOTICED, Action.LAPSE, State.LAPSED, None, late, by_night=True))
    for state in (State.PROPOSED, *(_CHECKS[level][1] for level in path.checks)):
        taken_back = (_C.APPLIED_OR_DECLARED, _C.REASON)
        steps.append(
            _step(state, Action.WITHDRAW, State.WITHDRAWN, Duty.PROPOSER, *taken_back, by_night=True)
        )
    steps.append(
        _step(State.NOTICED, Action.WITHDRAW, State.WITHDRAWN, Duty.DECIDER, *_GIVEN_UP, by_night=True)
    )
    return steps


def _afterwards() -> list[Transition]:
    """From the award to the end: reviewed every year, put on probation, restored, taken, expired."""
    steps = [
        _step(
            State.DESIGNATED,
            Action.BEGIN_REVIEW,
            State.UNDER_REVIEW,
            Duty.REVIEWER,
            _C.REVIEW_DUE,
            by_night=True,
        ),
        _step(
            State.UNDER_REVIEW, Action.RENEW, State.DESIGNATED, Duty.DECIDER, _C.FACTS_HOLD, _C.NOT_EXPIRED
        ),
        _step(
            State.ON_PROBATION, Action.RESTORE, State.DESIGNATED, Duty.REVIEWER, _C.FACTS_HOLD, by_night=True
        ),
        _step(
            State.ON_PROBATION,
            Action.POST_REVOCATION,
            State.REVOCATION_NOTICED,
            Duty.REVIEWER,
            _C.GRACE_OVER,
            _C.REASON,
        ),
        _step(
            State.REVOCATION_NOTICED,
            Action.REVOKE,
            State.REVOKED,
            Duty.DECIDER,
            _C.OTHER_THAN_POSTER,
            _C.NOT_CURED,
            _C.NOTICE_OVER,
            _C.NO_OBJECTION,
            _C.REASON,
        ),
        _step(
            State.REVOCATION_NOTICED,
            Action.KEEP,
            State.DESIGNATED,
            Duty.DECIDER,
            _C.OTHER_THAN_POSTER,
            _C.REASON,
        ),
    ]
    for state in (State.DESIGNATED, State.UNDER_REVIEW):
        steps.append(
            _step(
                state,
                Action.PUT_ON_PROBATION,
                State.ON_PROBATION,
                Duty.REVIEWER,
                _C.REASON,
                _C.NOT_DISPUTED,
                _C.BREACHED_OR_DOCUMENT,
                by_night=True,
            )
        )
    for state in _HELD:
        steps.append(_step(state, Action.WITHDRAW, State.WITHDRAWN, Duty.DECIDER, *_GIVEN_UP))
    for state in (*_HELD, State.REVOCATION_NOTICED):
        steps.append(
            Transition(
                state, Action.LAPSE, State.LAPSED, None, frozenset({_C.EXPIRED_OR_ENDED}), by_night=True
            )
        )
    return steps


def _step(
    before: State,
    action: Action,
    after: State,
    duty: Duty,
    *conditions: Condition,
    by_night: bool = False,
) -> Transition:
    return Transition(before, action, after, duty, frozenset(conditions), by_night=by_night)


def level_of(duty: Duty, path: PathRules) -> Level:
    """The level whose step it is."""
    if duty is Duty.DECIDER:
        return path.decided_by
    if duty is Duty.VILLAGE_CHECKER:
        return Level.VILLAGE
    if duty is Duty.TOWN_CHECKER:
        return Level.TOWN
    if duty is Duty.PROPOSER:
        return Level.TOWN if path.kind is DesignationKind.CREDIT_TOWN else Level.VILLAGE
    return path.checks[-1]


_LEVEL_OF_PLACE = {
    PlaceKind.VILLAGE: Level.VILLAGE,
    PlaceKind.COMMUNITY: Level.VILLAGE,
    PlaceKind.TOWN: Level.TOWN,
    PlaceKind.SUBDISTRICT: Level.TOWN,
    PlaceKind.DISTRICT: Level.DISTRICT,
    PlaceKind.CITY: Level.CITY,
}
# The highest level a role acts at, wherever its account is; other roles do not act on titles.
_HIGHEST = {
    Role.COLLECTOR: Level.VILLAGE,
    Role.TOWN_OFFICIAL: Level.TOWN,
    Role.DISTRICT_ADMIN: Level.CITY,
}


def level_of_person(role: Role, place: PlaceKind) -> Level | None:
    """At which level an account acts: that of its division, at most that of its role; None for no level."""
    if role not in _HIGHEST:
        return None
    return min(_HIGHEST[role], _LEVEL_OF_PLACE[place], key=lambda level: level.rank)


def may_act(person: Level | None, duty: Duty, path: PathRules) -> bool:
    """Whether somebody of a level may take a step.

    A decision is taken at exactly the level the profile names; anything else a higher level may enter for a
    village or a town that has no account of its own.
    """
    if person is None:
        return False
    asked = level_of(duty, path)
    return person is asked if duty is Duty.DECIDER else person.rank >= asked.rank


def campaign_end(path: PathRules, *, on: date) -> date | None:
    """The day by which the round that is under way on a day is done; None where there is no round."""
    if path.campaign_until is None:
        return None
    this_year = date(on.year, *path.campaign_until)
    return this_year if on <= this_year else date(on.year + 1, *path.campaign_until)
