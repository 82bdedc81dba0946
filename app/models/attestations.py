"""What a document shows of whoever would hold a title: that a gate is met, or that a veto stands."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, enum_column


class AttestationKind(Labelled):
    """Whether the document speaks for the title or against it."""

    ATTESTATION = "attestation", "证明"
    VETO = "veto", "一票否决"


class Attestation(Base):
    """A document about a subject, a village or a town, recorded by one official and confirmed by another.

    `holder` is written as for titles; `measure` is what a gate of the profile counts. It counts from
    `effective_from`, the day it was confirmed, until the day before `valid_until`. `decided_on` is the day of
    the document itself; `organisation_id` is the office that answers for it.
    """

    __tablename__ = "attestations"
    __table_args__ = (
        UniqueConstraint("approval_id"),
        Index(None, "holder", "measure"),
        Index(None, "place_id"),
        Index(None, "subject_id"),
    )

    attestation_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[AttestationKind] = mapped_column(enum_column(AttestationKind))
    holder: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.place_id"))
    measure: Mapped[str] = mapped_column(String(64))
    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_versions.rule_version_id"))
    approval_id: Mapped[int] = mapped_column(BigId, ForeignKey("approvals.approval_id"))
    reason: Mapped[str] = mapped_column(String(500))
    document: Mapped[str] = mapped_column(String(255))
    document_sha256: Mapped[str] = mapped_column(String(64))
    decided_on: Mapped[date]
    effective_from: Mapped[date]
    valid_until: Mapped[date]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.organisation_id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    granted_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    granted_at: Mapped[datetime] = mapped_column(Instant)


class AttestationEnd(Base):
    """That an attestation or veto was withdrawn before its time, why, and by which two persons."""

    __tablename__ = "attestation_ends"
    __table_args__ = (UniqueConstraint("attestation_id"), UniqueConstraint("approval_id"))

    attestation_end_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    attestation_id: Mapped[int] = mapped_column(BigId, ForeignKey("attestations.attestation_id"))
    approval_id: Mapped[int] = mapped_column(BigId, ForeignKey("approvals.approval_id"))
    ended_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500))
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    granted_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    ended_at: Mapped[datetime] = mapped_column(Instant)
