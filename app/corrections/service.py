"""What can happen to a record after it was delivered: it is corrected, repaired, ended, told of.

The record itself never changes. A correction says that it was wrong from the start; a repair that it was
right, and has been made good. The rating follows in the next night.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from app.corrections import store
from app.db import Session
from app.errors import Conflict, Invalid, NotFound
from app.models import (
    AdverseRecord,
    Batch,
    BatchKind,
    Fact,
    Record,
    RecordEvent,
    RecordEventKind,
    Statement,
    ValueType,
    WrittenConsent,
)
from app.records.current import months_before
from app.records.exclusions import Exclusion, taken_out
from app.records.rules import RecordRules, RepairClass
from app.subjects.cipher import Cipher
from app.subjects.free_text import refuse_numbers

__all__ = [
    "Act",
    "correct",
    "end",
    "notice",
    "repair",
    "restore",
    "state",
    "statements_of",
    "statements_of_each",
]


@dataclass(frozen=True)
class Act:
    """Who does something to a record, when, and on the ground of which document."""

    on: date
    at: datetime
    by: str
    document: str


def correct(session: Session, record_id: int, *, value: float | None, reason: str, act: Act) -> RecordEvent:
    """Say that a record was wrong from the start; with the right value where it is known.

    The right value is a record of its own, of the same day, source and consent; the next night reads it.
    """
    record, fact, batch = _kept(session, record_id)
    _refuse_taken_out(session, record)
    replacement = None if value is None else _replacement(session, record, fact, batch, value=value, act=act)
    return _event(session, record, RecordEventKind.CORRECTED, act=act, reason=reason, replaced_by=replacement)


def repair(
    session: Session, record_id: int, *, repair_class: str, rules: RecordRules, act: Act
) -> RecordEvent:
    """Take an entry of a public list out of use that was made good, once its least term is over (NDRC 36)."""
    record, fact, _ = _kept(session, record_id)
    _refuse_taken_out(session, record)
    if store.adverse_record(session, record_id) is None or fact.domain not in rules.repair_domains:
        raise Invalid(
            f"记录 {record_id}（{fact.label}）不适用信用修复，不良信息满 {rules.adverse_years} 年不再使用 · "
            f"record {record_id}: only adverse entries of {', '.join(rules.repair_domains)} are repaired; "
            f"what else is adverse counts for {rules.adverse_years} years"
        )
    grave = _repair_class(rules, repair_class)
    earliest = months_before(record.observed_on, -grave.months_least)
    if act.on < earliest:
        raise Conflict(
            f"记录 {record_id}：{grave.label.zh}最短公示期至 {earliest} · record {record_id}: an entry of "
            f"the class {grave.name} may be repaired from {earliest} on"
        )
    reason = f"{grave.name} {grave.label.zh}"
    return _event(session, record, RecordEventKind.REPAIRED, act=act, reason=reason)


def restore(session: Session, record_id: int, *, reason: str, act: Act) -> RecordEvent:
    """Take back a correction or a repair that was a mistake."""
    record, _, _ = _kept(session, record_id)
    if taken_out(store.events_of_record(session, record_id)) is None:
        raise Conflict(f"record {record_id} is neither corrected nor repaired; there is nothing to take back")
    return _event(session, record, RecordEventKind.RESTORED, act=act, reason=reason)


def end(session: Session, record_id: int, *, ended_on: date, act: Act) -> RecordEvent:
    """State the day on which an adverse event ended: from it on the five years are counted (art. 16)."""
    record, _, _ = _kept(session, record_id)
    _refuse_harmless(session, record_id)
    if not record.observed_on <= ended_on <= act.on:
        raise Invalid(
            f"record {record_id}: the event was observed on {record.observed_on}; it cannot have ended on "
            f"{ended_on}. Write a day from then to {act.on}."
        )
    return _event(session, record, RecordEventKind.ENDED, act=act, reason="", happened_on=ended_on)


def notice(session: Session, record_id: int, *, noticed_on: date, act: Act) -> RecordEvent:
    """State the day on which the person was told of an adverse record; it counts from then on (art. 15)."""
    record, _, _ = _kept(session, record_id)
    _refuse_harmless(session, record_id)
    if noticed_on > act.on:
        raise Invalid(f"record {record_id}: {noticed_on} lies after today ({act.on})")
    return _event(session, record, RecordEventKind.NOTICED, act=act, reason="", happened_on=noticed_on)


def state(
    session: Session, cipher: Cipher, record_id: int, *, text: str, rules: RecordRules, act: Act
) -> Statement:
    """Keep what a person says about an adverse record, to be shown beside it (art. 16)."""
    record, _, _ = _kept(session, record_id)
    _refuse_harmless(session, record_id)
    plain = text.strip()
    if not 0 < len(plain) <= rules.statement_characters:
        raise Invalid(
            f"说明应为 1 至 {rules.statement_characters} 字，现有 {len(plain)} 字 · a statement has 1 to "
            f"{rules.statement_characters} characters, this one has {len(plain)}"
        )
    refuse_numbers(by=act.by)
    made = Statement(
        record_id=record_id,
        subject_id=record.subject_id,
        text_cipher=cipher.seal(plain, row=f"records/{record_id}/statement"),
        recorded_at=act.at,
        recorded_by=act.by,
    )
    store.add(session, made)
    return made


def statements_of(session: Session, cipher: Cipher, subject_id: int) -> dict[int, str]:
    """What a subject says about its adverse records, by record; of several, what it said last."""
    return statements_of_each(session, cipher, [subject_id])[subject_id]


def statements_of_each(
    session: Session, cipher: Cipher, subject_ids: Collection[int]
) -> dict[int, dict[int, str]]:
    """The same of many subjects at once, by subject."""
    said: dict[int, dict[int, str]] = {subject_id: {} for subject_id in subject_ids}
    for subject_id, record_id, sealed in store.statements_of(session, subject_ids):
        said[subject_id][record_id] = cipher.open(sealed, row=f"records/{record_id}/statement")
    return said


def _kept(session: Session, record_id: int) -> tuple[Record, Fact, Batch]:
    found = store.record(session, record_id)
    if found is None:
        raise NotFound(f"there is no record with the number {record_id}")
    return found


def _refuse_taken_out(session: Session, record: Record) -> None:
    state_now = taken_out(store.events_of_record(session, record.record_id))
    if state_now is not None:
        words = {Exclusion.CORRECTED: "corrected", Exclusion.REPAIRED: "repaired"}[state_now]
        raise Conflict(
            f"记录 {record.record_id} {state_now.label} · record {record.record_id} is {words} already"
        )


def _refuse_harmless(session: Session, record_id: int) -> None:
    if store.adverse_record(session, record_id) is None:
        raise Invalid(
            f"记录 {record_id} 不是不良信息 · record {record_id} is not adverse information; nothing to do"
        )


def _repair_class(rules: RecordRules, name: str) -> RepairClass:
    classes = {grave.name: grave for grave in rules.repair_classes}
    if name not in classes:
        raise Invalid(f"{name!r} is no class of repair; there are {', '.join(classes)}")
    return classes[name]


def _replacement(
    session: Session, record: Record, fact: Fact, batch: Batch, *, value: float, act: Act
) -> int:
    """The record of the right value, delivered as a correction by the source of the wrong one."""
    _refuse_value(fact, value)
    if value == record.value:
        raise Invalid(f"record {record.record_id}: says {value:g} already; a correction says something else")
    mark = f"correction/{record.record_id}/{value!r}/{act.at.isoformat()}"
    made = Batch(
        kind=BatchKind.CORRECTION,
        source=batch.source,
        source_id=batch.source_id,
        mapping=None,
        file_name=act.document[:255],
        content_sha256=hashlib.sha256(mark.encode()).hexdigest(),
        row_count=1,
        recorded_at=act.at,
        recorded_by=act.by,
        synthetic=batch.synthetic,
    )
    store.add(session, made)
    right = Record(
        subject_id=record.subject_id,
        fact_id=record.fact_id,
        value=value,
        observed_on=record.observed_on,
        batch_id=made.batch_id,
        row_no=1,
    )
    store.add(session, right)
    consent = store.written_consent(session, record)
    if consent is not None:
        store.add(
            session,
            WrittenConsent(
                batch_id=made.batch_id,
                row_no=1,
                subject_id=record.subject_id,
                consent_id=consent.consent_id,
            ),
        )
    if fact.adverse_from is not None and value >= fact.adverse_from:
        told = store.adverse_record(session, record.record_id)
        store.add(
            session,
            AdverseRecord(
                record_id=right.record_id,
                subject_id=record.subject_id,
                ended_on=told.ended_on if told else None,
                noticed_on=told.noticed_on if told else None,
            ),
        )
    return right.record_id


def _refuse_value(fact: Fact, value: float) -> None:
    low = fact.minimum is None or value >= fact.minimum
    high = fact.maximum is None or value <= fact.maximum
    whole = fact.value_type in (ValueType.INTEGER, ValueType.MONEY_FEN, ValueType.BOOLEAN, ValueType.CODE)
    coded = fact.value_type is not ValueType.CODE or str(int(value)) in fact.codes
    if not (low and high and coded) or (whole and value != int(value)):
        raise Invalid(
            f"{fact.label} {fact.name}: {value:g} {fact.unit} cannot be; the catalogue allows "
            f"{fact.value_type} from {fact.minimum} to {fact.maximum}"
        )


def _event(
    session: Session,
    record: Record,
    kind: RecordEventKind,
    *,
    act: Act,
    reason: str,
    happened_on: date | None = None,
    replaced_by: int | None = None,
) -> RecordEvent:
    if not act.document.strip():
        raise Invalid("name the document this rests on · 请写明依据文件")
    refuse_numbers(document=act.document, reason=reason, by=act.by)
    made = RecordEvent(
        record_id=record.record_id,
        subject_id=record.subject_id,
        kind=kind,
        happened_on=happened_on or act.on,
        replaced_by=replaced_by,
        document=act.document[:255],
        reason=reason[:255],
        recorded_at=act.at,
        recorded_by=act.by,
    )
    store.add(session, made)
    return made
