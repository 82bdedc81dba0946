"""What a subject asked for about its own data, and what it got."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, Sealed, enum_column


class DisclosureKind(Labelled):
    """What a subject was handed."""

    REPORT = "report", "本人信用报告"
    PORTABILITY = "portability", "个人信息转移副本"


class Disclosure(Base):
    """A copy of its own data handed to a subject: two reports a year are free (征信业管理条例 art. 17)."""

    __tablename__ = "disclosures"
    __table_args__ = (Index(None, "subject_id"),)

    disclosure_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    kind: Mapped[DisclosureKind] = mapped_column(enum_column(DisclosureKind))
    free: Mapped[bool]
    given_on: Mapped[date]
    document: Mapped[str] = mapped_column(String(255))
    content_sha256: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))


class ReviewOutcome(Labelled):
    """What a person found when looking at an automated rating."""

    UPHELD = "upheld", "维持评级"
    CORRECTED = "corrected", "更正信息后重评"
    SET_ASIDE = "set_aside", "不采用自动评级"


class ReviewRequest(Base):
    """A subject's request that a person looks at an automated rating (个人信息保护法 art. 24)."""

    __tablename__ = "review_requests"
    __table_args__ = (Index(None, "subject_id"),)

    review_request_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    rating_id: Mapped[int] = mapped_column(BigId, ForeignKey("ratings.rating_id"))
    raised_on: Mapped[date]
    due_on: Mapped[date]
    text_cipher: Mapped[bytes] = mapped_column(Sealed("review_requests/{review_request_id}/text"))
    document: Mapped[str] = mapped_column(String(255))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))


class ReviewAnswer(Base):
    """The written answer of the person who looked."""

    __tablename__ = "review_answers"

    review_request_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("review_requests.review_request_id"), primary_key=True, autoincrement=False
    )
    outcome: Mapped[ReviewOutcome] = mapped_column(enum_column(ReviewOutcome))
    text_cipher: Mapped[bytes] = mapped_column(Sealed("review_answers/{review_request_id}/text"))
    answered_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))


class Erasure(Base):
    """That a subject's personal data were deleted because their purpose had ended, and how many of each."""

    __tablename__ = "erasures"

    erasure_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"), unique=True)
    ground: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(String(255))
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    erased_at: Mapped[datetime] = mapped_column(Instant)
    erased_by: Mapped[str] = mapped_column(String(64))


class ExportKind(Labelled):
    """What a bulk export holds."""

    RATINGS = "ratings", "评级清单"
    SUBJECTS = "subjects", "建档名单"
    PLAQUES = "plaques", "授牌名录"


class Export(Base):
    """A file of many subjects that left the system: by whose approval, for whom, with which watermark."""

    __tablename__ = "exports"

    export_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    approval_id: Mapped[int] = mapped_column(BigId, ForeignKey("approvals.approval_id"), unique=True)
    kind: Mapped[ExportKind] = mapped_column(enum_column(ExportKind))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.place_id"))
    row_count: Mapped[int]
    content_sha256: Mapped[str] = mapped_column(String(64))
    watermark: Mapped[str] = mapped_column(String(255))
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
