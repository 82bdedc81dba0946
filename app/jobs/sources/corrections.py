"""Faulty rows that come back corrected: they take the place of the rows they came from."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from app.errors import Invalid
from app.jobs.imports.cells import BadCell, text
from app.jobs.imports.columns import plain_header
from app.jobs.imports.reading import file_content, fingerprint, read_sheets
from app.jobs.imports.report import both
from app.jobs.sources.delivery import Block
from app.jobs.sources.layout import ROW_COLUMN, Layout


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrected cells by the row of the file they stand for, in the order of its columns."""

    rows: dict[int, list[Any]] = field(default_factory=dict)
    sha256: str = ""


def read_corrections(path: Path, layout: Layout) -> Corrections:
    """The corrected rows of a workbook as `write_faulty_rows` makes it."""
    content = file_content(path)
    sheet = read_sheets(content, name=path.name)[0]
    headers = [plain_header(raw) for raw in sheet.rows[0]]
    wanted = [plain_header(header) for header in layout.headers]
    if ROW_COLUMN not in headers or any(header and header not in headers for header in wanted):
        raise Invalid(
            both(
                f"{path.name}：不是本文件的错误行表，请用原样导出的表更正",
                "is not the workbook of this file's faulty rows; correct the one that was written for it",
            )
        )
    places = [headers.index(header) if header else None for header in wanted]
    at = headers.index(ROW_COLUMN)
    rows: dict[int, list[Any]] = {}
    for number, cells in enumerate(sheet.rows[1:], start=2):
        rows[_row(cells[at], path, number)] = ["" if place is None else cells[place] for place in places]
    return Corrections(rows, fingerprint(content))


def corrected(block: Block, mended: Corrections, layout: Layout) -> Block:
    """A block with its corrected rows put in place."""
    for row, cells in mended.rows.items():
        at = row - block.first_row
        if layout.header_row < row and 0 <= at < block.row_count:
            for place, column in enumerate(block.columns):
                column[at] = cells[place] if place < len(cells) else ""
    return block


def _row(raw: Any, path: Path, number: int) -> int:
    try:
        return int(text(raw, date.max))
    except (BadCell, ValueError):
        raise Invalid(
            both(
                f"{path.name} 第 {number} 行：行号被改动",
                f"row {number}: its row number was changed; restore it",
            )
        ) from None
