"""Well-formed cells read as whole columns: what these accept, the parsers of single cells read the same.

A cell that is not accepted here is not wrong: it goes to the parser, which reads it or says what is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.models.base import epoch_day

WIDTH_MAX = 32
_DIGITS_MAX = 15
_EXACT = 10**_DIGITS_MAX
_DECIMALS = 3
_RESIDENT_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
_RESIDENT_CHECKS = np.array([ord(check) for check in "10X98765432"])
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])
_USCC_VALUES = np.full(128, -1)
_USCC_VALUES[[ord(char) for char in _USCC_ALPHABET]] = np.arange(31)
_MONTH_DAYS = np.array((0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31))
_EARLIEST_BIRTH = epoch_day(date(1880, 1, 1))
_EARLIEST_DAY = epoch_day(date(1900, 1, 1))

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of texts as a table of characters; too long ones have the length -1."""

    codes: NDArray[np.int64]
    lengths: Ints

    @property
    def digits(self) -> NDArray[np.int64]:
        """The value of each character as a digit; others are outside 0 to 9."""
        return self.codes - ord("0")

    def written(self) -> Bools:
        """Which places of the table hold a character."""
        return _flags(np.arange(self.codes.shape[1]) < self.lengths[:, None])


@dataclass(frozen=True, slots=True)
class Decimals:
    """Numbers exactly as they are written: `mantissa` divided by ten to the power of `places`."""

    mantissa: Ints
    places: Ints
    accepted: Bools


def texts(cells: Sequence[Any]) -> Texts | None:
    """A column in which every cell is text; None for any other."""
    if not all(type(cell) is str for cell in cells):
        return None
    lengths = np.fromiter(map(len, cells), dtype=np.int64, count=len(cells))
    short = cells if not (lengths > WIDTH_MAX).any() else [c if len(c) <= WIDTH_MAX else "" for c in cells]
    # numpy drops NUL at the end of a text: such a column is read cell by cell.
    if not len(cells) or "\0" in "".join(short):
        return None
    array = np.array(short, dtype=f"U{max(1, min(WIDTH_MAX, int(lengths.max())))}")
    codes = array.view(np.uint32).reshape(len(cells), -1).astype(np.int64)
    return Texts(codes, np.where(lengths > WIDTH_MAX, -1, lengths))


def decimals(column: Texts) -> Decimals:
    """Plain numbers such as 12 or 3.75, at most 15 digits, without sign, blank or comma."""
    digit = (column.digits >= 0) & (column.digits <= 9)
    dot = column.codes == ord(".")
    written = column.written()
    last = np.clip(column.lengths - 1, 0, None)
    rows = np.arange(len(last))
    accepted = (column.lengths > 0) & (column.lengths <= _DIGITS_MAX) & ((digit | dot) | ~written).all(axis=1)
    accepted &= (dot.sum(axis=1) <= 1) & digit[:, 0] & digit[rows, last]
    mantissa = np.zeros(len(last), dtype=np.int64)
    for place in range(min(column.codes.shape[1], _DIGITS_MAX)):
        step = digit[:, place]
        mantissa = np.where(step, mantissa * 10 + column.digits[:, place], mantissa)
    places = np.where(dot.any(axis=1), last - dot.argmax(axis=1), 0)
    return Decimals(np.where(accepted, mantissa, 0), np.where(accepted, places, 0), accepted)


def numeric(cells: Sequence[Any]) -> Decimals | None:
    """Numbers that are numbers already, with at most three decimals; None when one cell is something else."""
    if not all(type(cell) is int or type(cell) is float for cell in cells):
        return None
    values = np.array([float(cell) if -_EXACT < cell < _EXACT else np.nan for cell in cells])
    scaled = np.rint(values * 10**_DECIMALS)
    # The nearest double of a decimal of at most 15 digits stands for no other such decimal.
    accepted = (np.abs(scaled) < _EXACT) & (scaled / 10**_DECIMALS == values)
    mantissa = np.where(accepted, scaled, 0).astype(np.int64)
    return Decimals(mantissa, np.full(len(cells), _DECIMALS), accepted)


def days(column: Texts, *, on: date) -> tuple[Ints, Bools]:
    """Days written 2026-11-01 or 20261101 as days since 1970, from 1900 up to `on`."""
    width = column.codes.shape[1]
    found = np.zeros(len(column.lengths), dtype=np.int64)
    accepted = np.zeros(len(column.lengths), dtype=bool)
    if width >= 8:
        found, accepted = _day(column.digits[:, :8], np.arange(8))
        accepted &= column.lengths == 8
    if width >= 10:
        dashed = (column.lengths == 10) & (column.codes[:, [4, 7]] == ord("-")).all(axis=1)
        other, sound = _day(column.digits[:, :10], np.array((0, 1, 2, 3, 5, 6, 8, 9)))
        found = np.where(dashed, other, found)
        accepted = np.where(dashed, sound, accepted)
    accepted &= (found >= _EARLIEST_DAY) & (found <= epoch_day(on))
    return found, accepted


def resident_numbers(column: Texts, *, on: date) -> Bools:
    """Which cells are resident numbers (GB 11643) in their normal form, born up to `on`."""
    if column.codes.shape[1] < 18:
        return np.zeros(len(column.lengths), dtype=bool)
    digits, last = column.digits[:, :17], column.codes[:, 17]
    accepted = (column.lengths == 18) & ((digits >= 0) & (digits <= 9)).all(axis=1)
    total = np.where(accepted, digits @ _RESIDENT_WEIGHTS, 0)
    accepted &= last == _RESIDENT_CHECKS[total % 11]
    born, sound = _day(digits, np.arange(6, 14))
    return _flags(accepted & sound & (born >= _EARLIEST_BIRTH) & (born <= epoch_day(on)))


def credit_codes(column: Texts) -> Bools:
    """Which cells are unified social credit codes (GB 32100) in their normal form."""
    if column.codes.shape[1] < 18:
        return np.zeros(len(column.lengths), dtype=bool)
    values = _USCC_VALUES[np.where(column.codes[:, :18] < 128, column.codes[:, :18], 0)]
    division = (column.digits[:, 2:8] >= 0) & (column.digits[:, 2:8] <= 9)
    accepted = (column.lengths == 18) & (values >= 0).all(axis=1) & division.all(axis=1)
    total = np.where(accepted, values[:, :17] @ _USCC_WEIGHTS, 0)
    return _flags(accepted & (values[:, 17] == (31 - total % 31) % 31))


def household_numbers(column: Texts) -> Bools:
    """Which cells are household numbers of digits, capital letters and hyphens, and no scientific number."""
    codes = column.codes
    digit = (column.digits >= 0) & (column.digits <= 9)
    # A number with an E may be one that Excel has rounded: the parser decides.
    letter = (codes >= ord("A")) & (codes <= ord("Z")) & (codes != ord("E"))
    right = (digit | letter | (codes == ord("-")) | ~column.written()).all(axis=1)
    # What begins with a hyphen looks like a formula, too.
    return _flags((column.lengths > 0) & right & (codes[:, 0] != ord("-")))


def division_codes(column: Texts) -> Bools:
    """Which cells have the 12 digits of a division code."""
    digit = (column.digits >= 0) & (column.digits <= 9)
    return _flags((column.lengths == 12) & (digit | ~column.written()).all(axis=1))


def _flags(found: Any) -> Bools:
    return np.asarray(found, dtype=bool)


def _day(digits: NDArray[np.int64], places: NDArray[np.int64]) -> tuple[Ints, Bools]:
    """The days that eight digits name, and which of them exist."""
    eight = digits[:, places]
    sound: Bools = _flags(((eight >= 0) & (eight <= 9)).all(axis=1))
    eight = np.where(sound[:, None], eight, 0)
    year = eight[:, :4] @ np.array((1000, 100, 10, 1))
    month, day = eight[:, 4] * 10 + eight[:, 5], eight[:, 6] * 10 + eight[:, 7]
    sound &= (year >= 1) & (month >= 1) & (month <= 12)
    month = np.where(sound, month, 1)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    sound &= (day >= 1) & (day <= _MONTH_DAYS[month] + (leap & (month == 2)))
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.where(sound, first + day - 1, 0), sound
