"""Inquiries: the durable record of who asked about whom, when and why."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, Sealed, enum_column
from app.models.consents import Purpose


class InquiryOutcome(Labelled):
    """What the asker was told."""

    ANSWERED = "answered", "已答复"
    REFUSED = "refused", "已拒绝"
    NOT_FOUND = "not_found", "查无此主体"
    UNRATED = "unrated", "尚无评级"


class Inquiry(Base):
    """One inquiry, written before it is answered and never changed.

    `uid` is its number in the sealed log of inquiries, `batch_uid` what the inquiries of one batch share.
    """

    __tablename__ = "inquiries"
    __table_args__ = (Index(None, "subject_id"), Index(None, "organisation_id", "inquired_at"))
    # Only with its entry is it committed (app/db.py).
    in_sealed_log: ClassVar[bool] = True

    inquiry_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    inquired_at: Mapped[datetime] = mapped_column(Instant)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.organisation_id"))
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose))
    consent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("consents.consent_id"))
    subject_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    rating_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ratings.rating_id"))
    outcome: Mapped[InquiryOutcome] = mapped_column(enum_column(InquiryOutcome))
    refusal_code: Mapped[str] = mapped_column(String(32))
    uid: Mapped[str | None] = mapped_column(String(32), unique=True, default=lambda: uuid.uuid4().hex)
    batch_uid: Mapped[str | None] = mapped_column(String(32))


class IdempotencyKey(Base):
    """A request a client may safely send again: the second time it gets the first answer.

    `key` is the keyed hash of what the client chose, `fingerprint` that of what it asked.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "created_at"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"), primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    answer_cipher: Mapped[bytes | None] = mapped_column(Sealed("idempotency_keys/{user_id}/{key}"))
    created_at: Mapped[datetime] = mapped_column(Instant)


class InquiryAlert(Base):
    """Inquiries that look abnormal by a rule, for the auditor to look into."""

    __tablename__ = "inquiry_alerts"
    __table_args__ = (Index(None, "raised_at"), UniqueConstraint("rule", "user_id", "window_from"))

    inquiry_alert_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    rule: Mapped[str] = mapped_column(String(32))
    rules_fingerprint: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.organisation_id"))
    window_from: Mapped[datetime] = mapped_column(Instant)
    window_to: Mapped[datetime] = mapped_column(Instant)
    inquiry_count: Mapped[int]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    raised_at: Mapped[datetime] = mapped_column(Instant)


class InquiryAlertNote(Base):
    """What an auditor found out about an alert; the last note may close it."""

    __tablename__ = "inquiry_alert_notes"
    __table_args__ = (Index(None, "inquiry_alert_id"),)

    inquiry_alert_note_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    inquiry_alert_id: Mapped[int] = mapped_column(BigId, ForeignKey("inquiry_alerts.inquiry_alert_id"))
    text: Mapped[str] = mapped_column(String(500))
    closes: Mapped[bool]
    noted_at: Mapped[datetime] = mapped_column(Instant)
    noted_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
