"""Days and the rows of them, as both databases give them."""

from datetime import date, timedelta
from typing import Any


def newest(found: list[dict[str, Any]], name: str, number: int, on: date) -> dict[str, Any] | None:
    """The newest row of one number up to a day."""
    mine = [row for row in found if row[name] == number and (day_of(row["as_of"]) or on) <= on]
    return mine[-1] if mine else None


def month_ends_between(since: date, until: date) -> list[date]:
    """The last days of the months from a day to another."""
    found, day = [], since
    while day <= until:
        following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        found.append(following - timedelta(days=1))
        day = following
    return [end for end in found if end <= until]


def day_of(value: Any) -> date | None:
    """A day however a database gives it."""
    if value is None:
        return None
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
