"""What is written in a cell, and what was meant."""

from datetime import UTC, date, datetime

import pytest

from app.jobs.imports import cells
from app.jobs.imports.cells import BadCell

TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    "raw",
    [
        date(2026, 11, 1), datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01", "2026/11/1",
        "2026.11.1", "2026年11月1日",
        "２０２６年１１月１日", "20261101", "2026-11-01 00:00:00", 20261101.0,
    ],
)  # fmt: skip
def test_a_date_is_understood_as_offices_write_it(raw):
    assert cells.day(raw, TODAY) == date(2026, 11, 1)


@pytest.mark.parametrize(
    "raw", ["2026-13-01", "2026-02-30", "去年", 45962.0, "11/1/2026", True, "2026-12-02", "1899-12-31"]
)
def test_what_is_no_date_or_lies_in_the_future_is_refused(raw):
    with pytest.raises(BadCell):
        cells.day(raw, TODAY)


def test_today_is_not_in_the_future():
    assert cells.day("2026-12-01", TODAY) == TODAY


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        (3.0, "3"),
        ("１２，０００．５", "12000.5"),
        ("￥ 7", "7"),
        (-0.5, "-0.5"),
        (0.1 + 0.2, "0.3"),
        ("1,234", "1234"),
    ],
)
def test_a_number_is_what_people_see(raw, meant):
    assert str(cells.number(raw)) == meant


@pytest.mark.parametrize("raw", ["3万", "1,23", "NaN", "1e3", True, "-", "12元", date(2026, 1, 1)])
def test_what_is_no_number_is_refused(raw):
    with pytest.raises(BadCell):
        cells.number(raw)


@pytest.mark.parametrize(
    ("raw", "code"),
    [(123456789012345.0, "123456789012345"), ("１２ ３", "123"), ('="00123"', "00123"), ("'00123", "00123")],
)
def test_a_code_keeps_its_digits(raw, code):
    assert cells.code(raw, TODAY) == code


@pytest.mark.parametrize("raw", [1e15, 500120199001011234, "5.0012E+17", 1.5, True, date(2026, 1, 1)])
def test_a_code_that_may_have_lost_digits_is_refused_with_the_fix(raw):
    with pytest.raises(BadCell) as refused:
        cells.code(raw, TODAY)
    assert "文本" in refused.value.fix


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("500120197001010019", "500120********0019"), ("500120700101001", "500120*****1001"),
        (500120197001010019, "500120********0019"), ("50012019", "50******"), ("王建国", "王**"), ("", ""),
    ],
)  # fmt: skip
def test_a_number_of_a_person_is_shown_masked_whatever_is_in_the_cell(raw, shown):
    assert cells.shown_number(raw) == shown


def test_a_number_that_strayed_into_another_column_is_masked_too():
    assert cells.shown("号码500120197001010019。") == "号码500120********0019。"


@pytest.mark.parametrize(
    ("raw", "name"), [("王　　芳", "王芳"), (" 李 秀英", "李秀英"), ("Anna Li", "Anna Li")]
)
def test_blanks_inside_a_chinese_name_are_layout(raw, name):
    assert cells.person_name(raw, TODAY) == name


@pytest.mark.parametrize("hidden", ["\x1b[2K", "\x07", "\u202e", "\u2069"])
def test_a_text_with_a_hidden_character_is_refused(hidden):
    with pytest.raises(BadCell, match="control character"):
        cells.text(f"王{hidden}某", TODAY)
