"""What can be said of coverage: the goal, and how far each town and type is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.models import Roster
from scoring.definition import Source


class By(StrEnum):
    """What the lines of a coverage report are."""

    TOWN = "town"
    TYPE = "type"


@dataclass(frozen=True)
class Goal:
    """What is asked: the shares, the day they were asked for, and the rule."""

    file_coverage: float
    rating_coverage: float
    due_on: date
    profile_code: str
    basis: Source


@dataclass(frozen=True)
class Line:
    """One town or type: who counts, who is excluded, and how many are on file and rated."""

    key: str
    label: str
    roster_count: int
    excluded_count: int
    on_file_count: int
    rated_count: int

    @property
    def file_coverage(self) -> float | None:
        """On file of the roster; none where the roster names nobody."""
        return self.on_file_count / self.roster_count if self.roster_count else None

    @property
    def rating_coverage(self) -> float | None:
        """Rated of the roster; none where the roster names nobody."""
        return self.rated_count / self.roster_count if self.roster_count else None

    def reaches(self, goal: Goal) -> bool | None:
        """Whether both shares reach the goal; none where the roster names nobody."""
        if self.file_coverage is None or self.rating_coverage is None:
            return None
        return self.file_coverage >= goal.file_coverage and self.rating_coverage >= goal.rating_coverage


@dataclass(frozen=True)
class CoverageReport:
    """Coverage of a division on a day, measured against one frozen roster."""

    as_of: date
    by: By
    goal: Goal
    roster: Roster | None
    total: Line
    lines: Sequence[Line]
