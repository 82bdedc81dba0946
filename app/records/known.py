"""What was known on a day: how far each table had been read, and by which rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Protocol

from app import clock
from app.models import SubjectKind
from app.records.catalogue import Catalogue
from app.records.rules import RecordRules

RECORDS, RECORD_EVENTS = "records", "record_events"
CONSENTS, CONSENT_WITHDRAWALS = "consents", "consent_withdrawals"
LINEAGES, LINEAGE_UNDOS, ENTITY_STATES = "lineages", "lineage_undos", "entity_states"
DESIGNATION_STEPS = "designation_steps"
ATTESTATIONS, ATTESTATION_ENDS = "attestations", "attestation_ends"
# Every table that is only ever added to and that decides what counts, with its key.
KEYS = {
    RECORDS: "record_id",
    RECORD_EVENTS: "record_event_id",
    CONSENTS: "consent_id",
    CONSENT_WITHDRAWALS: "consent_withdrawal_id",
    LINEAGES: "lineage_id",
    LINEAGE_UNDOS: "lineage_undo_id",
    ENTITY_STATES: "entity_state_id",
    DESIGNATION_STEPS: "designation_step_id",
    ATTESTATIONS: "attestation_id",
    ATTESTATION_ENDS: "attestation_end_id",
}


class ReadFact(Protocol):
    """What of a fact decides how its records are read."""

    @property
    def name(self) -> str:
        """By what cards and files call it."""

    @property
    def subject_kind(self) -> SubjectKind:
        """Of what it is recorded."""

    @property
    def domain(self) -> str:
        """To which part of a file it belongs."""

    @property
    def freshness_months(self) -> int:
        """How long a record of it is fresh."""


@dataclass(frozen=True)
class Known:
    """What may be used for a day: what was observed and recorded by then, up to the last rows of a night.

    Without rules, as before there were any, the newest observation counts. `until` is empty where everything
    that is on file may be read.
    """

    on: date
    rules: RecordRules | None = None
    catalogue: Catalogue | None = None
    until: Mapping[str, int] = field(default_factory=dict)

    @property
    def recorded_before(self) -> datetime:
        """The end of the day in China."""
        return datetime.combine(self.on + timedelta(days=1), time.min, tzinfo=clock.CHINA)

    def has(self, table: str, key: int | None) -> bool:
        """Whether a row of a table had been written."""
        last = self.until.get(table)
        return key is not None and (last is None or key <= last)

    def reading(self, fact: ReadFact) -> tuple[str, int]:
        """Domain and freshness in months of a fact, as the catalogue had them."""
        if self.catalogue is None:
            return fact.domain, fact.freshness_months
        listed = self.catalogue.by_key[fact.subject_kind, fact.name]
        return listed.domain, listed.freshness_months
