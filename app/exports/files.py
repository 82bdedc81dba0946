"""An export as .csv or .xlsx, with its watermark where people and programs see it."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

import xlsxwriter

from app.exports.export import NOTICE, Format, Line

# A spreadsheet program takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def written(lines: Sequence[Line], *, form: Format, watermark: str, title: str, at: datetime) -> bytes:
    """The bytes of the file: the watermark, the notice and the headings above the lines."""
    if form is Format.CSV:
        return _csv(lines, watermark=watermark, title=title)
    return _xlsx(lines, watermark=watermark, title=title, at=at)


def _csv(lines: Sequence[Line], *, watermark: str, title: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([[watermark], [f"{title} {NOTICE}"], lines[0].HEADINGS])
    writer.writerows([_safe(cell) for cell in line.cells(number)] for number, line in enumerate(lines, 1))
    # With the mark Excel reads it as UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _safe(cell: str | int | None) -> str | int | None:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _xlsx(lines: Sequence[Line], *, watermark: str, title: str, at: datetime) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties(
        {"title": title, "comments": watermark, "keywords": watermark, "created": at.replace(tzinfo=None)}
    )
    sheet = book.add_worksheet("清单")
    # A single & would begin a code of the header; Excel allows 255 characters.
    across = watermark.replace("&", "&&")[:250]
    sheet.set_header(f"&C{across}")
    sheet.set_footer(f"&C{across}")
    sheet.write_string(0, 0, watermark, book.add_format({"bold": True, "font_color": "#C00000"}))
    sheet.write_string(1, 0, f"{title} {NOTICE}")
    bold = book.add_format({"bold": True, "bottom": 1})
    for column, (heading, width) in enumerate(zip(lines[0].HEADINGS, lines[0].WIDTHS, strict=True)):
        sheet.write_string(2, column, heading, bold)
        sheet.set_column(column, column, width)
    for number, line in enumerate(lines, 1):
        for column, cell in enumerate(line.cells(number)):
            if isinstance(cell, str):
                sheet.write_string(2 + number, column, cell)
            elif cell is not None:
                sheet.write_number(2 + number, column, cell)
    sheet.freeze_panes(3, 0)
    sheet.repeat_rows(0, 2)
    sheet.set_landscape()
    book.close()
    return target.getvalue()
