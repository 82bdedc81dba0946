"""The facts of the catalogue as columns of a sheet: their headers, units, words and limits."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Protocol

from app.jobs.imports.cells import BadCell, Parser, number, text
from app.jobs.imports.columns import Column
from app.jobs.imports.reading import Raw
from app.jobs.imports.report import both
from app.models import Sensitivity, ValueType

CONSENT_COLUMN = "书面同意编号"
_YES_NO = {"是": 1, "否": 0, "有": 1, "无": 0, "1": 1, "0": 0, "TRUE": 1, "FALSE": 0}
_FEN = {"元": Decimal(100), "万元": Decimal(1_000_000)}
_FEN_MAX = 2**53
_WRITTEN_CODE = re.compile(r"(\d*) ?(.*)")


class FactLike(Protocol):
    """What this module needs to know of a fact, stored or listed."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def value_type(self) -> ValueType: ...
    @property
    def minimum(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...
    @property
    def codes(self) -> Mapping[str, Mapping[str, str]]: ...
    @property
    def sensitivity(self) -> Sensitivity: ...


def fact_columns(facts: Iterable[FactLike]) -> dict[str, tuple[FactLike, Column]]:
    """The columns that can hold these facts, by column name; an amount of money has one per unit."""
    found: dict[str, tuple[FactLike, Column]] = {}
    for fact in facts:
        for unit in _FEN if fact.value_type is ValueType.MONEY_FEN else (fact.unit,):
            column = _column(fact, unit)
            found[column.name] = (fact, column)
    return found


def options_of(fact: FactLike) -> dict[str, int]:
    """The codes of a coded fact by their words."""
    return {words["zh"]: int(code) for code, words in fact.codes.items()}


def is_restricted(fact: FactLike) -> bool:
    """Whether the fact may only be kept with the subject's written consent (art. 14)."""
    return fact.sensitivity is Sensitivity.RESTRICTED


def _column(fact: FactLike, unit: str) -> Column:
    short = fact.label.partition("（")[0]
    yes_no = fact.value_type is ValueType.BOOLEAN
    coded = fact.value_type is ValueType.CODE
    money = fact.value_type is ValueType.MONEY_FEN
    words = ("是", "否") if yes_no else tuple(options_of(fact))
    plain = yes_no or coded
    return Column(
        name=short if plain else f"{short}（{unit}）",
        parse=_parser(fact, unit),
        required=False,
        entry="choice" if plain and words else "number",
        choices=words,
        note=_note(fact, unit=unit),
        stands_for=fact.name,
        also=() if money else (short, fact.label, f"{fact.label}（{unit}）", f"{short}（{unit}）"),
    )


def _parser(fact: FactLike, unit: str) -> Parser:
    def parse(raw: Raw, on: date) -> float:
        if fact.value_type is ValueType.BOOLEAN:
            value = Decimal(_yes_no(raw, on))
        elif fact.value_type is ValueType.CODE:
            value = _coded(fact, raw, on)
        elif fact.value_type is ValueType.SHARE:
            value = _share(raw)
        else:
            value = number(raw) * _FEN.get(unit, Decimal(1))
        _refuse_fraction(fact, value)
        _refuse_outside(fact, value, unit=unit)
        return float(value)

    return parse


def _yes_no(raw: Raw, on: date) -> int:
    if isinstance(raw, bool):
        return int(raw)
    written = text(raw, on).upper()
    if written not in _YES_NO:
        raise BadCell(
            both("应为“是”或“否”", "must be 是 or 否"),
            fix=both("填“是”或“否”，不清楚则留空", "write 是 or 否, or leave it empty"),
        )
    return _YES_NO[written]


def _coded(fact: FactLike, raw: Raw, on: date) -> Decimal:
    """The code behind `2`, `利息` or `2 利息`; both parts have to mean the same."""
    options = options_of(fact)
    if not options:
        return number(raw)
    digits, words = _WRITTEN_CODE.fullmatch(text(raw, on)).groups()  # type: ignore[union-attr]  # fits any line
    by_words = options.get(words) if words else None
    by_digits = int(digits) if digits else by_words
    if by_digits in options.values() and (not words or by_words == by_digits):
        return Decimal(by_digits or 0)
    listed = "、".join(f"{code} {words}" for words, code in options.items())
    raise BadCell(
        both("不在可选范围内", "not one of the choices"), fix=both(f"填其中之一：{listed}", "choose one")
    )


def _share(raw: Raw) -> Decimal:
    if isinstance(raw, str) and raw.strip().endswith(("%", "％")):
        return number(raw.strip()[:-1]) / 100
    return number(raw)


def _refuse_fraction(fact: FactLike, value: Decimal) -> None:
    if fact.value_type is ValueType.MONEY_FEN and value != int(value):
        raise BadCell(
            both("金额精确到分，小数位太多", "an amount has at most two decimals of a yuan"),
            fix=both("四舍五入到分", "round it to the fen"),
        )
    if fact.value_type is ValueType.INTEGER and value != int(value):
        raise BadCell(
            both("应为整数", "must be a whole number"), fix=both("改成整数", "write a whole number")
        )


def _refuse_outside(fact: FactLike, value: Decimal, *, unit: str) -> None:
    largest = Decimal(_FEN_MAX) if fact.maximum is None else Decimal(fact.maximum)
    smallest = Decimal(-_FEN_MAX) if fact.minimum is None else Decimal(fact.minimum)
    if not smallest <= value <= largest:
        allowed = _range(fact, unit=unit) or f"±{_FEN_MAX:,}"
        raise BadCell(
            both(f"超出范围 {allowed}", f"outside the range {allowed}"),
            fix=both("核对数值和单位后改正", "check the value and its unit"),
        )


def _range(fact: FactLike, *, unit: str) -> str:
    scale = _FEN.get(unit, Decimal(1)) if fact.value_type is ValueType.MONEY_FEN else Decimal(1)
    low = "" if fact.minimum is None else f"≥ {Decimal(fact.minimum) / scale:g}"
    high = "" if fact.maximum is None else f"≤ {Decimal(fact.maximum) / scale:g}"
    return "，".join(part for part in (low, high) if part)


def _note(fact: FactLike, *, unit: str) -> str:
    parts = [fact.label, "空白 = 不清楚，不是 0"]
    if options := options_of(fact):
        parts.append("、".join(f"{code} {words}" for words, code in options.items()))
    if fact.value_type is ValueType.MONEY_FEN:
        parts.append("表头单位可写（元）或（万元）")
    if limits := _range(fact, unit=unit):
        parts.append(f"范围 {limits}")
    if is_restricted(fact):
        parts.append(f"须有书面同意，并填写“{CONSENT_COLUMN}”")
    return "；".join(parts)
