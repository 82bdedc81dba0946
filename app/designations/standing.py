"""A title with its steps, who wants to take the next one, and what refuses it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.designations.found import Found, listed, refuse_old_night
from app.designations.gate_words import changed, missed
from app.designations.path import (
    JUDGED,
    Condition,
    Level,
    Transition,
    Transitions,
    level_of,
    may_act,
    transitions,
)
from app.designations.rules import TitleRules
from app.errors import AppError, Conflict, Forbidden, Invalid
from app.models import Designation, DesignationAction, DesignationState, DesignationStep
from app.notices.notice import NoticeStanding

# What a step of a person is refused for by what the newest night said; the night itself rests on its own.
_RESTING_ON_FACTS = frozenset({Condition.FACTS_HOLD, Condition.NOT_CURED})
REASON_LENGTH_MAX, DOCUMENT_LENGTH_MAX = 500, 255


@dataclass(frozen=True)
class Standing:
    """One title with every step so far, the last of which says where it stands."""

    designation: Designation
    steps: Sequence[DesignationStep]

    @property
    def last(self) -> DesignationStep:
        """The newest step."""
        return self.steps[-1]

    @property
    def state(self) -> DesignationState:
        """Where it stands."""
        return self.last.state

    @property
    def number(self) -> int:
        """Its number."""
        return self.designation.designation_id

    @property
    def by_hand(self) -> bool:
        """Whether somebody applied for it although the numbers are too few to tell."""
        return bool(self.steps[0].facts.get("by_hand"))

    @property
    def notice_id(self) -> int | None:
        """The notice that runs, or ran last."""
        return next((step.notice_id for step in reversed(self.steps) if step.notice_id is not None), None)

    def step(self, action: DesignationAction) -> DesignationStep | None:
        """The newest step of a kind."""
        return next((step for step in reversed(self.steps) if step.action is action), None)


@dataclass(frozen=True)
class Act:
    """What somebody wants to do: who (nobody: the night), when, why and on what document."""

    action: DesignationAction
    at: datetime
    on: date
    user_id: int | None = None
    level: Level | None = None
    reason: str = ""
    document: str = ""


@dataclass(frozen=True)
class Refusal:
    """A title that cannot take a step, and why."""

    designation_id: int
    error: AppError


@dataclass(frozen=True)
class Seen:
    """What a step is weighed by: the rules it goes by, the facts of the day, and how its notice stands.

    `disputed`: an objection of the subject to what is recorded or rated of it is open. `applied_at`: the
    level of whoever applied for it; none where the night proposed it.
    """

    rules: TitleRules
    found: Found
    notice: NoticeStanding | None
    disputed: bool = False
    applied_at: Level | None = None


def actions_after(state: DesignationState, steps: Transitions) -> list[DesignationAction]:
    """The steps somebody may take from a state; what only the night does by itself is left out."""
    return [step.action for (before, _), step in steps.items() if before is state and step.duty is not None]


def transition_of(standing: Standing, action: DesignationAction, *, rules: TitleRules) -> Transition:
    """The step that this action is from here; `Conflict` where there is none: nothing is skipped."""
    steps = transitions(rules.path)
    found = steps.get((standing.state, action))
    if found is not None:
        return found
    able = actions_after(standing.state, steps)
    words = "、".join(each.label for each in able) or "无"
    raise Conflict(
        f"称号 {standing.number} 现为“{standing.state.label}”，不能办理“{action.label}”；可办理：{words} · "
        f"title {standing.number} is {standing.state} and cannot take the step {action}; what can follow: "
        f"{', '.join(able) or 'nothing'}"
    )


def refusal(standing: Standing, act: Act, seen: Seen) -> AppError | None:
    """Why a step is refused, or none; what the person may not do comes before what the title lacks."""
    try:
        step = transition_of(standing, act.action, rules=seen.rules)
        _refuse_person(standing, step, user_id=act.user_id, level=act.level, rules=seen.rules)
        if Condition.APPLIED_OR_DECLARED in step.conditions:
            _refuse_taking_back(standing, act, seen=seen)
        _refuse_words(standing, act, step)
        _refuse_time(standing, act, step, seen=seen)
        _refuse_notice(standing, act, step, seen=seen)
        _refuse_disputed(step, disputed=seen.disputed)
        if act.user_id is not None and _RESTING_ON_FACTS & set(step.conditions):
            refuse_old_night(seen.found.newest_night, on=act.on)
        if Condition.BREACHED_OR_DOCUMENT in step.conditions:
            _refuse_groundless(standing, act, seen.found)
        if Condition.FACTS_HOLD in step.conditions:
            _refuse_facts(standing, seen)
        if Condition.NOT_CURED in step.conditions and not seen.found.blocks and not seen.found.ended:
            raise Conflict(
                f"称号 {standing.number} 现已达标，只能办理“不予摘牌” · title {standing.number} holds "
                f"again: only {DesignationAction.KEEP} is left"
            )
    except AppError as refused:
        return refused
    return None


def refused_to_person(
    standing: Standing,
    action: DesignationAction,
    *,
    user_id: int | None,
    level: Level | None,
    rules: TitleRules,
) -> AppError | None:
    """Why a step does not follow here, or is not for this person to take; none where it is."""
    try:
        step = transition_of(standing, action, rules=rules)
        _refuse_person(standing, step, user_id=user_id, level=level, rules=rules)
    except AppError as refused:
        return refused
    return None


def _refuse_person(
    standing: Standing, step: Transition, *, user_id: int | None, level: Level | None, rules: TitleRules
) -> None:
    if user_id is None:
        if not step.by_night:
            raise Forbidden(f"the night does not {step.action} by itself: a person does")
        return
    if step.duty is None:
        raise Forbidden(f"“{step.action.label}”由夜间作业办理 · only the night takes the step {step.action}")
    if not may_act(level, step.duty, rules.path):
        asked = level_of(step.duty, rules.path)
        raise Forbidden(
            f"“{step.action.label}”须由{asked.label}办理 · the step {step.action} is taken at the level "
            f"{asked} ({rules.profile.code})"
        )
    if Condition.NEW_PERSON in step.conditions:
        _refuse_second_judgement(standing, step.action, user_id=user_id)
    if Condition.OTHER_THAN_POSTER in step.conditions and standing.last.user_id == user_id:
        raise Forbidden(
            "摘牌由您提出，须由另一人决定 · you proposed to take this title yourself: another person decides"
        )


def _refuse_second_judgement(standing: Standing, action: DesignationAction, *, user_id: int | None) -> None:
    mine = [each.action for each in standing.steps if each.user_id == user_id]
    judged = [each for each in mine if each in JUDGED]
    if judged:
        raise Forbidden(
            f"您已办理“{judged[0].label}”，“{action.label}”须由另一人办理 · you took the step "
            f"{judged[0]} of this title yourself: another person takes {action}"
        )


def _refuse_taking_back(standing: Standing, act: Act, *, seen: Seen) -> None:
    """An application is taken back where it was made; what the night proposed is given up by its holder."""
    if act.user_id is None:
        return
    assert act.level is not None, "whoever has no level was refused before"
    if seen.applied_at is not None and act.level.rank >= seen.applied_at.rank:
        return
    if act.level is not seen.rules.path.decided_by:
        asked, decides = seen.applied_at, seen.rules.path.decided_by
        chinese = (
            "夜间作业的提名不能撤回" if asked is None else f"申请由{asked.label}提出，由{asked.label}撤回"
        )
        english = (
            "the night proposed it"
            if asked is None
            else f"it was applied for at the level {asked} and is taken back there"
        )
        raise Forbidden(
            f"{chinese}；有不同意见的，请办理“不予认定”；本人放弃的，由{decides.label}凭本人声明撤回 · "
            f"{english}: whoever is of another mind refuses it; what its holder gives up in writing is "
            f"withdrawn at the level {decides}"
        )
    _refuse_second_judgement(standing, act.action, user_id=act.user_id)
    if not act.document.strip():
        raise Invalid(
            "document: 非本级申请的，凭本人放弃的书面声明撤回；有不同意见的，请办理“不予认定” · name the "
            "declaration by which the holder gives it up; whoever is of another mind refuses it"
        )


def _refuse_words(standing: Standing, act: Act, step: Transition) -> None:
    for name, length in (("reason", REASON_LENGTH_MAX), ("document", DOCUMENT_LENGTH_MAX)):
        if len(getattr(act, name)) > length:
            raise Invalid(f"{name}: 最多 {length} 字 · write at most {length} characters")
    if Condition.REASON in step.conditions and not act.reason.strip():
        raise Invalid("reason: 请写明理由 · say why, in at least one word")
    by_hand = act.user_id is not None
    if Condition.DOCUMENT in step.conditions and by_hand and not act.document.strip():
        raise Invalid("document: 请写明依据文件 · name the document this rests on")
    given = act.action in (DesignationAction.AWARD, DesignationAction.RENEW)
    if standing.by_hand and given and not (act.reason.strip() and act.document.strip()):
        raise Invalid(
            "reason, document: 人工认定的称号，认定和年审都须写明理由与依据文件 · a title decided by hand "
            "takes a reason and the document at the award and at every renewal"
        )


def _refuse_time(standing: Standing, act: Act, step: Transition, *, seen: Seen) -> None:
    last = standing.last
    expired = last.valid_until is not None and last.valid_until <= act.on
    if Condition.NOT_EXPIRED in step.conditions and expired:
        raise Conflict(
            f"称号已于 {last.valid_until} 到期，须重新创建 · the title ended on {last.valid_until}; it is "
            "proposed anew"
        )
    days = timedelta(days=seen.rules.path.review_before_days)
    early = last.valid_until is not None and last.valid_until > act.on + days
    if Condition.REVIEW_DUE in step.conditions and early:
        raise Conflict(
            f"称号到 {last.valid_until} 有效，到期前 {days.days} 日起年审 · it holds until "
            f"{last.valid_until}; its review begins {days.days} days before"
        )
    if Condition.EXPIRED_OR_ENDED in step.conditions and not (expired or seen.found.ended):
        raise Conflict(f"title {standing.number} holds until {last.valid_until}: it does not lapse before")
    if Condition.GRACE_OVER in step.conditions:
        until = grace_ends(standing, seen.rules)
        if act.on < until:
            raise Conflict(
                f"整改期至 {until}，期满仍未达标方可摘牌 · the time to cure runs until {until}; a title is "
                "taken only after it"
            )


def _refuse_disputed(step: Transition, *, disputed: bool) -> None:
    if Condition.NOT_DISPUTED in step.conditions and disputed:
        raise Conflict(
            "主体的异议尚未答复，暂不限期整改 · an objection of the subject is open: nothing lowers its "
            "title before it is answered"
        )


def _refuse_groundless(standing: Standing, act: Act, found: Found) -> None:
    holds = not found.standing_against(by_hand=standing.by_hand)
    if act.user_id is not None and holds and not act.document.strip():
        raise Invalid(
            f"document: 称号 {standing.number} 现各项达标，限期整改须写明依据文件 · every gate of title "
            f"{standing.number} holds: name the document its probation rests on"
        )


def grace_ends(standing: Standing, rules: TitleRules) -> date:
    """The first day on which a title on probation may be announced to be taken."""
    begun = standing.step(DesignationAction.PUT_ON_PROBATION) or standing.last
    return begun.happened_on + timedelta(days=rules.keeping.grace_days)


def decided_until(notice: NoticeStanding, rules: TitleRules) -> date:
    """The first day on which a proposal that was shown in a notice can no longer be decided."""
    return notice.notice.ends_on + timedelta(days=rules.path.decide_within_days)


def _refuse_notice(standing: Standing, act: Act, step: Transition, *, seen: Seen) -> None:
    """Everything about the notice that stands against a step, said at once."""
    against = [
        *_of_days(act, step, seen=seen),
        *([] if seen.notice is None else _of_objections(standing, step, seen.notice)),
    ]
    if against:
        chinese, english = zip(*against, strict=True)
        raise Conflict(f"{'；'.join(chinese)} · {'; '.join(english)}")


def _of_days(act: Act, step: Transition, *, seen: Seen) -> Iterator[tuple[str, str]]:
    notice = seen.notice
    if Condition.NOTICE_OVER in step.conditions and (notice is None or not notice.ended):
        until = "" if notice is None else f"（{notice.notice.begins_on} 至 {notice.notice.ends_on} 前）"
        ends = "" if notice is None else f": it ends on {notice.notice.ends_on}"
        yield f"公示{until}期满后方可决定", f"it is decided after the notice has run its days{ends}"
    if notice is None:
        return
    until_on, days = decided_until(notice, seen.rules), seen.rules.path.decide_within_days
    if Condition.DECISION_IN_TIME in step.conditions and act.on >= until_on:
        yield (
            f"公示于 {notice.notice.ends_on} 期满，已超过 {days} 日，不能再认定；提名失效后重新提名、公示",
            (
                f"its notice ended on {notice.notice.ends_on}, more than {days} days ago: it can no longer "
                "be given on that notice; the proposal lapses, and a new one is shown anew"
            ),
        )
    if Condition.DECISION_OVERDUE in step.conditions and act.on < until_on:
        yield f"{until_on} 前仍可决定，提名不失效", f"it can be decided until {until_on}: it does not lapse"


def _of_objections(standing: Standing, step: Transition, notice: NoticeStanding) -> Iterator[tuple[str, str]]:
    if Condition.NO_OBJECTION not in step.conditions:
        return
    number, open_count = standing.number, notice.open_objections.get(standing.number, 0)
    if open_count:
        yield (
            f"公示期间有 {open_count} 件异议尚未答复，不得办理“{step.action.label}”",
            (
                f"{open_count} objections to the notice are open: title {number} cannot take the step "
                f"{step.action} before they are answered"
            ),
        )
    if number in notice.upheld:
        taken = step.action is DesignationAction.REVOKE
        other = DesignationAction.KEEP if taken else DesignationAction.REFUSE
        yield (
            f"公示异议成立，只能办理“{other.label}”",
            f"an objection to the notice was upheld: only {other} is left",
        )


def _refuse_facts(standing: Standing, seen: Seen) -> None:
    found, profile = seen.found, seen.rules.profile
    against = found.standing_against(by_hand=standing.by_hand)
    if not against:
        return
    lacking = missed(found, profile)
    differs = "; ".join(changed(standing.steps[0].facts, found.facts, profile=profile))
    raise Conflict(
        f"称号 {standing.number} 现不符合标准：{listed(against)}"
        + ("" if lacking is None else f"（{lacking.zh} · {lacking.en}）")
        + (f"（与提名时相比 since it was proposed: {differs}）" if differs else "")
    )


def counted(refusals: Sequence[Refusal]) -> Mapping[str, int]:
    """How many titles are refused by which code."""
    found: dict[str, int] = {}
    for each in refusals:
        found[each.error.code] = found.get(each.error.code, 0) + 1
    return found
