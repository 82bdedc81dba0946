"""Households that were merged into others or split off from them, and who stands for whom on a day.

Records keep the subject they were recorded of: a merge only says who stands for it; its undo moves nothing.
"""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Select, bindparam, or_, select

from app.db import Session
from app.errors import Conflict, Invalid, NotFound
from app.models import Lineage, LineageKind, LineageUndo, Subject, SubjectKind
from app.subjects.free_text import without_numbers

__all__ = ["heirs", "kin", "merge", "split", "undo_merge"]

_DOCUMENT_LENGTH_MAX = 255
# No id of a merge or its undo is greater: PostgreSQL counts them in 32 bits.
_NO_LAST = 2**31 - 1
_MERGES_UNTIL = select(Lineage.from_subject_id, Lineage.to_subject_id).where(
    Lineage.kind == LineageKind.MERGED,
    Lineage.happened_on <= bindparam("on", type_=Date),
    Lineage.lineage_id <= bindparam("last", type_=BigInteger),
    Lineage.lineage_id.not_in(
        select(LineageUndo.lineage_id).where(
            LineageUndo.lineage_undo_id <= bindparam("last_undo", type_=BigInteger)
        )
    ),
)
_MERGES_OF = select(Lineage.from_subject_id, Lineage.to_subject_id).where(
    Lineage.kind == LineageKind.MERGED,
    Lineage.happened_on <= bindparam("on", type_=Date),
    Lineage.lineage_id.not_in(select(LineageUndo.lineage_id)),
    or_(
        Lineage.to_subject_id.in_(bindparam("subject_ids", expanding=True)),
        Lineage.from_subject_id.in_(bindparam("subject_ids", expanding=True)),
    ),
)


def heirs(
    session: Session, *, on: date, last_lineage_id: int | None = None, last_undo_id: int | None = None
) -> dict[int, int]:
    """Every subject that was merged away by a day, with the subject that stands for it now.

    With the last ids of an earlier moment it is the answer that was known then; undone merges never were.
    """
    known = {
        "on": on,
        "last": _NO_LAST if last_lineage_id is None else last_lineage_id,
        "last_undo": _NO_LAST if last_undo_id is None else last_undo_id,
    }
    rows = session.connection().execute(_MERGES_UNTIL, known)
    into = {row.from_subject_id: row.to_subject_id for row in rows}
    return {subject_id: _end(subject_id, into=into) for subject_id in into}


def kin(session: Session, subject_ids: Collection[int], *, on: date) -> dict[int, list[int]]:
    """Each subject with those that were merged into it by a day, directly or through others.

    As `heirs` tells it, asked for some subjects only: of most there is nothing to read.
    """
    into: dict[int, int] = {}
    asked = set(subject_ids)
    while asked:
        rows = session.connection().execute(_MERGES_OF, {"on": on, "subject_ids": list(asked)})
        found = {row.from_subject_id: row.to_subject_id for row in rows}
        asked = found.keys() - into.keys()
        into |= found
    merged: dict[int, list[int]] = {}
    for gone in sorted(into):
        merged.setdefault(_end(gone, into=into), []).append(gone)
    return {subject_id: [subject_id, *merged.get(subject_id, ())] for subject_id in subject_ids}


def merge(
    session: Session,
    from_id: int,
    into_id: int,
    *,
    happened_on: date,
    document: str,
    on: date,
    at: datetime,
    by: str,
) -> Lineage:
    """Let one household stand for another from a day on; between villages only with a document."""
    gone, stays = _pair(session, from_id, into_id)
    _check_day(happened_on, on=on)
    if gone.place_id != stays.place_id and not document.strip():
        raise Invalid(
            f"主体 {from_id} 与 {into_id} 不在同一村：填写并户依据文件 · subjects {from_id} and {into_id} "
            "belong to different villages; name the document of the merge"
        )
    return _added(
        session, LineageKind.MERGED, gone, stays, happened_on=happened_on, document=document, at=at, by=by
    )


def split(
    session: Session,
    from_id: int,
    new_id: int,
    *,
    happened_on: date,
    document: str,
    on: date,
    at: datetime,
    by: str,
) -> Lineage:
    """Note that a household on file came out of another one; each goes on with its own records."""
    origin, new = _pair(session, from_id, new_id)
    _check_day(happened_on, on=on)
    origins = _origins(session)
    if new_id in origins:
        raise Conflict(
            f"主体 {new_id} 已登记由 {origins[new_id]} 分出 · subject {new_id} is already on file as split "
            f"off from {origins[new_id]}"
        )
    if _end(from_id, into=origins) == new_id:
        raise Conflict(
            f"主体 {from_id} 本身由 {new_id} 分出：核对方向 · subject {from_id} itself came out of {new_id}; "
            "check which one is the new household"
        )
    return _added(
        session, LineageKind.SPLIT, origin, new, happened_on=happened_on, document=document, at=at, by=by
    )


def undo_merge(session: Session, lineage_id: int, *, document: str, at: datetime, by: str) -> LineageUndo:
    """Take back a merge that was a mistake: both households are as if it had never been."""
    undone = session.scalar(select(LineageUndo).where(LineageUndo.lineage_id == lineage_id))
    wrong = session.get(Lineage, lineage_id)
    if wrong is None or wrong.kind is not LineageKind.MERGED:
        raise NotFound(f"没有编号为 {lineage_id} 的并户 · there is no merge with the number {lineage_id}")
    if undone is not None:
        raise Conflict(f"并户 {lineage_id} 已撤销 · the merge {lineage_id} is undone already")
    if not document.strip():
        raise Invalid("撤销并户须填写依据文件 · name the document on which the merge is undone")
    made = LineageUndo(
        lineage_id=lineage_id,
        document=_checked(document),
        recorded_at=at,
        recorded_by=without_numbers(by, where="by"),
    )
    session.add(made)
    session.flush()
    return made


def _pair(session: Session, one_id: int, other_id: int) -> tuple[Subject, Subject]:
    """Two different households that both stand for themselves, held until the transaction ends."""
    if one_id == other_id:
        raise Invalid(f"主体 {one_id} 不能与自身并户或分户 · subject {one_id} was named twice; name two")
    # Whoever changes one of the two at the same time waits: a circle cannot slip in.
    rows = select(Subject).where(Subject.subject_id.in_((one_id, other_id))).order_by(Subject.subject_id)
    found = {subject.subject_id: subject for subject in session.scalars(rows.with_for_update())}
    for subject_id in (one_id, other_id):
        if subject_id not in found:
            raise NotFound(f"没有编号为 {subject_id} 的主体 · there is no subject with the id {subject_id}")
        if found[subject_id].kind is not SubjectKind.HOUSEHOLD:
            raise Invalid(
                f"主体 {subject_id} 是{found[subject_id].kind.label}，只有农户可以并户、分户 · subject "
                f"{subject_id} is a {found[subject_id].kind.value}; only households merge and split"
            )
    _check_standing(session, one_id, other_id)
    return found[one_id], found[other_id]


def _check_standing(session: Session, *subject_ids: int) -> None:
    """Refuse a household that is merged away, on whatever day: it would be merged twice, or in a circle."""
    into = {row.from_subject_id: row.to_subject_id for row in session.execute(_standing_merges())}
    for subject_id in subject_ids:
        if subject_id in into:
            heir = _end(subject_id, into=into)
            raise Conflict(
                f"主体 {subject_id} 已并入 {heir}：改用 {heir}，或先撤销并户 · subject {subject_id} is "
                f"merged into {heir}; use {heir}, or undo that merge first"
            )


def _check_day(happened_on: date, *, on: date) -> None:
    if happened_on > on:
        raise Invalid(
            f"并户、分户日期 {happened_on} 晚于今天（{on}） · the day {happened_on} lies after today ({on})"
        )


def _checked(document: str) -> str:
    if len(document.strip()) > _DOCUMENT_LENGTH_MAX:
        raise Invalid(
            f"依据文件名称超过 {_DOCUMENT_LENGTH_MAX} 字 · the document's name is longer than "
            f"{_DOCUMENT_LENGTH_MAX} characters; shorten it"
        )
    return without_numbers(document.strip(), where="document")


def _added(
    session: Session,
    kind: LineageKind,
    origin: Subject,
    result: Subject,
    *,
    happened_on: date,
    document: str,
    at: datetime,
    by: str,
) -> Lineage:
    made = Lineage(
        kind=kind,
        from_subject_id=origin.subject_id,
        to_subject_id=result.subject_id,
        happened_on=happened_on,
        document=_checked(document),
        recorded_at=at,
        recorded_by=without_numbers(by, where="by"),
    )
    session.add(made)
    session.flush()
    return made


def _merges() -> Select[int, int]:
    return select(Lineage.from_subject_id, Lineage.to_subject_id).where(Lineage.kind == LineageKind.MERGED)


def _standing_merges() -> Select[int, int]:
    return _merges().where(Lineage.lineage_id.not_in(select(LineageUndo.lineage_id)))


def _origins(session: Session) -> dict[int, int]:
    """Every household that was split off, with the one it came out of."""
    splits = select(Lineage.to_subject_id, Lineage.from_subject_id).where(Lineage.kind == LineageKind.SPLIT)
    return {row.to_subject_id: row.from_subject_id for row in session.execute(splits)}


def _end(subject_id: int, *, into: dict[int, int]) -> int:
    """The end of the chain that begins at a subject; a circle is refused, it would have no end."""
    end = subject_id
    for _ in into:
        if end not in into:
            return end
        end = into[end]
    if end in into:
        raise Conflict(f"主体 {subject_id} 的并户成环 · the merges of subject {subject_id} run in a circle")
    return end
