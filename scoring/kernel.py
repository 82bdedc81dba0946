"""Facts and a card make bins, points, totals, vetoes and grades: functions of arrays, nothing else."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from scoring.decay import default_penalty
from scoring.definition import CardDefinition, Characteristic, Derivation
from scoring.facts import Facts
from scoring.tables import fields

Floats = NDArray[np.float64]
Values = Mapping[str, Floats]
# With so few edges, comparing with each is faster than searching.
COMPARED_EDGES = 24


def with_derived(card: CardDefinition, values: Values, *, rows: int) -> dict[str, Floats]:
    """The facts, the card's reference values and everything derived from them, in the card's order.

    What overflows is endless, and what has no value, such as endless minus endless, is unknown.
    """
    known = dict(values)
    known |= {item.name: np.broadcast_to(np.float64(item.value), rows) for item in card.references}
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        for item in card.derivations:
            known[item.name] = OPERATIONS[item.operation](item, [known[name] for name in item.of])
    return known


def bins_hit(item: Characteristic, values: Values, *, facts: Facts) -> NDArray[np.uint8]:
    """The code of the bin each number falls into; 0 where it is unknown."""
    column = values[item.of]
    if len(item.edges) > COMPARED_EDGES:
        codes = (np.searchsorted(np.asarray(item.edges), column, side="right") + 1).astype(np.uint8)
        codes[np.isnan(column)] = 0
    else:
        codes = (~np.isnan(column)).view(np.uint8)
        for edge in item.edges:
            np.add(codes, (column >= edge).view(np.uint8), out=codes)
    if item.specials and item.of in facts.specials:
        given = facts.specials[item.of]
        for special, code in item.specials.items():
            codes[given == special] = code
    return codes


def vetoes_hit(card: CardDefinition, values: Values, *, rows: int) -> NDArray[np.uint32]:
    """A bit per veto, in the card's order; an unknown value is no veto."""
    mask = np.zeros(rows, dtype=np.uint32)
    for bit, veto in enumerate(card.vetoes):
        column = values[veto.of]
        hit = column >= veto.threshold if veto.inclusive else column > veto.threshold
        if hit.any():
            mask |= hit.astype(np.uint32) << np.uint32(bit)
    return mask


def grades(
    card: CardDefinition, ranks: NDArray[np.uint8], *, vetoes: NDArray[np.uint32], unrated: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """The position of the grade in the card, best first, from that of the total; 'unrated' is the last."""
    if vetoes.any():
        codes = [grade.code for grade in card.grades]
        for bit, veto in enumerate(card.vetoes):
            hit = (vetoes >> np.uint32(bit)) & np.uint32(1) == 1
            ranks[hit] = np.maximum(ranks[hit], codes.index(veto.grade_at_most))
    ranks[unrated > 0] = len(card.grades)
    return ranks


def unpacked(card: CardDefinition, ratings: NDArray[np.uint64]) -> dict[str, NDArray[np.uint8]]:
    """The bins behind packed ratings, by characteristic."""
    return {
        field.item.name: ((ratings >> np.uint64(field.shift)) & np.uint64((1 << field.item.bits) - 1)).astype(
            np.uint8
        )
        for field in fields(card)
    }


def _ratio(item: Derivation, of: list[Floats]) -> Floats:
    """Numerator over denominator; over nothing it is unknown, 0 or endless, as the card says."""
    numerator, denominator = of
    nothing = denominator <= 0
    over_nothing = nothing.any()
    result = numerator / (np.where(nothing, np.nan, denominator) if over_nothing else denominator)
    if over_nothing and "endless" in item.parameters:
        result = np.where(nothing & (numerator > 0), np.inf, result)
        result = np.where(nothing & (numerator <= 0), 0.0, result)
    return result


def _weighted(item: Derivation, of: list[Floats]) -> Floats:
    weights = item.parameters["weights"]
    total = weights[0] * of[0]
    for weight, column in zip(weights[1:], of[1:], strict=True):
        total = total + weight * column
    return total


def _product(item: Derivation, of: list[Floats]) -> Floats:
    result = of[0]
    for column in of[1:]:
        result = result * column
    return result


def _least(item: Derivation, of: list[Floats]) -> Floats:
    return np.minimum(of[0], of[1])


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
