"""What of a text tells of a person, and everything long that does not."""

import hashlib
import uuid
from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.errors import Invalid
from app.subjects.free_text import masked_numbers, number_kind, paper_name, without_numbers
from app.subjects.numbers import resident_check_digit, uscc_check_character
from tests.numbers import credit_code, resident

RESIDENT, MOBILE, CARD = "a resident number", "a mobile phone number", "the number of a bank card"
DEPARTMENTS = ("91", "92", "93", "A1", "N1", "N2", "N3", "Y1")
CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
FULL_WIDTH = str.maketrans("0123456789X-", "０１２３４５６７８９Ｘ－")


def digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most or least)


def days(first: int = 1900, last: int = 2030) -> st.SearchStrategy[date]:
    return st.dates(date(first, 1, 1), date(last, 12, 31))


def kind_in(text: str) -> str | None:
    found = number_kind(text)
    return None if found is None else found.en


def luhn_digit(payload: str) -> str:
    """The last digit of a card: Luhn's sum written the long way."""
    total = 0
    for place, digit in enumerate(reversed(payload)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


@st.composite
def residents(draw: st.DrawFn) -> str:
    first = f"{draw(st.integers(110000, 659999))}{draw(days()):%Y%m%d}{draw(digits(3))}"
    return first + resident_check_digit(first)


@st.composite
def cards(draw: st.DrawFn) -> str:
    length = draw(st.integers(16, 19))
    # Of eighteen digits that begin with 1, 4, 5 or 9 one in 31 is a credit code too.
    starts = ("62",) if length == 18 else ("62", "4", "5", "103", "955")
    payload = (draw(st.sampled_from(starts)) + draw(digits(17)))[: length - 1]
    return payload + luhn_digit(payload)


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    rest = draw(st.text(CODE_CHARACTERS, min_size=9, max_size=9) | digits(9))
    first = draw(st.sampled_from(DEPARTMENTS)) + str(draw(st.integers(110000, 659999))) + rest
    return first + uscc_check_character(first)


MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
BEFORE = st.sampled_from(("", "本人", "王某，", "证号：", "(", "见附件 ", "tel: ", "no. ", "。"))
AFTER = st.sampled_from(("", "本人", "，王某", ")", " a neighbour", "。2026-01-01", "、"))


@given(BEFORE, residents(), AFTER)
def test_a_resident_number_is_found_wherever_it_stands_and_however_it_is_written(before, number, after):
    for written in (
        number,
        number.lower(),
        number.translate(FULL_WIDTH),
        f"{number[:6]} {number[6:14]} {number[14:]}",
        f"{number[:6]}-{number[6:10]}-{number[10:14]}-{number[14:]}",
        f"{number[:9]}\u200b{number[9:]}",
    ):
        assert kind_in(before + written + after) == RESIDENT


@given(BEFORE, MOBILES, AFTER)
def test_a_mobile_phone_is_found_wherever_it_stands_and_however_it_is_written(before, number, after):
    for written in (
        number,
        number.translate(FULL_WIDTH),
        f"{number[:3]} {number[3:7]} {number[7:]}",
        f"{number[:3]}-{number[3:7]}-{number[7:]}",
        f"+86{number}",
        f"86-{number}",
    ):
        assert kind_in(before + written + after) == MOBILE


@given(BEFORE, cards(), AFTER)
def test_a_bank_card_is_found_wherever_it_stands(before, number, after):
    assert kind_in(before + number + after) is not None
    if number.startswith("62"):
        grouped = " ".join(number[place : place + 4] for place in range(0, len(number), 4))
        assert kind_in(before + grouped + after) is not None


@given(residents(), st.integers(1, 9))
def test_of_another_check_digit_it_is_no_resident_number(number, step):
    wrong = number[:17] + str((int(number[17].replace("X", "0")) + step) % 10)
    assume(wrong != number and resident_check_digit(wrong[:17]) != wrong[17])
    paper_name(wrong, where="reference")


@given(cards(), st.integers(1, 9))
def test_of_another_last_digit_it_is_no_card(number, step):
    wrong = number[:-1] + str((int(number[-1]) + step) % 10)
    assert kind_in(wrong) in (None, RESIDENT)


@given(credit_codes())
@example(credit_code(1))
# Digits only, with the date and the check digit of a resident number.
@example("915001197001010495")
def test_the_credit_code_of_an_organisation_is_none(code):
    assert kind_in(f"统一社会信用代码{code}，") is None


@given(days(1950, 2099), days(1950, 2099), st.integers(0, 10**13), st.integers(0, 10**8))
def test_days_and_amounts_are_none(first, last, fen, yuan):
    written = (
        f"{first:%Y-%m-%d}至{last:%Y-%m-%d}", f"{first:%Y%m%d}-{last:%Y%m%d}",
        f"{first:%Y%m%d}{last:%Y%m%d}", f"{first.year}年{first.month}月{first.day}日",
        f"{first.year} {first.year + 1} {last.year} {last.year}",
        f"{first.year}-{first.year + 1}-{last.year}-{last.year}", f"{first:%Y%m%d}123456", f"{fen:,}分",
        f"{fen / 100:.2f}元", f"{fen}元", f"{yuan}万元", f"¥{fen}", f"0.{fen:019d}",
    )  # fmt: skip
    # Sixteen digits or more of yuan are more than there is.
    assert [one for one in written if kind_in(one)] == []


@given(st.integers(1980, 2030), st.integers(1, 99999), st.integers(1, 10**6), digits(12), st.binary())
def test_numbers_of_documents_certificates_places_records_and_hashes_are_none(year, number, own, code, raw):
    sha256 = hashlib.sha256(raw).hexdigest()
    written = (
        f"璧府发〔{year}〕{number}号", f"（{year}）渝0120民初{number}号",
        f"渝（{year}）璧山区不动产权第{number:09d}号", f"准予注销登记通知书 {year}-{number} 号",
        f"CV-500120-{year}-{own:06d}-DCMR", f"TV-{code[:6]}-{year}-{own:06d}-A2B3",
        f"PY-{sha256[:8].upper()}", code, f"{code}-{own}", str(own), f"记录 {own}", f"rating/{own}", sha256,
        str(uuid.UUID(sha256[:32])), f"授权书 {year}-{number:04d}", f"档案柜 {number}-{year}",
        f"023-{code[:8]}", f"G{sha256[:16]}",
    )  # fmt: skip
    assert [one for one in written if kind_in(one)] == []


@given(digits(1, 40))
def test_of_runs_of_digits_only_those_that_hold_are_found(run):
    found = kind_in(f"第{run}号")
    if found == MOBILE:
        assert len(run.removeprefix("00").removeprefix("86")) == 11
    elif found == CARD:
        assert (len(run) in range(16, 20), luhn_digit(run[:-1])) == (True, run[-1])
    elif found == RESIDENT:
        assert (len(run), resident_check_digit(run[:17])) == (18, run[17])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"王某（{resident(1)}）长期失联", f"居民身份证号.*{RESIDENT}"),
        ("电话13800138000已停机", f"手机号码.*{MOBILE}"),
        ("账户 6222021001112345670", f"银行卡号.*{CARD}"),
    ],
)
def test_the_refusal_names_the_field_and_the_kind_says_how_to_mend_it_and_never_the_number(text, told):
    with pytest.raises(Invalid, match=f"^reason: 内含{told}.*write the number of the record") as refused:
        without_numbers(text, where="reason")
    assert not any(part in refused.value.detail for part in ("500120", "138", "6222"))


def test_the_number_of_a_paper_may_be_as_long_as_a_card_s_but_not_that_of_a_person():
    assert paper_name("6222021001112345670", where="reference") == "6222021001112345670"
    with pytest.raises(Invalid, match=r"^reference: .*a resident number"):
        paper_name(f"授权书 {resident(1)}", where="reference")
    with pytest.raises(Invalid, match=r"^reference: .*a mobile phone"):
        paper_name("13800138000.pdf", where="reference")


def test_a_report_repeats_a_text_with_stars_for_the_number():
    assert masked_numbers("张三 13800138000，2026-01-01") == "张三 ***********,2026-01-01"


@pytest.mark.parametrize(
    "hidden",
    ["\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u202e", "\u2066", "\u2069"],
)
@pytest.mark.parametrize("check", [without_numbers, paper_name])
def test_a_text_of_one_line_holds_nothing_that_forges_another(check, hidden: str) -> None:
    with pytest.raises(Invalid, match=f"reason: .*U\\+{ord(hidden):04X}.*write it on one line"):
        check(f"x{hidden}  2  2026-12-06 认定授牌 award", where="reason")


@pytest.mark.parametrize("text", ["一般理由，第 2 项", "Ünï-cödé 〇𠮷", "a\u200db", "", "\u3000空格"])
def test_other_characters_may_stand_in_a_line(text: str) -> None:
    assert without_numbers(text, where="reason") == text
