"""Which passwords are refused: the ones an attacker tries first, and none for lack of signs."""

from math import log2

import pytest

from app.access.passwords import (
    HANDED_OVER_LENGTH,
    HANDED_OVER_LETTERS,
    LENGTH_MAX,
    LENGTH_MIN,
    check_password,
    hashed,
    matches,
    one_time_password,
)
from app.errors import Invalid
from app.settings import ROOT

LEAKED = ROOT / "seed_data" / "leaked_passwords.txt"

ABOUT = ("officer.nsh", "王小明", "璧山农商银行")


@pytest.mark.parametrize(
    "password",
    [
        "Password123!", "P@ssw0rd2024", "1234567890", "0987654321", "qwertyuiop12", "1qaz2wsx3edc",
        "aaaaaaaaaa", "abcabcabcabc", "1212121212", "abcdefghij", "iloveyou1314", "xinyongcun2026",
        "correcthorsebatterystaple", "administrator1", "PASSWORD１２３",
    ],
)  # fmt: skip
def test_what_attackers_try_first_is_refused(password):
    with pytest.raises(Invalid, match="attacker"):
        check_password(password)


@pytest.mark.parametrize(
    "password",
    [
        "officer.nsh",
        "Officer.NSH2026",
        "officernsh!!",
        "璧山农商银行20261123",
        "credit-village",
        "2026bishan!!",
    ],
)
def test_the_names_of_the_account_and_of_the_service_are_refused(password):
    with pytest.raises(Invalid, match="attacker"):
        check_password(password, about=ABOUT)


@pytest.mark.parametrize(
    "password",
    ["correct horse", "tenletters", "十个汉字也是一个密码", "lihua rides nine trams", "ninety six"],
)
def test_words_that_do_not_belong_together_need_no_digits_or_signs(password):
    check_password(password, about=ABOUT)


@pytest.mark.parametrize(("length", "accepted"), [(9, False), (10, True), (128, True), (129, False)])
def test_length_is_what_counts(length, accepted):
    password = ("zebra moat grin folk vine " * 6)[:length]
    if accepted:
        check_password(password)
    else:
        with pytest.raises(Invalid, match="10 to 128"):
            check_password(password)


def test_the_same_characters_typed_in_another_way_are_the_same_password():
    kept = hashed("十个ＡＢＣ汉字密码呀")
    assert matches(kept, "十个ABC汉字密码呀")
    assert not matches(kept, "十个abc汉字密码呀")


def test_what_is_no_hash_matches_nothing():
    assert not matches("none", "none")


def test_a_password_to_hand_over_is_accepted_and_never_the_same():
    drawn = [one_time_password() for _ in range(1000)]
    for password in drawn:
        check_password(password)
    assert len(set(drawn)) == 1000


def test_none_of_the_3000_passwords_used_most_and_long_enough_is_accepted():
    listed = [line for line in LEAKED.read_text("utf-8").splitlines() if not line.startswith("# ")]
    assert len(listed) == len(set(listed)) == 10_000
    for password in listed:
        with pytest.raises(Invalid, match="attacker"):
            check_password(password)
        assert LENGTH_MIN <= len(password) <= LENGTH_MAX


def test_a_password_to_hand_over_has_128_random_bits():
    assert HANDED_OVER_LENGTH * log2(len(set(HANDED_OVER_LETTERS))) >= 128
    drawn = one_time_password().replace("-", "")
    assert len(drawn) == HANDED_OVER_LENGTH
    assert set(drawn) <= set(HANDED_OVER_LETTERS)
