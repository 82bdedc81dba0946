"""What may be asked for and handed over, in the words of the slice."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.models import Loan, LoanMonth, Place, ReviewAnswer, ReviewOutcome, ReviewRequest
from app.subjects.service import SubjectCard

FREE_REPORTS_A_YEAR = 2
INQUIRY_YEARS = 5
DOCUMENT_LENGTH_MAX = 200
TEXT_LENGTH_MAX = 1000
GROUND_LENGTH_MAX = 64
ERASED = "已删除"


class Format(StrEnum):
    """How a report is handed over."""

    PDF = "pdf"
    JSON = "json"


@dataclass(frozen=True)
class LoanState:
    """A loan with the last month-end its bank has returned; without one only its grant is known."""

    loan: Loan
    last: LoanMonth | None

    @property
    def runs(self) -> bool:
        """Whether anything of it may still be owed."""
        return self.last is None or self.last.balance_fen > 0


@dataclass(frozen=True)
class Handed:
    """The bytes a subject was handed, and the number under which that is on record."""

    disclosure_id: int
    content: bytes
    content_sha256: str
    free: bool
    number_in_year: int | None


@dataclass(frozen=True)
class Verdict:
    """What the person who looked at a rating found, for the subject to read."""

    outcome: ReviewOutcome
    text: str


@dataclass(frozen=True)
class ReviewState:
    """A request of review, and its answer once there is one."""

    request: ReviewRequest
    answer: ReviewAnswer | None

    def days_left(self, on: date) -> int:
        """Days until the answer is due: 0 on the last day, negative once it is overdue."""
        return (self.request.due_on - on).days


@dataclass(frozen=True)
class ReviewItem:
    """One request that waits for an answer: whose (masked), about which rating, in what words."""

    state: ReviewState
    subject: SubjectCard
    place: Place
    about: str
    text: str


@dataclass(frozen=True)
class ReviewList:
    """What a division has to look at; the counts are of all of it, also of what is not listed."""

    on: date
    open_count: int
    overdue_count: int
    items: tuple[ReviewItem, ...]
