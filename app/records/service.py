"""Which facts can be recorded, and which recorded value counts on a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from app.db import Session
from app.errors import Conflict, NotFound, SetupError
from app.models import (
    AdverseRecord,
    Batch,
    ConsentWithdrawal,
    Fact,
    Record,
    RecordEvent,
    Sensitivity,
    Source,
    SubjectKind,
    ValueType,
)
from app.records import store
from app.records.catalogue import FactDefinition, Key, read_catalogue
from app.records.current import Candidate, chosen, conflicting
from app.records.exclusions import Adverse, Exclusion, Withdrawn, exclusion, must_notice
from app.records.known import Known
from app.records.source_list import read_sources
from app.records.store import facts, holds_demonstration, sources
from app.records.words import in_words

__all__ = [
    "CurrentValue",
    "KnownRecord",
    "counting_candidates",
    "counting_records",
    "current_values",
    "facts",
    "facts_of",
    "holds_demonstration",
    "known_records",
    "load_facts",
    "load_sources",
    "source_by_code",
    "sources",
]


@dataclass(frozen=True)
class KnownRecord:
    """A record with where it came from, and why it does not count; `exclusion` is None where it may."""

    record: Record
    fact: Fact
    batch: Batch
    source: Source
    consent_reference: str | None
    adverse: Adverse | None
    exclusion: Exclusion | None

    @property
    def candidate(self) -> Candidate:
        """The record as one that may count."""
        record = self.record
        return Candidate(record.record_id, self.source.code, record.observed_on, record.value)


@dataclass(frozen=True)
class CurrentValue:
    """The value of one fact that counts on a day: observed when, delivered by whom, under which consent.

    `conflicts` are the newest fresh records of other sources that say something else.
    """

    name: str
    label: str
    unit: str
    value_type: ValueType
    value: float
    observed_on: date
    recorded_at: datetime
    source: str
    source_label: str
    record_id: int
    batch_id: int
    row_no: int
    file_name: str
    synthetic: bool
    consent_reference: str | None
    conflicts: tuple[KnownRecord, ...]
    words: str


def current_values(session: Session, subject_ids: Sequence[int], *, known: Known) -> list[CurrentValue]:
    """What counts of a subject (and of those merged into it) on a day, in the order of the catalogue."""
    by_fact: dict[int, list[KnownRecord]] = {}
    for found in known_records(session, subject_ids, known=known):
        if found.exclusion is None:
            by_fact.setdefault(found.fact.fact_id, []).append(found)
    return [_current_value(by_fact[fact_id], known=known) for fact_id in sorted(by_fact)]


def known_records(session: Session, subject_ids: Sequence[int], *, known: Known) -> list[KnownRecord]:
    """Every record of a subject that was on file on a day, in the order they were recorded."""
    events: dict[int, list[RecordEvent]] = {}
    for event in store.events_of(session, subject_ids):
        events.setdefault(event.record_id, []).append(event)
    found = []
    for record, fact, batch, source, adverse, consent, withdrawal in store.records_of(
        session, subject_ids, known=known
    ):
        told = _adverse(adverse, fact, source)
        why = exclusion(
            events.get(record.record_id, ()), adverse=told, withdrawn=_withdrawn(withdrawal), known=known
        )
        reference = None if consent is None else consent.reference
        found.append(KnownRecord(record, fact, batch, source, reference, told, why))
    return found


def counting_records(
    session: Session, kin: Mapping[int, Sequence[int]], *, known: Known
) -> dict[int, dict[str, int]]:
    """The records that count of many subjects, by subject and name of fact, as `current_values` tells them.

    `kin` says who stands for each: itself and those merged into it.
    """
    found = counting_candidates(session, kin, known=known)
    return {
        subject_id: {name: one.record_id for name, one in facts.items()}
        for subject_id, facts in found.items()
    }


def counting_candidates(
    session: Session, kin: Mapping[int, Sequence[int]], *, known: Known
) -> dict[int, dict[str, Candidate]]:
    """The same, each record with its value and the day it was observed."""
    facts = {fact.fact_id: fact for fact in store.facts_in_short(session)}
    sources = store.sources_in_short(session)
    owners = {one: subject_id for subject_id, each in kin.items() for one in each}
    events: dict[int, list[RecordEvent]] = {}
    for event in store.events_of(session, owners):
        events.setdefault(event.record_id, []).append(event)
    found: dict[tuple[int, int], list[Candidate]] = {}
    for record in store.records_in_short(session, owners, known=known):
        source, is_public = sources[record.source_id]
        fact, happened = facts[record.fact_id], events.get(record.record_id, ())
        if happened or record.is_adverse or record.withdrawal_id is not None:
            told = _adverse_in_short(record, fact, is_public=is_public)
            withdrawn = _withdrawn_in_short(record, fact)
            if exclusion(happened, adverse=told, withdrawn=withdrawn, known=known) is not None:
                continue
        candidate = Candidate(record.record_id, source, record.observed_on, record.value)
        found.setdefault((owners[record.subject_id], record.fact_id), []).append(candidate)
    counting: dict[int, dict[str, Candidate]] = {subject_id: {} for subject_id in kin}
    for (subject_id, fact_id), candidates in sorted(found.items(), key=lambda item: item[0]):
        fact = facts[fact_id]
        best = candidates[0]
        if len(candidates) > 1:
            domain, months = known.reading(fact)
            best = chosen(candidates, on=known.on, domain=domain, freshness_months=months, rules=known.rules)
        counting[subject_id][fact.name] = best
    return counting


def _adverse_in_short(
    record: store.RecordInShort, fact: store.FactInShort, *, is_public: bool
) -> Adverse | None:
    if not record.is_adverse:
        return None
    return Adverse(record.ended_on, record.noticed_on, must_notice(fact.subject_kind, is_public=is_public))


def _withdrawn_in_short(record: store.RecordInShort, fact: store.FactInShort) -> Withdrawn | None:
    restricted = fact.sensitivity is Sensitivity.RESTRICTED
    if not restricted or record.withdrawal_id is None or record.withdrawn_on is None:
        return None
    return Withdrawn(record.withdrawal_id, record.withdrawn_on)


def _adverse(delivered: AdverseRecord | None, fact: Fact, source: Source) -> Adverse | None:
    if delivered is None:
        return None
    must = must_notice(fact.subject_kind, is_public=source.is_public)
    return Adverse(delivered.ended_on, delivered.noticed_on, must)


def _withdrawn(withdrawal: ConsentWithdrawal | None) -> Withdrawn | None:
    if withdrawal is None:
        return None
    return Withdrawn(withdrawal.consent_withdrawal_id, withdrawal.withdrawn_on)


def facts_of(session: Session, kind: SubjectKind) -> dict[str, Fact]:
    """What can be recorded of one kind of subject, by name."""
    return {fact.name: fact for fact in store.facts_of(session, kind)}


def load_facts(session: Session, path: Path) -> int:
    """Bring the stored catalogue to the state of the file; how many facts were added or changed."""
    catalogue = read_catalogue(path)
    known: dict[Key, Fact] = {(fact.subject_kind, fact.name): fact for fact in store.facts(session)}
    listed = {definition.key for definition in catalogue.facts}
    for definition in catalogue.facts:
        _refuse_other_meaning(known, definition, listed=listed, where=catalogue.where)
    touched = sum(store.put(session, _filled(known, definition)) for definition in catalogue.facts)
    session.flush()
    return touched


def load_sources(session: Session, path: Path) -> int:
    """Bring the stored sources to the state of the file; how many were added or changed."""
    known = {source.code: source for source in store.sources(session)}
    touched = sum(store.put(session, _filled_source(known, source)) for source in read_sources(path))
    session.flush()
    return touched


def source_by_code(session: Session, code: str) -> Source:
    """The source with this code."""
    known = {source.code: source for source in store.sources(session)}
    if not known:
        raise SetupError("the sources are not loaded. Run `credit-village init` first.")
    if code not in known:
        raise NotFound(f"there is no source {code!r}; the sources are {', '.join(known)}")
    return known[code]


def _refuse_other_meaning(
    known: dict[Key, Fact], definition: FactDefinition, *, listed: set[Key], where: str
) -> None:
    """Records already made keep their meaning: a fact never changes its kind of subject or of value."""
    stored, place = known.get(definition.key), f"{where}: facts[{definition.name}]"
    if stored is not None and stored.value_type is not definition.value_type:
        raise Conflict(
            f"{place}: value_type: it is recorded as {stored.value_type} and cannot become "
            f"{definition.value_type}; restore it, or choose a new name"
        )
    moved = [kind for kind, name in known.keys() - listed if name == definition.name]
    if stored is None and moved:
        raise Conflict(
            f"{place}: subject_kind: it is recorded of {moved[0]} and cannot become a fact of "
            f"{definition.subject_kind}; restore it, or choose a new name"
        )


def _filled(known: dict[Key, Fact], definition: FactDefinition) -> Fact:
    fact = known.setdefault(definition.key, Fact())
    for name, value in vars(definition).items():
        if getattr(fact, name) != (stored := list(value) if name == "departments" else value):
            setattr(fact, name, stored)
    return fact


def _filled_source(known: dict[str, Source], listed: Source) -> Source:
    source = known.setdefault(listed.code, listed)
    for name in ("label", "label_en", "department", "cycle_months", "is_public", "basis"):
        if getattr(source, name) != getattr(listed, name):
            setattr(source, name, getattr(listed, name))
    return source


def _current_value(records: list[KnownRecord], *, known: Known) -> CurrentValue:
    fact = records[0].fact
    domain, months = known.reading(fact)
    candidates = [each.candidate for each in records]
    by_id = {each.record.record_id: each for each in records}
    best = chosen(candidates, on=known.on, domain=domain, freshness_months=months, rules=known.rules)
    others = conflicting(
        best, candidates, on=known.on, domain=domain, freshness_months=months, rules=known.rules
    )
    counts = by_id[best.record_id]
    return CurrentValue(
        name=fact.name,
        label=fact.label,
        unit=fact.unit,
        value_type=fact.value_type,
        value=counts.record.value,
        observed_on=counts.record.observed_on,
        recorded_at=counts.batch.recorded_at,
        source=counts.batch.source,
        source_label=counts.source.label,
        record_id=best.record_id,
        batch_id=counts.batch.batch_id,
        row_no=counts.record.row_no,
        file_name=counts.batch.file_name,
        synthetic=counts.batch.synthetic,
        consent_reference=counts.consent_reference,
        words=in_words(counts.record.value, fact.value_type, fact.unit, fact.codes),
        conflicts=tuple(by_id[other.record_id] for other in others),
    )
