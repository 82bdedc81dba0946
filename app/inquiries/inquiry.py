"""An inquiry and its answer."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from app.access.scope import Viewer
from app.designations.service import Title
from app.models import GateState, InquiryOutcome, Purpose
from app.objections.objection import Note
from app.overrides.override import Override
from app.places.service import PlaceInShort
from app.ratings.service import ToldRating
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
class RepeatKey:
    """The key a client gave a request to send it again by, and what it asked; hashes of both are kept."""

    key: str
    content: str = field(repr=False)


@dataclass(frozen=True)
class Request:
    """One request: who asks what, when, and under which key it may be sent again.

    A single question is a batch of one; `batch_uid` is set where it came as a batch.
    """

    viewer: Viewer
    questions: Sequence[Question]
    at: datetime
    batch_uid: str | None = None
    key: RepeatKey | None = None


@dataclass(frozen=True)
class Answered:
    """The answer to a request: its status and its body, and whether it is one that was given before."""

    status: int
    body: bytes
    replayed: bool = False


@dataclass(slots=True)
class InquiryRecord:
    """The row of an inquiry before it is written, and what the log says was shown."""

    in_sealed_log: ClassVar[bool] = True

    inquired_at: datetime
    user_id: int
    organisation_id: int
    purpose: Purpose
    outcome: InquiryOutcome
    refusal_code: str
    batch_uid: str | None = None
    consent_id: int | None = None
    subject_id: int | None = None
    rating_id: int | None = None
    uid: str = field(default_factory=lambda: secrets.token_hex(16))
    shown: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Home:
    """The village or town of a subject: how it stands against its gates, and the titles it holds."""

    place: PlaceInShort
    state: GateState | None
    titles: Sequence[Title]


@dataclass(frozen=True)
class InquiryResult:
    """What an inquiry is answered with, and the record of it."""

    inquiry_id: int
    inquired_at: datetime
    subject: SubjectCard
    titles: Sequence[Title]
    homes: Sequence[Home]
    rating: ToldRating
    objections: Sequence[Note]
    statements: Mapping[int, str]
    override: Override | None = None
