"""Taking the ratings or plaques of a place out: what a second person granted, once, and on record."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from app import clock
from app.access.scope import Viewer
from app.approvals.service import standing, use
from app.certificates.service import plaques
from app.db import Session
from app.designations.service.shown import record_views_of_steps
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.exports import store
from app.exports.export import (
    MEDIA_TYPES,
    ROWS_MAX,
    ExportFile,
    ExportLine,
    ExportOrder,
    Format,
    Line,
    PlaqueLine,
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

__all__ = ["export_granted"]

_Found = tuple[Rating, Subject, Place]


def export_granted(
    session: Session, cipher: Cipher, approval_id: int, *, viewer: Viewer, at: datetime
) -> ExportFile:
    """The file that was granted, for whoever asked for it; everybody in it counts as seen by him.

    `Conflict` for an approval that is not granted, is used or has expired, and for more than 5,000 lines.
    """
    on = clock.day_of(at)
    approval = standing(session, approval_id, viewer=viewer, at=at).approval
    order = _order(approval, viewer=viewer)
    lines: Sequence[Line]
    if order.kind is ExportKind.PLAQUES:
        lines = _plaques(session, order, viewer=viewer, at=at)
    else:
        found = _found(session, order, on=on)
        record_views(session, [rating for rating, _subject, _place in found], viewer=viewer, at=at)
        lines = list(_lines(session, cipher, found, on=on))
    use(
        session,
        approval_id,
        kind=ApprovalKind.BULK_EXPORT,
        target=approval.target,
        content=approval.content,
        user_id=viewer.user_id,
        at=at,
        outcome={"rows": len(lines)},
    )
    return _written(session, order, lines, viewer=viewer, approval_id=approval_id, at=at)


def _written(
    session: Session,
    order: ExportOrder,
    lines: Sequence[Line],
    *,
    viewer: Viewer,
    approval_id: int,
    at: datetime,
) -> ExportFile:
    """The file, and the record that it left the system."""
    mark = watermark_of(viewer, approval_id=approval_id, at=at)
    content = written(lines, form=order.form, watermark=mark, title=order.title, at=at)
    on = clock.day_of(at)
    kept = Export(
        approval_id=approval_id,
        kind=order.kind,
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
        name=f"{order.kind}-{order.place_code}-{number}.{order.form}",
        media_type=MEDIA_TYPES[order.form],
        content=content,
        watermark=mark,
        lines=lines,
    )


def _order(approval: Approval, *, viewer: Viewer) -> ExportOrder:
    """What was granted, to whoever asked for it. It lies in the division of the approval, seen before."""
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
    kind = next(one for one in ExportKind if one.value == asked["export"])
    subjects = next((one for one in SubjectKind if one.value == asked.get("subjects")), None)
    return ExportOrder(kind, asked["place_code"], asked["place_name"], subjects, Format(asked["format"]))


def _plaques(session: Session, order: ExportOrder, *, viewer: Viewer, at: datetime) -> list[PlaqueLine]:
    """Every certificate of a place with what it is worth today; whoever holds one counts as seen."""
    on = clock.day_of(at)
    listed, _ = plaques(session, order.place_code, on=on, after=0, limit=ROWS_MAX + 1)
    if len(listed) > ROWS_MAX:
        raise _too_many(order)
    if not listed:
        raise NotFound(f"{order.place_name}没有证书可导出 · there is no certificate to export")
    steps = [found.certificate.designation_step_id for found in listed]
    record_views_of_steps(session, steps, viewer=viewer, at=at)
    return [
        PlaqueLine(
            found.text.number,
            found.text.named,
            found.text.holder,
            found.text.place,
            found.text.issued_on,
            found.valid_until - timedelta(days=1),
            found.standing.label,
        )
        for found in listed
    ]


def _too_many(order: ExportOrder) -> Conflict:
    return Conflict(
        f"{order.place_name}超过 {ROWS_MAX:,} 条，请按镇或村分别申请 · {order.place_name} has more than "
        f"{ROWS_MAX:,} lines; ask for its towns or villages one by one"
    )


def _found(session: Session, order: ExportOrder, *, on: date) -> list[_Found]:
    """The ratings that hold now of the subjects of a place and of what lies in it."""
    found: list[_Found] = []
    for place in places_within(session, order.place_code, on=on):
        rest = ROWS_MAX + 1 - len(found)
        assert order.subjects is not None, "ratings are asked for of households or of entities"
        held = ratings_in_place(session, place.place_id, kind=order.subjects, after=0, limit=rest)
        found += [(rating, subject, place) for rating, subject in held]
        if len(found) > ROWS_MAX:
            raise _too_many(order)
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
