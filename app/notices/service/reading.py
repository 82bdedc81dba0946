"""Who sees which notice: everybody those of these weeks, officials all of their division."""

from collections.abc import Sequence
from datetime import date, timedelta

from app.access.scope import Viewer, may_see
from app.consents.service import agree_to_publication
from app.db import RowScope, Session, enter
from app.errors import NotFound
from app.models import Notice, Place, PlaceKind
from app.notices import store
from app.notices.notice import UNNAMED, ListedNotice, NoticeSummary, ShownLine, ShownNotice, line_end
from app.places.service import place as place_by_id
from app.places.service import place_name_in_full, subtree_prefix
from app.rules.service import notice_rules_in_force

# In a masked name of a person, and in no other.
_MASKS = frozenset("*＊")
# Of no bank: what a consent to a bank would show is not asked for here.
NO_ORGANISATION = 0


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
    place = place_by_id(session, notice.place_id)
    # Nobody is signed in: whether the persons still agree is asked in the name of the division itself.
    enter(session, RowScope(subtree_prefix(place.code), NO_ORGANISATION))
    return _shown(session, notice, place, on=on)


def notice_of_division(session: Session, number: str, *, viewer: Viewer, on: date) -> ShownNotice:
    """A notice of the viewer's division, also one that the public no longer sees."""
    notice = store.by_number(session, number)
    place = None if notice is None else place_by_id(session, notice.place_id)
    if notice is None or place is None or not may_see(viewer, place.code):
        raise NotFound("本辖区没有此公示 · there is no such notice in your division")
    return _shown(session, notice, place, on=on)


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


def _shown(session: Session, notice: Notice, place: Place, *, on: date) -> ShownNotice:
    is_unit = place.kind in (PlaceKind.VILLAGE, PlaceKind.COMMUNITY)
    town = place_by_id(session, place.parent_id) if is_unit and place.parent_id is not None else place
    lines = _lines(session, notice, on=on)
    return ShownNotice(notice, place, place_name_in_full(session, place), len(lines), town, lines)


def _lines(session: Session, notice: Notice, *, on: date) -> tuple[ShownLine, ...]:
    """The lines of a notice; a person who no longer agrees to be named is not (PIPL art. 15)."""
    found = store.entries_with_subjects(session, notice.notice_id)
    persons = {
        subject_id
        for entry, subject_id in found
        if subject_id is not None and not _MASKS.isdisjoint(entry.shown_name)
    }
    following = store.following_actions(session, notice.notice_id)
    agreed = agree_to_publication(session, sorted(persons), on=on)
    return tuple(
        ShownLine(
            notice_entry_id=entry.notice_entry_id,
            line_number=entry.line_number,
            designation_id=entry.designation_id,
            shown_name=UNNAMED if subject_id in persons - agreed else entry.shown_name,
            shown_place=entry.shown_place,
            result=entry.result,
            end=line_end(following.get(entry.designation_id)),
        )
        for entry, subject_id in found
    )
