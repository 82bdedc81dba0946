"""A card as a workbook whose live formulas give the same points, score and grade.

Whoever has a spreadsheet can type in the facts of a subject and follow every step to the grade.
"""

import math
from pathlib import Path
from typing import Any

import xlsxwriter

from scoring.definition import CardDefinition, Characteristic
from scoring.errors import CardError
from scoring.exchange.endless import refuse_endless
from scoring.exchange.excel_entry import add_entry
from scoring.exchange.excel_formulas import (
    BEGINNING_COLUMN,
    CARD,
    POINTS_COLUMN,
    SIGN_COLUMN,
    Sheet,
    both,
    plain_beginning,
    score_sheet,
)
from scoring.exchange.excel_values import exact

SCORES, SOURCES, HELP = "评分", "来源", "说明"
FIRST_ROW = 3
FORMULA_LENGTH = 8_000
COLUMNS_MAXIMUM = 16_384
A4 = 9
# So many columns of the score sheet are legible on a page.
PAGE_COLUMNS = 16
CARD_TITLES = (
    "指标 characteristic",
    "档次 bin",
    "起点 begins",
    "自 from",
    "单位 unit",
    "分值 points",
    "失分原因 reason",
    "依据 basis",
)


def write_workbook(card: CardDefinition, target: Path, *, rows: int = 20) -> None:
    """Write the card as a workbook with room for so many subjects, one a row.

    Raises `CardError` for a card a spreadsheet cannot hold or cannot compute as it is rated, `OSError` where
    it cannot be written.
    """
    refuse_endless(card, tool="a spreadsheet")
    sheet = score_sheet(card)
    longest = max(len(formula(FIRST_ROW + rows)) for formula in sheet.formulas if formula is not None)
    if longest > FORMULA_LENGTH:
        raise CardError(f"a formula of {longest} characters is too long for a spreadsheet")
    if len(sheet.titles) > COLUMNS_MAXIMUM:
        raise CardError(f"{len(sheet.titles)} columns are too many for a spreadsheet")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(target), options) as book:
        _write_help(book, card)
        _write_scores(book, card, sheet, rows=rows)
        _write_card(book, card)
        _write_sources(book, card)


def _write_help(book: Any, card: CardDefinition) -> None:
    page = book.add_worksheet(HELP)
    page.set_column(0, 0, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    title = f"{card.title.zh} · {card.title.en}"
    version = " ".join(filter(None, (card.code, card.variant, str(card.effective_from))))
    lines = (
        f"{title}（{version}，指纹 fingerprint {card.fingerprint[:12]}）",
        f"一、在「{SCORES}」页每行填一户（黄色单元格），不知道的留空；得分和等级在最右边。",
        "Fill in one subject a row (yellow cells), leave blank what is unknown; the grade is at the right.",
        f"二、每一步都是公式；分档和分值在「{CARD}」页，出处在「{SOURCES}」页。",
        "Every step is a formula; bins and points are on the card's sheet, sources on theirs.",
        "三、等级仅供参考，不得作为拒绝贷款的唯一依据。",
        "A grade is a reference, never the only ground for a refusal.",
    )
    for row, line in enumerate(lines):
        page.write_string(row, 0, line)
    _set_page(page, wide=1)


def _write_scores(book: Any, card: CardDefinition, sheet: Sheet, *, rows: int) -> None:
    page, head, result = book.add_worksheet(SCORES), _head(book), book.add_format({"border": 1})
    for column, (group, label) in enumerate(sheet.titles):
        if column == 0 or sheet.titles[column - 1][0] != group:
            page.write_string(0, column, group, head)
        page.write_string(1, column, label, head)
    page.write_string(2, 0, "每行一户 one subject a row", head)
    last = FIRST_ROW + rows - 1
    formulas = [(column, formula) for column, formula in enumerate(sheet.formulas) if formula is not None]
    for column, formula in formulas:
        for row in range(FIRST_ROW, last + 1):
            # Without a value a spreadsheet computes the formula when it opens the file.
            page.write_formula(row, column, formula(row), result, "")
    add_entry(book, page, cells=(FIRST_ROW, sheet.places["subject"], last), item=None)
    for item in card.inputs:
        add_entry(book, page, cells=(FIRST_ROW, sheet.places[f"in:{item.name}"], last), item=item)
    page.set_column(0, len(sheet.titles) - 1, 12)
    page.freeze_panes(FIRST_ROW, 1)
    page.repeat_rows(0, 1)
    page.repeat_columns(0)
    _set_page(page, wide=math.ceil(len(sheet.titles) / PAGE_COLUMNS))
    page.protect("", {"format_columns": True})


def _write_card(book: Any, card: CardDefinition) -> None:
    page, head = book.add_worksheet(CARD), _head(book)
    for column, title in enumerate(CARD_TITLES):
        page.write_string(0, column, title, head)
    row = 1
    for item in card.characteristics:
        _write_bins(page, item, card=card, row=row)
        row += len(item.bins)
    page.set_column(0, 1, 34)
    page.set_column(6, 6, 48)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    _set_page(page, wide=1)
    page.protect()


def _write_bins(page: Any, item: Characteristic, *, card: CardDefinition, row: int) -> None:
    for place, step in enumerate(item.bins):
        at = row + place
        reason = both(card.reasons[step.reason]) if step.reason else ""
        for column, words in ((0, both(item.label)), (1, both(step.label)), (4, item.unit), (6, reason)):
            page.write_string(at, column, words)
        if math.isfinite(step.low):
            sign, edge = plain_beginning(step)
            page.write_string(at, SIGN_COLUMN, sign)
            _write_exactly(page, at, BEGINNING_COLUMN, value=edge)
        page.write_number(at, POINTS_COLUMN, step.points)
        page.write_string(at, 7, item.basis)


def _write_exactly(page: Any, row: int, column: int, *, value: float) -> None:
    """A number with all its digits; as a cell of its own it would be cut to sixteen."""
    if float(f"{value:.16G}") == value:
        page.write_number(row, column, value)
    else:
        page.write_formula(row, column, f"={exact(value)}", None, repr(value))


def _write_sources(book: Any, card: CardDefinition) -> None:
    page, head = book.add_worksheet(SOURCES), _head(book)
    lines = [(source.code, source.document, source.article, source.dated) for source in card.sources.values()]
    titles = ("代码 code", "文件 document", "条款 article", "日期 date")
    for row, line in enumerate([titles, *lines]):
        for column, words in enumerate(line):
            page.write_string(row, column, words, head if row == 0 else None)
    page.set_column(1, 2, 48)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    _set_page(page, wide=1)
    page.protect()


def _head(book: Any) -> Any:
    return book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#EAEFF3", "border": 1}
    )


def _set_page(page: Any, *, wide: int) -> None:
    """Printed across A4 on so many pages wide, numbered."""
    page.set_paper(A4)
    page.set_landscape()
    page.fit_to_pages(wide, 0)
    page.set_footer("&C&A &P/&N")
