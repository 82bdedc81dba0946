"""Appraisals on the wire; no answer pairs the name of an appraiser with a mark."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from app.appraisals.appraisal import (
    NAME_LENGTH_MAX,
    REASON_LENGTH_MAX,
    STATE_LABELS,
    Invited,
    Mark,
    OwnRound,
    OwnSheet,
    Round,
    RoundState,
)
from app.models import AppraisalRound, AppraisalSheet, Place, SheetChannel
from app.rules.appraisals import AppraisalRules, Form

# More households than any village has.
LINES_MAX = 5_000


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class RoundOpening(_Request):
    """A round for a village: from which day sheets are taken, and from which day it may be closed."""

    place_code: str = Field(pattern=r"^\d{12}$", examples=["500120104200"])
    opens_on: date
    closes_on: date


class RoundClosing(_Request):
    """Why a round that nobody has handed in a sheet of is closed before its day."""

    reason: str = Field(default="", max_length=REASON_LENGTH_MAX)


class Invitation(_Request):
    """Who is to appraise: with the account of an appraiser, or on paper without `username`."""

    name: str = Field(min_length=1, max_length=NAME_LENGTH_MAX)
    username: str | None = Field(default=None, max_length=64)
    kin_household_nos: list[Annotated[str, Field(max_length=32)]] = Field(default=[], max_length=200)


class MarkEntry(_Request):
    """What is said of the household of one line; of one that is not known, nothing but that."""

    line: int = Field(ge=1, le=LINES_MAX)
    knows: bool
    kin: bool = False
    answers: dict[Annotated[str, Field(max_length=32)], Annotated[str, Field(max_length=8)]] = Field(
        default={}, max_length=20
    )
    reasons: list[Annotated[str, Field(max_length=8)]] = Field(default=[], max_length=20)
    suggested_limit_fen: int | None = Field(default=None, ge=0, le=2**53)

    def mark(self) -> Mark:
        """What is said."""
        return Mark(
            self.line, self.knows, self.kin, self.answers, tuple(self.reasons), self.suggested_limit_fen
        )


class SheetEntry(_Request):
    """The whole sheet as far as it is filled in: it takes the place of what was saved before."""

    marks: list[MarkEntry] = Field(max_length=LINES_MAX)


class LabelledCode(BaseModel):
    """A code and what it means."""

    code: str
    label: str
    label_en: str
    points: int | None = None


class ItemAnswer(BaseModel):
    """One question of the form."""

    name: str
    label: str
    label_en: str
    choices: list[LabelledCode]


class FormAnswer(BaseModel):
    """What is asked of a household that is known."""

    items: list[ItemAnswer]
    reasons: list[LabelledCode]
    limit_fen_at_most: int

    @classmethod
    def of(cls, form: Form) -> Self:
        """The form of a version of the rules."""
        return cls(
            items=[
                ItemAnswer(
                    name=item.name,
                    label=item.label.zh,
                    label_en=item.label.en,
                    choices=[
                        LabelledCode(code=c.code, label=c.label.zh, label_en=c.label.en, points=c.points)
                        for c in item.choices
                    ],
                )
                for item in form.items
            ],
            reasons=[LabelledCode(code=r.code, label=r.label.zh, label_en=r.label.en) for r in form.reasons],
            limit_fen_at_most=form.limit_fen_at_most,
        )


class RulesAnswer(BaseModel):
    """Which rules a round is under."""

    code: str
    version: date
    fingerprint: str
    quorum: int
    trimmed_from: int
    favourable_from: int
    favourable_share: float

    @classmethod
    def of(cls, rules: AppraisalRules) -> Self:
        """The numbers the marks are counted by."""
        counting = rules.counting
        return cls(
            code=rules.code,
            version=rules.effective_from,
            fingerprint=rules.fingerprint,
            quorum=counting.quorum,
            trimmed_from=counting.trimmed_from,
            favourable_from=counting.favourable_from,
            favourable_share=float(counting.favourable_share),
        )


class RoundAnswer(BaseModel):
    """A round; for an appraiser without any count, only whether the own sheet is in (`own_submitted`)."""

    round_id: int
    place_code: str
    place_name: str
    number: int
    opens_on: date
    closes_on: date
    state: RoundState
    state_label: str
    rules: RulesAnswer
    own_submitted: bool | None = None
    household_count: int | None = None
    appraisable_count: int | None = None
    invited_count: int | None = None
    submitted_count: int | None = None
    closed_on: date | None = None
    kappa: float | None = None
    fingerprint: str | None = None

    @classmethod
    def of(cls, found: Round) -> Self:
        """What an official sees."""
        ended = found.closing
        return cls._base(
            found.round,
            found.place,
            found.rules,
            found.state,
            household_count=found.household_count,
            appraisable_count=found.appraisable_count,
            invited_count=found.invited_count,
            submitted_count=found.submitted_count,
            closed_on=None if ended is None else ended.closed_on,
            kappa=None if ended is None else ended.kappa,
            fingerprint=None if ended is None else ended.fingerprint,
        )

    @classmethod
    def own(cls, found: OwnRound) -> Self:
        """What an appraiser sees."""
        return cls._base(
            found.round, found.place, found.rules, found.state, own_submitted=found.submitted
        )  # fmt: skip

    @classmethod
    def _base(
        cls, kept: AppraisalRound, place: Place, rules: AppraisalRules, state: RoundState, **more: object
    ) -> Self:
        plain = {
            "round_id": kept.appraisal_round_id,
            "place_code": place.code,
            "place_name": place.name,
            "number": kept.number,
            "opens_on": kept.opens_on,
            "closes_on": kept.closes_on,
            "state": state,
            "state_label": STATE_LABELS[state],
            "rules": RulesAnswer.of(rules),
        }
        return cls.model_validate(plain | more)


class RoundsAnswer(BaseModel):
    """Rounds, the newest first."""

    rounds: list[RoundAnswer]


class InvitedAnswer(BaseModel):
    """One appraiser of a round: who, how the sheet comes, and whether it is in; nothing of what it says."""

    number: int
    name: str
    username: str | None
    form_code: str
    kin_count: int
    submitted_at: datetime | None
    channel: SheetChannel | None
    sheet_fingerprint: str | None

    @classmethod
    def of(cls, found: Invited) -> Self:
        """One appraiser."""
        sheet = found.submitted
        return cls(
            number=found.appraiser.number,
            name=found.name,
            username=found.username,
            form_code=found.appraiser.form_code,
            kin_count=found.kin_count,
            submitted_at=None if sheet is None else sheet.submitted_at,
            channel=None if sheet is None else sheet.channel,
            sheet_fingerprint=None if sheet is None else sheet.fingerprint,
        )


class RoundInFull(RoundAnswer):
    """A round with who appraises; for an appraiser without anybody."""

    appraisers: list[InvitedAnswer] = []

    @classmethod
    def with_people(cls, found: Round, people: Sequence[Invited]) -> Self:
        """What an official sees."""
        made = cls.of(found)
        made.appraisers = [InvitedAnswer.of(one) for one in people]
        return made


class SheetLine(BaseModel):
    """One household on the own sheet; `declared_kin` was said at the invitation."""

    line: int
    household_no: str
    name_masked: str
    declared_kin: bool


class OwnSheetAnswer(BaseModel):
    """The own sheet of whoever asks, with the form to fill it in by."""

    round: RoundAnswer
    form_code: str
    form: FormAnswer
    lines: list[SheetLine]
    marks: list[MarkEntry]
    revision: int
    submitted_at: datetime | None
    fingerprint: str | None

    @classmethod
    def of(cls, found: OwnSheet) -> Self:
        """The sheet as it is saved or was submitted."""
        sheet = found.sheet
        return cls(
            round=RoundAnswer.own(found.own),
            form_code=found.appraiser.form_code,
            form=FormAnswer.of(found.own.rules.form),
            lines=[
                SheetLine(
                    line=line.line,
                    household_no=line.household_no,
                    name_masked=line.name_masked,
                    declared_kin=line.subject_id in found.kin,
                )
                for line in found.lines
            ],
            marks=[MarkEntry.model_validate(mark, from_attributes=True) for mark in found.marks],
            revision=found.revision,
            submitted_at=None if sheet is None else sheet.submitted_at,
            fingerprint=None if sheet is None else sheet.fingerprint,
        )


class PaperTaken(BaseModel):
    """That a sheet on paper was taken whole."""

    number: int
    channel: SheetChannel
    fingerprint: str
    submitted_at: datetime

    @classmethod
    def of(cls, number: int, sheet: AppraisalSheet) -> Self:
        """The sheet that was taken."""
        return cls(
            number=number,
            channel=sheet.channel,
            fingerprint=sheet.fingerprint,
            submitted_at=sheet.submitted_at,
        )
