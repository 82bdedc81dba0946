"""Attestations and vetoes on the wire."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from app.attestations.attestation import (
    DOCUMENT_LENGTH_MAX,
    REASON_LENGTH_MAX,
    Attestation,
    AttestationState,
)
from app.models import AttestationKind


class DocumentNote(BaseModel):
    """The document behind a gate: which, by which office, of when, and the first day it is void.

    `document` and `document_sha256` are empty for whoever may not list documents, a bank among them.
    """

    model_config = ConfigDict(from_attributes=True)

    attestation_id: int
    document: str
    document_sha256: str
    decided_on: date
    valid_until: date
    office: str

    @classmethod
    def of(cls, found: Attestation, *, named: bool = True) -> Self:
        """One document; without its name and fingerprint where it is not to be named."""
        note = cls.model_validate(found)
        return note if named else note.model_copy(update={"document": "", "document_sha256": ""})


class AttestationAnswer(DocumentNote):
    """A document for or against a title as officials see it, with both persons."""

    kind: AttestationKind
    subject_id: int | None
    place_code: str
    place_name: str
    measure: str
    label: str
    reason: str
    effective_from: date
    asked_by: str
    granted_by: str
    granted_at: datetime
    ended_on: date | None
    end_reason: str | None
    state: AttestationState
    state_label: str


class AttestationOrder(BaseModel):
    """A document about a subject (`subject_id`), or about a village or town (`place_code`).

    `measure` is what a gate of the profile in force counts, `document_sha256` its fingerprint,
    `decided_on` its own day and `valid_until` the first day it no longer counts.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: AttestationKind
    measure: str = Field(min_length=1, max_length=64, examples=["village_veto_count"])
    document: str = Field(min_length=1, max_length=DOCUMENT_LENGTH_MAX)
    document_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    decided_on: date
    valid_until: date
    reason: str = Field(min_length=1, max_length=REASON_LENGTH_MAX)
    subject_id: int | None = Field(default=None, ge=1, le=2**63 - 1)
    place_code: str | None = Field(default=None, pattern=r"^\d{12}$")


class AttestationEnding(BaseModel):
    """Why a document is withdrawn before its time."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: str = Field(min_length=1, max_length=REASON_LENGTH_MAX)


class AttestationsAnswer(BaseModel):
    """A page of documents for and against titles, what ends first before the others; with `past` the newest.

    `next_cursor` is null on the last page.
    """

    attestations: list[AttestationAnswer]
    next_cursor: int | None
