"""Overrides on the wire."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from app.overrides.override import TEXT_LENGTH_MAX, Override, OverrideState, ReportLine


class OverrideNote(BaseModel):
    """That an official departs from the card: from which grade to which, by which office, why, until when.

    `effective_to` is the first day it no longer holds.
    """

    model_config = ConfigDict(from_attributes=True)

    override_id: int
    rating_id: int
    card_grade: str
    grade: str
    office: str
    reason_code: str
    reason_label: str
    effective_from: date
    effective_to: date
    ended_on: date | None
    state: OverrideState
    state_label: str

    @classmethod
    def of(cls, found: Override | None) -> "OverrideNote | None":
        """The override beside a grade; none where the grade is the card's own."""
        return None if found is None else cls.model_validate(found)


class OverrideAnswer(OverrideNote):
    """An override as officials see it, with its words, its document and both persons."""

    subject_id: int
    place_code: str
    place_name: str
    reason: str
    document: str
    asked_by: str
    granted_by: str
    granted_at: datetime
    end_reason: str | None

    @classmethod
    def in_full(cls, found: Override) -> Self:
        """One override."""
        return cls.model_validate(found)


class OverridesAnswer(BaseModel):
    """Overrides, the newest first."""

    overrides: list[OverrideAnswer]


class OverrideEnding(BaseModel):
    """Why an override ends before its time."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reason: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)


class ReportLineAnswer(BaseModel):
    """How often one official asked for overrides, or one village had them."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    override_count: int
    raised_count: int
    lowered_count: int
    in_force_count: int
    ended_early_count: int

    @classmethod
    def of(cls, line: ReportLine) -> Self:
        """One line."""
        return cls.model_validate(line)


class OverrideReport(BaseModel):
    """The overrides that began from one day until before another, per official and per village."""

    first: date
    end: date
    officials: list[ReportLineAnswer]
    villages: list[ReportLineAnswer]
