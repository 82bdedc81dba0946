"""The fast reading of whole columns agrees with the parsers of single cells, on whatever is written."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.jobs.imports import cells
from app.jobs.imports.cells import BadCell
from app.jobs.sources import values
from app.jobs.sources.definition import FactRule, FoundBy, Period
from app.models.base import epoch_day
from app.subjects.numbers import resident_check_digit, uscc_check_character
from tests.jobs.sources.conftest import MAPPINGS, TODAY

RULES = {
    f"{code}/{rule.fact.name}/{rule.unit}": rule
    for code, mapping in MAPPINGS.items()
    for rule in mapping.facts
}
ANYTHING = st.text("0123456789.-+,%％１２．eE X\0年月日/:万元", max_size=20) | st.text(max_size=8)
NUMBERS = st.decimals(-(10**9), 10**16, allow_nan=False, places=2).map(str) | st.integers(-5, 10**18).map(str)
RAW = ANYTHING | NUMBERS | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.decimals(0, 10**6, places=4).map(str) | st.integers(0, 100).map(str)


def by_cell(parse, raw, on=TODAY):
    """What the parser of single cells says: the value, or why not."""
    if cells.is_empty(raw):
        return None
    try:
        return parse(raw, on)
    except BadCell as bad:
        return bad.reason


def outcome(value, bad, place):
    """What the reading of a column says of one place."""
    return bad[place].reason if place in bad else value


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
@given(data=st.data())
@settings(max_examples=15)
def test_numbers_of_every_fact_and_unit_agree(rule: FactRule, data: st.DataObject) -> None:
    column = data.draw(
        st.lists(PLAIN, max_size=6) | st.lists(ANYTHING | NUMBERS, max_size=6) | st.lists(RAW, max_size=6)
    )
    found = values.read_fact(column, rule, on=TODAY)
    for place, raw in enumerate(column):
        number = float(found.numbers[place])
        expected = by_cell(values.fact_parser(rule), raw)
        assert outcome(None if math.isnan(number) else number, found.bad, place) == expected


@given(st.lists(st.dates().map(str) | st.dates().map(lambda day: f"{day:%Y%m%d}") | ANYTHING, max_size=6))
def test_days_agree(column: list[str]) -> None:
    found = values.read_days(column, Period.DAY, on=TODAY)
    for place, raw in enumerate(column):
        expected = by_cell(cells.day, raw)
        number = int(found.days[place])
        known = None if number == values.UNKNOWN_DAY else date(1970, 1, 1) + timedelta(days=number)
        assert outcome(known, found.bad, place) == expected


RESIDENTS = st.from_regex(
    r"[1-9]\d{5}(18|19|20)\d\d[01]\d[0-3]\d\d{3}", fullmatch=True, alphabet="0123456789"
).map(lambda first: first + resident_check_digit(first))
CODES = st.from_regex(
    r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{9}",
    fullmatch=True,
    alphabet=st.characters(codec="ascii"),
).map(lambda first: first + uscc_check_character(first))
SPOILT = st.sampled_from(["", "x", " ", "9", "\0"])
KEYS = st.tuples(
    RESIDENTS | CODES | st.from_regex(r"[0-9A-Z-]{1,33}", fullmatch=True) | ANYTHING, SPOILT
).map("".join)


@pytest.mark.parametrize("by", FoundBy)
@given(column=st.lists(KEYS, max_size=6))
def test_numbers_that_name_subjects_agree(by: FoundBy, column: list[str]) -> None:
    parse = {
        FoundBy.HOUSEHOLD_NO: cells.household_no,
        FoundBy.ID_NUMBER: cells.id_number,
        FoundBy.USCC: cells.credit_code,
        FoundBy.DIVISION: cells.division_code,
    }[by]
    found = values.read_keys(column, by, on=TODAY)
    for place, raw in enumerate(column):
        assert outcome(found.texts[place], found.bad, place) == by_cell(parse, raw)


@pytest.mark.parametrize(
    ("written", "last"),
    [
        ("2026-06", date(2026, 6, 30)), ("2026年2月", date(2026, 2, 28)), ("202611", date(2026, 11, 30)),
        (202401, date(2024, 1, 31)),
    ],
)  # fmt: skip
def test_a_month_is_its_last_day(written: object, last: date) -> None:
    assert values.read_days([written], Period.MONTH, on=TODAY).days.tolist() == [epoch_day(last)]


@pytest.mark.parametrize(("period", "written"), [(Period.MONTH, "2026-12"), (Period.YEAR, "2026")])
def test_a_period_that_has_not_ended_is_refused(period: Period, written: str) -> None:
    assert values.read_days([written], period, on=TODAY).bad
