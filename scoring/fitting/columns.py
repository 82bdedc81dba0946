"""A table given for fitting becomes named columns: numbers with NaN for missing, or texts with None."""

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]


def is_frame(X: Any) -> bool:
    """Whether the table has named columns of its own, as data frames have."""
    return hasattr(X, "columns") and hasattr(X, "__getitem__")


def holds_text(X: Any) -> bool:
    """Whether an array holds a text anywhere; a sparse matrix does not."""
    if hasattr(X, "tocsr"):
        return False
    array = np.asarray(X)
    if array.dtype.kind in "US":
        return array.ndim == 2
    return array.dtype.kind == "O" and array.ndim == 2 and any(isinstance(value, str) for value in array.flat)


def frame_columns(X: Any, *, names: Sequence[str]) -> dict[str, Column]:
    """The columns of a data frame by name; `ValueError` where one is not there."""
    given = {str(name): name for name in X.columns}
    check_names(given, dict.fromkeys(names), what="columns")
    return {name: column(name, np.asarray(X[given[name]])) for name in names}


def array_columns(X: Any, *, names: Sequence[str]) -> dict[str, Column]:
    """The columns of an array of numbers, or of numbers and texts."""
    array = X if isinstance(X, np.ndarray) and X.dtype.kind in "fO" else np.asarray(X, dtype=object)
    if array.dtype.kind == "f":
        return dict(zip(names, np.ascontiguousarray(array.T), strict=True))
    return {name: column(name, values) for name, values in zip(names, array.T, strict=True)}


def column(name: str, values: Column) -> Column:
    """One column as numbers or as texts; `ValueError` where it is neither, both, or endless."""
    if values.dtype.kind in "fiub":
        return _finite(name, values.astype(np.float64))
    if values.dtype.kind == "U":
        return values.astype(object)
    if values.dtype.kind != "O":
        raise ValueError(f"column {name} holds {values.dtype}; give numbers or texts")
    kinds = set(map(type, values.tolist()))
    if kinds <= {str}:
        return values
    if kinds <= {int, float, bool}:
        return _finite(name, values.astype(np.float64))
    return _mixed(name, [None if _missing(value) else value for value in values.tolist()])


def check_names(columns: Mapping[str, Column], given: Mapping[str, Any] | None, *, what: str) -> None:
    """Refuse a setting for a column that is not there: a misspelt name must not pass silently."""
    strangers = sorted(set(given or {}) - set(columns))
    if strangers:
        raise ValueError(f"{what}: no column {', '.join(strangers)}; there are {', '.join(columns)}")


def _mixed(name: str, known: list[Any]) -> Column:
    """A column in which None stands for what is missing."""
    texts = sum(isinstance(value, str) for value in known)
    if texts == 0:
        return _finite(name, np.array([_number(name, value) for value in known], dtype=np.float64))
    if texts < sum(value is not None for value in known):
        raise ValueError(f"column {name} holds texts and numbers; give one or the other")
    return np.array(known, dtype=object)


def _finite(name: str, values: Column) -> Column:
    if np.isinf(values).any():
        raise ValueError(f"column {name} holds infinity; give NaN where a value is missing")
    return values


def _missing(value: Any) -> bool:
    """None, NaN and the data frames' own marks, which are not equal to themselves or to anything."""
    if value is None:
        return True
    if isinstance(value, str):
        return False
    equal = operator.eq(value, value)
    return not (isinstance(equal, bool | np.bool_) and equal)


def _number(name: str, value: Any) -> float:
    if value is None:
        return np.nan
    if isinstance(value, int | float | np.number | np.bool_):
        return float(value)
    raise ValueError(f"column {name} holds a {type(value).__name__}; give numbers or texts")
