"""Titles on the wire."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.designations.path import Level
from app.designations.service.proposing import Proposed
from app.designations.service.shown import ShownLeftOut, ShownPath, ShownStep, ShownTitle
from app.designations.service.titles import Campaign, WorkItem
from app.designations.standing import DOCUMENT_LENGTH_MAX, REASON_LENGTH_MAX, Refusal
from app.models import DesignationAction, DesignationKind, DesignationState
from app.places.schemas import PlaceAnswer

ID_MAX = 2**63 - 1
SEQUENCE_MAX = 2**31 - 1
BULK_MAX = 2_000
Reason = Annotated[str, Field(max_length=REASON_LENGTH_MAX, description="理由 why")]
Document = Annotated[str, Field(max_length=DOCUMENT_LENGTH_MAX, description="依据文件 what it rests on")]
PlaceCode = Annotated[str, Field(pattern=r"^\d{12}$")]
# What a person may do; the night lets titles lapse by itself, and a proposal has its own address.
StepAction = Literal[
    DesignationAction.CHECK_VILLAGE,
    DesignationAction.CHECK_TOWN,
    DesignationAction.POST_NOTICE,
    DesignationAction.AWARD,
    DesignationAction.REFUSE,
    DesignationAction.WITHDRAW,
    DesignationAction.BEGIN_REVIEW,
    DesignationAction.RENEW,
    DesignationAction.PUT_ON_PROBATION,
    DesignationAction.RESTORE,
    DesignationAction.POST_REVOCATION,
    DesignationAction.KEEP,
    DesignationAction.REVOKE,
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class ProposalRequest(_Request):
    """An application: for a subject, or for a village or town by its code."""

    kind: DesignationKind
    subject_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    place_code: PlaceCode | None = None
    reason: Reason = ""
    document: Document = ""


class ProposalsRequest(_Request):
    """Everybody of a division who qualifies."""

    kind: DesignationKind
    place_code: PlaceCode


class StepRequest(_Request):
    """One step of one title."""

    action: StepAction
    reason: Reason = ""
    document: Document = ""


class TitleVersion(_Request):
    """A title as it was read: its number and that of its last step."""

    designation_id: int = Field(ge=1, le=ID_MAX)
    sequence: int = Field(ge=1, le=SEQUENCE_MAX)


class StepsRequest(_Request):
    """One step of many titles, each as it was read."""

    action: StepAction
    titles: list[TitleVersion] = Field(min_length=1, max_length=BULK_MAX)
    reason: Reason = ""
    document: Document = ""


class TitleLine(BaseModel):
    """A title in one line; the head of a household by a masked name."""

    designation_id: int
    kind: DesignationKind
    kind_label: str
    rung: str
    title: str
    attempt: int
    subject_id: int | None
    name: str
    place: PlaceAnswer
    state: DesignationState
    state_label: str
    sequence: int
    since: date
    valid_until: date | None

    @classmethod
    def of(cls, shown: ShownTitle) -> "TitleLine":
        """One title."""
        made, last = shown.designation, shown.last
        return cls(
            designation_id=made.designation_id,
            kind=made.kind,
            kind_label=made.kind.label,
            rung=made.rung,
            title=shown.title,
            attempt=made.attempt,
            subject_id=made.subject_id,
            name=shown.name,
            place=PlaceAnswer.of(shown.place),
            state=last.state,
            state_label=last.state.label,
            sequence=last.sequence,
            since=last.happened_on,
            valid_until=last.valid_until,
        )


class TitlesAnswer(BaseModel):
    """A page of titles; `next_cursor` is null on the last one."""

    designations: list[TitleLine]
    next_cursor: int | None


class StepAnswer(BaseModel):
    """A step: who, when, by which profile, and on what facts, with their SHA-256."""

    sequence: int
    action: DesignationAction
    action_label: str
    state: DesignationState
    state_label: str
    happened_on: date
    recorded_at: datetime
    by: str
    profile: str
    facts: dict[str, Any]
    fingerprint: str
    reason: str
    document: str
    notice_number: str | None
    certificate_number: str | None
    valid_until: date | None

    @classmethod
    def of(cls, shown: ShownStep) -> "StepAnswer":
        """One step."""
        step = shown.step
        return cls(
            sequence=step.sequence,
            action=step.action,
            action_label=step.action.label,
            state=step.state,
            state_label=step.state.label,
            happened_on=step.happened_on,
            recorded_at=step.recorded_at,
            by=shown.by,
            profile=shown.profile,
            facts=step.facts,
            fingerprint=step.fingerprint,
            reason=step.reason,
            document=step.document,
            notice_number=shown.notice_number,
            certificate_number=shown.certificate_number,
            valid_until=step.valid_until,
        )


class TitleAnswer(TitleLine):
    """A title with every step, and the actions that can follow."""

    steps: list[StepAnswer]
    next_actions: list[DesignationAction]

    @classmethod
    def full(cls, shown: ShownPath) -> "TitleAnswer":
        """One title."""
        return cls(
            **TitleLine.of(shown.title).model_dump(),
            steps=[StepAnswer.of(step) for step in shown.steps],
            next_actions=list(shown.next_actions),
        )


class LeftOutAnswer(BaseModel):
    """Who was left out, and everything that stands against it."""

    subject_id: int | None
    place_id: int
    name: str
    place_code: str
    place_name: str
    reasons: list[str]
    labels: list[str]

    @classmethod
    def of(cls, one: ShownLeftOut) -> "LeftOutAnswer":
        """One holder."""
        return cls(
            subject_id=one.left_out.holder.subject_id,
            place_id=one.left_out.holder.place_id,
            name=one.name,
            place_code=one.place.code,
            place_name=one.place.name,
            reasons=[block.value for block in one.left_out.blocks],
            labels=[block.label for block in one.left_out.blocks],
        )


class ProposedAnswer(BaseModel):
    """How many were proposed, how many left out for what reason, and the first of those by name."""

    proposed_count: int
    left_out_count: int
    reasons: dict[str, int]
    designation_ids: list[int]
    left_out: list[LeftOutAnswer]

    @classmethod
    def of(cls, made: Proposed, shown: Sequence[ShownLeftOut]) -> "ProposedAnswer":
        """What a proposal of many came to."""
        return cls(
            proposed_count=len(made.designation_ids),
            left_out_count=len(made.left_out),
            reasons=dict(made.reasons),
            designation_ids=list(made.designation_ids),
            left_out=[LeftOutAnswer.of(one) for one in shown],
        )


class RefusalAnswer(BaseModel):
    """A title that cannot take the step, and why."""

    designation_id: int
    code: str
    detail: str

    @classmethod
    def of(cls, refusal: Refusal) -> "RefusalAnswer":
        """One refusal."""
        return cls(
            designation_id=refusal.designation_id, code=refusal.error.code, detail=refusal.error.detail
        )


class StepsAnswer(BaseModel):
    """What became of a step of many titles: all took it, or none did and some say why."""

    taken: list[TitleVersion]
    refusals: list[RefusalAnswer]


class WorkItemAnswer(TitleLine):
    """What waits: the step, the level whose step it is, its last day, and what it waits for."""

    action: DesignationAction
    action_label: str
    level: Level
    due_on: date | None
    waits_until: date | None
    open_objections: int

    @classmethod
    def item(cls, item: WorkItem, shown: ShownTitle) -> "WorkItemAnswer":
        """One entry."""
        return cls(
            **TitleLine.of(shown).model_dump(),
            action=item.action,
            action_label=item.action.label,
            level=item.level,
            due_on=item.due_on,
            waits_until=item.waits_until,
            open_objections=item.open_objections,
        )


class CampaignAnswer(BaseModel):
    """Until when this year's round of a kind is to be done, and how many are under way."""

    kind: DesignationKind
    kind_label: str
    decided_by: Level
    ends_on: date
    open_count: int

    @classmethod
    def of(cls, campaign: Campaign) -> "CampaignAnswer":
        """One round."""
        return cls(
            kind=campaign.kind,
            kind_label=campaign.kind.label,
            decided_by=campaign.decided_by,
            ends_on=campaign.ends_on,
            open_count=campaign.open_count,
        )


class WorkListAnswer(BaseModel):
    """What waits for the viewer's level, and the calendar of the yearly rounds."""

    items: list[WorkItemAnswer]
    calendar: list[CampaignAnswer]
