"""A file as sheets of raw cells, or one sentence that says why it cannot be read."""

import codecs
import csv
import hashlib
import io
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import python_calamine

from app.errors import Invalid
from app.jobs.imports.report import both
from app.jobs.imports.workbook_scan import BrokenCell, broken_cells

GUIDE_SHEET = "说明"
_BEGINNING = 4_000  # characters that tell what divides the columns
_FILE_BYTES_MAX = 100_000_000
_CELLS = python_calamine.SheetTypeEnum.WorkSheet
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ZIP, _COMPOUND = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")

Raw = str | int | float | bool | date | datetime | time | timedelta | BrokenCell


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, its rows from the first row of the file on, and the cells that are merged.

    A merged range is first row, first column, last row, last column, counted from 0.
    """

    name: str
    rows: list[list[Raw]]
    merged: tuple[tuple[int, int, int, int], ...] = ()


def file_content(path: Path) -> bytes:
    """The bytes of a file; missing, empty, unreadable and oversized files are refused."""
    try:
        size = path.stat().st_size
        if size > _FILE_BYTES_MAX:
            raise Invalid(
                both(
                    f"{path.name}：文件超过 100 MB，请分成几个文件",
                    "larger than 100 MB; split it into several files",
                )
            )
        content = path.read_bytes()
    except OSError as error:
        raise Invalid(both(f"{path.name}：文件打不开", f"cannot be opened: {error.strerror}")) from None
    if not content.strip():
        raise Invalid(both(f"{path.name}：空文件", "the file is empty"))
    return content


def fingerprint(content: bytes) -> str:
    """The SHA-256 a file is known by when it comes again."""
    return hashlib.sha256(content).hexdigest()


def read_sheets(content: bytes, *, name: str) -> list[Sheet]:
    """The sheets of an .xlsx (but 说明), or the single sheet of a .csv."""
    suffix = Path(name).suffix.lower()
    if suffix == ".csv":
        return [_csv_sheet(content, name=name)]
    if suffix == ".xlsx":
        return _workbook_sheets(content, name=name)
    raise Invalid(
        both(
            f"{name}：只能导入 .xlsx 或 .csv，请在 Excel 中“另存为”",
            "only .xlsx and .csv can be imported; save it as one of them in Excel",
        )
    )


def _workbook_sheets(content: bytes, *, name: str) -> list[Sheet]:
    if not content.startswith(_ZIP):
        raise _not_a_workbook(content, name=name)
    try:
        broken = broken_cells(content, name=name)
        book = python_calamine.load_workbook(io.BytesIO(content))
        sheets = [
            _sheet(book.get_sheet_by_name(title), title, broken=broken.get(title, {}))
            for title in (meta.name for meta in book.sheets_metadata if meta.typ == _CELLS)
            if title.strip() != GUIDE_SHEET
        ]
    except (python_calamine.CalamineError, OSError, ValueError):
        raise Invalid(
            both(
                f"{name}：文件已损坏，请用 Excel 打开后重新保存",
                "damaged; open it in Excel and save it again",
            )
        ) from None
    return sheets


def _sheet(
    sheet: python_calamine.CalamineSheet, title: str, *, broken: dict[tuple[int, int], BrokenCell]
) -> Sheet:
    merged = tuple((*first, *last) for first, last in sheet.merged_cell_ranges or ())
    return Sheet(title, _rows(sheet, broken=broken), merged)


def _rows(
    sheet: python_calamine.CalamineSheet, *, broken: dict[tuple[int, int], BrokenCell]
) -> list[list[Raw]]:
    rows: list[list[Raw]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
    for (row, column), cell in broken.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = cell
    return rows


def _not_a_workbook(content: bytes, *, name: str) -> Invalid:
    if content.startswith(_COMPOUND) and "EncryptedPackage".encode("utf-16-le") in content:
        return Invalid(
            both(
                f"{name}：文件有密码，请在 Excel 中去掉密码后再导入",
                "protected by a password; remove it in Excel and import again",
            )
        )
    if content.startswith(_COMPOUND):
        return Invalid(
            both(f"{name}：旧的 .xls 格式，请另存为 .xlsx", "an old .xls workbook; save it as .xlsx")
        )
    return Invalid(
        both(
            f"{name}：不是 .xlsx 文件（可能改过扩展名），请用 Excel 另存为 .xlsx",
            "not an .xlsx file (renamed?); open it in Excel and save it as .xlsx",
        )
    )


def _csv_sheet(content: bytes, *, name: str) -> Sheet:
    if content.startswith((_ZIP, _COMPOUND)):
        raise Invalid(
            both(f"{name}：这是 Excel 文件，请把扩展名改为 .xlsx", "an Excel workbook; name it .xlsx")
        )
    text = _decoded(content, name=name)
    beginning = text[:_BEGINNING]
    delimiter = max(",", "\t", ";", key=beginning.count)
    try:
        rows: list[list[Raw]] = [
            list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        ]
    except csv.Error:
        raise Invalid(
            both(
                f"{name}：引号不成对，无法分列，请用 Excel 打开后另存为 CSV UTF-8",
                "a quotation mark is not closed; open it in Excel and save it as CSV UTF-8",
            )
        ) from None
    return Sheet("CSV", rows)


def _decoded(content: bytes, *, name: str) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return _plain(content, encoding, name=name)
    try:
        return _plain(content, "utf-8-sig", name=name)
    except UnicodeDecodeError:
        _refuse_mixed(content, name=name)
    try:
        return _plain(content, "gb18030", name=name)
    except UnicodeDecodeError:
        raise _unreadable(name) from None


def _plain(content: bytes, encoding: str, *, name: str) -> str:
    """The text, without control characters; `UnicodeDecodeError` when it is in another encoding."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise _unreadable(name) from None
        raise
    if re.search(r"[\x00-\x08]", text):
        raise _unreadable(name)
    return text


def _refuse_mixed(content: bytes, *, name: str) -> None:
    """Refuse a file some lines of which are in UTF-8 and others in GB18030, as after pasting two together."""
    chinese, other = [], []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            if _CHINESE.search(line.decode("utf-8-sig")):
                chinese.append(number)
        except UnicodeDecodeError:
            other.append(number)
    if chinese and other:
        raise Invalid(
            both(
                f"{name}：第 {chinese[0]} 行是 UTF-8，第 {other[0]} 行是另一种编码；请统一后另存为 CSV UTF-8",
                f"line {chinese[0]} is UTF-8, line {other[0]} is not; save it all as CSV UTF-8",
            )
        )


def _unreadable(name: str) -> Invalid:
    return Invalid(
        both(
            f"{name}：文字编码既不是 UTF-8 也不是 GB18030，请另存为 CSV UTF-8",
            "the text is neither UTF-8 nor GB18030; save it as CSV UTF-8",
        )
    )
