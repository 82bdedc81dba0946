"""How values are shown to people: shares, counts, money, dates and states, in Chinese."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from app import clock
from app.models import GateState
from app.records.words import money, percent

SIGNS = {
    GateState.HOLDS: "✓",
    GateState.FAILS: "✗",
    GateState.INSUFFICIENT: "…",
    GateState.NOT_APPLICABLE: "—",
}


def count(number: float | None) -> str:
    """A whole number with separators."""
    return "未知" if number is None else f"{number:,.0f}"


def day(on: date) -> str:
    """A date as it is written in China."""
    return f"{on.year}年{on.month}月{on.day}日"


def moment(at: datetime) -> str:
    """An instant, as the clock of the district shows it."""
    return f"{at.astimezone(clock.CHINA):%Y-%m-%d %H:%M}"


def state(value: GateState) -> str:
    """A state by its sign and its word."""
    return f"{SIGNS[value]} {value.label}"


FILTERS: dict[str, Callable[..., Any]] = {
    "percent": percent,
    "count": count,
    "money": money,
    "day": day,
    "moment": moment,
    "state": state,
}
