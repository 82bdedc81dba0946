"""Consents: what a subject has agreed to or refused, for whom, for what and how long."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, enum_column


class Purpose(Labelled):
    """What a rating may be asked for (征信业管理条例 art. 18, 20)."""

    PRE_LOAN = "pre_loan", "贷前审查"
    POST_LOAN = "post_loan", "贷后管理"
    GUARANTEE_REVIEW = "guarantee_review", "担保审查"
    COLLECTION = "collection", "催收"
    OBJECTION = "objection", "异议处理"
    OFFICIAL_DUTY = "official_duty", "依法履职"


class ConsentKind(Labelled):
    """What a consent is about: inquiries, restricted facts, the rating, a public notice (PIPL art. 25)."""

    INQUIRY = "inquiry", "查询授权"
    COLLECTION = "collection", "限制类信息采集"
    RATING = "rating", "建档评级"
    PUBLICATION = "publication", "评定结果公示"


class ConsentChannel(Labelled):
    """How a consent or a refusal was given."""

    PAPER = "paper", "纸质签字"
    COUNTER = "counter", "柜面办理"
    ONLINE = "online", "线上办理"
    MIGRATED = "migrated", "历史登记"


class Consent(Base):
    """What a subject agreed to, or (`agreed` false) refused.

    For an inquiry it names the organisation and the purpose; for a collection the facts it covers, all
    restricted ones where none is named. It is never changed: a withdrawal is a row of its own.
    """

    __tablename__ = "consents"
    __table_args__ = (Index(None, "subject_id", "kind"), Index(None, "reference"))

    consent_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    kind: Mapped[ConsentKind] = mapped_column(enum_column(ConsentKind))
    agreed: Mapped[bool]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.organisation_id"))
    purpose: Mapped[Purpose | None] = mapped_column(enum_column(Purpose))
    facts: Mapped[list[str]] = mapped_column(JSON)
    reference: Mapped[str] = mapped_column(String(64))
    effective_from: Mapped[date] = mapped_column()
    effective_to: Mapped[date | None]
    channel: Mapped[ConsentChannel] = mapped_column(enum_column(ConsentChannel))
    evidence: Mapped[str] = mapped_column(String(255))
    evidence_sha256: Mapped[str | None] = mapped_column(String(64))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))


class ConsentWithdrawal(Base):
    """The end of a consent by the subject's own will."""

    __tablename__ = "consent_withdrawals"

    consent_withdrawal_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consent_id: Mapped[int] = mapped_column(BigId, ForeignKey("consents.consent_id"), unique=True)
    withdrawn_on: Mapped[date] = mapped_column()
    channel: Mapped[ConsentChannel] = mapped_column(enum_column(ConsentChannel))
    evidence: Mapped[str] = mapped_column(String(255))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))
