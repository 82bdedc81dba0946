"""What an objection is while it waits and once it is answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from app.models import Objection, ObjectionChannel, ObjectionEvent, ObjectionEventKind
from app.models.base import Labelled

TEXT_LENGTH_MAX = 1000
DOCUMENT_LENGTH_MAX = 200
OUTCOMES = (ObjectionEventKind.CORRECTED, ObjectionEventKind.CONFIRMED, ObjectionEventKind.UNRESOLVED)


class ObjectionState(Labelled):
    """Where an objection stands on a day."""

    OPEN = "open", "核查中"
    OVERDUE = "overdue", "已逾期"
    CLOSED = "closed", "已办结"


@dataclass(frozen=True)
class ObjectionRules:
    """The term of an answer in calendar days, and how many days before its end a superior is told (art. 25).

    The day an objection arrives is not counted: with 20 days, day 20 is in time and day 21 is overdue.
    """

    days: int
    escalate_before: int


@dataclass(frozen=True)
class Filing:
    """An objection as it is handed in: of whom, to which record or which rating, how, and in what words.

    `raised_on` is the day it reached the office; none means today.
    """

    subject_id: int
    text: str
    channel: ObjectionChannel
    record_id: int | None = None
    rating_id: int | None = None
    raised_on: date | None = None


@dataclass(frozen=True)
class Reply:
    """What the office found and decided, and on the ground of which document.

    `replaced_by` is the record that says what is right and counts; without it, a correction must be on file.
    """

    outcome: ObjectionEventKind
    found: str
    document: str
    replaced_by: int | None = None


@dataclass(frozen=True)
class Progress:
    """An objection as it stands on a day: whether a superior was told of it, and the step that ended it."""

    objection: Objection
    state: ObjectionState
    escalated: bool
    end: ObjectionEvent | None

    @property
    def outcome(self) -> ObjectionEventKind | None:
        """How it ended; none while it is open."""
        return None if self.end is None else self.end.kind

    def days_left(self, on: date) -> int:
        """Days until the answer is due: 0 on the last day, negative once it is overdue."""
        return (self.objection.due_on - on).days


@dataclass(frozen=True)
class Note:
    """What every answer about a subject shows of one of its objections: that there is one, never its words.

    `both_versions_kept` says that it could not be settled, and that the record stands beside the objection.
    """

    objection_id: int
    record_id: int | None
    rating_id: int | None
    raised_on: date
    due_on: date
    state: ObjectionState
    outcome: ObjectionEventKind | None
    both_versions_kept: bool


def progress(objection: Objection, events: Iterable[ObjectionEvent], *, on: date) -> Progress:
    """How an objection stands on a day, after what had happened to it until then."""
    happened = [event for event in events if event.happened_on <= on]
    end = next((event for event in happened if event.kind.ends), None)
    escalated = any(event.kind is ObjectionEventKind.ESCALATED for event in happened)
    if end is not None:
        state = ObjectionState.CLOSED
    else:
        state = ObjectionState.OVERDUE if on > objection.due_on else ObjectionState.OPEN
    return Progress(objection, state, escalated, end)


def note(progress: Progress, *, read_at: datetime | None) -> Note | None:
    """What every answer shows of an objection; `read_at` is when the newest night began to read.

    An open one is shown, one that could not be settled is shown for ever, and a corrected one until a night
    has read the correction. What was confirmed or taken back says nothing about anybody and is not shown.
    """
    objection, end = progress.objection, progress.end
    unresolved = end is not None and end.kind is ObjectionEventKind.UNRESOLVED
    corrected = end is not None and end.kind is ObjectionEventKind.CORRECTED
    unread = end is not None and (read_at is None or read_at < end.recorded_at)
    if end is not None and not unresolved and not (corrected and unread):
        return None
    return Note(
        objection_id=objection.objection_id,
        record_id=objection.record_id,
        rating_id=objection.rating_id,
        raised_on=objection.raised_on,
        due_on=objection.due_on,
        state=progress.state,
        outcome=progress.outcome,
        both_versions_kept=unresolved,
    )
