"""Resident numbers (GB 11643) and credit codes (GB 32100): valid, or refused with the reason."""

import re
from datetime import date

from app.errors import Invalid

_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_EARLIEST_BIRTH = date(1880, 1, 1)


def resident_check_digit(first17: str) -> str:
    """The check character that GB 11643 gives to the first 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first17, _RESIDENT_WEIGHTS, strict=True))
    return _RESIDENT_CHECKS[total % 11]


def uscc_check_character(first17: str) -> str:
    """The check character that GB 32100 gives to the first 17 characters."""
    values = (_USCC_ALPHABET.index(char) for char in first17)
    total = sum(value * weight for value, weight in zip(values, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[(31 - total % 31) % 31]


def sex_and_birth(number: str) -> tuple[int, date]:
    """Sex (GB/T 2261.1: 1 male, 2 female) and day of birth that a valid resident number tells."""
    born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    return 2 - int(number[16]) % 2, born


def resident_number(text: str, *, on: date) -> str:
    """The number in its normal form; `Invalid` says which part is wrong without repeating the number.

    The region code is not judged: the code list changes, and a person keeps the number for life.
    """
    number = text.strip().upper()
    if re.fullmatch(r"\d\.?\d*E\+?\d+", number):
        raise Invalid("resident number: Excel has turned it into a rounded number; format the column as text")
    if len(number) != 18:
        raise Invalid(f"resident number: has {len(number)} characters; it must have 18")
    if re.fullmatch(r"[0-9]{17}[0-9X]", number) is None:
        raise Invalid("resident number: only digits, and X as the last character, are allowed")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise Invalid("resident number: characters 7 to 14 are not a date of birth") from None
    if not _EARLIEST_BIRTH <= born <= on:
        raise Invalid("resident number: the date of birth lies in the future or before 1880")
    if resident_check_digit(number[:17]) != number[17]:
        raise Invalid("resident number: wrong check digit; compare it with the identity card")
    return number


def uscc(text: str) -> str:
    """The unified social credit code in its normal form; `Invalid` says what is wrong with it."""
    code = text.strip().upper()
    if len(code) != 18:
        raise Invalid(f"credit code: has {len(code)} characters; it must have 18")
    wrong = sorted(set(code) - set(_USCC_ALPHABET))
    if wrong:
        raise Invalid(f"credit code: the character {wrong[0]!r} is not used (no I, O, S, V, Z)")
    if not code[2:8].isdigit():
        raise Invalid("credit code: characters 3 to 8 must be the six digits of a division")
    if uscc_check_character(code[:17]) != code[17]:
        raise Invalid("credit code: wrong check character; compare it with the licence")
    return code


def masked_number(number: str) -> str:
    """A resident number as people may see it: the first six and the last four characters."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"


def masked_name(name: str) -> str:
    """A person's name as people may see it: the first character only."""
    return name[:1] + "*" * max(len(name) - 1, 1)
