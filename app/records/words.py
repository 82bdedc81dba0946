"""How a recorded value is written for people: money in yuan, yes or no in words, with its unit."""

from collections.abc import Mapping

from app.models import ValueType

# The unit of the catalogue where people write another one, or none.
_UNITS = {"分值": "分", "代码": "", "是否": ""}


def in_words(
    value: float, value_type: ValueType, unit: str, codes: Mapping[str, Mapping[str, str]] | None = None
) -> str:
    """A recorded value with its unit; a code by its words."""
    if value_type is ValueType.CODE and codes and str(int(value)) in codes:
        return codes[str(int(value))]["zh"]
    if value_type is ValueType.MONEY_FEN:
        return money(value)
    if value_type is ValueType.BOOLEAN:
        return "是" if value else "否"
    if value_type is ValueType.SHARE:
        return percent(value)
    return f"{value:,.10g} {_UNITS.get(unit, unit)}".strip()


def money(fen: float | None) -> str:
    """An amount in yuan, or in ten thousands of yuan."""
    if fen is None:
        return "未知"
    yuan = fen / 100
    if abs(yuan) >= 10_000:
        return f"{yuan / 10_000:,.2f} 万元"
    return f"{yuan:,.0f} 元" if yuan == round(yuan) else f"{yuan:,.2f} 元"


def percent(share: float | None, nothing: str = "无") -> str:
    """A share as a percentage; a share of nothing is said in words."""
    return nothing if share is None else f"{share * 100:.1f}%"
