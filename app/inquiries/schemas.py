"""Inquiries on the wire."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import to_json

from app.designations.service import Title as HeldTitle
from app.errors import AppError
from app.inquiries.inquiry import Authorisation, Home, InquiryResult, Question
from app.models import DesignationKind, DesignationState, GateState, Purpose, SubjectKind
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


class TitleHeld(BaseModel):
    """A title that is held today, also while it is reviewed, on probation or announced to be taken."""

    designation_id: int
    kind: DesignationKind
    kind_label: str = Field(description="what the title is called: by its rung where it has one")
    rung: str = Field(description="the step of a ladder; empty where there is none")
    state: DesignationState
    state_label: str
    since: date
    valid_until: date = Field(description="the first day it no longer holds")


class InquirySubject(BaseModel):
    """About whom: a person's name and number are masked."""

    kind: SubjectKind
    name: str
    number_masked: str | None
    household_no: str | None
    uscc: str | None
    synthetic: bool
    designations: list[TitleHeld]


class Title(BaseModel):
    """The village or town of the subject: how it stands against the gates of its title, and what it holds."""

    place: PlaceAnswer
    state: GateState | None
    state_label: str
    designations: list[TitleHeld]


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


class SubjectHistoryAnswer(RatingHistoryAnswer):
    """All ratings of one subject, and every override of one, also what is over; the newest first."""

    overrides: list[OverrideAnswer]


class RatedSubjectAnswer(RatingAnswer):
    """A rating with the records it was made from; `override` is the one of it that holds now."""

    subject_id: int
    override: OverrideAnswer | None
    objections: list[ObjectionNote]
    records: list[RecordAnswer]


def answer_parts(
    result: InquiryResult, *, operator_basis: str, limits: Mapping[tuple[str, str], ReferenceLimit]
) -> tuple[bytes, ...]:
    """An `InquiryAnswer` as it is sent, in parts: what never changes of a rating is written once and kept.

    The parts are put together once, for however many answers: they are most of what a batch weighs.
    """
    subject, rating = result.subject, result.rating
    limit = limits.get((subject.kind, rating.grade))
    head = {
        "inquiry_id": result.inquiry_id,
        "inquired_at": result.inquired_at,
        "notice": REFERENCE_ONLY,
        "operator_basis": operator_basis,
        "subject": {
            "kind": subject.kind,
            "name": subject.display_name,
            "number_masked": subject.number_masked,
            "household_no": subject.household_no,
            "uscc": subject.uscc,
            "synthetic": subject.synthetic,
            "designations": [_held(title) for title in result.titles],
        },
        "village": _title(result.homes[0]),
        "town": _title(result.homes[1]) if len(result.homes) > 1 else None,
        "reference_limit": None if limit is None else _band(limit),
        "objections": [ObjectionNote.of(note) for note in result.objections],
        "statements": [
            {"record_id": record_id, "text": text} for record_id, text in result.statements.items()
        ],
        "override": OverrideNote.of(result.override),
    }
    return to_json(head)[:-1], b',"rating":', rating.text, b"}"


def batch_text(batch_uid: str, told: Sequence[tuple[bytes, ...] | AppError]) -> bytes:
    """An `InquiryBatchAnswer` as it is sent: every answer is the text it would be alone."""
    refused = sum(isinstance(one, AppError) for one in told)
    head = {"batch_uid": batch_uid, "answered_count": len(told) - refused, "refused_count": refused}
    parts = [to_json(head)[:-1], b',"inquiries":[']
    for place, one in enumerate(told):
        parts.append(b"," if place else b"")
        if isinstance(one, AppError):
            why = {"code": one.code, "title": one.title, "detail": one.detail}
            parts += (b'{"answer":null,"refusal":', to_json(why), b"}")
        else:
            parts += (b'{"answer":', *one, b',"refusal":null}')
    return b"".join((*parts, b"]}"))


def _band(limit: ReferenceLimit) -> dict[str, object]:
    return {
        "low_fen": limit.low_fen,
        "high_fen": limit.high_fen,
        "version": limit.version,
        "source": limit.source,
        "reference_only": True,
    }


def _title(home: Home) -> dict[str, object]:
    place, state = home.place, home.state
    return {
        "place": {"code": place.code, "name": place.name, "kind": place.kind},
        "state": state,
        "state_label": "尚未评定" if state is None else state.label,
        "designations": [_held(title) for title in home.titles],
    }


def _held(title: HeldTitle) -> dict[str, object]:
    return {
        "designation_id": title.designation_id,
        "kind": title.kind,
        "kind_label": title.label,
        "rung": title.rung,
        "state": title.state,
        "state_label": title.state.label,
        "since": title.since,
        "valid_until": title.valid_until,
    }
