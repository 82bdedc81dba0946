"""Inquiries on the wire."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.designations.schemas import PlaceAnswer
from app.inquiries.inquiry import InquiryResult
from app.models import GateState, Purpose, SubjectKind
from app.objections.schemas import ObjectionNote
from app.ratings.schemas import RatingAnswer, RecordAnswer

REFERENCE_ONLY = (
    "信用信息仅供参考，不得作为拒绝贷款的唯一依据。"
    "The rating is a reference, never the only ground for a refusal."
)


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
    consent_id: int = Field(ge=1, le=2**63 - 1)

    @model_validator(mode="after")
    def _one_number(self) -> "InquiryQuestion":
        if (self.id_number is None) == (self.uscc is None):
            raise ValueError("give either id_number or uscc")
        if self.purpose is Purpose.OFFICIAL_DUTY:
            raise ValueError("official_duty is not a purpose of an inquiry")
        return self

    @property
    def number(self) -> str:
        """The number that was given."""
        return self.id_number or self.uscc or ""


class InquirySubject(BaseModel):
    """About whom: a person's name and number are masked."""

    kind: SubjectKind
    name: str
    number_masked: str | None
    household_no: str | None
    uscc: str | None
    synthetic: bool


class VillageTitle(BaseModel):
    """How the village of the subject stands against the gates of a credit village."""

    place: PlaceAnswer
    state: GateState | None
    state_label: str


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
    village: VillageTitle
    objections: list[ObjectionNote]
    statements: list[StatementAnswer]
    rating: RatingAnswer

    @classmethod
    def of(cls, result: InquiryResult, *, operator_basis: str) -> "InquiryAnswer":
        """The answer to one inquiry."""
        subject, village = result.subject, result.village
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
            village=VillageTitle(
                place=PlaceAnswer.of(result.place),
                state=None if village is None else village.state,
                state_label="尚未评定" if village is None else village.state.label,
            ),
            objections=[ObjectionNote.of(note) for note in result.objections],
            statements=[
                StatementAnswer(record_id=record_id, text=text)
                for record_id, text in result.statements.items()
            ],
            rating=RatingAnswer.of(result.rating, newest=result.newest),
        )


class RatedSubjectAnswer(RatingAnswer):
    """A rating with the records it was made from."""

    subject_id: int
    objections: list[ObjectionNote]
    records: list[RecordAnswer]
