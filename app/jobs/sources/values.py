"""What the cells of a column mean: read as a whole where they are well formed, else cell by cell."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.jobs.imports import cells
from app.jobs.imports.cells import BadCell
from app.jobs.imports.facts import fact_columns
from app.jobs.imports.report import both
from app.jobs.sources import vector
from app.jobs.sources.definition import FactRule, FoundBy, LoanRule, Period
from app.jobs.sources.units import plain_unit
from app.models import ValueType
from app.models.base import epoch_day

UNKNOWN_DAY = np.iinfo(np.int64).min
_EXACT = 2**53
_YEAR_DAYS = Decimal("365.25")
_MONTH = re.compile(r"(\d{4})[-/.年]?(0?[1-9]|1[0-2])月?")
_YEAR = re.compile(r"(\d{4})(?:年度?)?")
_TEXT_MAX = 64

Cells = Sequence[Any]
Floats = NDArray[np.float64]
Days = NDArray[np.int64]
Bad = dict[int, BadCell]
Parse = Callable[[Any, date], Any]

_KEY_PARSERS: dict[FoundBy, Parse] = {
    FoundBy.HOUSEHOLD_NO: cells.household_no,
    FoundBy.ID_NUMBER: cells.id_number,
    FoundBy.USCC: cells.credit_code,
    FoundBy.DIVISION: cells.division_code,
}


@dataclass(slots=True)
class Values:
    """A column as numbers (NaN: empty), and what is wrong with single cells, by their place."""

    numbers: Floats
    bad: Bad = field(default_factory=dict)


@dataclass(slots=True)
class DayValues:
    """A column as days since 1970 (`UNKNOWN_DAY`: empty), and what is wrong with single cells."""

    days: Days
    bad: Bad = field(default_factory=dict)


@dataclass(slots=True)
class TextValues:
    """A column as texts (None: empty), and what is wrong with single cells."""

    texts: list[str | None]
    bad: Bad = field(default_factory=dict)


def fact_parser(rule: FactRule) -> Parse:
    """The parser of one cell of a fact: the words of the form, its unit, then the rules of the catalogue."""
    plain = plain_unit(rule.fact)
    column = next(
        column
        for name, (_, column) in fact_columns([rule.fact]).items()
        if rule.fact.value_type is not ValueType.MONEY_FEN or name.endswith(f"（{plain}）")
    )
    factor = Decimal(rule.factor.numerator) / Decimal(rule.factor.denominator)

    def parse(raw: Any, on: date) -> float:
        if rule.words:
            return float(column.parse(f"{cells.choice(rule.words)(raw, on):.15g}", on))
        if rule.factor == 1 or (isinstance(raw, str) and raw.strip().endswith(("%", "％"))):
            return float(column.parse(raw, on))
        return float(column.parse(format(cells.number(raw) * factor, "f"), on))

    return parse


def read_fact(raws: Cells, rule: FactRule, *, on: date) -> Values:
    """The values of a fact's column, in the unit of the catalogue."""
    parse = fact_parser(rule)
    by_word = rule.words or rule.fact.value_type in (ValueType.BOOLEAN, ValueType.CODE)
    found = None if by_word else _decimals(raws)
    if found is None:
        return _numbers_by_cell(raws, parse, on=on)
    values, accepted = _worth(found, rule)
    return _mended(raws, values, accepted, parse, on=on)


def read_amount(raws: Cells, rule: LoanRule, *, on: date) -> Values:
    """A column of amounts of money in fen, not below zero."""
    factor = int(rule.factor * 100)

    def parse(raw: Any, _on: date) -> float:
        fen = cells.number(raw) * factor
        if fen < 0 or fen != int(fen) or fen >= _EXACT:
            raise BadCell(
                both("不是有效金额", "not an amount of money with at most two decimals of a yuan"),
                fix=both(f"按{rule.unit}填写，不得为负", "write it in the unit of the form, not below zero"),
            )
        return float(fen)

    return _numbers_by_cell(raws, parse, on=on)


def read_count(raws: Cells, *, on: date) -> Values:
    """A column of whole numbers, not below zero."""

    def parse(raw: Any, _on: date) -> float:
        number = cells.number(raw)
        if number < 0 or number != int(number) or number >= _EXACT:
            raise BadCell(
                both("应为不小于 0 的整数", "must be a whole number, not below zero"),
                fix=both("改成整数", "write a whole number"),
            )
        return float(number)

    return _numbers_by_cell(raws, parse, on=on)


def read_words(raws: Cells, words: Mapping[str, float], *, listed: Sequence[str], on: date) -> Values:
    """A column of words, each of which stands for a number."""
    return _numbers_by_cell(raws, cells.choice(words, listed=listed), on=on)


def read_days(raws: Cells, period: Period, *, on: date) -> DayValues:
    """A column of days, or of months or years that have ended, as days since 1970."""
    parse = {Period.MONTH: _month_end, Period.YEAR: _year_end}.get(period, cells.day)
    table = vector.texts(raws) if period is Period.DAY else None
    days = np.full(len(raws), UNKNOWN_DAY, dtype=np.int64)
    accepted = np.zeros(len(raws), dtype=bool)
    if table is not None:
        found, accepted = vector.days(table, on=on)
        days = np.where(accepted, found, UNKNOWN_DAY)
    result = DayValues(days)
    for places, value, bad in _by_cell(raws, ~accepted, parse, on=on):
        if bad is None:
            result.days[places] = epoch_day(value)
        else:
            result.bad.update(dict.fromkeys(places, bad))
    return result


def read_keys(raws: Cells, by: FoundBy, *, on: date) -> TextValues:
    """A column of numbers that name subjects, in their normal form."""
    table = vector.texts(raws)
    accepted = np.zeros(len(raws), dtype=bool) if table is None else _keys(table, by, on=on)
    texts = [raw if sound else None for raw, sound in zip(raws, accepted.tolist(), strict=True)]
    return _mended_texts(raws, texts, ~accepted, _KEY_PARSERS[by], on=on)


def read_texts(raws: Cells, *, length: int = _TEXT_MAX, on: date) -> TextValues:
    """A column of plain texts."""
    texts: list[str | None] = [None] * len(raws)
    return _mended_texts(raws, texts, np.ones(len(raws), dtype=bool), cells.limited(length), on=on)


def years_between(since: Days, until: Days) -> Floats:
    """Years from one day to another, two decimals; NaN where one is unknown or they are reversed."""
    known = (since != UNKNOWN_DAY) & (until != UNKNOWN_DAY) & (since <= until)
    difference = np.where(known, until, 0) - np.where(known, since, 0)
    return np.where(known, np.round(difference / float(_YEAR_DAYS), 2), np.nan)


def _decimals(raws: Cells) -> vector.Decimals | None:
    table = vector.texts(raws)
    return vector.numeric(raws) if table is None else vector.decimals(table)


def _worth(found: vector.Decimals, rule: FactRule) -> tuple[Floats, NDArray[np.bool_]]:
    """Numbers in the unit of the catalogue; accepted where nothing can be wrong with them."""
    money = rule.fact.value_type is ValueType.MONEY_FEN
    factor = rule.factor * (100 if money else 1)
    largest = _EXACT // max(factor.numerator, 1)
    divisor = 10**found.places * factor.denominator
    accepted = found.accepted & (np.abs(found.mantissa) <= largest) & (divisor < _EXACT)
    scaled = np.where(accepted, found.mantissa, 0) * factor.numerator
    values = scaled / divisor
    whole = scaled % divisor == 0
    low = -float(_EXACT) if rule.fact.minimum is None else rule.fact.minimum
    high = float(_EXACT) if rule.fact.maximum is None else rule.fact.maximum
    inside = (values > low) & (values < high)
    inside |= whole & ((values == low) | (values == high))
    if rule.fact.value_type in (ValueType.MONEY_FEN, ValueType.INTEGER):
        inside &= whole
    return values, accepted & inside


def _mended(raws: Cells, values: Floats, accepted: NDArray[np.bool_], parse: Parse, *, on: date) -> Values:
    result = Values(np.where(accepted, values, np.nan))
    for places, value, bad in _by_cell(raws, ~accepted, parse, on=on):
        if bad is None:
            result.numbers[places] = value
        else:
            result.bad.update(dict.fromkeys(places, bad))
    return result


def _numbers_by_cell(raws: Cells, parse: Parse, *, on: date) -> Values:
    accepted = np.zeros(len(raws), dtype=bool)
    return _mended(raws, np.full(len(raws), np.nan), accepted, parse, on=on)


def _mended_texts(
    raws: Cells, texts: list[str | None], wanted: NDArray[np.bool_], parse: Parse, *, on: date
) -> TextValues:
    result = TextValues(texts)
    for places, value, bad in _by_cell(raws, wanted, parse, on=on):
        if bad is not None:
            result.bad.update(dict.fromkeys(places, bad))
            continue
        for place in places:
            result.texts[place] = value
    return result


def _by_cell(
    raws: Cells, wanted: NDArray[np.bool_], parse: Parse, *, on: date
) -> list[tuple[list[int], Any, BadCell | None]]:
    """Each different cell of the wanted places read once: its places, its value, or what is wrong."""
    places: dict[tuple[type, Any], list[int]] = {}
    for place in np.flatnonzero(wanted).tolist():
        raw = raws[place]
        if not (raw == "" or cells.is_empty(raw)):
            places.setdefault((type(raw), raw), []).append(place)
    read: list[tuple[list[int], Any, BadCell | None]] = []
    for (_, raw), rows in places.items():
        try:
            read.append((rows, parse(raw, on), None))
        except BadCell as bad:
            read.append((rows, None, bad))
    return read


def _keys(table: vector.Texts, by: FoundBy, *, on: date) -> NDArray[np.bool_]:
    if by is FoundBy.ID_NUMBER:
        return vector.resident_numbers(table, on=on)
    if by is FoundBy.USCC:
        return vector.credit_codes(table)
    if by is FoundBy.DIVISION:
        return vector.division_codes(table)
    return vector.household_numbers(table)


def _month_end(raw: Any, on: date) -> date:
    """The last day of a month written 2026-06, 202606 or 2026年6月, or of the month of a day."""
    written = _written(raw, on)
    found = _MONTH.fullmatch(written) if isinstance(written, str) else None
    if found:
        return _ended(_last_day(int(found.group(1)), int(found.group(2))), on)
    day = cells.day(raw, date.max)
    return _ended(_last_day(day.year, day.month), on)


def _year_end(raw: Any, on: date) -> date:
    """The last day of a year written 2026 or 2026年."""
    written = _written(raw, on)
    found = _YEAR.fullmatch(written) if isinstance(written, str) else None
    if not found:
        raise BadCell(both("不是年份", "not a year"), fix=both("写成 2026", "write it as 2026"))
    return _ended(_last_day(int(found.group(1)), 12), on)


def _written(raw: Any, on: date) -> Any:
    return raw if isinstance(raw, date) else cells.text(raw, on)


def _last_day(year: int, month: int) -> date:
    if not 1900 <= year <= 9998:
        raise BadCell(both("年份不对", "not a year"), fix=both("核对年份", "check the year"))
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _ended(last: date, on: date) -> date:
    if last > on:
        raise BadCell(
            both(f"该期间到 {last} 才结束，今天是 {on}", f"the period ends on {last}; today is {on}"),
            fix=both("待期间结束后再报", "send it when the period has ended"),
        )
    return last
