"""Columnar input: what is given is checked once, and what is unknown stays unknown."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.definition import Input
from scoring.errors import CardError

Floats = NDArray[np.float64]
UNKNOWN, UNSEEN = -1, -2


@dataclass(frozen=True)
class Coded:
    """A column of texts kept as positions in a list of categories; a negative position is unknown."""

    codes: NDArray[np.integer[Any]]
    categories: Sequence[str]


@dataclass(frozen=True)
class Facts:
    """Some rows of what a card reads.

    `values` are the numbers, NaN for unknown; `categories` the positions of texts among the categories,
    `UNKNOWN` or `UNSEEN` elsewhere; `specials` the special codes of the inputs that have any in these rows,
    NaN elsewhere. What is out of range or no category is counted in `out_of_range`.
    """

    values: Mapping[str, Floats]
    categories: Mapping[str, NDArray[np.integer[Any]]]
    specials: Mapping[str, Floats]
    out_of_range: NDArray[np.uint8]

    def unknown(self, name: str) -> NDArray[np.bool_]:
        """Which rows do not know an input."""
        if name in self.categories:
            return np.asarray(self.categories[name] < 0)
        return np.isnan(self.values[name])


class Columns:
    """The columns a card reads, checked; `block` gives some of their rows as facts."""

    def __init__(self, inputs: tuple[Input, ...], columns: Mapping[str, ArrayLike | Coded]) -> None:
        self._inputs = inputs
        self._given = {
            item.name: _column(item, columns[item.name]) for item in inputs if item.name in columns
        }
        self._unseen = {
            item.name
            for item in inputs
            if item.categories and item.name in self._given and (self._given[item.name] == UNSEEN).any()
        }
        self.missing = tuple(item.name for item in inputs if item.name not in self._given)
        self.rows = self._row_count(columns)

    def block(self, start: int, stop: int) -> Facts:
        """The rows from `start` to just before `stop`.

        Raises `CardError` for an invalid value of an input that refuses them, with its row.
        """
        outside = np.zeros(stop - start, dtype=np.uint8)
        values: dict[str, Floats] = {}
        categories: dict[str, NDArray[np.integer[Any]]] = {}
        specials: dict[str, Floats] = {}
        nothing = np.full(stop - start, np.nan)
        for item in self._inputs:
            column = self._given.get(item.name)
            wrong: NDArray[np.bool_] | None = None
            if column is None and item.categories:
                categories[item.name] = np.full(stop - start, UNKNOWN, dtype=np.int8)
            elif column is None:
                values[item.name] = nothing
            elif item.categories:
                categories[item.name] = column[start:stop]
                wrong = column[start:stop] == UNSEEN if item.name in self._unseen else None
            else:
                values[item.name], wrong = _in_range(item, column[start:stop], specials)
            if wrong is not None and wrong.any():
                _refuse(item, wrong, start=start)
                outside += wrong
        return Facts(values, categories, specials, outside)

    def _row_count(self, columns: Mapping[str, ArrayLike | Coded]) -> int:
        lengths = {name: len(column) for name, column in self._given.items()}
        if not lengths:
            lengths = {
                name: len(c.codes if isinstance(c, Coded) else np.asarray(c)) for name, c in columns.items()
            }
        if len(set(lengths.values())) > 1:
            sizes = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise CardError(f"columns differ in length: {sizes}")
        return next(iter(lengths.values()), 0)


def _in_range(
    item: Input, part: NDArray[Any], specials: dict[str, Floats]
) -> tuple[Floats, NDArray[np.bool_] | None]:
    """The values inside the range, unknown elsewhere, and which are wrong: outside and not special."""
    values = part.astype(np.float64, copy=False)
    # Neither comparison holds for what is unknown.
    outside = (values < item.minimum) | (values > item.maximum)
    if not outside.any():
        return values, None
    wrong = outside.copy()
    if item.special:
        meant = wrong & np.isin(values, list(item.special))
        if meant.any():
            specials[item.name] = np.where(meant, values, np.nan)
            wrong &= ~meant
    return np.where(outside, np.nan, values), wrong


def _refuse(item: Input, wrong: NDArray[np.bool_], *, start: int) -> None:
    if item.invalid != "refuse":
        return
    row = start + int(np.argmax(wrong))
    raise CardError(f"{item.name}, row {row}: the value is not allowed by the card; it allows {item.allowed}")


def _column(item: Input, column: ArrayLike | Coded) -> NDArray[Any]:
    """A column as numbers; of texts, their categories' positions with `UNKNOWN` and `UNSEEN`."""
    if item.categories:
        return _positions(item, column)
    if isinstance(column, Coded):
        raise CardError(f"{item.name}: the card reads numbers, the column holds categories")
    array = _one_dimension(item.name, column)
    if array.dtype.kind == "O":
        return np.array([number(item.name, row, value) for row, value in enumerate(array)], dtype=np.float64)
    if array.dtype.kind not in "fiub":
        raise CardError(f"{item.name}: the column holds {array.dtype}, not numbers")
    return array


def number(name: str, row: int, value: Any) -> float:
    """One value of a column of numbers; NaN for unknown."""
    if value is None:
        return np.nan
    if isinstance(value, int | float | np.number | np.bool_):
        try:
            return float(value)
        except OverflowError:
            raise CardError(f"{name}, row {row}: the number is too great") from None
    raise CardError(f"{name}, row {row}: a {type(value).__name__} is not a number")


def _positions(item: Input, column: Any) -> NDArray[Any]:
    places: dict[Any, int] = {category.name: place for place, category in enumerate(item.categories)}
    coded = column.cat if hasattr(column, "cat") else column
    if hasattr(coded, "categories") and hasattr(coded, "codes"):
        table = np.array([*(places.get(name, UNSEEN) for name in coded.categories), UNKNOWN], dtype=np.int16)
        codes = _one_dimension(item.name, coded.codes)
        if codes.dtype.kind not in "iu":
            raise CardError(f"{item.name}: the codes of the column are {codes.dtype}, not whole numbers")
        if len(codes) and int(codes.max()) >= len(table) - 1:
            raise CardError(f"{item.name}: a code is beyond the {len(table) - 1} categories of the column")
        if _same(table) and len(table) == len(places) + 1 and not (len(codes) and codes.min() < UNKNOWN):
            return codes
        return np.asarray(np.take(table, np.maximum(codes, -1)))
    array = _one_dimension(item.name, column)
    if array.dtype.kind not in "OU" and not (array.dtype.kind == "f" and np.isnan(array).all()):
        raise CardError(f"{item.name}: the column holds {array.dtype}, not texts")
    values = array.tolist()
    try:
        found = [places.get(value, UNSEEN) for value in values]
    except TypeError:
        found = [UNSEEN] * len(values)
    # What is no category is looked at again: it may be unknown, or no text at all.
    for row, place in enumerate(found):
        if place == UNSEEN:
            found[row] = position(item.name, row, values[row], places)
    return np.array(found, dtype=np.int16)


def _same(table: NDArray[np.int16]) -> bool:
    """Whether the column's categories are the card's, in the card's order."""
    return bool((table[:-1] == np.arange(len(table) - 1)).all())


def position(name: str, row: int, value: Any, places: Mapping[Any, int]) -> int:
    """The place of one text among the categories, `UNKNOWN` or `UNSEEN`."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN
    if not isinstance(value, str):
        raise CardError(f"{name}, row {row}: a {type(value).__name__} is not a text")
    return places.get(value, UNSEEN)


def _one_dimension(name: str, column: Any) -> NDArray[Any]:
    if isinstance(column, np.ma.MaskedArray):
        raise CardError(f"{name}: give NaN or None for what is unknown, not a masked array")
    # A list keeps the values it was given: numpy would turn the numbers among texts into texts.
    array = np.array(column, dtype=object) if isinstance(column, list | tuple) else np.asarray(column)
    if array.ndim != 1:
        raise CardError(f"{name}: a column has one dimension, this one has {array.ndim}")
    return array
