"""Objections of a subject to a record or to a rating, and what became of them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, Sealed, enum_column


class ObjectionChannel(Labelled):
    """How an objection reached the office."""

    DESK = "desk", "镇街窗口"
    ONLINE = "online", "本人页面"
    LETTER = "letter", "书面来信"


class Objection(Base):
    """An objection to one record or one rating; it is to be answered by `due_on` (art. 25: 20 days)."""

    __tablename__ = "objections"
    __table_args__ = (Index(None, "subject_id"),)

    objection_id: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    record_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("records.record_id"))
    rating_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("ratings.rating_id"))
    raised_on: Mapped[date]
    due_on: Mapped[date]
    channel: Mapped[ObjectionChannel] = mapped_column(enum_column(ObjectionChannel))
    text_cipher: Mapped[bytes] = mapped_column(Sealed("objections/{objection_id}/text"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))


class ObjectionEventKind(Labelled):
    """What happened to an objection; the last four end it."""

    ASSIGNED = "assigned", "已转办"
    ESCALATED = "escalated", "已督办"
    CORRECTED = "corrected", "已更正"
    CONFIRMED = "confirmed", "经核实无误"
    UNRESOLVED = "unresolved", "无法核实"
    WITHDRAWN = "withdrawn", "已撤回"

    @property
    def ends(self) -> bool:
        """Whether the objection is closed by it."""
        return self not in (ObjectionEventKind.ASSIGNED, ObjectionEventKind.ESCALATED)


class ObjectionEvent(Base):
    """One step of an objection: who, when, with which answer to the subject."""

    __tablename__ = "objection_events"
    __table_args__ = (Index(None, "objection_id"),)

    objection_event_id: Mapped[int] = mapped_column(primary_key=True)
    objection_id: Mapped[int] = mapped_column(ForeignKey("objections.objection_id"))
    kind: Mapped[ObjectionEventKind] = mapped_column(enum_column(ObjectionEventKind))
    happened_on: Mapped[date]
    text_cipher: Mapped[bytes | None] = mapped_column(Sealed("objections/{objection_id}/answer"))
    document: Mapped[str] = mapped_column(String(255))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))
