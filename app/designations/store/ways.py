"""Whom the work of a village could reach: households below the grade, loans in arrears."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Select, case, func, or_, select

from app.db import Session
from app.models import (
    Batch,
    Loan,
    LoanMonth,
    Place,
    Rating,
    RatingRun,
    Subject,
    SubjectKind,
    UnratedReason,
)

# From this class on (次级, 可疑, 损失) a loan is non-performing.
_BAD_FROM = 3


@dataclass(frozen=True)
class RatedHousehold:
    """A household with a score, by the rating that holds now, and whether it has a file."""

    place_id: int
    subject_id: int
    rating_id: int
    rule_version_id: int
    on_file: bool
    score: int


@dataclass(frozen=True)
class LateLoan:
    """A loan that is overdue or bad at a month-end."""

    place_id: int
    loan_id: int
    subject_id: int
    of_household: bool
    balance_fen: int
    bad: bool
    overdue: bool


def rated_households(session: Session, place_ids: Collection[int]) -> list[RatedHousehold]:
    """The households of some places that have a score and no veto, by subject."""
    newest = (
        select(func.max(Rating.rating_id))
        .join(RatingRun, RatingRun.run_id == Rating.run_id)
        .join(Subject, Subject.subject_id == Rating.subject_id)
        .where(Subject.place_id.in_(place_ids), Subject.kind == SubjectKind.HOUSEHOLD)
        .where(RatingRun.published_at.is_not(None))
        .group_by(Rating.subject_id)
    )
    found = (
        select(
            Subject.place_id,
            Subject.subject_id,
            Rating.rating_id,
            Rating.rule_version_id,
            Rating.on_file,
            Rating.score,
        )
        .join(Rating, Rating.subject_id == Subject.subject_id)
        .where(Rating.rating_id.in_(newest), Rating.vetoes == 0)
        .where(Rating.score.is_not(None), Rating.unrated_reason == UnratedReason.NONE)
    )
    rows = session.execute(found.order_by(Subject.subject_id))
    return [
        RatedHousehold(place_id, subject_id, rating_id, rule_version_id, on_file, score)
        for place_id, subject_id, rating_id, rule_version_id, on_file, score in rows
        if score is not None
    ]


def late_loans(
    session: Session, place_ids: Collection[int], *, on: date, recorded_before: datetime
) -> list[LateLoan]:
    """The loans of some places that are overdue or bad at the last month-end a night knew, by number."""
    in_time = _in_time(recorded_before)
    month = _last_month_end(session, on=on, in_time=in_time)
    if month is None:
        return []
    bad = LoanMonth.class_code >= _BAD_FROM
    found = (
        select(
            Subject.place_id,
            Loan.loan_id,
            Subject.subject_id,
            Subject.kind == SubjectKind.HOUSEHOLD,
            LoanMonth.balance_fen,
            bad,
            LoanMonth.overdue_days > 0,
        )
        .join(Loan, Loan.loan_id == LoanMonth.loan_id)
        .join(Subject, Subject.subject_id == Loan.subject_id)
        .where(LoanMonth.month_end_on == month, LoanMonth.batch_id.in_(in_time))
        .where(Subject.place_id.in_(place_ids), LoanMonth.balance_fen > 0)
        .where(or_(bad, LoanMonth.overdue_days > 0))
    )
    return [
        LateLoan(place, loan, owes, bool(household), fen, bool(is_bad), bool(late))
        for place, loan, owes, household, fen, is_bad, late in session.execute(found.order_by(Loan.loan_id))
    ]


class BankBalance(NamedTuple):
    """What a bank has lent to whoever lives in a place, and how much of it is bad."""

    place_id: int
    lender: str
    balance_fen: int
    bad_fen: int


def bank_balances(session: Session, *, on: date, recorded_before: datetime) -> list[BankBalance]:
    """What every bank has lent everywhere at the last month-end a night knew."""
    in_time = _in_time(recorded_before)
    month = _last_month_end(session, on=on, in_time=in_time)
    bad_fen = case((LoanMonth.class_code >= _BAD_FROM, LoanMonth.balance_fen), else_=0)
    rows = (
        select(Subject.place_id, Loan.lender, func.sum(LoanMonth.balance_fen), func.sum(bad_fen))
        .join(Loan, Loan.loan_id == LoanMonth.loan_id)
        .join(Subject, Subject.subject_id == Loan.subject_id)
        .where(LoanMonth.month_end_on == month, LoanMonth.batch_id.in_(in_time))
        .group_by(Subject.place_id, Loan.lender)
    )
    return [BankBalance(*row) for row in session.execute(rows)]


def _in_time(recorded_before: datetime) -> Select[int]:
    """The deliveries a night knew."""
    return select(Batch.batch_id).where(Batch.recorded_at < recorded_before)


def _last_month_end(session: Session, *, on: date, in_time: Select[int]) -> date | None:
    newest = select(func.max(LoanMonth.month_end_on)).where(
        LoanMonth.month_end_on <= on, LoanMonth.batch_id.in_(in_time)
    )
    return session.scalar(newest)


def gone_places(session: Session, *, on: date) -> dict[int, int]:
    """Of every division that no longer exists on a day, the one that took its place next."""
    gone = select(Place.place_id, Place.successor_id).where(
        Place.valid_to <= on, Place.successor_id.is_not(None)
    )
    return {gone_id: heir for gone_id, heir in session.execute(gone) if heir is not None}


def newest_ratings(session: Session, subject_ids: Collection[int]) -> Sequence[Rating]:
    """The rating of each subject that holds now, by subject."""
    newest = (
        select(func.max(Rating.rating_id))
        .join(RatingRun, RatingRun.run_id == Rating.run_id)
        .where(Rating.subject_id.in_(subject_ids), RatingRun.published_at.is_not(None))
        .group_by(Rating.subject_id)
    )
    return session.scalars(
        select(Rating).where(Rating.rating_id.in_(newest)).order_by(Rating.subject_id)
    ).all()


def subjects(session: Session, subject_ids: Collection[int]) -> dict[int, Subject]:
    """Some subjects by their ids."""
    found = session.scalars(select(Subject).where(Subject.subject_id.in_(subject_ids)))
    return {one.subject_id: one for one in found}
