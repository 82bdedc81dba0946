"""Who sees which notice: everybody those of these weeks, officials all of their division."""

from collections.abc import Sequence
from datetime import date, timedelta

from app.access.scope import Viewer, may_see
from app.db import Session
from app.errors import NotFound
from app.models import Notice, NoticeEntry, Place
from app.notices import store
from app.notices.notice import NoticeSummary, ShownNotice
from app.places.service import place as place_by_id
from app.places.service import place_name_in_full, subtree_prefix
from app.rules.service import notice_rules_in_force


def public_notices(session: Session, *, code: str, on: date, limit: int) -> list[ShownNotice]:
    """What everybody may see of a division's notices: those that run, and those that ended lately."""
    shown_days = notice_rules_in_force(session, on=on).shown_days_after_end
    ended_after = on - timedelta(days=shown_days)
    rows = store.shown(session, subtree_prefix(code), on=on, ended_after=ended_after, limit=limit)
    return _shown(session, rows)


def public_notice(session: Session, number: str, *, on: date) -> ShownNotice:
    """A notice as everybody may see it; one that ended long ago is not there any more (PIPL art. 19)."""
    notice = store.by_number(session, number)
    shown_days = notice_rules_in_force(session, on=on).shown_days_after_end
    if notice is None or not notice.begins_on <= on < notice.ends_on + timedelta(days=shown_days):
        raise NotFound(
            "没有此公示，或者公示已撤下，请核对编号 · there is no such notice, or it is no longer "
            "shown; compare its number"
        )
    return _shown(session, [(notice, place_by_id(session, notice.place_id))])[0]


def notice_of_division(session: Session, number: str, *, viewer: Viewer) -> ShownNotice:
    """A notice of the viewer's division, also one that the public no longer sees."""
    notice = store.by_number(session, number)
    place = None if notice is None else place_by_id(session, notice.place_id)
    if notice is None or place is None or not may_see(viewer, place.code):
        raise NotFound("本辖区没有此公示 · there is no such notice in your division")
    return _shown(session, [(notice, place)])[0]


def work_list(session: Session, *, viewer: Viewer, limit: int) -> list[NoticeSummary]:
    """The newest notices of the viewer's division, with what waits for an answer and until when."""
    rows = store.within(session, subtree_prefix(viewer.place_code), limit=limit)
    ids = [notice.notice_id for notice, _ in rows]
    counts = store.line_counts(session, ids)
    waiting: dict[int, list[date]] = {notice_id: [] for notice_id in ids}
    for objection, answer in store.objections_of(session, ids):
        if answer is None:
            days = notice_rules_in_force(session, on=objection.raised_on).objection_days
            waiting[objection.notice_id].append(objection.raised_on + timedelta(days=days))
    return [
        NoticeSummary(
            notice=notice,
            place=place,
            line_count=counts[notice.notice_id],
            open_count=len(waiting[notice.notice_id]),
            due_on=min(waiting[notice.notice_id], default=None),
        )
        for notice, place in rows
    ]


def _shown(session: Session, rows: Sequence[tuple[Notice, Place]]) -> list[ShownNotice]:
    entries: dict[int, list[NoticeEntry]] = {notice.notice_id: [] for notice, _ in rows}
    for entry in store.entries_of(session, list(entries)):
        entries[entry.notice_id].append(entry)
    return [
        ShownNotice(notice, place, place_name_in_full(session, place), tuple(entries[notice.notice_id]))
        for notice, place in rows
    ]
