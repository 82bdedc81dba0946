"""Approvals on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.access.schemas import AccountAnswer, AccountChange, AccountOrder
from app.approvals.approval import STATE_LABELS, ApprovalState, Standing
from app.approvals.checks import TEXT_LENGTH_MAX
from app.approvals.proposals import GROUND_LENGTH_MAX
from app.models import ApprovalKind, SubjectKind
from app.overrides.override import DOCUMENT_LENGTH_MAX

Text = Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH_MAX)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: Text = Field(description="申请理由 why it is needed, for the second person")


class ActivateRuleRequest(_Request):
    """Put a card, a criterion or the rules about records in force."""

    kind: Literal["activate_rule"]
    code: str = Field(max_length=32, examples=["CQ-H-1"])
    effective_from: date
    pia: Text = Field(description="the privacy impact assessment of it (REQ-417)")


class NewRecipientRequest(_Request):
    """Let a bank receive ratings."""

    kind: Literal["new_recipient"]
    organisation_id: int = Field(ge=1, le=2**31 - 1)
    document: Text = Field(description="the agreement with the bank")


class BulkExportRequest(_Request):
    """Take the ratings of a place, or the plaques in it (`export`), out of the system as a file.

    `subjects` says whose ratings; of plaques it is left out.
    """

    kind: Literal["bulk_export"]
    export: Literal["ratings", "plaques"] = "ratings"
    place_code: str = Field(pattern=r"^\d{12}$")
    subjects: Literal[SubjectKind.HOUSEHOLD, SubjectKind.AGRI_ENTITY] | None = None
    format: Literal["csv", "xlsx"]

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if (self.export == "ratings") != (self.subjects is not None):
            raise ValueError("ratings are asked for with subjects, plaques without")
        return self


class ErasureRequest(_Request):
    """Delete the personal data of a subject for whom no purpose is left."""

    kind: Literal["erasure"]
    subject_id: int = Field(ge=1, le=2**63 - 1)
    ground: str = Field(min_length=1, max_length=GROUND_LENGTH_MAX)
    document: Text


class PrivilegedAccountRequest(_Request):
    """Open an account nobody opens alone (`account`), widen one (`user_id`, `change`), or reset it.

    `user_id` alone asks for a new password; the second factor is taken off with it.
    """

    kind: Literal["privileged_account"]
    account: AccountOrder | None = None
    user_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    change: AccountChange | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.account is None) == (self.user_id is None):
            raise ValueError("give either account or user_id")
        if self.account is not None and self.change is not None:
            raise ValueError("a new account is not changed at once: leave change out")
        return self


class OverrideRequest(_Request):
    """Depart from the grade of the card for one subject; `reason` is the text that is kept with it."""

    kind: Literal["override"]
    subject_id: int = Field(ge=1, le=2**63 - 1)
    grade: str = Field(min_length=1, max_length=8, examples=["A"])
    reason_code: str = Field(min_length=1, max_length=8, examples=["O01"])
    document: Annotated[str, Field(min_length=1, max_length=DOCUMENT_LENGTH_MAX)]
    months: int | None = Field(default=None, ge=1, le=120, description="as the rules say, unless given")


ApprovalRequest = Annotated[
    ActivateRuleRequest
    | NewRecipientRequest
    | BulkExportRequest
    | ErasureRequest
    | OverrideRequest
    | PrivilegedAccountRequest,
    Field(discriminator="kind"),
]


class DecisionRequest(BaseModel):
    """What the second person decides, and why."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    granted: bool
    reason: Text


class DecisionAnswer(BaseModel):
    """What the second person decided."""

    granted: bool
    reason: str
    decided_by: str
    decided_at: datetime


class ApprovalAnswer(BaseModel):
    """An approval: what is asked for, exactly, by whom, and what became of it."""

    approval_id: int
    kind: ApprovalKind
    kind_label: str
    target: str
    target_label: str = Field(description="what it is about, in words; persons by masked names")
    content: dict[str, Any]
    fingerprint: str
    reason: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    state: ApprovalState
    state_label: str
    may_decide: bool
    decision: DecisionAnswer | None
    used_at: datetime | None

    @classmethod
    def of(cls, standing: Standing, *, label: str) -> "ApprovalAnswer":
        """The answer about one approval."""
        approval = standing.approval
        return cls(
            approval_id=approval.approval_id,
            kind=approval.kind,
            kind_label=approval.kind.label,
            target=approval.target,
            target_label=label,
            content=approval.content,
            fingerprint=approval.fingerprint,
            reason=approval.reason,
            made_by=standing.made_by,
            made_at=approval.made_at,
            expires_at=approval.expires_at,
            state=standing.state,
            state_label=STATE_LABELS[standing.state],
            may_decide=standing.may_decide,
            decision=_decision(standing),
            used_at=None if standing.use is None else standing.use.used_at,
        )


class ApprovedAccountAnswer(AccountAnswer):
    """The account two persons agreed on, and the password to hand over where there is a new one."""

    one_time_password: str | None


class ApprovalsAnswer(BaseModel):
    """What waits in the viewer's division: for a second person, or for being carried out."""

    approvals: list[ApprovalAnswer]


def _decision(standing: Standing) -> DecisionAnswer | None:
    decision = standing.decision
    if decision is None or standing.decided_by is None:
        return None
    return DecisionAnswer(
        granted=decision.granted,
        reason=decision.reason,
        decided_by=standing.decided_by,
        decided_at=decision.decided_at,
    )
