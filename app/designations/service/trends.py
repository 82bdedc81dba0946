"""How the gates of a village or town stood at the end of every month."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app.db import Session
from app.designations.reports import StatusReport
from app.designations.service.statuses import reports_of
from app.designations.store import statuses as store
from app.models import Place


@dataclass(frozen=True)
class MonthEnd:
    """A month-end and what the newest night up to it said of the place; none before its first night."""

    on: date
    report: StatusReport | None


def trend_of(session: Session, place: Place, *, until: date, months: int) -> list[MonthEnd]:
    """The last month-ends up to a day, the oldest first.

    A night writes a status only where something changed: one holds until the next.
    """
    statuses = store.statuses_of(session, place.place_id, until=until)
    nights = store.nights_until(session, until=until)
    held: dict[date, int] = {}
    for day in month_ends(until, months=months):
        last_night = max((run_id for run_id, as_of in nights if as_of <= day), default=0)
        spoken = [s for s, run in statuses if s.run_id <= last_night and run.as_of <= day]
        if spoken:
            held[day] = spoken[-1].place_status_id
    needed = set(held.values())
    chosen = [(status, run) for status, run in statuses if status.place_status_id in needed]
    reports = dict(
        zip((s.place_status_id for s, _ in chosen), reports_of(session, [place], chosen), strict=True)
    )
    return [
        MonthEnd(day, reports[held[day]] if day in held else None) for day in month_ends(until, months=months)
    ]


def month_ends(until: date, *, months: int) -> list[date]:
    """The last days of so many months, none after a day, the oldest first."""
    found = list(_month_ends_back(until, months=months))
    return found[::-1]


def _month_ends_back(until: date, *, months: int) -> Iterator[date]:
    year, month = until.year, until.month
    if until.day < monthrange(year, month)[1]:
        year, month = _month_before(year, month)
    for _ in range(months):
        yield date(year, month, monthrange(year, month)[1])
        year, month = _month_before(year, month)


def _month_before(year: int, month: int) -> tuple[int, int]:
    return (year - 1, 12) if month == 1 else (year, month - 1)
