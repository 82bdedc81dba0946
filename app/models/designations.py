"""Titles of households, entities, villages and towns: every step from proposal to plaque and back."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, enum_column


class DesignationKind(Labelled):
    """Which title it is."""

    CREDIT_HOUSEHOLD = "credit_household", "信用户"
    CREDIT_ENTITY = "credit_entity", "信用新型农业经营主体"
    CREDIT_VILLAGE = "credit_village", "信用村"
    CREDIT_TOWN = "credit_town", "信用镇（街道）"


class DesignationState(Labelled):
    """Where a title stands after a step; the last four end it."""

    PROPOSED = "proposed", "创建（已提名）"
    VILLAGE_CHECKED = "village_checked", "村级已核"
    TOWN_CHECKED = "town_checked", "镇街已核"
    NOTICED = "noticed", "公示中"
    DESIGNATED = "designated", "已授牌"
    UNDER_REVIEW = "under_review", "年审中"
    ON_PROBATION = "on_probation", "整改中"
    REVOCATION_NOTICED = "revocation_noticed", "摘牌公示中"
    REVOKED = "revoked", "已摘牌"
    LAPSED = "lapsed", "已到期"
    REFUSED = "refused", "不予认定"
    WITHDRAWN = "withdrawn", "已撤回"

    @property
    def ends(self) -> bool:
        """Whether nothing can follow."""
        return self in (
            DesignationState.REVOKED,
            DesignationState.LAPSED,
            DesignationState.REFUSED,
            DesignationState.WITHDRAWN,
        )

    @property
    def holds_title(self) -> bool:
        """Whether the title is held: also while it is reviewed, on probation or announced to be taken."""
        return self in (
            DesignationState.DESIGNATED,
            DesignationState.UNDER_REVIEW,
            DesignationState.ON_PROBATION,
            DesignationState.REVOCATION_NOTICED,
        )


class DesignationAction(Labelled):
    """What was done in a step."""

    PROPOSE = "propose", "提名"
    CHECK_VILLAGE = "check_village", "村级初核"
    CHECK_TOWN = "check_town", "镇街审核"
    POST_NOTICE = "post_notice", "发布公示"
    AWARD = "award", "认定授牌"
    REFUSE = "refuse", "不予认定"
    WITHDRAW = "withdraw", "撤回"
    BEGIN_REVIEW = "begin_review", "启动年审"
    RENEW = "renew", "年审通过"
    PUT_ON_PROBATION = "put_on_probation", "限期整改"
    RESTORE = "restore", "整改达标"
    POST_REVOCATION = "post_revocation", "发布摘牌公示"
    KEEP = "keep", "不予摘牌"
    REVOKE = "revoke", "摘牌"
    LAPSE = "lapse", "到期失效"


class Designation(Base):
    """One way of a household, entity, village or town to a title, and all that became of it.

    `holder` is `s` and the number of the subject, or `p` and that of the place; with `attempt` it keeps two
    proposals of one title from being open at once. `rung` is the step of a ladder, empty where there is none.
    `place_id` is where the subject lived when it was proposed, or the village or town itself.
    """

    __tablename__ = "designations"
    __table_args__ = (
        UniqueConstraint("kind", "rung", "holder", "attempt"),
        Index(None, "subject_id"),
        Index(None, "place_id", "kind"),
    )

    designation_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[DesignationKind] = mapped_column(enum_column(DesignationKind))
    rung: Mapped[str] = mapped_column(String(16))
    holder: Mapped[str] = mapped_column(String(24))
    attempt: Mapped[int]
    subject_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.place_id"))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[str] = mapped_column(String(64))


class DesignationStep(Base):
    """One step: who, when, by which profile, on what facts; steps are numbered without a gap.

    Two deciders at once write the same number, and one of them is refused. `user_id` is none where the night
    did it of itself. `facts` are what was known, with their SHA-256; `valid_until` is the first day a title
    given by this step no longer holds.
    """

    __tablename__ = "designation_steps"
    __table_args__ = (UniqueConstraint("designation_id", "sequence"), Index(None, "notice_id"))

    designation_step_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    designation_id: Mapped[int] = mapped_column(BigId, ForeignKey("designations.designation_id"))
    sequence: Mapped[int]
    action: Mapped[DesignationAction] = mapped_column(enum_column(DesignationAction))
    state: Mapped[DesignationState] = mapped_column(enum_column(DesignationState))
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))
    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_versions.rule_version_id"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    fingerprint: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    document: Mapped[str] = mapped_column(String(255))
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.notice_id"))
    approval_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("approvals.approval_id"))
    valid_until: Mapped[date | None]


class Certificate(Base):
    """The certificate of a title: its number, what is signed, and the signature anyone can check.

    `payload` is the text of the QR code without its signature; it names no person in full.
    """

    __tablename__ = "certificates"
    __table_args__ = (UniqueConstraint("number"), UniqueConstraint("designation_step_id"))

    certificate_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(32))
    designation_step_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("designation_steps.designation_step_id")
    )
    issued_on: Mapped[date]
    valid_until: Mapped[date]
    payload: Mapped[str] = mapped_column(Text)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(16))
