"""Posting a notice, and how it stands: what the path of a title asks."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from app import clock
from app.db import Session
from app.models import DesignationKind, Notice, NoticeEntry, NoticePurpose, Place
from app.notices import store
from app.notices.checks import checked_lines, checked_period
from app.notices.notice import NoticeLine, NoticeStanding
from app.places.service import subtree_prefix
from app.rules.service import notice_rules_in_force


def post(
    session: Session,
    *,
    purpose: NoticePurpose,
    kind: DesignationKind,
    place: Place,
    entries: Sequence[NoticeLine],
    begins_on: date,
    days: int,
    rule_version_id: int,
    by: str,
    at: datetime,
) -> Notice:
    """Show a village who is to get or to lose a title; nothing of it is changed afterwards."""
    on = clock.day_of(at)
    ends_on = checked_period(begins_on, days=days, on=on, rules=notice_rules_in_force(session, on=on))
    checked_lines(kind, entries)
    start = f"GS-{subtree_prefix(place.code)}-{begins_on.year}-"
    notice = Notice(
        number=f"{start}{store.count_from(session, start) + 1:04d}",
        purpose=purpose,
        kind=kind,
        place_id=place.place_id,
        begins_on=begins_on,
        ends_on=ends_on,
        rule_version_id=rule_version_id,
        recorded_at=at,
        recorded_by=by,
    )
    store.add(session, [notice])
    lines = [
        NoticeEntry(
            notice_id=notice.notice_id,
            designation_id=line.designation_id,
            line_number=line_number,
            shown_name=line.shown_name,
            shown_place=line.shown_place,
            result=line.result,
        )
        for line_number, line in enumerate(entries, start=1)
    ]
    store.add(session, lines)
    return notice


def standings(session: Session, notice_ids: Collection[int], *, on: date) -> Mapping[int, NoticeStanding]:
    """How notices stand on a day, by their ids.

    Whoever asks must see the whole division of each notice: in PostgreSQL an objection outside the scope of
    the request is not counted.
    """
    lines: dict[int, dict[int, int]] = {notice_id: {} for notice_id in notice_ids}
    for entry in store.entries_of(session, notice_ids):
        lines[entry.notice_id][entry.notice_entry_id] = entry.designation_id
    waiting: dict[int, Counter[int]] = {notice_id: Counter() for notice_id in notice_ids}
    upheld: dict[int, set[int]] = {notice_id: set() for notice_id in notice_ids}
    for objection, answer in store.objections_of(session, notice_ids):
        if objection.raised_on > on:
            continue
        titles, entry_id = lines[objection.notice_id], objection.notice_entry_id
        meant = set(titles.values()) if entry_id is None else {titles[entry_id]}
        if answer is None or answer.answered_on > on:
            waiting[objection.notice_id].update(meant)
        elif answer.upheld:
            upheld[objection.notice_id] |= meant
    return {
        notice.notice_id: NoticeStanding(
            notice=notice,
            ended=on >= notice.ends_on,
            open_objections=dict(waiting[notice.notice_id]),
            upheld=frozenset(upheld[notice.notice_id]),
        )
        for notice in store.notices(session, notice_ids)
    }
