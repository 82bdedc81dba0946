"""Facts and a card make bins, points, totals, vetoes and grades: functions of arrays, nothing else."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from scoring.decay import default_penalty
from scoring.definition import CardDefinition, Characteristic, Derivation

Floats = NDArray[np.float64]
Values = Mapping[str, Floats]


def with_derived(card: CardDefinition, values: Values) -> dict[str, Floats]:
    """The facts, the card's reference values and everything derived from them, in the card's order."""
    known = dict(values)
    known |= {item.name: np.array(item.value) for item in card.references}
    for item in card.derivations:
        known[item.name] = OPERATIONS[item.operation](item, [known[name] for name in item.of])
    return known


def bins_hit(characteristic: Characteristic, values: Values) -> NDArray[np.uint8]:
    """The code of the bin each value falls into; 0 where it is unknown."""
    column = values[characteristic.of]
    codes = (np.searchsorted(np.asarray(characteristic.edges), column, side="right") + 1).astype(np.uint8)
    codes[np.isnan(column)] = 0
    return codes


def point_table(characteristic: Characteristic) -> NDArray[np.int16]:
    """Points by bin code."""
    return np.array([step.points for step in characteristic.bins], dtype=np.int16)


def totals(card: CardDefinition, points: Mapping[str, NDArray[np.int16]], *, rows: int) -> NDArray[np.int16]:
    """The sum of the points, each block limited to its maximum, the whole to 0 and the card's maximum."""
    total = np.zeros(rows, dtype=np.int16)
    for block in card.blocks:
        part = np.zeros(rows, dtype=np.int16)
        for item in card.characteristics:
            if item.block == block.name:
                part += points[item.name]
        total += np.minimum(part, block.maximum)
    return np.clip(total, 0, card.maximum)


def vetoes_hit(card: CardDefinition, values: Values, *, rows: int) -> NDArray[np.uint32]:
    """A bit per veto, in the card's order; an unknown value is no veto."""
    mask = np.zeros(rows, dtype=np.uint32)
    for bit, veto in enumerate(card.vetoes):
        column = values[veto.of]
        hit = column >= veto.threshold if veto.inclusive else column > veto.threshold
        mask |= hit.astype(np.uint32) << np.uint32(bit)
    return mask


def grades(
    card: CardDefinition, total: NDArray[np.int16], *, vetoes: NDArray[np.uint32], unrated: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """The position of the grade in the card, best first; the last position is 'unrated'."""
    least = np.array([grade.minimum for grade in reversed(card.grades)])
    rank = (len(card.grades) - np.searchsorted(least, total, side="right")).astype(np.uint8)
    codes = [grade.code for grade in card.grades]
    for bit, veto in enumerate(card.vetoes):
        hit = (vetoes >> np.uint32(bit)) & np.uint32(1) == 1
        rank[hit] = np.maximum(rank[hit], codes.index(veto.grade_at_most))
    rank[unrated > 0] = len(card.grades)
    return rank


def packed(card: CardDefinition, bins: Mapping[str, NDArray[np.uint8]], *, rows: int) -> NDArray[np.uint64]:
    """All bins hit in one integer per row: the first characteristic in the lowest bits."""
    result = np.zeros(rows, dtype=np.uint64)
    shift = 0
    for item in card.characteristics:
        result |= bins[item.name].astype(np.uint64) << np.uint64(shift)
        shift += item.bits
    return result


def unpacked(card: CardDefinition, ratings: NDArray[np.uint64]) -> dict[str, NDArray[np.uint8]]:
    """The bins behind packed ratings, by characteristic."""
    bins: dict[str, NDArray[np.uint8]] = {}
    shift = 0
    for item in card.characteristics:
        mask = np.uint64((1 << item.bits) - 1)
        bins[item.name] = ((ratings >> np.uint64(shift)) & mask).astype(np.uint8)
        shift += item.bits
    return bins


def _ratio(item: Derivation, of: list[Floats]) -> Floats:
    """Numerator over denominator; over nothing it is unknown, 0 or endless, as the card says."""
    numerator, denominator = np.broadcast_arrays(*of)
    nothing = denominator <= 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        result = numerator / np.where(nothing, np.nan, denominator)
    if "endless" in item.parameters:
        result = np.where(nothing & (numerator > 0), np.inf, result)
        result = np.where(nothing & (numerator <= 0), 0.0, result)
    return result


def _weighted(item: Derivation, of: list[Floats]) -> Floats:
    weights = item.parameters["weights"]
    total = weights[0] * of[0]
    for weight, column in zip(weights[1:], of[1:], strict=True):
        total = total + weight * column
    return np.asarray(total)


def _product(item: Derivation, of: list[Floats]) -> Floats:
    result = of[0]
    for column in of[1:]:
        result = result * column
    return np.asarray(result)


def _least(item: Derivation, of: list[Floats]) -> Floats:
    return np.asarray(np.minimum(of[0], of[1]))


def _known_if(item: Derivation, of: list[Floats]) -> Floats:
    """The first value where the second is at least the threshold; unknown elsewhere."""
    return np.where(of[1] >= item.parameters["at_least"][0], of[0], np.nan)


def _penalty(item: Derivation, of: list[Floats]) -> Floats:
    default_item, days, cured_days, measure = of
    return default_penalty(
        default_item, days, cured_days=cured_days, measure=measure, parameters=dict(item.parameters)
    )


OPERATIONS: Mapping[str, Callable[[Derivation, list[Floats]], Floats]] = {
    "ratio": _ratio,
    "weighted": _weighted,
    "product": _product,
    "least": _least,
    "known_if": _known_if,
    "default_penalty": _penalty,
}
