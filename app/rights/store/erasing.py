"""What of a subject is overwritten or taken out when it is forgotten."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Result,
    Select,
    and_,
    delete,
    false,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.models import (
    AppraisalMark,
    AppraisalResult,
    Approval,
    ApprovalDecision,
    ApprovalKind,
    ApprovalUse,
    Attestation,
    AttestationEnd,
    Certificate,
    Contact,
    Designation,
    DesignationStep,
    Disclosure,
    Member,
    NoticeEntry,
    NoticeObjection,
    NoticeObjectionAnswer,
    ObjectionEvent,
    Override,
    OverrideEnd,
    QuarantineDecision,
    QuarantinedRow,
    Record,
    RecordEvent,
    RosterEntry,
    Statement,
)


def events_of(session: Session, objection_ids: Collection[int]) -> Sequence[ObjectionEvent]:
    """Every step of some objections."""
    return session.scalars(select(ObjectionEvent).where(ObjectionEvent.objection_id.in_(objection_ids))).all()


def quarantined_of(session: Session, subject_ids: Collection[int]) -> Sequence[QuarantinedRow]:
    """The rows of files that were set aside and then decided to be of some subjects."""
    decided = select(QuarantineDecision.quarantined_row_id).where(
        QuarantineDecision.subject_id.in_(subject_ids)
    )
    return session.scalars(select(QuarantinedRow).where(QuarantinedRow.quarantined_row_id.in_(decided))).all()


def overwrite_plain(session: Session, subject_ids: Collection[int], *, word: str) -> dict[str, int]:
    """Overwrite what is kept of some subjects in plain columns: values become 0, words one fixed word."""
    records = session.execute(update(Record).where(Record.subject_id.in_(subject_ids)).values(value=0))
    events = session.execute(
        update(RecordEvent).where(RecordEvent.subject_id.in_(subject_ids)).values(document=word, reason=word)
    )
    mine: dict[str, Any] = {"answers": {}, "reasons": [], "score": None, "suggested_limit_fen": None}
    session.execute(update(AppraisalMark).where(AppraisalMark.subject_id.in_(subject_ids)).values(**mine))
    came_to: dict[str, Any] = {
        "score_hundredths": None,
        "grade": None,
        "suggested_limit_fen": None,
        "reasons": {},
    }
    session.execute(
        update(AppraisalResult).where(AppraisalResult.subject_id.in_(subject_ids)).values(**came_to)
    )
    overridden = Override.subject_id.in_(subject_ids)
    session.execute(update(Override).where(overridden).values(reason=word, document=word))
    granted = select(Approval.approval_id).where(_about(subject_ids))
    session.execute(update(Approval).where(Approval.approval_id.in_(granted)).values(reason=word, content={}))
    decided = ApprovalDecision.approval_id.in_(granted)
    session.execute(update(ApprovalDecision).where(decided).values(reason=word))
    ended = OverrideEnd.override_id.in_(select(Override.override_id).where(overridden))
    session.execute(update(OverrideEnd).where(ended).values(reason=word))
    attested = Attestation.subject_id.in_(subject_ids)
    session.execute(update(Attestation).where(attested).values(reason=word, document=word))
    withdrawn = AttestationEnd.attestation_id.in_(select(Attestation.attestation_id).where(attested))
    session.execute(update(AttestationEnd).where(withdrawn).values(reason=word))
    session.execute(update(Disclosure).where(Disclosure.subject_id.in_(subject_ids)).values(document=word))
    return {"records": _changed(records), "record_events": _changed(events)}


def overwrite_titles(session: Session, subject_ids: Collection[int], *, word: str) -> dict[str, int]:
    """Overwrite the words about the titles of some subjects, and the name they were shown under.

    Steps, states and the snapshots of facts stay: they name nobody once the subject has no name.
    """
    mine = _titles(subject_ids)
    steps = session.execute(
        update(DesignationStep)
        .where(DesignationStep.designation_id.in_(mine))
        .values(reason=word, document=word)
    )
    lines = session.execute(
        update(NoticeEntry).where(NoticeEntry.designation_id.in_(mine)).values(shown_name=word)
    )
    return {"designation_steps": _changed(steps), "notice_entries": _changed(lines)}


def overwrite_roster(session: Session, uscc: str, *, word: str, code: str) -> None:
    """Overwrite what the rosters say of an entity; the lines stay, so that what was counted stays."""
    gone = update(RosterEntry).where(RosterEntry.uscc == uscc).values(name=word, uscc=code)
    session.execute(gone)


def notice_objections_of(
    session: Session, subject_ids: Collection[int]
) -> list[tuple[NoticeObjection, NoticeObjectionAnswer | None]]:
    """What was objected to the lines of some subjects, or to a notice that has no line of anybody else."""
    mine = _titles(subject_ids)
    others = select(NoticeEntry.notice_id).where(NoticeEntry.designation_id.not_in(mine))
    lines = select(NoticeEntry.notice_entry_id).where(NoticeEntry.designation_id.in_(mine))
    alone = select(NoticeEntry.notice_id).where(
        NoticeEntry.designation_id.in_(mine), NoticeEntry.notice_id.not_in(others)
    )
    answered = NoticeObjectionAnswer.notice_objection_uid == NoticeObjection.notice_objection_uid
    rows = session.execute(
        select(NoticeObjection, NoticeObjectionAnswer)
        .outerjoin(NoticeObjectionAnswer, answered)
        .where(
            NoticeObjection.notice_entry_id.in_(lines)
            | (NoticeObjection.notice_entry_id.is_(None) & NoticeObjection.notice_id.in_(alone))
        )
    )
    return [(row[0], row[1]) for row in rows]


def certificates_of(session: Session, subject_ids: Collection[int]) -> Sequence[Certificate]:
    """The certificates of the titles of some subjects."""
    steps = select(DesignationStep.designation_step_id).where(
        DesignationStep.designation_id.in_(_titles(subject_ids))
    )
    return session.scalars(select(Certificate).where(Certificate.designation_step_id.in_(steps))).all()


def _about(subject_ids: Collection[int]) -> ColumnElement[bool]:
    """The approvals that tell of some subjects: of an override, of a document for or against a title."""
    overridden = Approval.target.in_([f"override/{subject_id}" for subject_id in subject_ids])
    attested = (Approval.target.startswith(f"attestation/s{subject_id}/") for subject_id in subject_ids)
    return or_(
        and_(Approval.kind == ApprovalKind.OVERRIDE, overridden),
        and_(Approval.kind == ApprovalKind.ATTESTATION, or_(false(), *attested)),
    )


def approvals_waiting(session: Session, subject_ids: Collection[int], *, at: datetime) -> Sequence[int]:
    """What is asked for about some subjects and waits for a second person, by number."""
    undecided = ApprovalDecision.approval_id.is_(None)
    found = (
        select(Approval.approval_id)
        .outerjoin(ApprovalDecision, ApprovalDecision.approval_id == Approval.approval_id)
        .outerjoin(ApprovalUse, ApprovalUse.approval_id == Approval.approval_id)
        .where(ApprovalUse.approval_id.is_(None), or_(undecided, ApprovalDecision.granted.is_(True)))
        .where(_about(subject_ids), Approval.expires_at > at)
        .order_by(Approval.approval_id)
    )
    return session.scalars(found).all()


def remove_sealed(session: Session, subject_ids: Collection[int], *, noise: bytes) -> dict[str, int]:
    """Overwrite and then remove members, contacts and statements: nothing refers to them."""
    counts = {}
    for table, blank in (
        (Member, {"name_cipher": noise, "id_number_cipher": noise, "id_number_index": noise[:32]}),
        (Contact, {"value_cipher": noise}),
        (Statement, {"text_cipher": noise}),
    ):
        mine = table.subject_id.in_(subject_ids)
        session.execute(update(table).where(mine).values(**blank))
        counts[table.__tablename__] = _changed(session.execute(delete(table).where(mine)))
    return counts


def _titles(subject_ids: Collection[int]) -> Select[int]:
    return select(Designation.designation_id).where(Designation.subject_id.in_(subject_ids))


def _changed(result: Result[Any]) -> int:
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
