"""How values are shown to people: shares, counts, money, dates and states, in Chinese."""

from collections.abc import Callable
from datetime import date
from typing import Any

from app.models import GateState, ValueType

SIGNS = {
    GateState.HOLDS: "✓",
    GateState.FAILS: "✗",
    GateState.INSUFFICIENT: "…",
    GateState.NOT_APPLICABLE: "—",
}
# The unit of the catalogue where people write another one, or none.
_UNITS = {"分值": "分", "代码": "", "是否": ""}


def percent(share: float | None, nothing: str = "无") -> str:
    """A share as a percentage; a share of nothing is said in words."""
    return nothing if share is None else f"{share * 100:.1f}%"


def count(number: float | None) -> str:
    """A whole number with separators."""
    return "未知" if number is None else f"{number:,.0f}"


def money(fen: float | None) -> str:
    """An amount in yuan, or in ten thousands of yuan."""
    if fen is None:
        return "未知"
    yuan = fen / 100
    if abs(yuan) >= 10_000:
        return f"{yuan / 10_000:,.2f} 万元"
    return f"{yuan:,.0f} 元" if yuan == round(yuan) else f"{yuan:,.2f} 元"


def day(on: date) -> str:
    """A date as it is written in China."""
    return f"{on.year}年{on.month}月{on.day}日"


def state(value: GateState) -> str:
    """A state by its sign and its word."""
    return f"{SIGNS[value]} {value.label}"


def fact(value: float, value_type: ValueType, unit: str) -> str:
    """A recorded value with its unit."""
    if value_type is ValueType.MONEY_FEN:
        return money(value)
    if value_type is ValueType.BOOLEAN:
        return "是" if value else "否"
    if value_type is ValueType.SHARE:
        return percent(value)
    return f"{value:,.10g} {_UNITS.get(unit, unit)}".strip()


FILTERS: dict[str, Callable[..., Any]] = {
    "percent": percent,
    "count": count,
    "money": money,
    "day": day,
    "state": state,
}
