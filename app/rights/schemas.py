"""The rights of a subject on the wire."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.models import ReviewOutcome, SubjectKind
from app.places.schemas import PlaceAnswer
from app.rights.report import Asked, Explained, ReportConsent
from app.rights.right import (
    DOCUMENT_LENGTH_MAX,
    INQUIRY_YEARS,
    TEXT_LENGTH_MAX,
    Format,
    ReviewItem,
    ReviewList,
    ReviewState,
    Verdict,
)
from app.subjects.service import SubjectCard

# No id in the database is greater.
ID_MAX = 2**63 - 1


class _Asked(BaseModel):
    """The base of what the desk sends: nothing unknown is taken, and no refusal repeats what was sent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SubjectSearch(_Asked):
    """The number on the card or the licence of whoever stands at the desk; it travels in the body only."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id_number": "11010519491231002X"}]})

    id_number: str | None = Field(default=None, max_length=40, description="resident number of a member")
    uscc: str | None = Field(default=None, max_length=40, description="unified social credit code")

    @model_validator(mode="after")
    def _one_number(self) -> "SubjectSearch":
        if (self.id_number is None) == (self.uscc is None):
            raise ValueError("give either id_number or uscc")
        return self

    @property
    def number(self) -> str:
        """The number that was given."""
        return self.id_number or self.uscc or ""


class SubjectFound(BaseModel):
    """The subject behind a number; a person's name and number, phone and address are masked."""

    subject_id: int
    kind: SubjectKind
    kind_label: str
    name: str
    number_masked: str | None
    uscc: str | None
    phone_masked: str | None
    address_masked: str | None
    synthetic: bool

    @classmethod
    def of(cls, card: SubjectCard) -> "SubjectFound":
        """What the desk compares with the card or the licence."""
        return cls(
            subject_id=card.subject_id,
            kind=card.kind,
            kind_label=card.kind.label,
            name=card.display_name,
            number_masked=card.number_masked,
            uscc=card.uscc,
            phone_masked=card.phone_masked,
            address_masked=card.address_masked,
            synthetic=card.synthetic,
        )


class Identified(_Asked):
    """By which document the person at the desk was identified."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"document": "居民身份证原件，已核对"}]})

    document: str = Field(min_length=1, max_length=DOCUMENT_LENGTH_MAX)


class ConsentsAnswer(BaseModel):
    """What a subject agreed to or refused, the oldest first."""

    subject_id: int
    consents: list[ReportConsent]


class ReportOrder(Identified):
    """A report on the person at the desk, to print (pdf) or to read by a program (json)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"document": "居民身份证原件，已核对", "format": "pdf"}]}
    )

    format: Format


class ReviewFiling(Identified):
    """That a person shall look at a rating, in the subject's words; the one that holds, if none is named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"document": "居民身份证原件", "text": "逾期是银行系统故障造成的，请由人再看。"}]
        }
    )

    rating_id: int | None = Field(default=None, ge=1, le=ID_MAX)
    text: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)


class ReviewReply(_Asked):
    """What the person who looked has found, for the subject to read."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "upheld", "text": "逐项核对，评级依据的记录无误。"}]}
    )

    outcome: ReviewOutcome
    text: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)

    def verdict(self) -> Verdict:
        """The answer as it is kept."""
        return Verdict(self.outcome, self.text)


class ReviewStanding(BaseModel):
    """How a request of review stands: the days left for its answer (negative: overdue), or how it ended."""

    review_id: int
    subject_id: int
    rating_id: int
    raised_on: date
    due_on: date
    days_left: int | None
    outcome: ReviewOutcome | None
    outcome_label: str | None
    answered_on: date | None

    @classmethod
    def of(cls, state: ReviewState, *, on: date) -> "ReviewStanding":
        """A request as it stands on a day."""
        request, answer = state.request, state.answer
        return cls(
            review_id=request.review_request_id,
            subject_id=request.subject_id,
            rating_id=request.rating_id,
            raised_on=request.raised_on,
            due_on=request.due_on,
            days_left=state.days_left(on) if answer is None else None,
            outcome=None if answer is None else answer.outcome,
            outcome_label=None if answer is None else answer.outcome.label,
            answered_on=None if answer is None else answer.answered_on,
        )


class ReviewLine(BaseModel):
    """One request that waits: whose (masked), about which rating, in what words."""

    review: ReviewStanding
    name: str
    number_masked: str | None
    place: PlaceAnswer
    about: str
    text: str

    @classmethod
    def of(cls, item: ReviewItem, *, on: date) -> "ReviewLine":
        """One line of the work list."""
        return cls(
            review=ReviewStanding.of(item.state, on=on),
            name=item.subject.display_name,
            number_masked=item.subject.number_masked,
            place=PlaceAnswer.of(item.place),
            about=item.about,
            text=item.text,
        )


class ReviewWork(BaseModel):
    """The requests the viewer's division has to answer, those due first on top; the counts are of all."""

    on: date
    open_count: int
    overdue_count: int
    reviews: list[ReviewLine]

    @classmethod
    def of(cls, found: ReviewList) -> "ReviewWork":
        """The work list of a division."""
        return cls(
            on=found.on,
            open_count=found.open_count,
            overdue_count=found.overdue_count,
            reviews=[ReviewLine.of(item, on=found.on) for item in found.items],
        )


class AskedAnswer(BaseModel):
    """Who asked about a subject in the last five years, the newest first."""

    subject_id: int
    years: int = INQUIRY_YEARS
    inquiries: list[Asked]


class ExplanationAnswer(BaseModel):
    """The rating that holds, told in plain Chinese sentences."""

    subject_id: int
    explanation: Explained
