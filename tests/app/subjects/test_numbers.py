"""Resident numbers and credit codes: valid, or refused with the reason."""

from datetime import date

import pytest

from app.errors import Invalid
from app.subjects.numbers import masked_name, masked_number, resident_number, uscc

TODAY = date(2026, 11, 23)


def test_the_example_of_the_standard_is_valid():
    assert resident_number(" 11010519491231002x ", on=TODAY) == "11010519491231002X"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("110105194912310021", "wrong check digit"),
        ("11010519491231002", "has 17 characters"),
        ("1.10105E+17", "Excel"),
        ("11010519491331002X", "not a date of birth"),
        ("11010520491231002X", "in the future"),
        ("1101051949123１002X", "only digits"),
    ],
)
def test_a_wrong_number_is_refused_with_the_reason_and_never_repeated(number, reason):
    with pytest.raises(Invalid, match=reason) as refusal:
        resident_number(number, on=TODAY)
    assert number not in refusal.value.detail


def test_a_code_of_a_real_organ_is_valid_and_another_check_character_is_not():
    assert uscc("91350100M000100Y43") == "91350100M000100Y43"
    with pytest.raises(Invalid, match="wrong check character"):
        uscc("91350100M000100Y44")


def test_people_see_six_and_four_characters_of_a_number_and_one_of_a_name():
    assert masked_number("11010519491231002X") == "110105********002X"
    assert masked_name("张三丰") == "张**"
