"""How gates have stood month by month, on the wire."""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel

from app.designations.reports import GateLine
from app.designations.service.trends import MonthEnd
from app.models import GateState, Place
from app.places.schemas import PlaceAnswer


class TrendGate(BaseModel):
    """One gate at a month-end."""

    name: str
    state: GateState
    threshold: float
    value: float | None
    numerator: float | None
    denominator: float | None
    margin: float | None

    @classmethod
    def of(cls, line: GateLine) -> "TrendGate":
        """One gate."""
        return cls(
            name=line.name,
            state=line.state,
            threshold=line.threshold,
            value=line.value,
            numerator=line.measure.numerator,
            denominator=line.measure.denominator,
            margin=line.margin,
        )


class TrendPoint(BaseModel):
    """A month-end; `state` is null before the first night. `night_of` is the day its numbers are of."""

    month_end: date
    night_of: date | None
    state: GateState | None
    profile: str | None
    gates: list[TrendGate]

    @classmethod
    def of(cls, point: MonthEnd) -> "TrendPoint":
        """One month-end."""
        report = point.report
        if report is None:
            return cls(month_end=point.on, night_of=None, state=None, profile=None, gates=[])
        return cls(
            month_end=point.on,
            night_of=report.since,
            state=report.state,
            profile=report.profile.code,
            gates=[TrendGate.of(line) for line in report.gates],
        )


class TrendAnswer(BaseModel):
    """How the gates of a place stood at the end of every month, the oldest first."""

    place: PlaceAnswer
    as_of: date
    months: list[TrendPoint]

    @classmethod
    def of(cls, place: Place, points: Sequence[MonthEnd], *, as_of: date) -> "TrendAnswer":
        """One place."""
        return cls(
            place=PlaceAnswer.of(place), as_of=as_of, months=[TrendPoint.of(point) for point in points]
        )
