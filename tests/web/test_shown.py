"""How values are written for people."""

from datetime import date

import pytest

from app.models import GateState, ValueType
from app.records.words import in_words, money
from app.web import shown


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (None, "未知"),
        (0, "0 元"),
        (150, "1.50 元"),
        (123_400, "1,234 元"),
        (999_999, "9,999.99 元"),
        (1_000_000, "1.00 万元"),
        (-2_500_000, "-2.50 万元"),
        (123_456_789_000, "123,456.79 万元"),
    ],
)
def test_money_is_shown_in_yuan_never_in_fen(fen, words):
    assert money(fen) == words


@pytest.mark.parametrize(
    ("value", "value_type", "unit", "words"),
    [
        (1, ValueType.BOOLEAN, "是否", "是"),
        (0, ValueType.BOOLEAN, "是否", "否"),
        (2, ValueType.CODE, "代码", "2"),
        (67.9, ValueType.NUMBER, "分值", "67.9 分"),
        (4, ValueType.INTEGER, "人", "4 人"),
        (0.125, ValueType.SHARE, "比例", "12.5%"),
        (10_420_000, ValueType.MONEY_FEN, "分", "10.42 万元"),
    ],
)
def test_a_recorded_value_carries_its_unit(value, value_type, unit, words):
    assert in_words(value, value_type, unit) == words


def test_a_date_is_written_as_in_china():
    assert shown.day(date(2026, 11, 3)) == "2026年11月3日"


def test_every_state_has_a_sign_of_its_own_beside_its_word():
    assert len({shown.SIGNS[state] for state in GateState}) == len(GateState)
    assert all(state.label in shown.state(state) for state in GateState)
