"""Inquiries on the wire."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.inquiries.inquiry import Authorisation, InquiryResult, Question
from app.models import GateState, Place, Purpose, SubjectKind
from app.objections.schemas import ObjectionNote
from app.overrides.schemas import OverrideAnswer, OverrideNote
from app.places.schemas import PlaceAnswer
from app.ratings.schemas import RatingAnswer, RatingHistoryAnswer, RecordAnswer
from app.rules.reference_limits import ReferenceLimit

REFERENCE_ONLY = (
    "信用信息仅供参考，不得作为拒绝贷款的唯一依据。"
    "The rating is a reference, never the only ground for a refusal."
)


class AuthorisationGiven(BaseModel):
    """A consent on paper, recorded for your bank and this purpose; the scan stays with you."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    reference: str = Field(min_length=1, max_length=64, description="the number on the paper")
    signed_on: date
    ends_on: date = Field(description="the first day it no longer holds")
    document: str = Field(min_length=1, max_length=255, description="the file name of the scan")
    document_sha256: str = Field(pattern="^[0-9a-f]{64}$", description="the SHA-256 of the scan")


class InquiryQuestion(BaseModel):
    """Whose rating is asked for, why, and under which consent. The number travels in the body only."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            # The number GB 11643 itself gives as its example.
            "examples": [{"id_number": "11010519491231002X", "purpose": "pre_loan", "consent_id": 3}]
        },
    )

    id_number: str | None = Field(default=None, max_length=40, description="resident number of a member")
    uscc: str | None = Field(default=None, max_length=40, description="unified social credit code")
    purpose: Purpose
    consent_id: int | None = Field(default=None, ge=1, le=2**63 - 1)
    authorisation: AuthorisationGiven | None = None

    @model_validator(mode="after")
    def _one_number(self) -> "InquiryQuestion":
        if (self.consent_id is None) == (self.authorisation is None):
            raise ValueError("give either consent_id or authorisation")
        if (self.id_number is None) == (self.uscc is None):
            raise ValueError("give either id_number or uscc")
        if self.purpose is Purpose.OFFICIAL_DUTY:
            raise ValueError("official_duty is not a purpose of an inquiry")
        return self

    def question(self) -> Question:
        """What is asked."""
        given = None if self.authorisation is None else Authorisation(**self.authorisation.model_dump())
        return Question(self.id_number or self.uscc or "", self.purpose, self.consent_id, given)


class InquiryBatch(BaseModel):
    """Up to 1,000 inquiries, each with its own number, purpose and consent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    inquiries: list[InquiryQuestion] = Field(min_length=1, max_length=1_000)


class InquirySubject(BaseModel):
    """About whom: a person's name and number are masked."""

    kind: SubjectKind
    name: str
    number_masked: str | None
    household_no: str | None
    uscc: str | None
    synthetic: bool


class Title(BaseModel):
    """How the village or town of the subject stands against the gates of its title."""

    place: PlaceAnswer
    state: GateState | None
    state_label: str


class ReferenceLimitAnswer(BaseModel):
    """The band a grade may stand for: for orientation only; every bank decides for itself (REQ-216)."""

    low_fen: int
    high_fen: int
    version: str
    source: str
    reference_only: Literal[True] = True


class StatementAnswer(BaseModel):
    """What the subject says about an adverse record behind the rating, at most 100 characters (art. 16)."""

    record_id: int
    text: str


class InquiryAnswer(BaseModel):
    """The rating that holds, every point of it, and the number under which the inquiry is on record."""

    inquiry_id: int
    inquired_at: datetime
    notice: str = REFERENCE_ONLY
    operator_basis: str
    subject: InquirySubject
    village: Title
    town: Title | None
    reference_limit: ReferenceLimitAnswer | None
    objections: list[ObjectionNote]
    statements: list[StatementAnswer]
    override: OverrideNote | None
    rating: RatingAnswer

    @classmethod
    def of(
        cls,
        result: InquiryResult,
        *,
        operator_basis: str,
        limits: Mapping[tuple[str, str], ReferenceLimit],
    ) -> "InquiryAnswer":
        """The answer to one inquiry."""
        subject = result.subject
        limit = limits.get((subject.kind, result.rating.rating.grade))
        return cls(
            inquiry_id=result.inquiry_id,
            inquired_at=result.inquired_at,
            operator_basis=operator_basis,
            subject=InquirySubject(
                kind=subject.kind,
                name=subject.display_name,
                number_masked=subject.number_masked,
                household_no=subject.household_no,
                uscc=subject.uscc,
                synthetic=subject.synthetic,
            ),
            village=_title(*result.titles[0]),
            town=_title(*result.titles[1]) if len(result.titles) > 1 else None,
            reference_limit=None if limit is None else ReferenceLimitAnswer(**asdict(limit)),
            objections=[ObjectionNote.of(note) for note in result.objections],
            statements=[
                StatementAnswer(record_id=record_id, text=text)
                for record_id, text in result.statements.items()
            ],
            override=OverrideNote.of(result.override),
            rating=RatingAnswer.of(result.rating, newest=result.newest),
        )


class RefusedInquiry(BaseModel):
    """Why one inquiry of a batch is not answered."""

    code: str
    title: str
    detail: str


class BatchedInquiry(BaseModel):
    """One inquiry of a batch: its answer, or why there is none."""

    answer: InquiryAnswer | None = None
    refusal: RefusedInquiry | None = None


class InquiryBatchAnswer(BaseModel):
    """The answers of a batch in the order of its questions."""

    batch_uid: str
    answered_count: int
    refused_count: int
    inquiries: list[BatchedInquiry]


def _title(place: Place, state: GateState | None) -> Title:
    label = "尚未评定" if state is None else state.label
    return Title(place=PlaceAnswer.of(place), state=state, state_label=label)


class SubjectHistoryAnswer(RatingHistoryAnswer):
    """All ratings of one subject, and every override of one, also what is over; the newest first."""

    overrides: list[OverrideAnswer]


class RatedSubjectAnswer(RatingAnswer):
    """A rating with the records it was made from; `override` is the one of it that holds now."""

    subject_id: int
    override: OverrideAnswer | None
    objections: list[ObjectionNote]
    records: list[RecordAnswer]
