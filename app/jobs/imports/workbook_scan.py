"""Cells of an .xlsx that a reader would silently take for empty: errors, and formulas never calculated."""

import io
import re
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree

from app.errors import Invalid
from app.jobs.imports.report import both

_UNPACKED_BYTES_MAX = 1_000_000_000
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL = re.compile(
    rb'<c r="([A-Z]+)(\d+)"([^>]*[^>/])?>(<f[^>]*/>|<f[^>]*>[^<]*</f>)?(?:<v>([^<]*)</v>|<v ?/>)?</c>'
)
_FAR_RIGHT = re.compile(rb'<c r="([A-Z]{3}\d+)"(?:[^>]*[^>/])?>')

Places = dict[tuple[int, int], "BrokenCell"]


@dataclass(frozen=True, slots=True)
class BrokenCell:
    """A cell that shows an error such as #DIV/0!, or a formula that holds no result."""

    shown: str


def broken_cells(content: bytes, *, name: str) -> dict[str, Places]:
    """The broken cells of each sheet, by row and column counted from 0."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(entry.file_size for entry in package.infolist()) > _UNPACKED_BYTES_MAX:
                raise Invalid(
                    both(f"{name}：文件解压后过大，请分成几个文件", "too large when unpacked; split it")
                )
            return {
                title: _scanned(package.read(part), name=name, sheet=title)
                for title, part in _parts(package).items()
            }
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, NotImplementedError, RuntimeError) as error:
        raise ValueError("not a workbook") from error


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


def _scanned(xml: bytes, *, name: str, sheet: str) -> Places:
    far = _FAR_RIGHT.search(xml)
    if far is not None:
        cell = far.group(1).decode()
        raise Invalid(
            both(
                f"{name} [{sheet}]：最右边的单元格 {cell} 里有内容，请删除 ZZ 列以右的所有列",
                f"the cell {cell} far to the right is filled; delete all columns right of ZZ",
            )
        )
    if b't="e"' not in xml and b"<f" not in xml:
        return {}
    return dict(_broken(xml))


def _broken(xml: bytes) -> list[tuple[tuple[int, int], BrokenCell]]:
    found = []
    for letters, row, attributes, formula, value in _CELL.findall(xml):
        place = (int(row) - 1, _column(letters))
        if b't="e"' in attributes:
            found.append((place, BrokenCell(value.decode(errors="replace") or "#")))
        elif formula and not value and b't="str"' not in attributes:
            found.append((place, BrokenCell("公式 formula")))
    return found


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
