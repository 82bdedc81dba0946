"""Consents: what a subject has agreed to, for whom, for what and how long."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Labelled, enum_column


class Purpose(Labelled):
    """What a rating may be asked for (征信业管理条例 art. 18, 20)."""

    PRE_LOAN = "pre_loan", "贷前审查"
    POST_LOAN = "post_loan", "贷后管理"
    GUARANTEE_REVIEW = "guarantee_review", "担保审查"
    COLLECTION = "collection", "催收"
    OBJECTION = "objection", "异议处理"
    OFFICIAL_DUTY = "official_duty", "依法履职"


class Consent(Base):
    """A subject's written consent to inquiries by one organisation for one purpose."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "subject_id", "organisation_id"),)

    consent_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.organisation_id"))
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose))
    effective_from: Mapped[date] = mapped_column()
    effective_to: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
    evidence: Mapped[str] = mapped_column(String(255))
