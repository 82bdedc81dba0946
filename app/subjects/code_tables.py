"""National codes of persons and places: sex, marital status, relation to the head, division."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from app.errors import Invalid
from app.models.base import Labelled
from app.places.reference_file import Line, read_lines
from app.settings import ROOT

__all__ = ["CodeEntry", "CodeTable", "code_table", "read_code_table"]

_FOLDER = ROOT / "seed_data" / "code_tables"
_COLUMNS = ("standard", "code", "label", "label_en")


class CodeTable(Labelled):
    """The code tables that are shipped; the value is the name of the file."""

    SEX = "sex", "性别（GB/T 2261.1）"
    MARITAL_STATUS = "marital_status", "婚姻状况（GB/T 2261.2）"
    FAMILY_RELATION = "family_relation", "家庭关系（GB/T 4761）"
    DIVISION = "division", "行政区划（GB/T 2260）"


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One code of a national standard, and what it means."""

    standard: str
    code: str
    label: str
    label_en: str


@cache
def code_table(table: CodeTable) -> Mapping[str, CodeEntry]:
    """The entries of a shipped table by their code, in the order of the standard."""
    return MappingProxyType(read_code_table(_FOLDER / f"{table.value}.csv"))


def read_code_table(path: Path) -> dict[str, CodeEntry]:
    """The entries of a file by their code; `Invalid` names the first line that is wrong."""
    lines = read_lines(path, columns=_COLUMNS)
    if not lines:
        raise Invalid(f"{path.name}: has no codes; restore the file of this version")
    standard, width = lines[0].cells["standard"], len(lines[0].cells["code"])
    found: dict[str, CodeEntry] = {}
    labels: set[str] = set()
    for line in lines:
        entry = _entry(line, standard=standard, width=width)
        if entry.code in found:
            raise line.refusal("code", "the code stands twice; remove one line")
        if entry.label in labels:
            raise line.refusal("label", "the label stands twice; give every code its own")
        found[entry.code] = entry
        labels.add(entry.label)
    return found


def _entry(line: Line, *, standard: str, width: int) -> CodeEntry:
    entry = CodeEntry(
        standard=line.text("standard", longest=32),
        code=line.text("code", longest=12),
        label=line.text("label", longest=64),
        label_en=line.text("label_en", longest=64),
    )
    if entry.standard != standard:
        raise line.refusal("standard", f"one file holds one standard; line 2 says {standard!r}")
    if not (entry.code.isascii() and entry.code.isdigit() and len(entry.code) == width):
        raise line.refusal("code", f"write {width} digits, as in line 2; keep leading zeros")
    return entry
