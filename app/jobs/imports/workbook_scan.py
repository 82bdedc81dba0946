"""Cells of an .xlsx that a reader would silently take for empty: errors, and formulas never calculated."""

import re
from dataclasses import dataclass

from app.jobs.imports.package import column_number, sheet_parts

_CELL = re.compile(
    rb'<c r="([A-Z]+)(\d+)"([^>]*[^>/])?>(<f[^>]*/>|<f[^>]*>[^<]*</f>)?(?:<v>([^<]*)</v>|<v ?/>)?</c>'
)

Places = dict[tuple[int, int], "BrokenCell"]


@dataclass(frozen=True, slots=True)
class BrokenCell:
    """A cell that shows an error such as #DIV/0!, or a formula that holds no result."""

    shown: str


def broken_cells(content: bytes, *, name: str) -> dict[str, Places]:
    """The broken cells of each sheet, by row and column counted from 0."""
    return {title: _scanned(xml) for title, xml in sheet_parts(content, name=name)}


def _scanned(xml: bytes) -> Places:
    if b't="e"' not in xml and b"<f" not in xml:
        return {}
    return dict(_broken(xml))


def _broken(xml: bytes) -> list[tuple[tuple[int, int], BrokenCell]]:
    found = []
    for letters, row, attributes, formula, value in _CELL.findall(xml):
        place = (int(row) - 1, column_number(letters))
        if b't="e"' in attributes:
            found.append((place, BrokenCell(value.decode(errors="replace") or "#")))
        elif formula and not value and b't="str"' not in attributes:
            found.append((place, BrokenCell("公式 formula")))
    return found
