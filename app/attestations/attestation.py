"""An attestation or veto as it is shown."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.models import AttestationKind

DOCUMENT_LENGTH_MAX = 255
REASON_LENGTH_MAX = 500


class AttestationState(StrEnum):
    """Whether an attestation counts on a day, and if not, why not."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


STATE_LABELS = {
    AttestationState.IN_FORCE: "有效",
    AttestationState.EXPIRED: "已到期",
    AttestationState.WITHDRAWN: "已撤回",
}


@dataclass(frozen=True)
class Attestation:
    """A document for or against a title: what it shows, who decided, when, and until when it counts.

    `valid_until` is the first day it no longer counts; `ended_on` the day it was withdrawn before that.
    """

    attestation_id: int
    kind: AttestationKind
    holder: str
    subject_id: int | None
    place_code: str
    place_name: str
    measure: str
    label: str
    reason: str
    document: str
    document_sha256: str
    decided_on: date
    effective_from: date
    valid_until: date
    office: str
    asked_by: str
    granted_by: str
    granted_at: datetime
    ended_on: date | None
    end_reason: str | None
    state: AttestationState

    @property
    def state_label(self) -> str:
        """The state in Chinese."""
        return STATE_LABELS[self.state]
