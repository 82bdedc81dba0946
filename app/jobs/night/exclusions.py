"""What a night may not use although it is on file, and who may not be rated."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.db import Session
from app.jobs.night.columns import Reader
from app.jobs.night.reading import Extent
from app.jobs.night.records import FACT_BITS, Ints, RecordTable, records_of_sql
from app.models import (
    AdverseRecord,
    Batch,
    Consent,
    ConsentKind,
    ConsentWithdrawal,
    Fact,
    Record,
    RecordEvent,
    Sensitivity,
    Source,
    Subject,
    SubjectKind,
    WrittenConsent,
)
from app.records.exclusions import Adverse, exclusion, must_notice
from app.records.known import CONSENT_WITHDRAWALS, CONSENTS, RECORD_EVENTS, RECORDS, Known

_PER_QUERY = 500


def excluded_records(session: Session, known: Known) -> dict[int, int]:
    """The records that do not count on a day, with subject and fact of each as one number."""
    found = _by_events(session, known)
    found |= _not_told_or_expired(session, known)
    return found | _withdrawn(session, known)


def leave_out(
    table: RecordTable,
    reader: Reader,
    excluded: Mapping[int, int],
    *,
    heirs: Mapping[int, int],
    until: Extent,
) -> None:
    """Choose anew among the other records wherever one that does not count was read."""
    if not excluded:
        return
    keys = np.unique(np.fromiter(excluded.values(), dtype=np.int64, count=len(excluded)))
    keys = _with_kin(keys, heirs)
    table.forget(keys)
    out = np.fromiter(excluded, dtype=np.int64, count=len(excluded))
    # Part by part: all subjects that share a row come in one part, in the order of their records.
    for subject_ids in _parts(np.unique(keys >> FACT_BITS), heirs):
        for chunk in reader.chunks(records_of_sql(subject_ids, until=until)):
            chosen = np.isin(chunk[0], keys) & ~np.isin(chunk[3], out)
            if chosen.any():
                table.add(tuple(column[chosen] for column in chunk[:3]))


def refusers(session: Session, known: Known, *, needs_consent: bool) -> Ints:
    """Who may not be rated on a day: who said no, and where consent is needed who has not said yes."""
    last = known.until.get(CONSENTS)
    rows = session.execute(
        select(
            Consent.subject_id,
            Consent.agreed,
            Consent.effective_to,
            ConsentWithdrawal.withdrawn_on,
            ConsentWithdrawal.consent_withdrawal_id,
        )
        .outerjoin(ConsentWithdrawal, ConsentWithdrawal.consent_id == Consent.consent_id)
        .where(
            Consent.kind == ConsentKind.RATING,
            Consent.effective_from <= known.on,
            _until(Consent.consent_id, last),
        )
        .order_by(Consent.effective_from, Consent.consent_id)
    )
    agrees: dict[int, bool] = {}
    for subject_id, agreed, end, withdrawn_on, withdrawal_id in rows:
        over = end is not None and end <= known.on
        withdrawn = known.has(CONSENT_WITHDRAWALS, withdrawal_id) and withdrawn_on <= known.on
        agrees[subject_id] = agreed and not over and not withdrawn
    if needs_consent:
        everybody = set(session.scalars(select(Subject.subject_id)))
        return np.array(sorted(everybody - {one for one, yes in agrees.items() if yes}), dtype=np.int64)
    return np.array(sorted(one for one, yes in agrees.items() if not yes), dtype=np.int64)


def _by_events(session: Session, known: Known) -> dict[int, int]:
    """Records that were corrected or repaired, or whose event was said to have ended long ago."""
    last = known.until.get(RECORD_EVENTS)
    rows = session.execute(
        select(RecordEvent, Record, AdverseRecord, Fact.subject_kind, Source.is_public)
        .join(Record, Record.record_id == RecordEvent.record_id)
        .join(Fact, Fact.fact_id == Record.fact_id)
        .join(Batch, Batch.batch_id == Record.batch_id)
        .join(Source, Source.source_id == Batch.source_id)
        .outerjoin(AdverseRecord, AdverseRecord.record_id == Record.record_id)
        .where(_until(RecordEvent.record_event_id, last))
        .order_by(RecordEvent.record_event_id)
    )
    events: dict[int, list[RecordEvent]] = {}
    records: dict[int, tuple[Record, Adverse | None]] = {}
    for event, record, adverse, kind, is_public in rows:
        told = _adverse(adverse, kind, is_public=is_public)
        events.setdefault(record.record_id, []).append(event)
        records[record.record_id] = (record, told)
    return {
        record_id: record.subject_id << FACT_BITS | record.fact_id
        for record_id, (record, told) in records.items()
        if exclusion(events[record_id], adverse=told, withdrawn=None, known=known) is not None
    }


def _not_told_or_expired(session: Session, known: Known) -> dict[int, int]:
    """Adverse records, without events of their own, that ended long ago or that nobody told of."""
    last = known.until.get(RECORDS)
    without_event = (
        ~select(RecordEvent.record_id).where(RecordEvent.record_id == AdverseRecord.record_id).exists()
    )
    rows = session.execute(
        select(
            AdverseRecord.record_id,
            AdverseRecord.ended_on,
            AdverseRecord.noticed_on,
            Record.subject_id,
            Record.fact_id,
            Fact.subject_kind,
            Source.is_public,
        )
        .join(Record, Record.record_id == AdverseRecord.record_id)
        .join(Fact, Fact.fact_id == Record.fact_id)
        .join(Batch, Batch.batch_id == Record.batch_id)
        .join(Source, Source.source_id == Batch.source_id)
        .where(
            or_(
                AdverseRecord.noticed_on.is_(None),
                AdverseRecord.noticed_on > known.on,
                AdverseRecord.ended_on.is_not(None),
            ),
            _until(Record.record_id, last),
            without_event,
        )
    )
    found = {}
    for record_id, ended_on, noticed_on, subject_id, fact_id, kind, is_public in rows:
        told = Adverse(ended_on, noticed_on, must_notice(kind, is_public=is_public))
        if exclusion((), adverse=told, withdrawn=None, known=known) is not None:
            found[record_id] = subject_id << FACT_BITS | fact_id
    return found


def _withdrawn(session: Session, known: Known) -> dict[int, int]:
    """Restricted records whose consent was withdrawn."""
    last = known.until.get(CONSENT_WITHDRAWALS)
    rows = session.execute(
        select(WrittenConsent.subject_id, WrittenConsent.batch_id, WrittenConsent.row_no)
        .join(ConsentWithdrawal, ConsentWithdrawal.consent_id == WrittenConsent.consent_id)
        .where(
            ConsentWithdrawal.withdrawn_on <= known.on,
            _until(ConsentWithdrawal.consent_withdrawal_id, last),
        )
    )
    collected = {(subject_id, batch_id, row_no) for subject_id, batch_id, row_no in rows}
    found, rest = {}, iter(sorted({subject_id for subject_id, _, _ in collected}))
    while part := list(islice(rest, _PER_QUERY)):
        records = session.execute(
            select(Record.record_id, Record.subject_id, Record.fact_id, Record.batch_id, Record.row_no)
            .join(Fact, Fact.fact_id == Record.fact_id)
            .where(Record.subject_id.in_(part), Fact.sensitivity == Sensitivity.RESTRICTED)
        )
        for record_id, subject_id, fact_id, batch_id, row_no in records:
            if (subject_id, batch_id, row_no) in collected:
                found[record_id] = subject_id << FACT_BITS | fact_id
    return found


def _until(key: InstrumentedAttribute[int], last: int | None) -> ColumnElement[bool]:
    """Up to the last row that may be read; every row where there is no last one."""
    return true() if last is None else key <= last


def _adverse(delivered: AdverseRecord | None, kind: SubjectKind, *, is_public: bool) -> Adverse | None:
    if delivered is None:
        return None
    return Adverse(delivered.ended_on, delivered.noticed_on, must_notice(kind, is_public=is_public))


def _with_kin(keys: Ints, heirs: Mapping[int, int]) -> Ints:
    """The same facts of everybody who shares a row with a subject, too."""
    if not heirs:
        return keys
    kin = _kin(heirs)
    added = [
        other << FACT_BITS | key & (2**FACT_BITS - 1)
        for key in keys.tolist()
        for other in kin.get(heirs.get(key >> FACT_BITS, key >> FACT_BITS), ())
    ]
    return np.unique(np.concatenate([keys, np.array(added, dtype=np.int64)]))


def _kin(heirs: Mapping[int, int]) -> dict[int, list[int]]:
    kin: dict[int, list[int]] = {}
    for gone, heir in heirs.items():
        kin.setdefault(heir, [heir]).append(gone)
    return kin


def _parts(subject_ids: Ints, heirs: Mapping[int, int]) -> Iterator[Sequence[int]]:
    """The subjects in parts, those who share a row next to each other and in one part."""
    groups: dict[int, list[int]] = {}
    for subject_id in subject_ids.tolist():
        groups.setdefault(heirs.get(subject_id, subject_id), []).append(subject_id)
    rest = iter(groups.values())
    while part := list(islice(rest, _PER_QUERY)):
        yield [subject_id for group in part for subject_id in group]
