"""Between which two numbers every value of a card lies, from the ranges of its inputs."""

import math
from collections.abc import Callable

from scoring.definition import CardDefinition, Derivation

Range = tuple[float, float]


def value_ranges(card: CardDefinition) -> dict[str, Range]:
    """The least and the greatest that every input, reference and derived value can be."""
    ranges = {item.name: (item.minimum, item.maximum) for item in card.inputs}
    ranges |= {item.name: (item.value, item.value) for item in card.references}
    for item in card.derivations:
        ranges[item.name] = _OPERATIONS[item.operation](item, [ranges[name] for name in item.of])
    return ranges


def _ratio(item: Derivation, of: list[Range]) -> Range:
    (low, high), (least, most) = of
    if most <= 0:
        return (0.0, math.inf) if "endless" in item.parameters else (math.nan, math.nan)
    # Only denominators above nothing count; the nearest to nothing makes the greatest quotient.
    smallest = least if least > 0 else 0.0
    ends = [_over(value, size) for value in (low, high) for size in (smallest, most)]
    if "endless" in item.parameters and least <= 0:
        ends += [0.0, math.inf if high > 0 else 0.0]
    return min(ends), max(ends)


def _over(value: float, size: float) -> float:
    if size == 0:
        return math.copysign(math.inf, value) if value else 0.0
    return value / size


def _weighted(item: Derivation, of: list[Range]) -> Range:
    parts = [
        sorted((weight * low, weight * high))
        for weight, (low, high) in zip(item.parameters["weights"], of, strict=True)
    ]
    return sum(part[0] for part in parts), sum(part[1] for part in parts)


def _product(_item: Derivation, of: list[Range]) -> Range:
    low, high = of[0]
    for least, most in of[1:]:
        ends = [one * other for one in (low, high) for other in (least, most)]
        low, high = min(ends), max(ends)
    return low, high


def _least(_item: Derivation, of: list[Range]) -> Range:
    return min(of[0][0], of[1][0]), min(of[0][1], of[1][1])


def _known_if(_item: Derivation, of: list[Range]) -> Range:
    return of[0]


def _penalty(item: Derivation, _of: list[Range]) -> Range:
    greatest = item.parameters["unit_points"][0]
    for name in ("item", "days", "cured", "measure"):
        greatest *= max(item.parameters[f"{name}_factors"])
    return 0.0, greatest


_OPERATIONS: dict[str, Callable[[Derivation, list[Range]], Range]] = {
    "ratio": _ratio,
    "weighted": _weighted,
    "product": _product,
    "least": _least,
    "known_if": _known_if,
    "default_penalty": _penalty,
}
