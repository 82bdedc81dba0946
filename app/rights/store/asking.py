"""Questions about what a subject asked for, and about what is kept of it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Session

from app.models import (
    AgriEntity,
    Base,
    Consent,
    ConsentWithdrawal,
    Contact,
    Disclosure,
    DisclosureKind,
    Erasure,
    Household,
    Inquiry,
    Loan,
    LoanMonth,
    Member,
    Objection,
    Organisation,
    Place,
    ReviewAnswer,
    ReviewRequest,
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


def _last_month(session: Session, loan_id: int) -> LoanMonth | None:
    months = select(LoanMonth).where(LoanMonth.loan_id == loan_id)
    return session.scalars(months.order_by(LoanMonth.month_end_on.desc()).limit(1)).first()


def _unanswered() -> ColumnElement[bool]:
    return ~exists().where(ReviewAnswer.review_request_id == ReviewRequest.review_request_id)


def _inside(prefix: str) -> ColumnElement[bool]:
    """The subjects of the divisions whose code begins with these digits; the query joins `places`."""
    return Place.code.between(prefix.ljust(12, "0"), prefix.ljust(12, "9"))
