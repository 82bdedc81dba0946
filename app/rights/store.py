"""Questions about what a subject asked for, and about what is kept of it, to the database."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Result,
    Select,
    and_,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.models import (
    AgriEntity,
    AppraisalMark,
    AppraisalResult,
    Approval,
    ApprovalDecision,
    ApprovalKind,
    Attestation,
    AttestationEnd,
    Base,
    Certificate,
    Consent,
    ConsentWithdrawal,
    Contact,
    Designation,
    DesignationStep,
    Disclosure,
    DisclosureKind,
    Erasure,
    Household,
    Inquiry,
    InquiryOutcome,
    Loan,
    LoanMonth,
    Member,
    NoticeEntry,
    NoticeObjection,
    NoticeObjectionAnswer,
    Objection,
    ObjectionEvent,
    Organisation,
    Override,
    OverrideEnd,
    Place,
    Purpose,
    QuarantineDecision,
    QuarantinedRow,
    Record,
    RecordEvent,
    ReviewAnswer,
    ReviewRequest,
    RosterEntry,
    Statement,
    Subject,
    User,
)
from app.rights.right import LoanState


def user_id(session: Session, username: str) -> int | None:
    """The number of a user."""
    return session.scalar(select(User.user_id).where(User.username == username))


def add(session: Session, row: Base) -> None:
    """Keep a new row."""
    session.add(row)
    session.flush()


def lock_subject(session: Session, subject_id: int) -> None:
    """Let only one at a time act for a subject, until the end of the transaction."""
    session.execute(
        select(Subject.subject_id).where(Subject.subject_id == subject_id).with_for_update(key_share=True)
    )


def lock_review(session: Session, review_request_id: int) -> None:
    """Let only one at a time answer a request of review, until the end of the transaction."""
    session.execute(
        select(ReviewRequest.review_request_id)
        .where(ReviewRequest.review_request_id == review_request_id)
        .with_for_update(key_share=True)
    )


def household(session: Session, subject_id: int) -> Household:
    """The household of a subject that is one."""
    return session.get_one(Household, subject_id)


def agri_entity(session: Session, subject_id: int) -> AgriEntity:
    """The entity of a subject that is one."""
    return session.get_one(AgriEntity, subject_id)


def members_of(session: Session, subject_id: int) -> Sequence[Member]:
    """The adult members of a household."""
    return session.scalars(
        select(Member).where(Member.subject_id == subject_id).order_by(Member.member_id)
    ).all()


def contacts_of(session: Session, subject_id: int) -> Sequence[Contact]:
    """How a subject can be reached."""
    return session.scalars(
        select(Contact).where(Contact.subject_id == subject_id).order_by(Contact.contact_id)
    ).all()


def erasure(session: Session, subject_id: int) -> Erasure | None:
    """That the data of a subject were deleted, if they were."""
    return session.scalar(select(Erasure).where(Erasure.subject_id == subject_id))


def reports_between(session: Session, subject_id: int, *, first: date, end: date) -> int:
    """How many reports a subject was handed from a day until before another."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Disclosure)
            .where(
                Disclosure.subject_id == subject_id,
                Disclosure.kind == DisclosureKind.REPORT,
                Disclosure.given_on >= first,
                Disclosure.given_on < end,
            )
        )
        or 0
    )


def inquiries_since(
    session: Session, subject_ids: Collection[int], *, since: datetime
) -> list[tuple[Inquiry, Organisation]]:
    """Who asked about some subjects since a moment, the newest first."""
    rows = session.execute(
        select(Inquiry, Organisation)
        .join(Organisation, Organisation.organisation_id == Inquiry.organisation_id)
        .where(Inquiry.subject_id.in_(subject_ids), Inquiry.inquired_at >= since)
        .order_by(Inquiry.inquired_at.desc(), Inquiry.inquiry_id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def consents_of(
    session: Session, subject_ids: Collection[int]
) -> list[tuple[Consent, date | None, str | None]]:
    """What some subjects agreed to or refused, when it was withdrawn, and the organisation it names."""
    rows = session.execute(
        select(Consent, ConsentWithdrawal.withdrawn_on, Organisation.name)
        .outerjoin(ConsentWithdrawal, ConsentWithdrawal.consent_id == Consent.consent_id)
        .outerjoin(Organisation, Organisation.organisation_id == Consent.organisation_id)
        .where(Consent.subject_id.in_(subject_ids))
        .order_by(Consent.effective_from, Consent.consent_id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def loans_of(session: Session, subject_ids: Collection[int]) -> list[LoanState]:
    """The loans of some subjects as the banks last returned them, the oldest first."""
    loans = session.scalars(
        select(Loan).where(Loan.subject_id.in_(subject_ids)).order_by(Loan.granted_on, Loan.loan_id)
    )
    return [LoanState(loan, _last_month(session, loan.loan_id)) for loan in loans]


def objections_of(session: Session, subject_ids: Collection[int]) -> Sequence[Objection]:
    """Every objection of some subjects, the oldest first."""
    return session.scalars(
        select(Objection).where(Objection.subject_id.in_(subject_ids)).order_by(Objection.objection_id)
    ).all()


def reviews_of(
    session: Session, subject_ids: Collection[int]
) -> list[tuple[ReviewRequest, ReviewAnswer | None]]:
    """Every request of review of some subjects with its answer, the oldest first."""
    rows = session.execute(
        select(ReviewRequest, ReviewAnswer)
        .outerjoin(ReviewAnswer, ReviewAnswer.review_request_id == ReviewRequest.review_request_id)
        .where(ReviewRequest.subject_id.in_(subject_ids))
        .order_by(ReviewRequest.review_request_id)
    )
    return [(row[0], row[1]) for row in rows]


def review(session: Session, review_request_id: int) -> tuple[ReviewRequest, ReviewAnswer | None] | None:
    """A request of review with its answer."""
    found = session.get(ReviewRequest, review_request_id)
    return None if found is None else (found, session.get(ReviewAnswer, review_request_id))


def has_open_review(session: Session, subject_ids: Collection[int]) -> bool:
    """Whether a request of review of one of some subjects waits for its answer."""
    waiting = select(ReviewRequest.review_request_id).where(
        ReviewRequest.subject_id.in_(subject_ids), _unanswered()
    )
    return session.scalar(waiting.limit(1)) is not None


def open_reviews_within(session: Session, prefix: str, *, limit: int) -> list[tuple[ReviewRequest, Place]]:
    """The unanswered requests of a division whose code begins with these digits, those due first on top."""
    rows = session.execute(
        select(ReviewRequest, Place)
        .join(Subject, Subject.subject_id == ReviewRequest.subject_id)
        .join(Place, Place.place_id == Subject.place_id)
        .where(_inside(prefix), _unanswered())
        .order_by(ReviewRequest.due_on, ReviewRequest.review_request_id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def count_open_reviews(session: Session, prefix: str, *, on: date) -> tuple[int, int]:
    """How many requests of a division wait for an answer, and how many of them are overdue."""
    row = session.execute(
        select(func.count(), func.count().filter(ReviewRequest.due_on < on))
        .select_from(ReviewRequest)
        .join(Subject, Subject.subject_id == ReviewRequest.subject_id)
        .join(Place, Place.place_id == Subject.place_id)
        .where(_inside(prefix), _unanswered())
    ).one()
    return int(row[0]), int(row[1])


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


def duty_view(
    subject_id: int, *, rating_id: int | None, user_id: int, organisation_id: int, at: datetime
) -> Inquiry:
    """The record that an official has seen data of a subject in the course of his duty (art. 22)."""
    return Inquiry(
        inquired_at=at,
        user_id=user_id,
        organisation_id=organisation_id,
        purpose=Purpose.OFFICIAL_DUTY,
        subject_id=subject_id,
        rating_id=rating_id,
        outcome=InquiryOutcome.ANSWERED,
        refusal_code="",
    )


def _titles(subject_ids: Collection[int]) -> Select[int]:
    return select(Designation.designation_id).where(Designation.subject_id.in_(subject_ids))


def _changed(result: Result[Any]) -> int:
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def _last_month(session: Session, loan_id: int) -> LoanMonth | None:
    months = select(LoanMonth).where(LoanMonth.loan_id == loan_id)
    return session.scalars(months.order_by(LoanMonth.month_end_on.desc()).limit(1)).first()


def _unanswered() -> ColumnElement[bool]:
    return ~exists().where(ReviewAnswer.review_request_id == ReviewRequest.review_request_id)


def _inside(prefix: str) -> ColumnElement[bool]:
    """The subjects of the divisions whose code begins with these digits; the query joins `places`."""
    return Place.code.between(prefix.ljust(12, "0"), prefix.ljust(12, "9"))
