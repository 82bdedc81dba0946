"""A card as a workbook whose live formulas give the same points, score and grade.

Whoever has a spreadsheet can type in the facts of a subject and follow every step to the grade.
"""

import math
from pathlib import Path
from typing import Any

import xlsxwriter

from scoring.definition import CardDefinition, Input
from scoring.errors import CardError
from scoring.exchange.excel_formulas import CARD, Sheet, add_columns, beginning, bin_places

SCORES, SOURCES, HELP = "评分", "来源", "说明"
FIRST_ROW = 3
FORMULA_LENGTH = 8_000


def write_workbook(card: CardDefinition, target: Path, *, rows: int = 20) -> None:
    """Write the card as a workbook with room for so many subjects, one a row.

    Raises `CardError` for a card whose formulas a spreadsheet cannot hold, `OSError` where it cannot be
    written.
    """
    sheet, places = Sheet(), bin_places(card)
    add_columns(card, sheet, places)
    longest = max(len(formula(FIRST_ROW)) for formula in sheet.formulas if formula is not None)
    if longest > FORMULA_LENGTH:
        raise CardError(f"a formula of {longest} characters is too long for a spreadsheet")
    with xlsxwriter.Workbook(str(target), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        _write_help(book, card)
        _write_scores(book, card, sheet, rows=rows)
        _write_card(book, card)
        _write_sources(book, card)


def _write_help(book: Any, card: CardDefinition) -> None:
    page = book.add_worksheet(HELP)
    page.set_column(0, 0, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    title = f"{card.title.zh} · {card.title.en}"
    lines = (
        f"{title}（{card.code} {card.variant} {card.effective_from}，指纹 {card.fingerprint[:12]}）",
        f"一、在「{SCORES}」页每行填一户（黄色单元格），不知道的留空；得分和等级在最右边。",
        "Fill in one subject a row (yellow cells), leave blank what is unknown; the grade is at the right.",
        f"二、每一步都是公式；分档和分值在「{CARD}」页，出处在「{SOURCES}」页。",
        "Every step is a formula; bins and points are on the card's sheet, sources on theirs.",
        "三、等级仅供参考，不得作为拒绝贷款的唯一依据。",
        "A grade is a reference, never the only ground for a refusal.",
    )
    for row, line in enumerate(lines):
        page.write_string(row, 0, line)
    page.set_landscape()


def _write_scores(book: Any, card: CardDefinition, sheet: Sheet, *, rows: int) -> None:
    page = book.add_worksheet(SCORES)
    head = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#EAEFF3", "border": 1}
    )
    entry = book.add_format({"locked": False, "bg_color": "#FFF8DC", "border": 1})
    result = book.add_format({"border": 1})
    for column, (group, label) in enumerate(sheet.titles):
        if column == 0 or sheet.titles[column - 1][0] != group:
            page.write_string(0, column, group, head)
        page.write_string(1, column, label, head)
    page.write_string(2, 0, "每行一户 one subject a row", head)
    for row in range(FIRST_ROW, FIRST_ROW + rows):
        for column, formula in enumerate(sheet.formulas):
            if formula is None:
                page.write_blank(row, column, None, entry)
            else:
                page.write_formula(row, column, formula(row), result, "")
    last = FIRST_ROW + rows - 1
    for item in card.inputs:
        _validate(page, item, column=sheet.places[f"in:{item.name}"], last=last)
    page.set_column(0, len(sheet.titles) - 1, 12)
    page.freeze_panes(FIRST_ROW, 0)
    page.repeat_rows(0, 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.protect("", {"format_columns": True})


def _validate(page: Any, item: Input, *, column: int, last: int) -> None:
    """A word when a value is not allowed; it is taken as unknown, so nothing is forbidden."""
    told = f"允许 allowed: {item.allowed}"[:255]
    rule = {"ignore_blank": True, "error_type": "warning", "error_title": "超出范围", "error_message": told}
    if item.categories:
        names = [category.name for category in item.categories]
        if len(",".join(names)) <= 255 and not any("," in name for name in names):
            page.data_validation(
                FIRST_ROW, column, last, column, {"validate": "list", "source": names} | rule
            )
        return
    between = {"validate": "decimal", "criteria": "between", "minimum": item.minimum, "maximum": item.maximum}
    page.data_validation(FIRST_ROW, column, last, column, between | rule)


def _write_card(book: Any, card: CardDefinition) -> None:
    page = book.add_worksheet(CARD)
    head = book.add_format({"bold": True, "bg_color": "#EAEFF3", "border": 1})
    for column, title in enumerate(("指标", "档次", "自 from", "单位", "分值 points", "失分原因", "依据")):
        page.write_string(0, column, title, head)
    row = 1
    for item in card.characteristics:
        for step in item.bins:
            page.write_string(row, 0, item.label.zh)
            page.write_string(row, 1, step.label.zh)
            if not math.isnan(step.low):
                page.write_number(row, 2, beginning(step))
            page.write_string(row, 3, item.unit)
            page.write_number(row, 4, step.points)
            page.write_string(row, 5, card.reasons[step.reason].zh if step.reason else "")
            page.write_string(row, 6, item.basis)
            row += 1
    page.set_column(0, 1, 28)
    page.set_column(5, 5, 36)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.fit_to_pages(1, 0)
    page.protect()


def _write_sources(book: Any, card: CardDefinition) -> None:
    page = book.add_worksheet(SOURCES)
    head = book.add_format({"bold": True, "bg_color": "#EAEFF3", "border": 1})
    lines = [(source.code, source.document, source.article, source.dated) for source in card.sources.values()]
    for row, line in enumerate([("代码", "文件", "条款", "日期"), *lines]):
        for column, words in enumerate(line):
            page.write_string(row, column, words, head if row == 0 else None)
    page.set_column(1, 2, 48)
    page.fit_to_pages(1, 0)
    page.protect()
