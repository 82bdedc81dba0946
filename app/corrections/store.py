"""Records and what happened to them, as they are kept."""

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.models import AdverseRecord, Base, Batch, Fact, Record, RecordEvent, Statement, WrittenConsent

_STATEMENTS = (
    select(Statement.subject_id, Statement.record_id, Statement.text_cipher)
    .where(Statement.subject_id.in_(bindparam("subject_ids", expanding=True)))
    .order_by(Statement.statement_id)
)


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


def statements_of(session: Session, subject_ids: Collection[int]) -> list[tuple[int, int, bytes]]:
    """What some subjects said about their adverse records, in order: subject, record and the sealed words."""
    rows = session.connection().execute(_STATEMENTS, {"subject_ids": list(subject_ids)})
    return [(row[0], row[1], row[2]) for row in rows]


def add(session: Session, row: Base) -> None:
    """Keep a new row."""
    session.add(row)
    session.flush()
