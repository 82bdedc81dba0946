"""An .xlsx as a package of parts: refused when it is a bomb, holds macros or links, or reaches too far."""

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree

from app.errors import Invalid
from app.jobs.imports.report import both

_UNPACKED_BYTES_MAX = 1_000_000_000
_BOMB_BYTES, _BOMB_RATIO = 50_000_000, 200
_CHUNK_BYTES = 1 << 20
ROWS_MAX, COLUMNS_MAX, CELLS_MAX = 1_000_000, 702, 20_000_000
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL_NAME = re.compile(rb'<c\b[^>]*?\br="([A-Z]+)(\d+)"')
_ROW_NAME = re.compile(rb'<row\b[^>]*?\br="(\d+)"')
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def sheet_parts(content: bytes, *, name: str) -> Iterator[tuple[str, bytes]]:
    """The XML of every sheet by its title; `ValueError` for a damaged package, `Invalid` for a bad one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            _refuse_bomb(package, name=name)
            _refuse_active(package, name=name)
            for title, part in _parts(package).items():
                xml = package.read(part)
                _refuse_far(xml, name=name, sheet=title)
                yield title, xml
    except (
        zipfile.BadZipFile, KeyError, ElementTree.ParseError, NotImplementedError, RuntimeError, EOFError,
        OSError, UnicodeDecodeError, zlib.error, lzma.LZMAError,
    ) as error:  # fmt: skip
        raise ValueError("not a workbook") from error


def column_number(letters: bytes) -> int:
    """The column a cell's letters name, counted from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _refuse_bomb(package: zipfile.ZipFile, *, name: str) -> None:
    """Unpack every part and count: what a part says of its own size may be a lie."""
    total = packed = 0
    for entry in package.infolist():
        packed += entry.compress_size
        with package.open(entry) as part:
            while chunk := part.read(_CHUNK_BYTES):
                total += len(chunk)
                bomb = total > _BOMB_BYTES and total > _BOMB_RATIO * max(packed, 1)
                if total > _UNPACKED_BYTES_MAX or bomb:
                    raise Invalid(
                        both(
                            f"{name}：文件解压后过大（可能是压缩炸弹），请用 Excel 另存或分成几个文件",
                            "far too large when unpacked (a zip bomb?); save it anew in Excel, or split it",
                        )
                    )


def _refuse_active(package: zipfile.ZipFile, *, name: str) -> None:
    parts = [entry.filename for entry in package.infolist()]
    if any(part.lower().endswith("vbaproject.bin") for part in parts):
        raise Invalid(
            both(
                f"{name}：文件含有宏，请另存为不含宏的 .xlsx",
                "it holds macros; save it as .xlsx without macros",
            )
        )
    if any(part.startswith("xl/externalLinks/") for part in parts):
        raise Invalid(
            both(
                f"{name}：文件链接到其他文件，请在“数据—编辑链接”中断开链接后保存",
                "it is linked to other files; break the links (Data, Edit Links) and save it",
            )
        )
    for entry in package.infolist():
        if entry.filename.endswith((".xml", ".rels")):
            with package.open(entry) as part:
                if _DECLARED.search(part.read(4_000)):
                    raise ValueError("a workbook declares no entities")


def _parts(package: zipfile.ZipFile) -> dict[str, str]:
    """Where in the package each sheet lies."""
    relations = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {item.get("Id"): item.get("Target", "") for item in relations}
    book = ElementTree.fromstring(package.read("xl/workbook.xml"))
    found: dict[str, str] = {}
    for sheet in book.iter():
        target = targets.get(sheet.get(_RELATION)) if sheet.tag.endswith("}sheet") else None
        if target:
            found[sheet.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found


def _refuse_far(xml: bytes, *, name: str, sheet: str) -> None:
    """Refuse a sheet that reaches so far to the right or down that reading it would fill the memory."""
    letters = {found.group(1) for found in _CELL_NAME.finditer(xml)}
    width = max((column_number(each) for each in letters), default=-1) + 1
    if width > COLUMNS_MAX:
        cell = next(
            b"".join(m.groups()) for m in _CELL_NAME.finditer(xml) if column_number(m.group(1)) + 1 == width
        )
        raise Invalid(
            both(
                f"{name} [{sheet}]：最右边的单元格 {cell.decode()} 里有内容，请删除 ZZ 列以右的所有列",
                f"the cell {cell.decode()} far to the right is filled; delete all columns right of ZZ",
            )
        )
    rows = [int(found.group(1)) for found in _ROW_NAME.finditer(xml)]
    rows += [int(found.group(2)) for found in _CELL_NAME.finditer(xml)]
    height = max(rows, default=0)
    if height > ROWS_MAX or height * width > CELLS_MAX:
        raise Invalid(
            both(
                f"{name} [{sheet}]：第 {height} 行还有内容，一次读不了，请删除多余的行或分成几个文件",
                f"row {height} is still filled, too far to be read; delete rows, or split the file",
            )
        )
