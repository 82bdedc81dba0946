"""An inquiry and its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.models import GateState, Place, Purpose, RatingRun
from app.objections.objection import Note
from app.overrides.override import Override
from app.ratings.service import ExplainedRating
from app.subjects.service import SubjectCard


@dataclass(frozen=True)
class Authorisation:
    """A consent on paper, recorded with the inquiry: its number, its term, and the hash of its scan."""

    reference: str
    signed_on: date
    ends_on: date
    document: str
    document_sha256: str


@dataclass(frozen=True)
class Question:
    """What is asked: whose rating, for what purpose, under which consent."""

    number: str
    purpose: Purpose
    consent_id: int | None
    authorisation: Authorisation | None = None


@dataclass(frozen=True)
class InquiryResult:
    """What an inquiry is answered with, and the record of it."""

    inquiry_id: int
    inquired_at: datetime
    subject: SubjectCard
    place: Place
    titles: Sequence[tuple[Place, GateState | None]]
    rating: ExplainedRating
    newest: RatingRun | None
    objections: Sequence[Note]
    statements: Mapping[int, str]
    override: Override | None = None
