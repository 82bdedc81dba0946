"""Taking the ratings of a place out of the system: what a second person granted, once, and on record."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime

from app import clock
from app.access.scope import Viewer, may_see
from app.approvals.service import standing, use
from app.db import Session
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.exports import store
from app.exports.export import (
    MEDIA_TYPES,
    ROWS_MAX,
    ExportFile,
    ExportLine,
    ExportOrder,
    Format,
    watermark_of,
)
from app.exports.files import written
from app.inquiries.service import record_views
from app.models import Approval, ApprovalKind, Export, ExportKind, Place, Rating, Subject, SubjectKind
from app.objections.service import open_objections
from app.overrides.service import in_force as overrides_in_force
from app.places.service import place_by_code, places_within
from app.ratings.service import as_of, ratings_in_place
from app.rules.service import rule_version
from app.subjects.cipher import Cipher
from app.subjects.service import describe

__all__ = ["export_ratings"]

_Found = tuple[Rating, Subject, Place]


def export_ratings(
    session: Session, cipher: Cipher, approval_id: int, *, viewer: Viewer, at: datetime
) -> ExportFile:
    """The file that was granted, for whoever asked for it; everybody in it counts as seen by him.

    `Conflict` for an approval that is not granted, is used or has expired, and for more than 5,000 lines.
    """
    on = clock.day_of(at)
    approval = standing(session, approval_id, viewer=viewer, at=at).approval
    order = _order(approval, viewer=viewer)
    found = _found(session, order, on=on)
    mark = watermark_of(viewer, approval_id=approval_id, at=at)
    use(
        session,
        approval_id,
        kind=ApprovalKind.BULK_EXPORT,
        target=approval.target,
        content=approval.content,
        user_id=viewer.user_id,
        at=at,
        outcome={"rows": len(found)},
    )
    record_views(session, [rating for rating, _subject, _place in found], viewer=viewer, at=at)
    lines = list(_lines(session, cipher, found, on=on))
    title = f"{order.place_name} {order.subjects.label}评级清单"
    content = written(lines, form=order.form, watermark=mark, title=title, at=at)
    kept = Export(
        approval_id=approval_id,
        kind=ExportKind.RATINGS,
        place_id=place_by_code(session, order.place_code, on=on).place_id,
        row_count=len(lines),
        content_sha256=hashlib.sha256(content).hexdigest(),
        watermark=mark,
        made_at=at,
        made_by=viewer.user_id,
    )
    number = store.add(session, kept)
    return ExportFile(
        export_id=number,
        name=f"ratings-{order.place_code}-{number}.{order.form}",
        media_type=MEDIA_TYPES[order.form],
        content=content,
        watermark=mark,
        lines=lines,
    )


def _order(approval: Approval, *, viewer: Viewer) -> ExportOrder:
    """What was granted; only whoever asked for it, and still works in that division, takes it."""
    number = approval.approval_id
    if approval.kind is not ApprovalKind.BULK_EXPORT:
        raise Invalid(
            f"approval_id: 审批 {number} 是{approval.kind.label}，不是批量导出 · approval {number} is about "
            f"{approval.kind}; name one of a bulk export"
        )
    if approval.made_by != viewer.user_id:
        raise Forbidden(
            f"审批 {number} 由他人申请，须由申请人本人导出 · somebody else asked for approval {number}; "
            "only that person takes the file"
        )
    asked = approval.content
    if not may_see(viewer, asked["place_code"]):
        raise NotFound(f"{asked['place_name']}不在您的辖区内 · the place is not in your division any more")
    subjects = next(kind for kind in SubjectKind if kind.value == asked["subjects"])
    return ExportOrder(asked["place_code"], asked["place_name"], subjects, Format(asked["format"]))


def _found(session: Session, order: ExportOrder, *, on: date) -> list[_Found]:
    """The ratings that hold now of the subjects of a place and of what lies in it."""
    found: list[_Found] = []
    for place in places_within(session, order.place_code, on=on):
        rest = ROWS_MAX + 1 - len(found)
        held = ratings_in_place(session, place.place_id, kind=order.subjects, after=0, limit=rest)
        found += [(rating, subject, place) for rating, subject in held]
        if len(found) > ROWS_MAX:
            raise Conflict(
                f"{order.place_name}超过 {ROWS_MAX:,} 条，请按镇或村分别申请 · {order.place_name} has more "
                f"than {ROWS_MAX:,} ratings; ask for its towns or villages one by one"
            )
    if not found:
        raise NotFound(f"{order.place_name}没有可导出的评级 · there is no rating to export")
    return found


def _lines(session: Session, cipher: Cipher, found: list[_Found], *, on: date) -> Iterator[ExportLine]:
    subject_ids = [subject.subject_id for _rating, subject, _place in found]
    disputed = {one.objection.subject_id for one in open_objections(session, subject_ids, on=on)}
    overridden = overrides_in_force(session, subject_ids, on=on)
    one_of_each = {rating.run_id: rating for rating, _subject, _place in found}
    dated = {run_id: as_of(session, rating) for run_id, rating in one_of_each.items()}
    for rating, subject, place in found:
        card, rule = describe(session, cipher, subject), rule_version(session, rating.rule_version_id)
        yield ExportLine(
            place_code=place.code,
            place_name=place.name,
            household_no=card.household_no or "",
            name=card.display_name,
            grade=rating.grade,
            score=rating.score,
            unrated_reason=rating.unrated_reason.label,
            as_of=dated[rating.run_id],
            card=f"{rule.code} {rule.variant}".strip() + f" {rule.effective_from}",
            disputed=rating.subject_id in disputed,
            override=overridden.get(rating.subject_id),
        )
