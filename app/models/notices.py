"""Public notices of titles, what is objected to them, and what was answered."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, Sealed, enum_column
from app.models.designations import DesignationKind
from app.models.objections import ObjectionChannel


class NoticePurpose(Labelled):
    """What a notice announces."""

    AWARD = "award", "拟认定公示"
    REVOCATION = "revocation", "拟摘牌公示"


class Notice(Base):
    """What a village is shown before a title is given or taken: masked names, the village, the result.

    `number` is on the printed sheet and in its QR code; it runs from `begins_on` until the day before
    `ends_on`. `place_id` is the division it is posted in.
    """

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("number"), Index(None, "place_id"))

    notice_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32))
    purpose: Mapped[NoticePurpose] = mapped_column(enum_column(NoticePurpose))
    kind: Mapped[DesignationKind] = mapped_column(enum_column(DesignationKind))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.place_id"))
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_versions.rule_version_id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))


class NoticeEntry(Base):
    """One line of a notice, as it is shown: never a score, an income or a number."""

    __tablename__ = "notice_entries"
    __table_args__ = (UniqueConstraint("notice_id", "line_number"), Index(None, "designation_id"))

    notice_entry_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.notice_id"))
    designation_id: Mapped[int] = mapped_column(BigId, ForeignKey("designations.designation_id"))
    line_number: Mapped[int]
    shown_name: Mapped[str] = mapped_column(String(64))
    shown_place: Mapped[str] = mapped_column(String(128))
    result: Mapped[str] = mapped_column(String(64))


class NoticeObjection(Base):
    """What somebody objects to a line of a notice, or (no line) to the whole of it; it blocks the title.

    Its own random name is its key, so that its texts can be sealed to it before it is written.
    """

    __tablename__ = "notice_objections"
    __table_args__ = (Index(None, "notice_id"),)

    notice_objection_uid: Mapped[str] = mapped_column(String(32), primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.notice_id"))
    notice_entry_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("notice_entries.notice_entry_id"))
    raised_on: Mapped[date]
    channel: Mapped[ObjectionChannel] = mapped_column(enum_column(ObjectionChannel))
    text_cipher: Mapped[bytes] = mapped_column(Sealed("notice_objections/{notice_objection_uid}/text"))
    contact_cipher: Mapped[bytes | None] = mapped_column(
        Sealed("notice_objections/{notice_objection_uid}/contact")
    )
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))


class NoticeObjectionAnswer(Base):
    """What was found; an objection that is upheld keeps the title from being given (or taken)."""

    __tablename__ = "notice_objection_answers"

    notice_objection_uid: Mapped[str] = mapped_column(
        String(32), ForeignKey("notice_objections.notice_objection_uid"), primary_key=True
    )
    upheld: Mapped[bool]
    text_cipher: Mapped[bytes] = mapped_column(Sealed("notice_objections/{notice_objection_uid}/answer"))
    document: Mapped[str] = mapped_column(String(255))
    answered_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    answered_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
