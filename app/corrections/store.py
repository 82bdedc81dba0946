"""Records and what happened to them, as they are kept."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AdverseRecord, Base, Batch, Fact, Record, RecordEvent, Statement, WrittenConsent


def events_of_record(session: Session, record_id: int) -> Sequence[RecordEvent]:
    """Everything that happened to one record, in order."""
    found = select(RecordEvent).where(RecordEvent.record_id == record_id)
    return session.scalars(found.order_by(RecordEvent.record_event_id)).all()


def record(session: Session, record_id: int) -> tuple[Record, Fact, Batch] | None:
    """One record with its fact and its delivery."""
    row = session.execute(
        select(Record, Fact, Batch)
        .join(Fact, Fact.fact_id == Record.fact_id)
        .join(Batch, Batch.batch_id == Record.batch_id)
        .where(Record.record_id == record_id)
    ).first()
    return None if row is None else (row[0], row[1], row[2])


def adverse_record(session: Session, record_id: int) -> AdverseRecord | None:
    """What the delivery said of an adverse record; none where it is not adverse."""
    return session.get(AdverseRecord, record_id)


def written_consent(session: Session, record: Record) -> WrittenConsent | None:
    """The written consent of the row a record stood in."""
    return session.get(WrittenConsent, (record.batch_id, record.row_no, record.subject_id))


def statements_of(session: Session, subject_id: int) -> Sequence[Statement]:
    """What a subject said about its adverse records, in order."""
    found = select(Statement).where(Statement.subject_id == subject_id)
    return session.scalars(found.order_by(Statement.statement_id)).all()


def add(session: Session, row: Base) -> None:
    """Keep a new row."""
    session.add(row)
    session.flush()
