"""Questions about facts and records to the database."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, bindparam, select, true
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

# No record has a greater number.
_NO_LAST = 2**63 - 1
_IN_SHORT = (
    select(
        Record.record_id,
        Record.subject_id,
        Record.fact_id,
        Record.value,
        Record.observed_on,
        Batch.source_id,
        AdverseRecord.record_id.is_not(None).label("is_adverse"),
        AdverseRecord.ended_on,
        AdverseRecord.noticed_on,
        ConsentWithdrawal.consent_withdrawal_id,
        ConsentWithdrawal.withdrawn_on,
    )
    .join(Batch, Batch.batch_id == Record.batch_id)
    .outerjoin(AdverseRecord, AdverseRecord.record_id == Record.record_id)
    .outerjoin(
        WrittenConsent,
        and_(
            WrittenConsent.batch_id == Record.batch_id,
            WrittenConsent.row_no == Record.row_no,
            WrittenConsent.subject_id == Record.subject_id,
        ),
    )
    .outerjoin(ConsentWithdrawal, ConsentWithdrawal.consent_id == WrittenConsent.consent_id)
    .where(
        Record.subject_id.in_(bindparam("subject_ids", expanding=True)),
        Record.observed_on <= bindparam("on"),
        Batch.recorded_at < bindparam("before"),
        Record.record_id <= bindparam("last"),
    )
)
_FACTS_IN_SHORT = select(
    Fact.fact_id, Fact.name, Fact.subject_kind, Fact.sensitivity, Fact.domain, Fact.freshness_months
).order_by(Fact.fact_id)
_EVENTS = (
    select(RecordEvent)
    .where(RecordEvent.subject_id.in_(bindparam("subject_ids", expanding=True)))
    .order_by(RecordEvent.record_event_id)
)
_SOURCES_IN_SHORT = select(Source.source_id, Source.code, Source.is_public)


class RecordInShort(NamedTuple):
    """A record with what decides whether it counts; the withdrawal is of the consent its row stood under."""

    record_id: int
    subject_id: int
    fact_id: int
    value: float
    observed_on: date
    source_id: int
    is_adverse: bool
    ended_on: date | None
    noticed_on: date | None
    withdrawal_id: int | None
    withdrawn_on: date | None


class FactInShort(NamedTuple):
    """A fact with what decides which of its records counts."""

    fact_id: int
    name: str
    subject_kind: SubjectKind
    sensitivity: Sensitivity
    domain: str
    freshness_months: int


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


def records_in_short(session: Session, subject_ids: Collection[int], *, known: Known) -> list[RecordInShort]:
    """The same records with no more than decides which of them count."""
    last = known.until.get(RECORDS)
    rows = session.connection().execute(
        _IN_SHORT,
        {
            "subject_ids": list(subject_ids),
            "on": known.on,
            "before": known.recorded_before,
            "last": _NO_LAST if last is None else last,
        },
    )
    return [RecordInShort._make(row) for row in rows]


def facts_in_short(session: Session) -> list[FactInShort]:
    """The whole catalogue, with no more than decides which records count."""
    return [FactInShort._make(row) for row in session.connection().execute(_FACTS_IN_SHORT)]


def sources_in_short(session: Session) -> dict[int, tuple[str, bool]]:
    """The code of every source and whether it is public, by id."""
    rows = session.connection().execute(_SOURCES_IN_SHORT)
    return {row[0]: (row[1], row[2]) for row in rows}


def events_of(session: Session, subject_ids: Collection[int]) -> Sequence[RecordEvent]:
    """Everything that happened to the records of some subjects."""
    return session.scalars(_EVENTS, {"subject_ids": list(subject_ids)}).all()


def holds_demonstration(session: Session) -> bool:
    """Whether anything was delivered that is made up; everybody may ask this, signed in or not."""
    return session.scalar(select(Batch.batch_id).where(Batch.synthetic).limit(1)) is not None
