"""Approvals: what one person asks for, another grants, and is used once."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, enum_column


class ApprovalKind(Labelled):
    """What takes a second person."""

    ACTIVATE_RULE = "activate_rule", "规则启用"
    OVERRIDE = "override", "评级调整"
    REVOCATION = "revocation", "撤销称号"
    BULK_EXPORT = "bulk_export", "批量导出"
    NEW_RECIPIENT = "new_recipient", "新增接收方"
    ERASURE = "erasure", "删除个人信息"
    PRIVILEGED_ACCOUNT = "privileged_account", "特权账号"
    ATTESTATION = "attestation", "证明与一票否决"


class Approval(Base):
    """A request of one person (the maker) that takes effect only when another one grants it.

    `target` names what it is about; `content` holds all that was asked for, and `fingerprint` is its SHA-256:
    what is carried out is exactly what was granted.
    """

    __tablename__ = "approvals"
    __table_args__ = (Index(None, "kind", "target"),)

    approval_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[ApprovalKind] = mapped_column(enum_column(ApprovalKind))
    target: Mapped[str] = mapped_column(String(255))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    fingerprint: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.place_id"))
    made_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class ApprovalDecision(Base):
    """What the checker decided; the maker is never the checker."""

    __tablename__ = "approval_decisions"

    approval_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("approvals.approval_id"), primary_key=True, autoincrement=False
    )
    granted: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(500))
    decided_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    decided_at: Mapped[datetime] = mapped_column(Instant)


class ApprovalUse(Base):
    """That a granted approval was carried out: it cannot be carried out twice."""

    __tablename__ = "approval_uses"

    approval_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("approvals.approval_id"), primary_key=True, autoincrement=False
    )
    used_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    used_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON)
