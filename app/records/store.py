"""Questions about facts and records to the database."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Row, and_, func, select, true
from sqlalchemy.orm import Session

from app.models import Batch, Fact, Record, SubjectKind, WrittenConsent


def facts(session: Session) -> list[Fact]:
    """The whole catalogue, in the order of its file."""
    return list(session.scalars(select(Fact).order_by(Fact.fact_id)))


def facts_of(session: Session, kind: SubjectKind) -> list[Fact]:
    """What can be recorded of one kind of subject."""
    return list(session.scalars(select(Fact).where(Fact.subject_kind == kind).order_by(Fact.fact_id)))


def put(session: Session, fact: Fact) -> bool:
    """Hand the fact to the database; True when it is new or differs from what is stored."""
    if fact not in session:
        session.add(fact)
        return True
    return session.is_modified(fact)


def current_records(
    session: Session,
    subject_id: int,
    *,
    observed_until: date,
    recorded_before: datetime,
    last_record_id: int | None,
) -> Sequence[Row[Record, Fact, Batch, str | None]]:
    """The newest record of each fact of a subject, in catalogue order.

    With each come its fact, its delivery and the number of the written consent in its row.
    """
    newest_first = (Record.observed_on.desc(), Record.record_id.desc())
    ranked = (
        select(
            Record.record_id,
            func.row_number().over(partition_by=Record.fact_id, order_by=newest_first).label("rank"),
        )
        .join(Batch, Batch.batch_id == Record.batch_id)
        .where(
            Record.subject_id == subject_id,
            Record.observed_on <= observed_until,
            Batch.recorded_at < recorded_before,
            Record.record_id <= last_record_id if last_record_id is not None else true(),
        )
        .subquery()
    )
    same_row = and_(
        WrittenConsent.batch_id == Record.batch_id,
        WrittenConsent.row_no == Record.row_no,
        WrittenConsent.subject_id == Record.subject_id,
    )
    return session.execute(
        select(Record, Fact, Batch, WrittenConsent.reference)
        .join(ranked, ranked.c.record_id == Record.record_id)
        .join(Fact, Fact.fact_id == Record.fact_id)
        .join(Batch, Batch.batch_id == Record.batch_id)
        .outerjoin(WrittenConsent, same_row)
        .where(ranked.c.rank == 1)
        .order_by(Record.fact_id)
    ).all()
