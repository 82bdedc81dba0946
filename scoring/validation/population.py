"""The subjects a card is validated on: their facts, what became of them, when, and who they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import CardError
from scoring.facts import Coded
from scoring.validation.discrimination import Floats

# The least share of months kept for the out-of-time sample where no first month is stated: the last quarter.
OUT_OF_TIME_PART = 4


@dataclass(frozen=True)
class Population:
    """Columns of equal length, one row per subject.

    `outcome` is 1 for default, 0 for paid, NaN unknown; `month` the month of rating as 202403; `groups` has
    labels by the name of the grouping, such as sex; `chance` is the expected chance of default where the card
    states one. `description` says in words who they are, `synthetic` whether they are made up: both are kept
    in the report.
    """

    facts: Mapping[str, ArrayLike | Coded]
    outcome: ArrayLike
    description: str
    synthetic: bool
    month: ArrayLike | None = None
    groups: Mapping[str, ArrayLike] = field(default_factory=dict)
    chance: ArrayLike | None = None

    def __post_init__(self) -> None:
        """A population nobody described cannot answer for a card."""
        if not self.description.strip():
            raise CardError("description: say in words who the subjects are")


@dataclass(frozen=True)
class Split:
    """The months before `out_of_time_from` (development) and those from it on."""

    month_first: int
    month_last: int
    out_of_time_from: int
    development_count: int
    out_of_time_count: int
    stated: bool


def outcomes(population: Population, *, rows: int) -> Floats:
    """The outcomes as numbers; `CardError` for anything but 0, 1 and unknown."""
    result = numbers(population.outcome, name="outcome", rows=rows)
    wrong = np.flatnonzero(~np.isnan(result) & (result != 0) & (result != 1))
    if len(wrong):
        value = result[wrong[0]]
        raise CardError(f"outcome, row {wrong[0]}: {value:g} is neither 0 (paid), 1 (default) nor unknown")
    return result


def chances(population: Population, *, rows: int) -> Floats | None:
    """The expected chances the card states; `CardError` for one outside 0 to 1."""
    if population.chance is None:
        return None
    result = numbers(population.chance, name="chance", rows=rows)
    wrong = np.flatnonzero(~((result >= 0) & (result <= 1)))
    if len(wrong):
        raise CardError(f"chance, row {wrong[0]}: {result[wrong[0]]:g} does not lie between 0 and 1")
    return result


def months(population: Population, *, rows: int) -> NDArray[np.int64] | None:
    """The months as whole numbers such as 202403; `CardError` for one that is no month."""
    if population.month is None:
        return None
    held = numbers(population.month, name="month", rows=rows)
    whole = np.nan_to_num(held, nan=0, posinf=0, neginf=0).astype(np.int64)
    of_year = whole % 100
    wrong = np.flatnonzero(
        (whole != held) | (whole < 190001) | (whole > 999912) | (of_year < 1) | (of_year > 12)
    )
    if len(wrong):
        raise CardError(f"month, row {wrong[0]}: {held[wrong[0]]:.10g} is not a month written as 202403")
    return whole


def split(month: NDArray[np.int64] | None, *, out_of_time_from: int | None) -> Split | None:
    """The out-of-time split: from the stated month on, else the last quarter of the months.

    None where there are not two months. `CardError` where the stated month leaves one side empty.
    """
    if month is None or not len(month):
        if out_of_time_from is not None:
            raise CardError(
                f"out_of_time_from: {out_of_time_from} is stated, but the subjects have no months"
            )
        return None
    seen = np.unique(month)
    if out_of_time_from is None and len(seen) < 2:
        return None
    late = max(1, len(seen) // OUT_OF_TIME_PART)
    first = int(seen[-late]) if out_of_time_from is None else out_of_time_from
    if not seen[0] < first <= seen[-1]:
        raise CardError(f"out_of_time_from: {first} must be after {seen[0]} and not after {seen[-1]}")
    later = int((month >= first).sum())
    stated = out_of_time_from is not None
    return Split(int(seen[0]), int(seen[-1]), first, len(month) - later, later, stated)


def numbers(values: ArrayLike, *, name: str, rows: int) -> Floats:
    """A column of numbers, None and NaN unknown; `CardError` for texts and for a wrong length."""
    held = np.asarray(values)
    texts = held.dtype.kind in "USM" or (
        held.dtype.kind == "O" and any(isinstance(value, str) for value in held.ravel().tolist())
    )
    if texts:
        raise CardError(f"{name}: numbers expected, not texts or dates")
    try:
        result = held.astype(np.float64)
    except (TypeError, ValueError):
        raise CardError(f"{name}: numbers expected") from None
    if result.shape != (rows,):
        raise CardError(f"{name}: {rows} rows expected, as in the facts, not {result.shape}")
    return result
