"""Objections on the wire."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.models import ObjectionChannel, ObjectionEventKind
from app.objections.objection import (
    DOCUMENT_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    Filing,
    Note,
    ObjectionState,
    Progress,
    Reply,
)
from app.objections.work_list import TownWork, WorkItem, WorkList
from app.places.schemas import PlaceAnswer

# No id in the database is greater.
ID_MAX = 2**63 - 1


class ObjectionFiling(BaseModel):
    """An objection as the desk takes it: of whom, to which record or rating, and in the subject's words."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "subject_id": 12, "record_id": 345, "channel": "desk",
                    "text": "我家承包地是 8 亩，登记成了 3 亩。",
                }
            ]
        },
    )  # fmt: skip

    subject_id: int = Field(ge=1, le=ID_MAX)
    record_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    rating_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    channel: Literal[ObjectionChannel.DESK, ObjectionChannel.LETTER]
    raised_on: date | None = Field(default=None, description="the day it was received; today, if left out")
    text: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)

    @model_validator(mode="after")
    def _one_thing(self) -> "ObjectionFiling":
        if (self.record_id is None) == (self.rating_id is None):
            raise ValueError("give either record_id or rating_id")
        return self

    def filing(self) -> Filing:
        """The objection as it is handed in."""
        return Filing(
            subject_id=self.subject_id,
            text=self.text,
            channel=self.channel,
            record_id=self.record_id,
            rating_id=self.rating_id,
            raised_on=self.raised_on,
        )


class ObjectionReply(BaseModel):
    """What the office found and decided.

    `corrected` needs a correction that is on file: the record that says what is right and counts instead
    (`replaced_by`), or the disputed one taken out.
    """

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "outcome": "corrected", "replaced_by": 401, "document": "土地承包经营权证第 0012 号",
                    "found": "经与确权登记册核对，承包地为 8 亩，原录入有误。",
                }
            ]
        },
    )  # fmt: skip

    outcome: Literal[
        ObjectionEventKind.CORRECTED, ObjectionEventKind.CONFIRMED, ObjectionEventKind.UNRESOLVED
    ]
    found: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)
    document: str = Field(min_length=1, max_length=DOCUMENT_LENGTH_MAX)
    replaced_by: int | None = Field(default=None, ge=1, le=ID_MAX)

    def reply(self) -> Reply:
        """The answer as it is kept."""
        return Reply(self.outcome, self.found, self.document, self.replaced_by)


class ObjectionWithdrawal(BaseModel):
    """That the subject takes the objection back, with what the subject signed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    text: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)
    document: str = Field(min_length=1, max_length=DOCUMENT_LENGTH_MAX)


class ObjectionAnswer(BaseModel):
    """How an objection stands: the days until its answer is due (negative: overdue), or how it ended."""

    objection_id: int
    subject_id: int
    record_id: int | None
    rating_id: int | None
    channel: ObjectionChannel
    raised_on: date
    due_on: date
    days_left: int | None
    state: ObjectionState
    state_label: str
    outcome: ObjectionEventKind | None
    outcome_label: str | None
    answered_on: date | None

    @classmethod
    def of(cls, progress: Progress, *, on: date) -> "ObjectionAnswer":
        """An objection as it stands on a day."""
        objection, end = progress.objection, progress.end
        return cls(
            objection_id=objection.objection_id,
            subject_id=objection.subject_id,
            record_id=objection.record_id,
            rating_id=objection.rating_id,
            channel=objection.channel,
            raised_on=objection.raised_on,
            due_on=objection.due_on,
            days_left=progress.days_left(on) if end is None else None,
            state=progress.state,
            state_label=progress.state.label,
            outcome=progress.outcome,
            outcome_label=None if end is None else end.kind.label,
            answered_on=None if end is None else end.happened_on,
        )


class ObjectionNote(BaseModel):
    """That an objection was raised against a record or a rating shown here; never what it says."""

    objection_id: int
    record_id: int | None
    rating_id: int | None
    raised_on: date
    due_on: date
    state: ObjectionState
    state_label: str
    outcome: ObjectionEventKind | None
    outcome_label: str | None
    both_versions_kept: bool

    @classmethod
    def of(cls, note: Note) -> "ObjectionNote":
        """The note of one objection."""
        return cls(
            **vars(note),
            state_label=note.state.label,
            outcome_label=None if note.outcome is None else note.outcome.label,
        )


class WorkItemAnswer(BaseModel):
    """One open objection: whose (masked), about what, in what words, and the days that are left."""

    objection: ObjectionAnswer
    escalated: bool
    name: str
    number_masked: str | None
    place: PlaceAnswer
    about: str
    text: str

    @classmethod
    def of(cls, item: WorkItem, *, on: date) -> "WorkItemAnswer":
        """One line of the work list."""
        return cls(
            objection=ObjectionAnswer.of(item.progress, on=on),
            escalated=item.progress.escalated,
            name=item.subject.display_name,
            number_masked=item.subject.number_masked,
            place=PlaceAnswer.of(item.place),
            about=item.about,
            text=item.text,
        )


class TownWorkAnswer(BaseModel):
    """The open objections of a town or street, those due first at the top."""

    town: PlaceAnswer
    objections: list[WorkItemAnswer]

    @classmethod
    def of(cls, work: TownWork, *, on: date) -> "TownWorkAnswer":
        """The work of one town."""
        return cls(
            town=PlaceAnswer.of(work.town), objections=[WorkItemAnswer.of(item, on=on) for item in work.items]
        )


class WorkListAnswer(BaseModel):
    """What the viewer's division has to answer, the town with the most urgent objection first.

    The counts are of all of it, also of what is not listed.
    """

    on: date
    open_count: int
    overdue_count: int
    towns: list[TownWorkAnswer]

    @classmethod
    def of(cls, found: WorkList) -> "WorkListAnswer":
        """The work list of a division."""
        return cls(
            on=found.on,
            open_count=found.open_count,
            overdue_count=found.overdue_count,
            towns=[TownWorkAnswer.of(work, on=found.on) for work in found.towns],
        )
