"""Columnar input: what is given is checked once, and what is unknown stays unknown."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.definition import Input
from scoring.errors import CardError


@dataclass(frozen=True)
class Facts:
    """The columns a card reads, NaN for unknown; what was not given and what was refused is counted."""

    rows: int
    values: Mapping[str, NDArray[np.float64]]
    missing: tuple[str, ...]
    out_of_range: NDArray[np.uint8]


def checked(inputs: tuple[Input, ...], columns: Mapping[str, ArrayLike]) -> Facts:
    """The columns as numbers; a value outside its range counts as unknown and is flagged.

    Raises `CardError` for a column that is not numbers, or columns of different lengths.
    """
    given = {item.name: _numbers(item.name, columns[item.name]) for item in inputs if item.name in columns}
    lengths = {len(column) for column in given.values()} or {len(np.asarray(c)) for c in columns.values()}
    if len(lengths) > 1:
        sizes = ", ".join(f"{name} {len(column)}" for name, column in given.items())
        raise CardError(f"columns differ in length: {sizes}")
    rows = lengths.pop() if lengths else 0
    outside = np.zeros(rows, dtype=np.uint8)
    values: dict[str, NDArray[np.float64]] = {}
    nothing = np.full(rows, np.nan)
    for item in inputs:
        column = given.get(item.name)
        if column is None:
            values[item.name] = nothing
            continue
        wrong = (column < item.minimum) | (column > item.maximum) | np.isinf(column)
        outside += wrong
        values[item.name] = np.where(wrong, np.nan, column) if wrong.any() else column
    missing = tuple(item.name for item in inputs if item.name not in given)
    return Facts(rows, values, missing, outside)


def _numbers(name: str, column: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(column)
    if array.ndim != 1:
        raise CardError(f"{name}: a column has one dimension, this one has {array.ndim}")
    if array.dtype.kind not in "fiub":
        raise CardError(f"{name}: the column holds {array.dtype}, not numbers")
    return array.astype(np.float64, copy=False)
