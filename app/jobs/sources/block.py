"""One block of a delivery checked: every cell read, every row's subject found, everything wrong noted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.jobs.imports.cells import BadCell, is_empty
from app.jobs.imports.report import RowError, both
from app.jobs.sources import values
from app.jobs.sources.consent_check import covering_consents
from app.jobs.sources.definition import FactRule, Field, Filter, FoundBy, Mapping, Period
from app.jobs.sources.delivery import Block
from app.jobs.sources.drafts import Drafts
from app.jobs.sources.layout import Layout, shown_of
from app.jobs.sources.matching import NOBODY, Matches, Register, match
from app.jobs.sources.names import misnamed
from app.jobs.sources.report import SourceReport
from app.models import Sensitivity
from app.models.base import epoch_day

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_EMPTY = BadCell(both("必填，却是空的", "required, but empty"), fix=both("补填", "fill it in"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a delivery is read by: the mapping, its layout, the day, and the day given with the command."""

    mapping: Mapping
    layout: Layout
    on: date
    given: date | None


@dataclass(slots=True)
class Part:
    """The rows of a block that count, with what was read from them."""

    asked: Asked
    block: Block
    report: SourceReport
    rows: Ints
    places: Ints
    refused: Bools
    matches: Matches = field(default_factory=lambda: Matches(np.zeros(0, dtype=np.int64)))
    days: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    consents: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    facts: list[tuple[FactRule, NDArray[np.float64]]] = field(default_factory=list)
    ended: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    noticed: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.rows)

    def cells(self, wanted: Field | None) -> list[Any] | None:
        """The cells of a column in the rows that count; None where the form does not have it."""
        found = self.asked.layout.cells(self.block, wanted)
        if found is None or len(self.places) == len(found):
            return found
        return [found[place] for place in self.places.tolist()]

    def texts(self, wanted: Field | None) -> list[str | None]:
        """A column of texts; what is wrong with it is noted."""
        raws = self.cells(wanted)
        if raws is None or wanted is None:
            return [None] * len(self)
        found = values.read_texts(raws, length=128, on=self.asked.on)
        self.refuse(wanted, raws, found.bad)
        return found.texts

    def refuse(self, wanted: Field, raws: Sequence[Any], bad: dict[int, BadCell]) -> None:
        """Note what is wrong with single cells of a column."""
        for place, what in bad.items():
            shown = shown_of(self.asked.mapping, wanted, raws[place])
            self.refuse_row(place, column=wanted.name, value=shown, what=what)

    def refuse_row(self, place: int, *, column: str, value: str, what: BadCell) -> None:
        """Note what is wrong with a row."""
        self.refused[place] = True
        layout = self.asked.layout
        error = RowError(layout.sheet, int(self.rows[place]), column, value, what.reason, what.fix)
        self.report.refuse(error, self.written(place))

    def written(self, place: int) -> list[str]:
        """A row as it came, each cell as text."""
        at = int(self.places[place])
        width = len(self.asked.layout.headers)
        return [_written(column[at]) for column in self.block.columns[:width]]

    def drafts(self, rule_values: NDArray[np.float64]) -> Drafts:
        """The values of one fact in the rows that are sound and about somebody."""
        chosen = ~np.isnan(rule_values) & ~self.refused & (self.matches.subject_ids != NOBODY)
        everything = Drafts(
            self.matches.subject_ids,
            self.days,
            rule_values,
            self.rows,
            self.ended,
            self.noticed,
            self.consents,
        )
        return everything.only(chosen)


def read_block(
    block: Block, asked: Asked, *, register: Register, report: SourceReport, forced: int | None = None
) -> Part:
    """Check the rows that count; with `forced` they are about that subject, as somebody decided."""
    part = _counted(block, asked, report)
    for rule in asked.mapping.filters:
        part = _filtered(part, rule)
    if not len(part):
        part.days = part.ended = part.noticed = part.consents = np.zeros(0, dtype=np.int64)
        return part
    part.matches = (
        _matched(part, register) if forced is None else Matches(np.full(len(part), forced, dtype=np.int64))
    )
    part.days = _observed(part)
    part.ended = _days(part, asked.mapping.ended_on)
    part.noticed = _days(part, asked.mapping.noticed_on)
    part.facts = [(rule, _values(part, rule)) for rule in asked.mapping.facts if _is_read(asked.layout, rule)]
    part.consents = _consents(part, register)
    return part


def _counted(block: Block, asked: Asked, report: SourceReport) -> Part:
    """The rows below the header that are not blank."""
    rows = block.first_row + np.arange(block.row_count)
    below = rows > asked.layout.header_row
    for place in np.flatnonzero(below & _maybe_blank(block, asked)).tolist():
        below[place] = not all(is_empty(column[place]) for column in block.columns)
    places = np.flatnonzero(below)
    report.rows += len(places)
    part = Part(asked, block, report, rows[places], places, np.zeros(len(places), dtype=bool))
    _refuse_nameless(part)
    return part


def _maybe_blank(block: Block, asked: Asked) -> Bools:
    """Which rows name nobody: only those can be blank."""
    blank = np.ones(block.row_count, dtype=bool)
    for key in asked.mapping.keys:
        cells = asked.layout.cells(block, key.field)
        if cells is not None:
            blank &= np.fromiter(map(_blank, cells), bool, count=len(cells))
    return blank


def _blank(cell: Any) -> bool:
    return cell == "" or (isinstance(cell, str) and not cell.isalnum() and is_empty(cell))


def _refuse_nameless(part: Part) -> None:
    """A cell right of the last column means that the row has slipped."""
    for column in part.block.columns[len(part.asked.layout.headers) :]:
        for place, at in enumerate(part.places.tolist()):
            if not is_empty(column[at]):
                reason = both("最后一列右边还有内容，可能错列", "something stands right of the last column")
                fix = both(
                    "核对整行，多出的逗号请加引号", "check the row; put text with commas in quotation marks"
                )
                part.refuse_row(place, column="", value="", what=BadCell(reason, fix=fix))


def _filtered(part: Part, rule: Filter) -> Part:
    counts = _counts(part, rule)
    part.report.left_out += int((~counts).sum())
    if counts.all():
        return part
    return Part(
        part.asked, part.block, part.report, part.rows[counts], part.places[counts], part.refused[counts]
    )


def _counts(part: Part, rule: Filter) -> Bools:
    listed = np.fromiter((text in rule.words for text in part.texts(rule.field)), bool, count=len(part))
    return listed if rule.keep else ~listed


def _matched(part: Part, register: Register) -> Matches:
    mapping, keys = part.asked.mapping, []
    for key in mapping.keys:
        raws = part.cells(key.field)
        if raws is not None:
            found = values.read_keys(raws, key.by, on=part.asked.on)
            part.refuse(key.field, raws, found.bad)
            keys.append((key.by, found.texts))
    result = match(register, keys, row_count=len(part))
    if mapping.name is not None and part.asked.layout.has(mapping.name):
        _check_names(part, keys, result, register)
    return result


def _check_names(
    part: Part, keys: Sequence[tuple[FoundBy, list[str | None]]], result: Matches, register: Register
) -> None:
    """A household found by its number alone has to have the name beside it: rows slip."""
    numbered = [texts for by, texts in keys if by is FoundBy.ID_NUMBER]
    by_number = {place for texts in numbered for place, text in enumerate(texts) if text is not None}
    if not any(by is FoundBy.HOUSEHOLD_NO for by, _ in keys):
        return
    names = part.texts(part.asked.mapping.name)
    asked = [
        None if name is None or place in by_number else name.replace(" ", "")
        for place, name in enumerate(names)
    ]
    for place in misnamed(register, result.subject_ids, asked):
        result.subject_ids[place] = NOBODY
        result.reasons[place] = both(
            "姓名与户号不符，可能错行", "the name is not of this household; a row slipped?"
        )


def _observed(part: Part) -> Ints:
    observed, asked = part.asked.mapping.observed, part.asked
    if observed.field is None:
        assert asked.given is not None, "import_source() asks for the day"
        return np.full(len(part), epoch_day(asked.given), dtype=np.int64)
    raws = part.cells(observed.field) or []
    found = values.read_days(raws, observed.period, on=asked.on)
    missing = np.flatnonzero(found.days == values.UNKNOWN_DAY).tolist()
    part.refuse(observed.field, raws, dict.fromkeys(missing, _EMPTY) | found.bad)
    return np.where(found.days == values.UNKNOWN_DAY, 0, found.days)


def _days(part: Part, wanted: Field | None) -> Ints:
    raws = part.cells(wanted)
    if raws is None or wanted is None:
        return np.full(len(part), values.UNKNOWN_DAY, dtype=np.int64)
    found = values.read_days(raws, Period.DAY, on=part.asked.on)
    part.refuse(wanted, raws, found.bad)
    return found.days


def _is_read(layout: Layout, rule: FactRule) -> bool:
    return rule.field is None or layout.has(rule.field)


def _values(part: Part, rule: FactRule) -> NDArray[np.float64]:
    """The values of a fact; NaN where the row says nothing of it."""
    read = _read(part, rule) if rule.field is not None else np.ones(len(part))
    return np.where(_counts(part, rule.when), read, np.nan) if rule.when is not None else read


def _read(part: Part, rule: FactRule) -> NDArray[np.float64]:
    raws = part.cells(rule.field) or []
    assert rule.field is not None
    if rule.years_since:
        days = values.read_days(raws, Period.DAY, on=part.asked.on)
        part.refuse(rule.field, raws, days.bad)
        return values.years_between(days.days, part.days)
    found = values.read_fact(raws, rule, on=part.asked.on)
    part.refuse(rule.field, raws, found.bad)
    return found.numbers


def _consents(part: Part, register: Register) -> Ints:
    restricted = {
        rule.fact.name: ~np.isnan(found)
        for rule, found in part.facts
        if rule.fact.sensitivity is Sensitivity.RESTRICTED
    }
    wanted = part.asked.mapping.consent
    if not restricted or wanted is None:
        return np.zeros(len(part), dtype=np.int64)
    references = part.texts(wanted)
    consents, bad = covering_consents(
        register.session,
        references,
        subject_ids=part.matches.subject_ids,
        days=part.days,
        restricted=restricted,
    )
    part.refuse(wanted, [reference or "" for reference in references], bad)
    return consents


def _written(raw: Any) -> str:
    return raw if isinstance(raw, str) else getattr(raw, "shown", None) or str(raw)
