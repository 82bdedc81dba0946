"""The columns of a sheet: found by their Chinese names, in any order, and read row by row."""

import difflib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from app.jobs.imports.cells import BadCell, Parser, is_empty, shown
from app.jobs.imports.reading import Raw, Sheet
from app.jobs.imports.report import RowError, both

HEADER_ROWS_MAX = 20
PROHIBITED = ("疾病", "病史", "残疾", "宗教", "基因", "指纹", "血型")
_IGNORED = str.maketrans("", "", " *＊\n\r\t:")

Entry = Literal["text", "date", "number", "choice"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, how its cells are read and shown, and how a template asks for it."""

    name: str
    parse: Parser
    required: bool = True
    show: Callable[[Raw], str] = shown
    entry: Entry = "text"
    choices: tuple[str, ...] = ()
    note: str = ""
    example: str = ""
    also: tuple[str, ...] = ()
    stands_for: str = ""

    def names(self) -> set[str]:
        """Every spelling of the header this column is known by."""
        return {plain_header(name) for name in (self.name, *self.also)}


@dataclass(slots=True)
class Row:
    """One row of a sheet; an empty or unreadable cell is None, and `refused` once anything is wrong."""

    sheet: str
    number: int
    values: dict[str, Any]
    raws: dict[str, Raw]
    refused: bool = False

    def __getitem__(self, column: str) -> Any:
        return self.values.get(column)


@dataclass(slots=True)
class Table:
    """A sheet with its header understood."""

    sheet: Sheet
    header_row: int
    bound: dict[int, Column] = field(default_factory=dict)

    def has(self, column: Column) -> bool:
        """Whether the sheet has this column, or another that stands for the same."""
        same = column.stands_for or column.name
        return any((bound.stands_for or bound.name) == same for bound in self.bound.values())


@dataclass(slots=True)
class Findings:
    """Where errors and warnings are collected while a file is checked."""

    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)

    def refuse(self, row: Row, column: Column, *, reason: str, fix: str) -> None:
        """Note an error in one cell of a row."""
        row.refused = True
        value = column.show(row.raws.get(column.name, ""))
        self.errors.append(RowError(row.sheet, row.number, column.name, value, reason, fix))

    def warn(self, row: Row, column: Column, *, reason: str, fix: str) -> None:
        """Note something odd that does not stop the import."""
        value = column.show(row.raws.get(column.name, ""))
        self.warnings.append(RowError(row.sheet, row.number, column.name, value, reason, fix))

    def refuse_header(self, table: Table, header: str, *, reason: str, fix: str) -> None:
        """Note an error in the header of a sheet."""
        self.errors.append(RowError(table.sheet.name, table.header_row, header, "", reason, fix))


def plain_header(raw: Raw) -> str:
    """A header without blanks, asterisks and full-width forms."""
    return unicodedata.normalize("NFKC", str(raw)).translate(_IGNORED)


def header_texts(sheet: Sheet, *, known: set[str]) -> tuple[int, list[str]]:
    """The row (from 0) among the first 20 that holds most of the known column names, and its texts."""
    rows = [[plain_header(raw) for raw in row] for row in sheet.rows[:HEADER_ROWS_MAX]]
    counts = [len(known.intersection(row)) for row in rows]
    best = max(range(len(rows)), key=lambda index: counts[index])
    return best, (rows[best] if counts[best] else [])


def table_of(sheet: Sheet, columns: Sequence[Column], *, findings: Findings) -> Table | None:
    """The sheet with its columns found; None when rows cannot be read because of its header."""
    known = {name: column for column in columns for name in column.names()}
    index, headers = header_texts(sheet, known=set(known))
    table = Table(sheet, index + 1)
    if not headers:
        wanted = "、".join(column.name for column in columns if column.required)
        findings.refuse_header(
            table,
            "",
            reason=both("找不到表头", f"no header within the first {HEADER_ROWS_MAX} rows"),
            fix=both(f"表头写明：{wanted}；或使用模板", "write the named columns, or use the template"),
        )
        return None
    _refuse_merged(table, findings=findings)
    for position, header in enumerate(headers):
        if header:
            _bind(table, position, header=header, known=known, findings=findings)
        elif any(position < len(row) and not is_empty(row[position]) for row in sheet.rows[index + 1 :]):
            _refuse_nameless(table, position, findings=findings)
    return table if _has_required(table, columns, findings=findings) else None


def rows_of(table: Table, *, on: date, findings: Findings) -> Iterator[Row]:
    """The rows that are not blank, each cell read; a row with a bad cell is reported and marked."""
    for offset, cells in enumerate(table.sheet.rows[table.header_row :]):
        if all(is_empty(cell) for cell in cells):
            continue
        raws = {
            column.name: cells[position] if position < len(cells) else ""
            for position, column in table.bound.items()
        }
        row = Row(table.sheet.name, table.header_row + offset + 1, {}, raws)
        for column in table.bound.values():
            _read(row, column, on=on, findings=findings)
        yield row


def _read(row: Row, column: Column, *, on: date, findings: Findings) -> None:
    raw = row.raws[column.name]
    if is_empty(raw):
        if column.required:
            findings.refuse(
                row,
                column,
                reason=both("必填，却是空的", "required, but empty"),
                fix=both("补填", "fill it in"),
            )
        return
    try:
        row.values[column.name] = column.parse(raw, on)
    except BadCell as bad:
        findings.refuse(row, column, reason=bad.reason, fix=bad.fix)


def _bind(table: Table, position: int, *, header: str, known: dict[str, Column], findings: Findings) -> None:
    column = known.get(header)
    prohibited = next((word for word in PROHIBITED if word in header), None)
    if prohibited:
        findings.refuse_header(
            table,
            shown(header),
            reason=both(
                f"《征信业管理条例》第十四条禁止采集“{prohibited}”信息",
                "art. 14 of the credit reporting regulation forbids collecting this",
            ),
            fix=both(
                "删除整列，原文件也不得留存此项", "delete the whole column, also where the file came from"
            ),
        )
    elif column is None:
        findings.refuse_header(
            table,
            shown(header),
            reason=both("不认识的列", "unknown column"),
            fix=_naming(header, known),
        )
    elif table.has(column):
        findings.refuse_header(
            table,
            shown(header),
            reason=both("同一列出现两次", "the column appears twice"),
            fix=both("只保留一列", "keep one of them"),
        )
    else:
        table.bound[position] = column


def _refuse_merged(table: Table, *, findings: Findings) -> None:
    """Refuse merged cells in the header or below it: only the first of them holds the value."""
    for first_row, first_column, last_row, last_column in table.sheet.merged:
        if last_row + 1 >= table.header_row:
            place = f"{_cell_name(first_row, first_column)}:{_cell_name(last_row, last_column)}"
            findings.refuse_header(
                table,
                place,
                reason=both(f"{place} 是合并单元格，只有第一格有值", f"the cells {place} are merged"),
                fix=both("取消合并，每格都填写", "unmerge them and fill in every cell"),
            )


def _cell_name(row: int, column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def _naming(header: str, known: dict[str, Column]) -> str:
    """How to mend the name of an unknown column: by the names it comes near to."""
    near = [known[name].name for name in difflib.get_close_matches(header, known, n=6, cutoff=0.6)]
    if not near:
        return both("改成模板中的列名，或删除此列", "use a name of the template, or delete the column")
    meant = " / ".join(f"“{name}”" for name in dict.fromkeys(near[:2]))
    return both(f"是否应为{meant}？改名或删除此列", "rename it, or delete the column")


def _refuse_nameless(table: Table, position: int, *, findings: Findings) -> None:
    findings.refuse_header(
        table,
        f"第{position + 1}列",
        reason=both("有内容，却没有列名", f"column {position + 1} has content but no name"),
        fix=both("补上列名，或删除此列", "name the column, or delete it"),
    )


def _has_required(table: Table, columns: Sequence[Column], *, findings: Findings) -> bool:
    missing = [column for column in columns if column.required and not table.has(column)]
    for column in missing:
        findings.refuse_header(
            table,
            column.name,
            reason=both("缺少此列", "the column is missing"),
            fix=both("加上此列并填写", "add the column and fill it in"),
        )
    return not missing
