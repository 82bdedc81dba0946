"""Which titles are held on a day, the list of them, and what waits for whom."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, groupby

from app.access.scope import Viewer
from app.db import Session
from app.designations.found import Holder
from app.designations.path import (
    Condition,
    Level,
    Transition,
    campaign_end,
    level_of,
    level_of_person,
    may_act,
    transitions,
)
from app.designations.rules import TitleRules
from app.designations.service.rules import title_named, usable_rules
from app.designations.service.steps import rules_for
from app.designations.standing import Standing, decided_until, grace_ends, refused_to_person
from app.designations.store import titles as store
from app.models import Designation, DesignationKind, DesignationStep, Place
from app.models import DesignationAction as Action
from app.models import DesignationState as State
from app.notices.notice import NoticeStanding
from app.notices.service import standings as notice_standings
from app.places.service import place as place_by_id
from app.places.service import subtree_prefix


@dataclass(frozen=True)
class Title:
    """A title that is held on a day, and what it is called: by its rung, or by its kind."""

    designation_id: int
    kind: DesignationKind
    rung: str
    label: str
    holder: str
    state: State
    since: date
    valid_until: date


@dataclass(frozen=True)
class Listed:
    """A title in a list, with where its holder is."""

    designation: Designation
    last: DesignationStep
    place: Place


@dataclass(frozen=True)
class WorkItem:
    """A title that waits: for which step, at which level, until when, and what it waits for, if anything."""

    listed: Listed
    action: Action
    level: Level
    due_on: date | None
    waits_until: date | None
    open_objections: int


@dataclass(frozen=True)
class Campaign:
    """Until when the round of a kind of title is to be done, at which level it is decided."""

    kind: DesignationKind
    decided_by: Level
    ends_on: date
    open_count: int


def titles_of(session: Session, holders: Collection[Holder], *, on: date) -> dict[str, list[Title]]:
    """The titles each of some holders has on a day, by its key; who has none is left out.

    A title is held also while it is reviewed, on probation or announced to be taken.
    """
    found: dict[str, list[Title]] = {}
    steps = store.steps_of_holders(
        session,
        subject_ids=[each.subject_id for each in holders if each.subject_id is not None],
        place_ids=[each.place_id for each in holders if each.subject_id is None],
    )
    for number, of_title in groupby(steps, key=lambda step: step.designation_id):
        begun = [step for step in of_title if step.happened_on <= on]
        if not begun or not begun[-1].state.holds_title:
            continue
        last = begun[-1]
        if last.valid_until is None or last.valid_until <= on:
            continue
        since = next(step.happened_on for step in begun if step.action is Action.AWARD)
        label = last.kind.label
        if last.rung:
            label = title_named(session, last.rule_version_id, kind=last.kind, rung=last.rung)
        title = Title(number, last.kind, last.rung, label, last.holder, last.state, since, last.valid_until)
        found.setdefault(last.holder, []).append(title)
    return found


def listed(
    session: Session,
    *,
    viewer: Viewer,
    within: str | None,
    kind: DesignationKind | None,
    state: State | None,
    after: int,
    limit: int,
) -> list[Listed]:
    """The next titles of the viewer's division, or of one in it, in the order of their numbers."""
    prefix = subtree_prefix(within or viewer.place_code)
    rows = store.page(session, prefix, kind=kind, state=state, after=after, limit=limit)
    return [Listed(*row) for row in rows]


def listed_one(session: Session, standing: Standing) -> Listed:
    """One title as it stands in a list."""
    place = place_by_id(session, standing.designation.place_id)
    return Listed(standing.designation, standing.last, place)


# What comes next where nothing is amiss; the work list names this step.
_NEXT = {
    State.PROPOSED: (Action.CHECK_VILLAGE, Action.CHECK_TOWN),
    State.VILLAGE_CHECKED: (Action.CHECK_TOWN, Action.POST_NOTICE),
    State.TOWN_CHECKED: (Action.POST_NOTICE,),
    State.NOTICED: (Action.AWARD,),
    State.UNDER_REVIEW: (Action.RENEW,),
    State.ON_PROBATION: (Action.POST_REVOCATION,),
    State.REVOCATION_NOTICED: (Action.REVOKE,),
}


def work_list(session: Session, *, viewer: Viewer, on: date, limit: int) -> list[WorkItem]:
    """What waits for somebody of the viewer's level in the viewer's division, the most urgent first.

    What another person has to do is not named, as the check of one's own proposal. Titles on probation are
    named once their time to cure is over: to take one is proposed, never done, by what is due.
    """
    prefix = subtree_prefix(viewer.place_code)
    level = level_of_person(viewer.role, place_by_id(session, viewer.place_id).kind)
    states = _waiting_for(session, level, on=on)
    items: list[WorkItem] = []
    for skipped in count(0, limit):
        rows = store.waiting(session, prefix, states=states, limit=limit, skipped=skipped)
        items += _own_items(session, rows, viewer=viewer, level=level, on=on)
        if len(items) >= limit or len(rows) < limit:
            break
    items = items[:limit]
    return sorted(items, key=lambda item: (item.due_on or date.max, item.listed.designation.designation_id))


def _own_items(
    session: Session,
    rows: Sequence[tuple[Designation, DesignationStep, Place]],
    *,
    viewer: Viewer,
    level: Level | None,
    on: date,
) -> list[WorkItem]:
    """What of some titles waits for the viewer, in their order."""
    steps = store.steps_of(session, [row[0].designation_id for row in rows])
    running = {row[1].notice_id for row in rows if row[1].notice_id is not None}
    notices = notice_standings(session, sorted(running), on=on)
    items = []
    for made, last, place in rows:
        standing = Standing(made, steps[made.designation_id])
        rules = rules_for(session, standing, on=on)
        notice = notices.get(last.notice_id or 0)
        item = _item(standing, Listed(made, last, place), notice, rules=rules, level=level, on=on)
        if item is None:
            continue
        own = refused_to_person(standing, item.action, user_id=viewer.user_id, level=level, rules=rules)
        if own is None:
            items.append(item)
    return items


def calendar(session: Session, *, viewer: Viewer, on: date) -> list[Campaign]:
    """Until when each kind of title is to be done this round, and how many are under way in the division."""
    prefix = subtree_prefix(viewer.place_code)
    found = []
    for kind, rules in usable_rules(session, on=on)[0].items():
        end = campaign_end(rules.path, on=on)
        if end is not None:
            count = store.count_open(session, prefix, kind=kind)
            found.append(Campaign(kind, rules.path.decided_by, end, count))
    return sorted(found, key=lambda campaign: campaign.ends_on)


def _waiting_for(session: Session, level: Level | None, *, on: date) -> list[tuple[DesignationKind, State]]:
    """The kinds and states from which the next step is one of this level."""
    return [
        (kind, state)
        for kind, rules in usable_rules(session, on=on)[0].items()
        for state in _NEXT
        if _own_step(state, rules, level=level)
    ]


def usual_step(state: State, rules: TitleRules) -> Transition | None:
    """The step that follows a state where nothing is amiss; none where nobody has to do anything."""
    steps = transitions(rules.path)
    return next((steps[state, each] for each in _NEXT.get(state, ()) if (state, each) in steps), None)


def _own_step(state: State, rules: TitleRules, *, level: Level | None) -> Transition | None:
    """The step that usually follows a state, if it is one somebody of this level takes."""
    step = usual_step(state, rules)
    if step is None or step.duty is None or not may_act(level, step.duty, rules.path):
        return None
    return step


def _item(
    standing: Standing,
    row: Listed,
    notice: NoticeStanding | None,
    *,
    rules: TitleRules,
    level: Level | None,
    on: date,
) -> WorkItem | None:
    step = _own_step(standing.state, rules, level=level)
    if step is None or step.duty is None:
        return None
    if Condition.GRACE_OVER in step.conditions and on < grace_ends(standing, rules):
        return None
    return WorkItem(
        listed=row,
        action=step.action,
        level=level_of(step.duty, rules.path),
        due_on=due_on(standing, rules, notice=notice, on=on),
        waits_until=None if notice is None or notice.ended else notice.notice.ends_on,
        open_objections=0 if notice is None else notice.open_objections.get(standing.number, 0),
    )


def due_on(standing: Standing, rules: TitleRules, *, notice: NoticeStanding | None, on: date) -> date | None:
    """The last day: of a title the day before it ends, of a proposal the end of the yearly round.

    What was shown in a notice is decided before the notice is too old for it.
    """
    if standing.last.valid_until is not None:
        return standing.last.valid_until - timedelta(days=1)
    until = None if notice is None else decided_until(notice, rules) - timedelta(days=1)
    days = (until, campaign_end(rules.path, on=on))
    return min((day for day in days if day is not None), default=None)
