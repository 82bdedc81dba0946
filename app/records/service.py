"""Which facts can be recorded, and which recorded value counts on a day."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from app import clock
from app.db import Session
from app.errors import Conflict
from app.models import Batch, Fact, Record, SubjectKind, ValueType
from app.records import store
from app.records.catalogue import FactDefinition, Key, read_catalogue
from app.records.store import facts

__all__ = ["CurrentValue", "current_values", "facts", "facts_of", "load_facts"]


@dataclass(frozen=True)
class CurrentValue:
    """The value of one fact that counts on a day: observed when, delivered by whom, under which consent."""

    name: str
    label: str
    unit: str
    value_type: ValueType
    value: float
    observed_on: date
    recorded_at: datetime
    source: str
    record_id: int
    synthetic: bool
    consent_reference: str | None


def current_values(
    session: Session, subject_id: int, *, on: date, last_record_id: int | None = None
) -> list[CurrentValue]:
    """What counts on that day: of what was observed and recorded by then in China, the newest observation.

    Of two observations of one day the one recorded later counts: it corrects the first. With
    `last_record_id`, what counted for a night that had read the records up to that one.
    """
    next_midnight = datetime.combine(on + timedelta(days=1), time.min, tzinfo=clock.CHINA)
    rows = store.current_records(
        session,
        subject_id,
        observed_until=on,
        recorded_before=next_midnight,
        last_record_id=last_record_id,
    )
    return [
        _current_value(record, fact=fact, batch=batch, consent_reference=reference)
        for record, fact, batch, reference in rows
    ]


def facts_of(session: Session, kind: SubjectKind) -> dict[str, Fact]:
    """What can be recorded of one kind of subject, by name."""
    return {fact.name: fact for fact in store.facts_of(session, kind)}


def load_facts(session: Session, path: Path) -> int:
    """Bring the stored catalogue to the state of the file; how many facts were added or changed."""
    definitions = read_catalogue(path)
    known: dict[Key, Fact] = {(fact.subject_kind, fact.name): fact for fact in store.facts(session)}
    listed = {definition.key for definition in definitions}
    for definition in definitions:
        _refuse_other_meaning(known, definition, listed=listed)
    touched = sum(store.put(session, _filled(known, definition)) for definition in definitions)
    session.flush()
    return touched


def _refuse_other_meaning(known: dict[Key, Fact], definition: FactDefinition, *, listed: set[Key]) -> None:
    """Records already made keep their meaning: a fact never changes its kind of subject or of value."""
    stored = known.get(definition.key)
    if stored is not None and stored.value_type is not definition.value_type:
        raise Conflict(
            f"{_place(definition, 'value_type')}: {definition.name} is recorded as {stored.value_type} and "
            f"cannot become {definition.value_type}; restore it, or choose a new name"
        )
    moved = [kind for kind, name in known.keys() - listed if name == definition.name]
    if stored is None and moved:
        raise Conflict(
            f"{_place(definition, 'subject_kind')}: {definition.name} is recorded of {moved[0]} and cannot "
            f"become a fact of {definition.subject_kind}; restore it, or choose a new name"
        )


def _place(definition: FactDefinition, column: str) -> str:
    return f"{definition.line.file}, line {definition.line.number}, column {column}"


def _filled(known: dict[Key, Fact], definition: FactDefinition) -> Fact:
    fact = known.setdefault(definition.key, Fact())
    fact.subject_kind, fact.name = definition.key
    fact.value_type = definition.value_type
    fact.label, fact.label_en, fact.unit = definition.label, definition.label_en, definition.unit
    fact.minimum, fact.maximum = definition.minimum, definition.maximum
    fact.sensitivity, fact.freshness_months = definition.sensitivity, definition.freshness_months
    fact.basis = definition.basis
    return fact


def _current_value(
    record: Record, *, fact: Fact, batch: Batch, consent_reference: str | None
) -> CurrentValue:
    return CurrentValue(
        name=fact.name,
        label=fact.label,
        unit=fact.unit,
        value_type=fact.value_type,
        value=record.value,
        observed_on=record.observed_on,
        recorded_at=batch.recorded_at,
        source=batch.source,
        record_id=record.record_id,
        synthetic=batch.synthetic,
        consent_reference=consent_reference,
    )
