"""Who sees which notice: everybody those of these weeks, officials all of their division."""

from collections.abc import Sequence
from datetime import date, timedelta

from app.access.scope import Viewer, may_see
from app.db import Session
from app.errors import NotFound
from app.models import Notice, Place, PlaceKind
from app.notices import store
from app.notices.notice import ListedNotice, NoticeSummary, ShownNotice
from app.places.service import place as place_by_id
from app.places.service import place_name_in_full, subtree_prefix
from app.rules.service import notice_rules_in_force


def public_notices(session: Session, *, code: str, on: date, limit: int) -> list[ListedNotice]:
    """What everybody may see of a division's notices: those that run, and those that ended lately."""
    shown_days = notice_rules_in_force(session, on=on).shown_days_after_end
    ended_after = on - timedelta(days=shown_days)
    rows = store.shown(session, subtree_prefix(code), on=on, ended_after=ended_after, limit=limit)
    return _listed(session, rows)


def public_notice(session: Session, number: str, *, on: date) -> ShownNotice:
    """A notice as everybody may see it; one that ended long ago is not there any more (PIPL art. 19)."""
    notice = store.by_number(session, number)
    shown_days = notice_rules_in_force(session, on=on).shown_days_after_end
    if notice is None or not notice.begins_on <= on < notice.ends_on + timedelta(days=shown_days):
        raise NotFound(
            "没有此公示，或者公示已撤下，请核对编号 · there is no such notice, or it is no longer "
            "shown; compare its number"
        )
    return _shown(session, notice, place_by_id(session, notice.place_id))


def notice_of_division(session: Session, number: str, *, viewer: Viewer) -> ShownNotice:
    """A notice of the viewer's division, also one that the public no longer sees."""
    notice = store.by_number(session, number)
    place = None if notice is None else place_by_id(session, notice.place_id)
    if notice is None or place is None or not may_see(viewer, place.code):
        raise NotFound("本辖区没有此公示 · there is no such notice in your division")
    return _shown(session, notice, place)


def work_list(session: Session, *, viewer: Viewer, limit: int) -> list[NoticeSummary]:
    """The newest notices of the viewer's division, with what waits for an answer and until when."""
    rows = store.within(session, subtree_prefix(viewer.place_code), limit=limit)
    waiting: dict[int, list[date]] = {notice.notice_id: [] for notice, _ in rows}
    for objection, answer in store.objections_of(session, list(waiting)):
        if answer is None:
            days = notice_rules_in_force(session, on=objection.raised_on).objection_days
            waiting[objection.notice_id].append(objection.raised_on + timedelta(days=days))
    return [
        NoticeSummary(listed, len(open_until), min(open_until, default=None))
        for listed, open_until in zip(_listed(session, rows), waiting.values(), strict=True)
    ]


def _listed(session: Session, rows: Sequence[tuple[Notice, Place]]) -> list[ListedNotice]:
    counts = store.line_counts(session, [notice.notice_id for notice, _ in rows])
    return [
        ListedNotice(notice, place, place_name_in_full(session, place), counts[notice.notice_id])
        for notice, place in rows
    ]


def _shown(session: Session, notice: Notice, place: Place) -> ShownNotice:
    is_unit = place.kind in (PlaceKind.VILLAGE, PlaceKind.COMMUNITY)
    town = place_by_id(session, place.parent_id) if is_unit and place.parent_id is not None else place
    entries = tuple(store.entries_of(session, [notice.notice_id]))
    return ShownNotice(notice, place, place_name_in_full(session, place), len(entries), town, entries)
