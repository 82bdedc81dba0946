"""Questions about facts and records to the database."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import and_, select, true
from sqlalchemy.orm import Session

from app.models import (
    AdverseRecord,
    Batch,
    Consent,
    ConsentWithdrawal,
    Fact,
    Record,
    RecordEvent,
    Sensitivity,
    Source,
    SubjectKind,
    WrittenConsent,
)
from app.records.known import RECORDS, Known


def facts(session: Session) -> list[Fact]:
    """The whole catalogue, in the order of its file."""
    return list(session.scalars(select(Fact).order_by(Fact.fact_id)))


def facts_of(session: Session, kind: SubjectKind) -> list[Fact]:
    """What can be recorded of one kind of subject."""
    return list(session.scalars(select(Fact).where(Fact.subject_kind == kind).order_by(Fact.fact_id)))


def sources(session: Session) -> list[Source]:
    """Every source, in the order of their file."""
    return list(session.scalars(select(Source).order_by(Source.source_id)))


def put(session: Session, listed: Fact | Source) -> bool:
    """Hand a fact or a source to the database; True when it is new or differs from what is stored."""
    if listed not in session:
        session.add(listed)
        return True
    return session.is_modified(listed)


def records_of(
    session: Session, subject_ids: Collection[int], *, known: Known
) -> Iterator[
    tuple[Record, Fact, Batch, Source, AdverseRecord | None, Consent | None, ConsentWithdrawal | None]
]:
    """The records of some subjects that had been delivered and observed, in the order they were recorded."""
    same_row = and_(
        WrittenConsent.batch_id == Record.batch_id,
        WrittenConsent.row_no == Record.row_no,
        WrittenConsent.subject_id == Record.subject_id,
        Fact.sensitivity == Sensitivity.RESTRICTED,
    )
    last = known.until.get(RECORDS)
    rows = session.execute(
        select(Record, Fact, Batch, Source, AdverseRecord, Consent, ConsentWithdrawal)
        .join(Fact, Fact.fact_id == Record.fact_id)
        .join(Batch, Batch.batch_id == Record.batch_id)
        .join(Source, Source.source_id == Batch.source_id)
        .outerjoin(AdverseRecord, AdverseRecord.record_id == Record.record_id)
        .outerjoin(WrittenConsent, same_row)
        .outerjoin(Consent, Consent.consent_id == WrittenConsent.consent_id)
        .outerjoin(ConsentWithdrawal, ConsentWithdrawal.consent_id == Consent.consent_id)
        .where(
            Record.subject_id.in_(subject_ids),
            Record.observed_on <= known.on,
            Batch.recorded_at < known.recorded_before,
            Record.record_id <= last if last is not None else true(),
        )
        .order_by(Record.record_id)
    )
    for row in rows:
        yield row[0], row[1], row[2], row[3], row[4], row[5], row[6]


def events_of(session: Session, subject_ids: Collection[int]) -> Sequence[RecordEvent]:
    """Everything that happened to the records of some subjects."""
    found = select(RecordEvent).where(RecordEvent.subject_id.in_(subject_ids))
    return session.scalars(found.order_by(RecordEvent.record_event_id)).all()
