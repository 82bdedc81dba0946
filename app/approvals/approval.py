"""What an approval is about, exactly, and how it stands."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.models import Approval, ApprovalDecision, ApprovalUse


class ApprovalState(StrEnum):
    """How far an approval has come."""

    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"
    USED = "used"
    EXPIRED = "expired"


STATE_LABELS = {
    ApprovalState.WAITING: "待审批",
    ApprovalState.GRANTED: "已批准，未执行",
    ApprovalState.REFUSED: "未批准",
    ApprovalState.USED: "已执行",
    ApprovalState.EXPIRED: "已过期",
}


@dataclass(frozen=True)
class Standing:
    """An approval with what became of it, and whether whoever looks may decide about it."""

    approval: Approval
    decision: ApprovalDecision | None
    use: ApprovalUse | None
    state: ApprovalState
    made_by: str
    decided_by: str | None
    may_decide: bool


def fingerprint_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of a content as JSON with sorted keys: one more blank is the same, one more word is another."""
    plain = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(plain.encode()).hexdigest()


def state_of(
    approval: Approval, decision: ApprovalDecision | None, use: ApprovalUse | None, *, at: datetime
) -> ApprovalState:
    """How an approval stands at a moment; what is neither refused nor used ends with its term."""
    if use is not None:
        return ApprovalState.USED
    if decision is not None and not decision.granted:
        return ApprovalState.REFUSED
    if at >= approval.expires_at:
        return ApprovalState.EXPIRED
    return ApprovalState.WAITING if decision is None else ApprovalState.GRANTED
