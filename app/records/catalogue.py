"""The catalogue of facts as a file: each row checked by itself."""

from dataclasses import dataclass
from pathlib import Path

from app.models import Sensitivity, SubjectKind, ValueType
from app.places.reference_file import Line, read_lines

COLUMNS = (
    "name", "label", "label_en", "subject_kind", "unit", "value_type",
    "minimum", "maximum", "sensitivity", "freshness_months", "basis",
)  # fmt: skip
_NATURAL_RANGE = {ValueType.BOOLEAN: (0.0, 1.0), ValueType.SHARE: (0.0, 1.0)}

Key = tuple[SubjectKind, str]


@dataclass(frozen=True)
class FactDefinition:
    """One row of the catalogue, and the line it stands in."""

    line: Line
    name: str
    label: str
    label_en: str
    subject_kind: SubjectKind
    unit: str
    value_type: ValueType
    minimum: float | None
    maximum: float | None
    sensitivity: Sensitivity
    freshness_months: int
    basis: str

    @property
    def key(self) -> Key:
        """What tells this fact from all others."""
        return self.subject_kind, self.name


def read_catalogue(path: Path) -> list[FactDefinition]:
    """The rows of the catalogue, or a refusal that names the first bad cell."""
    definitions = [_definition(line) for line in read_lines(path, columns=COLUMNS)]
    first: dict[Key, int] = {}
    for definition in definitions:
        before = first.setdefault(definition.key, definition.line.number)
        if before != definition.line.number:
            raise definition.line.refusal("name", f"it stands in line {before} too; remove one of the two")
    return definitions


def _definition(line: Line) -> FactDefinition:
    value_type = line.member("value_type", ValueType)
    minimum, maximum = _range(line, value_type=value_type)
    return FactDefinition(
        line=line,
        name=line.text("name", longest=64),
        label=line.text("label", longest=64),
        label_en=line.text("label_en", longest=128),
        subject_kind=line.member("subject_kind", SubjectKind),
        unit=line.text("unit", longest=32),
        value_type=value_type,
        minimum=minimum,
        maximum=maximum,
        sensitivity=line.member("sensitivity", Sensitivity),
        freshness_months=_months(line),
        basis=line.text("basis", longest=64),
    )


def _range(line: Line, *, value_type: ValueType) -> tuple[float | None, float | None]:
    minimum, maximum = line.number_or_none("minimum"), line.number_or_none("maximum")
    if minimum is not None and maximum is not None and minimum > maximum:
        raise line.refusal("maximum", "it is smaller than the minimum; correct one of the two")
    natural = _NATURAL_RANGE.get(value_type)
    if natural is not None and (minimum, maximum) != natural:
        raise line.refusal(
            "value_type", f"a {value_type} runs from 0 to 1; write these as minimum and maximum"
        )
    return minimum, maximum


def _months(line: Line) -> int:
    months = line.cells["freshness_months"]
    if not months.isdecimal() or not 1 <= int(months) <= 1200:
        raise line.refusal("freshness_months", "write a whole number of months, at least 1")
    return int(months)
