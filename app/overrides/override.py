"""An override as it is shown, and the refusal of one that goes too far."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.errors import Conflict

TEXT_LENGTH_MAX = 500
DOCUMENT_LENGTH_MAX = 255


class OverrideRefused(Conflict):
    """An override the rules do not allow: above the appraisal, a veto or the steps an official may take."""

    code = "override_refused"
    title = "Override refused"


class OverrideState(StrEnum):
    """Whether an override holds on a day, and if not, why not."""

    IN_FORCE = "in_force"
    ENDED = "ended"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"


STATE_LABELS = {
    OverrideState.IN_FORCE: "生效中",
    OverrideState.ENDED: "提前终止",
    OverrideState.EXPIRED: "已到期",
    OverrideState.OVERTAKEN: "评级或评议已变，不再适用",
}


@dataclass(frozen=True)
class Override:
    """Another grade than the card's: of which rating, by which office, why, and from when until when.

    `effective_to` is the first day it no longer holds; `ended_on` the day it was ended before that.
    """

    override_id: int
    subject_id: int
    rating_id: int
    card_grade: str
    grade: str
    reason_code: str
    reason_label: str
    reason: str
    document: str
    office: str
    asked_by: str
    granted_by: str
    granted_at: datetime
    effective_from: date
    effective_to: date
    ended_on: date | None
    end_reason: str | None
    place_code: str
    place_name: str
    state: OverrideState

    @property
    def state_label(self) -> str:
        """The state in Chinese."""
        return STATE_LABELS[self.state]

    @property
    def words(self) -> str:
        """The override in one Chinese sentence for whoever reads a grade."""
        last = self.ended_on or self.effective_to
        return (
            f"评分卡等级 {self.card_grade}，人工调整为 {self.grade}（{self.reason_label}；{self.office}；"
            f"{self.effective_from} 起至 {last} 前；{self.state_label}）"
        )


@dataclass(frozen=True)
class ReportLine:
    """How often one official asked for overrides, or one village had them."""

    of: str
    code: str
    name: str
    override_count: int
    raised_count: int
    lowered_count: int
    in_force_count: int
    ended_early_count: int
