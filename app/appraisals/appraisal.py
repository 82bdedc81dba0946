"""A round of appraisal, its sheets and what they came to, as the services hand them on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.models import (
    AppraisalClosing,
    AppraisalRound,
    AppraisalSheet,
    AppraisalStanding,
    Appraiser,
    FlagKind,
    Place,
)
from app.rules.appraisals import AppraisalRules

REASON_LENGTH_MAX = 255
NAME_LENGTH_MAX = 40


class RoundState(StrEnum):
    """How far a round has come; `due` may be closed whoever is missing."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    DUE = "due"
    CLOSED = "closed"


STATE_LABELS = {
    RoundState.SCHEDULED: "未开始",
    RoundState.OPEN: "评议中",
    RoundState.DUE: "可截止",
    RoundState.CLOSED: "已截止",
}


@dataclass(frozen=True)
class Line:
    """One household on the sheets: its line, and no more of the name than the village needs."""

    line: int
    subject_id: int
    household_no: str
    name_masked: str
    standing: AppraisalStanding
    synthetic: bool


@dataclass(frozen=True)
class Mark:
    """What one appraiser says of the household of one line."""

    line: int
    knows: bool
    kin: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    suggested_limit_fen: int | None = None


@dataclass(frozen=True)
class Invited:
    """One appraiser of a round as an official sees him: who, how, and whether the sheet is in."""

    appraiser: Appraiser
    name: str
    username: str | None
    submitted: AppraisalSheet | None
    kin_count: int


@dataclass(frozen=True)
class Measure:
    """A share with what it is taken of."""

    name: str
    label: str
    numerator: int
    denominator: int
    denominator_name: str

    @property
    def share(self) -> float | None:
        """The share; none of nothing."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True)
class Round:
    """A round as an official sees it; nothing in it says who marked whom how."""

    round: AppraisalRound
    place: Place
    rules: AppraisalRules
    state: RoundState
    closing: AppraisalClosing | None
    household_count: int
    appraisable_count: int
    invited_count: int
    submitted_count: int


@dataclass(frozen=True)
class OwnRound:
    """A round as one of its appraisers sees it: no count of anything anybody else did."""

    round: AppraisalRound
    place: Place
    rules: AppraisalRules
    state: RoundState
    submitted: bool


@dataclass(frozen=True)
class OwnSheet:
    """The sheet of the appraiser who asks, and of nobody else."""

    own: OwnRound
    appraiser: Appraiser
    lines: Sequence[Line]
    kin: frozenset[int]
    marks: Sequence[Mark]
    revision: int
    sheet: AppraisalSheet | None


@dataclass(frozen=True)
class Flag:
    """One thing to look at: about appraisers by their number in the round, or about a household."""

    kind: FlagKind
    appraiser_number: int | None
    other_appraiser_number: int | None
    subject_id: int | None
    detail: Mapping[str, object]


@dataclass(frozen=True)
class ResultLine:
    """What a closed round came to for one household; below the quorum neither score nor grade."""

    line: Line
    known_count: int
    appraiser_count: int
    favourable_count: int
    score: float | None
    grade: str | None
    suggested_limit_fen: int | None
    reasons: Mapping[str, int]
    flags: tuple[str, ...]


@dataclass(frozen=True)
class RoundResult:
    """A closed round in full."""

    round: Round
    measures: Sequence[Measure]
    lines: Sequence[ResultLine]
    flags: Sequence[Flag]


@dataclass(frozen=True)
class AppraisalResult:
    """The appraisal of a subject that holds on a day; `favourable` is whether it carries a title.

    Without a quorum there is neither score nor grade, and it is not favourable.
    """

    score: float | None
    appraiser_count: int
    favourable_count: int
    favourable: bool
    grade: str | None
    round_id: int
    closed_on: date
    flags: tuple[str, ...]
