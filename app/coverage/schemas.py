"""Coverage on the wire."""

from datetime import date

from pydantic import BaseModel

from app.coverage.report import CoverageReport, Goal, Line
from app.ratings.schemas import SourceAnswer


class GoalAnswer(BaseModel):
    """What article 19 asks for, in the numbers of the profile in force."""

    file_coverage: float
    rating_coverage: float
    due_on: date
    profile: str
    basis: SourceAnswer

    @classmethod
    def of(cls, goal: Goal) -> "GoalAnswer":
        """The goal in force."""
        return cls(
            file_coverage=goal.file_coverage,
            rating_coverage=goal.rating_coverage,
            due_on=goal.due_on,
            profile=goal.profile_code,
            basis=SourceAnswer.model_validate(goal.basis),
        )


class RosterAnswer(BaseModel):
    """The frozen roster coverage is measured against."""

    roster_id: int
    name: str
    source: str
    as_of: date


class CoverageLine(BaseModel):
    """One town or type; the shares are null where the roster names nobody."""

    key: str
    label: str
    roster_count: int
    excluded_count: int
    on_file_count: int
    rated_count: int
    file_coverage: float | None
    rating_coverage: float | None
    reaches_goal: bool | None

    @classmethod
    def of(cls, line: Line, *, goal: Goal) -> "CoverageLine":
        """One line with its shares."""
        return cls(
            key=line.key,
            label=line.label,
            roster_count=line.roster_count,
            excluded_count=line.excluded_count,
            on_file_count=line.on_file_count,
            rated_count=line.rated_count,
            file_coverage=line.file_coverage,
            rating_coverage=line.rating_coverage,
            reaches_goal=line.reaches(goal),
        )


class CoverageAnswer(BaseModel):
    """Coverage of a division, in all and by town or type."""

    as_of: date
    by: str
    goal: GoalAnswer
    roster: RosterAnswer | None
    total: CoverageLine
    lines: list[CoverageLine]

    @classmethod
    def of(cls, report: CoverageReport) -> "CoverageAnswer":
        """One report."""
        roster = report.roster
        return cls(
            as_of=report.as_of,
            by=report.by,
            goal=GoalAnswer.of(report.goal),
            roster=None if roster is None else RosterAnswer.model_validate(roster, from_attributes=True),
            total=CoverageLine.of(report.total, goal=report.goal),
            lines=[CoverageLine.of(line, goal=report.goal) for line in report.lines],
        )
