"""Inquiries: the durable record of who asked about whom, when and why."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, enum_column
from app.models.consents import Purpose


class InquiryOutcome(Labelled):
    """What the asker was told."""

    ANSWERED = "answered", "已答复"
    REFUSED = "refused", "已拒绝"
    NOT_FOUND = "not_found", "查无此主体"
    UNRATED = "unrated", "尚无评级"


class Inquiry(Base):
    """One inquiry, written before it is answered and never changed."""

    __tablename__ = "inquiries"
    __table_args__ = (Index(None, "subject_id"), Index(None, "organisation_id", "inquired_at"))

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
