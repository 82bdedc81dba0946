"""Where the titles of some places stand, for whoever asks what they lack."""

from collections.abc import Collection, Mapping
from datetime import date

from app.db import Session
from app.designations.case import Case, newest
from app.designations.found import Holder
from app.designations.path import Condition, Level, Transition, level_of
from app.designations.rules import TitleRules
from app.designations.service.steps import rules_for, standings
from app.designations.service.titles import due_on, usual_step
from app.designations.standing import Standing, grace_ends
from app.designations.store import titles as store
from app.models import DesignationKind
from app.notices.notice import NoticeStanding
from app.notices.service import standings as notice_standings


def cases_of(
    session: Session, kind: DesignationKind, place_ids: Collection[int], *, on: date
) -> Mapping[int, Case]:
    """The case of each of some places at one title, by place; a place that has none is left out."""
    keys = {Holder(place_id).key: place_id for place_id in place_ids}
    attempts = store.last_attempts(session, kind, holders=keys)
    chosen = [
        number
        for mine in attempts.values()
        if (number := newest([(made.designation_id, step.state) for made, step in mine.values()]))
    ]
    found = standings(session, chosen)
    running = sorted({one.last.notice_id for one in found if one.last.notice_id is not None})
    notices = notice_standings(session, running, on=on)
    return {
        keys[one.designation.holder]: _case(
            one, notices.get(one.last.notice_id or 0), rules=rules_for(session, one, on=on), on=on
        )
        for one in found
    }


def _case(one: Standing, notice: NoticeStanding | None, *, rules: TitleRules, on: date) -> Case:
    step, waits = usual_step(one.state, rules), None
    if notice is not None and not notice.ended:
        waits = notice.notice.ends_on
    elif step is not None and Condition.GRACE_OVER in step.conditions:
        waits = grace_ends(one, rules)
    return Case(
        designation_id=one.number,
        title=rules.title(one.designation.rung),
        state=one.state,
        since=one.last.happened_on,
        valid_until=one.last.valid_until,
        next_action=None if step is None else step.action,
        level=_level(step, rules),
        waits_until=None if waits is None or waits <= on else waits,
        due_on=None if step is None else due_on(one, rules, notice=notice, on=on),
        open_objections=0 if notice is None else notice.open_objections.get(one.number, 0),
    )


def _level(step: Transition | None, rules: TitleRules) -> Level | None:
    return None if step is None or step.duty is None else level_of(step.duty, rules.path)
