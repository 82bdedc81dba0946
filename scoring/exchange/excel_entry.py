"""The cells of a workbook that are filled in: unlocked, with a word about what may stand in them."""

from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from scoring.definition import Input
from scoring.exchange.excel_formulas import both
from scoring.exchange.excel_values import exact

# What a spreadsheet takes as the rule of a cell, as its title and as its message.
RULE_LENGTH, TITLE_LENGTH, MESSAGE_LENGTH = 255, 32, 255


def add_entry(book: Any, page: Any, *, cells: tuple[int, int, int], item: Input | None) -> None:
    """One column to fill in, from a first to a last row; without an input, for the subject's name."""
    first, column, last = cells
    looks: dict[str, Any] = {"locked": False, "bg_color": "#FFF8DC", "border": 1}
    if item is None or item.categories:
        # As a text, a category such as 3-1 does not become a date, nor =1 a formula.
        looks["num_format"] = "@"
    entry = book.add_format(looks)
    for row in range(first, last + 1):
        page.write_blank(row, column, None, entry)
    if item is not None:
        rule = _rule(item, cell=str(xl_rowcol_to_cell(first, column)))
        page.data_validation(first, column, last, column, rule | _told(item))


def _rule(item: Input, *, cell: str) -> dict[str, Any]:
    """What is allowed; no rule where a spreadsheet cannot hold it."""
    if item.categories:
        names = [category.name for category in item.categories]
        fits = len(",".join(names)) <= RULE_LENGTH and not any("," in name for name in names)
        return {"validate": "list", "source": names} if fits else {"validate": "any"}
    low, high = exact(item.minimum), exact(item.maximum)
    codes = "".join(f",{cell}={exact(code)}" for code in item.special)
    rule = f"=OR(AND({cell}>={low},{cell}<={high}){codes})"
    if item.special and len(rule) <= RULE_LENGTH:
        return {"validate": "custom", "value": rule}
    if item.special:
        return {"validate": "any"}
    return {"validate": "decimal", "criteria": "between", "minimum": f"={low}", "maximum": f"={high}"}


def _told(item: Input) -> dict[str, Any]:
    """A word before and after; what is not allowed counts as unknown and may stand, unless it is refused."""
    meanings = [f"{code:g} {both(words)}" for code, words in {**item.codes, **item.special}.items()]
    allowed = "；".join([f"允许 allowed: {item.allowed}", *meanings])[:MESSAGE_LENGTH]
    return {
        "ignore_blank": True,
        "input_title": item.label.zh[:TITLE_LENGTH],
        "input_message": allowed,
        "error_title": "超出范围 out of range",
        "error_message": allowed,
        "error_type": "stop" if item.invalid == "refuse" else "warning",
    }
