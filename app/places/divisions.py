"""The list of divisions as a file: each row checked by itself and against its code."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.errors import Invalid
from app.models import PlaceKind
from app.places.reference_file import Line, read_lines

COLUMNS = (
    "code_system", "code", "mca_code", "name", "kind",
    "parent_code", "valid_from", "valid_to", "successor_code",
)  # fmt: skip
CODE_SYSTEMS = ("NBS", "MCA")
CODE_DIGITS = 12
_PARENT_KINDS = {
    PlaceKind.CITY: (),
    PlaceKind.DISTRICT: (PlaceKind.CITY,),
    PlaceKind.TOWN: (PlaceKind.DISTRICT,),
    PlaceKind.SUBDISTRICT: (PlaceKind.DISTRICT,),
    PlaceKind.VILLAGE: (PlaceKind.TOWN, PlaceKind.SUBDISTRICT),
    PlaceKind.COMMUNITY: (PlaceKind.TOWN, PlaceKind.SUBDISTRICT),
}

Key = tuple[str, str, date]


@dataclass(frozen=True)
class Division:
    """One row of the list: a division over the time it exists, and the line it stands in."""

    line: Line
    code_system: str
    code: str
    mca_code: str | None
    name: str
    kind: PlaceKind
    parent_code: str | None
    valid_from: date
    valid_to: date | None
    successor_code: str | None

    @property
    def key(self) -> Key:
        """What tells this row from all others: the same code may return later for another place."""
        return self.code_system, self.code, self.valid_from


def subtree_prefix(code: str) -> str:
    """The leading digits that a division shares with everything inside it: 2, 6, 9 or all 12."""
    for digits in (2, 6, 9):
        if set(code[digits:]) == {"0"}:
            return code[:digits]
    return code


def read_divisions(path: Path) -> list[Division]:
    """The rows of the list, or a refusal that names the first bad cell."""
    divisions = [_division(line) for line in read_lines(path, columns=COLUMNS)]
    first: dict[Key, int] = {}
    for division in divisions:
        before = first.setdefault(division.key, division.line.number)
        if before != division.line.number:
            raise division.line.refusal("code", f"it stands in line {before} too; remove one of the two")
    return divisions


def allowed_parent(kind: PlaceKind, *, parent: PlaceKind) -> bool:
    """Whether a division of `kind` may lie directly in one of the kind `parent`."""
    return parent in _PARENT_KINDS[kind]


def _division(line: Line) -> Division:
    valid_from, valid_to = line.day("valid_from"), line.day("valid_to")
    if valid_from is None:
        raise line.refusal("valid_from", "fill in the first day the division exists")
    if valid_to is not None and valid_to <= valid_from:
        raise line.refusal("valid_to", "it is the first day the division no longer exists, after valid_from")
    code_system = line.cells["code_system"]
    if code_system not in CODE_SYSTEMS:
        raise line.refusal("code_system", f"use one of: {', '.join(CODE_SYSTEMS)}")
    kind, code = line.member("kind", PlaceKind), _code(line, "code")
    if code is None:
        raise line.refusal("code", "fill the cell in")
    if code_system == "NBS" and kind not in _kinds_of(code):
        raise _kind_refusal(line, code)
    return Division(
        line=line,
        code_system=code_system,
        code=code,
        mca_code=_code(line, "mca_code"),
        name=line.text("name", longest=64),
        kind=kind,
        parent_code=_parent_code(line, kind=kind, code=code),
        valid_from=valid_from,
        valid_to=valid_to,
        successor_code=_successor_code(line, valid_to=valid_to),
    )


def _code(line: Line, column: str) -> str | None:
    value = line.cells[column]
    if value and re.fullmatch(rf"[0-9]{{{CODE_DIGITS}}}", value) is None:
        raise line.refusal(column, f"write {CODE_DIGITS} digits; pad a shorter code with zeros on the right")
    return value or None


def _kinds_of(code: str) -> tuple[PlaceKind, ...]:
    """What the digits of a code of the Bureau of Statistics allow the division to be."""
    level = len(subtree_prefix(code))
    if level == CODE_DIGITS:
        last = int(code[9:])
        if last <= 199:
            return (PlaceKind.COMMUNITY,)
        return (PlaceKind.VILLAGE,) if last <= 399 else ()
    kinds = {2: (PlaceKind.CITY,), 6: (PlaceKind.DISTRICT,), 9: (PlaceKind.TOWN, PlaceKind.SUBDISTRICT)}
    return kinds[level]


def _kind_refusal(line: Line, code: str) -> Invalid:
    kinds = _kinds_of(code)
    if not kinds:
        return line.refusal("code", "the last three digits must be 001-199 (community) or 200-399 (village)")
    wanted = " or ".join(kinds)
    return line.refusal("kind", f"the code {code} belongs to a {wanted}; correct the kind or the code")


def _parent_code(line: Line, *, kind: PlaceKind, code: str) -> str | None:
    parent = _code(line, "parent_code")
    if (parent is None) != (kind is PlaceKind.CITY):
        raise line.refusal("parent_code", "every division but a city has one; a city has none")
    if parent is not None and (parent == code or not code.startswith(subtree_prefix(parent))):
        raise line.refusal("parent_code", f"the code {code} does not lie in it; correct one of the two")
    return parent


def _successor_code(line: Line, *, valid_to: date | None) -> str | None:
    successor = _code(line, "successor_code")
    if successor is not None and valid_to is None:
        raise line.refusal("successor_code", "fill in valid_to: the first day the successor takes over")
    return successor
