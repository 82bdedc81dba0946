"""Overrides: where an official departs from the grade of the card, for a while and on record."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant


class Override(Base):
    """Another grade than the card's for one subject, asked for by one official and granted by another.

    It answers to one rating: when the card comes to another grade or to a veto, it is over. It holds from
    `effective_from` until the day before `effective_to`. The rating itself is never changed.
    """

    __tablename__ = "overrides"
    __table_args__ = (UniqueConstraint("approval_id"), Index(None, "subject_id"), Index(None, "place_id"))

    override_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.place_id"))
    rating_id: Mapped[int] = mapped_column(BigId, ForeignKey("ratings.rating_id"))
    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_versions.rule_version_id"))
    approval_id: Mapped[int] = mapped_column(BigId, ForeignKey("approvals.approval_id"))
    card_grade: Mapped[str] = mapped_column(String(8))
    grade: Mapped[str] = mapped_column(String(8))
    reason_code: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(500))
    document: Mapped[str] = mapped_column(String(255))
    effective_from: Mapped[date]
    effective_to: Mapped[date]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.organisation_id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    granted_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    granted_at: Mapped[datetime] = mapped_column(Instant)


class OverrideEnd(Base):
    """That an override was ended before its time, and why."""

    __tablename__ = "override_ends"

    override_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("overrides.override_id"), primary_key=True, autoincrement=False
    )
    ended_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500))
    ended_at: Mapped[datetime] = mapped_column(Instant)
    ended_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
