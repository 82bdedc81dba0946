"""The sheet of one appraiser on paper: a workbook to print, to fill in, and to read again."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import xlsxwriter

from app.appraisals.appraisal import Line, Mark
from app.errors import AppError
from app.rules.appraisals import AppraisalRules, FormItem

SHEET_NAME = "评议表"
CODE_LABEL = "表号"
# Where the code stands, and from which row on what is counted from 0.
CODE_ROW, CODE_COLUMN = 1, 1
HEADING_ROW = 5
KNOWS, KIN, REASONS, LIMIT = "是否知晓", "是否亲属", "原因代码", "建议额度（元）"
LINE, HOUSEHOLD, HEAD = "序号", "户号", "户主"
YES, NO = "是", "否"
_HOW = (
    "独立填写，不与他人商量，不给他人看。不知晓的农户填“否”，其余各栏空白；"
    "本人亲属在“是否亲属”填“是”，不计分。"
)
_SYNTHETIC = "演示数据（合成）"
_WIDTHS = {LINE: 6, HOUSEHOLD: 16, HEAD: 10, KNOWS: 9, KIN: 9, REASONS: 14, LIMIT: 14}


class SheetRefused(AppError):
    """A sheet on paper that cannot be read whole: every line that is wrong is named, and nothing is kept."""

    status = 422
    code = "sheet_refused"
    title = "Sheet refused"


@dataclass(frozen=True)
class PaperForm:
    """Everything a printed sheet says before it is filled in."""

    form_code: str
    appraiser: str
    place: str
    number: int
    opens_on: date
    closes_on: date
    rules: AppraisalRules
    lines: Sequence[Line]
    synthetic: bool

    @property
    def headings(self) -> tuple[str, ...]:
        """The columns of the table, from left to right."""
        items = (heading(item) for item in self.rules.form.items)
        return (LINE, HOUSEHOLD, HEAD, KNOWS, KIN, *items, REASONS, LIMIT)


class PaperReader(Protocol):
    """What reads a filled-in workbook; the application passes it in, because imports lie above the slices."""

    def __call__(self, content: bytes, form: PaperForm) -> list[Mark]:
        """The marks on the sheet; `SheetRefused` names every line that cannot be read."""


def heading(item: FormItem) -> str:
    """The heading of an item with the letters that may be written."""
    return f"{item.label.zh}（{'/'.join(choice.code for choice in item.choices)}）"


def written(form: PaperForm) -> bytes:
    """The workbook of a sheet: households masked, only the cells to be filled in can be changed."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(SHEET_NAME)
    plain = book.add_format({"border": 1})
    bold = book.add_format({"bold": True, "border": 1, "text_wrap": True, "bg_color": "#EAF1DD"})
    entry = book.add_format({"border": 1, "locked": False, "num_format": "@"})
    title = book.add_format({"bold": True, "font_size": 14})
    _write_head(sheet, form, title=title)
    headings = form.headings
    for column, name in enumerate(headings):
        sheet.write_string(HEADING_ROW, column, name, bold)
        sheet.set_column(column, column, _WIDTHS.get(name, 12))
    for row, line in enumerate(form.lines, HEADING_ROW + 1):
        sheet.write_number(row, 0, line.line, plain)
        sheet.write_string(row, 1, line.household_no, plain)
        sheet.write_string(row, 2, line.name_masked, plain)
        for column in range(3, len(headings)):
            sheet.write_blank(row, column, None, entry)
    _add_lists(sheet, form)
    sheet.protect()
    sheet.freeze_panes(HEADING_ROW + 1, 3)
    sheet.repeat_rows(HEADING_ROW)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{form.form_code}&C第 &P 页 共 &N 页&R评议员签名：____________")
    book.close()
    return target.getvalue()


def _write_head(sheet: "xlsxwriter.worksheet.Worksheet", form: PaperForm, *, title: object) -> None:
    synthetic = f"　{_SYNTHETIC}" if form.synthetic else ""
    sheet.write_string(0, 0, f"{form.place} 背靠背评议表（第 {form.number} 轮）{synthetic}", title)
    sheet.write_string(CODE_ROW, 0, CODE_LABEL)
    sheet.write_string(CODE_ROW, CODE_COLUMN, form.form_code)
    sheet.write_string(
        CODE_ROW, 3, f"评议员：{form.appraiser}　评议时间：{form.opens_on} 起，{form.closes_on} 截止"
    )
    sheet.write_string(
        2, 0, "独立填写，不与他人商量，不给他人看。不知晓的农户填“否”，其余各栏空白；本人亲属填“是”，不计分。"
    )
    choices = "　".join(
        f"{item.label.zh}：" + " ".join(f"{choice.code}{choice.label.zh}" for choice in item.choices)
        for item in form.rules.form.items
    )
    sheet.write_string(3, 0, choices)
    reasons = " ".join(f"{reason.code}{reason.label.zh}" for reason in form.rules.form.reasons)
    sheet.write_string(4, 0, f"原因代码（合计不足 {form.rules.counting.favourable_from} 分必填）：{reasons}")


def _add_lists(sheet: "xlsxwriter.worksheet.Worksheet", form: PaperForm) -> None:
    """Drop-down lists for whoever types the sheet in."""
    lists = [[YES, NO], [YES, NO], *([c.code for c in item.choices] for item in form.rules.form.items)]
    last = HEADING_ROW + len(form.lines)
    for column, source in enumerate(lists, 3):
        sheet.data_validation(HEADING_ROW + 1, column, last, column, {"validate": "list", "source": source})
