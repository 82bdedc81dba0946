"""One subject at a time, without arrays: the same rating as the kernel's, in some twenty microseconds.

Arrays cost more than the work where there is one row. Every result is the kernel's, bit for bit; tests hold
the two together.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scoring.definition import (
    NO_SCORE,
    RATED,
    REQUIRED_MISSING,
    TOO_FEW_FACTS,
    CardDefinition,
    Characteristic,
    Derivation,
    Input,
)
from scoring.errors import CardError
from scoring.facts import UNSEEN, number, position
from scoring.tables import PointTables

Compute = Callable[[dict[str, float]], float]


@dataclass(frozen=True, slots=True)
class One:
    """The rating of one subject, with the meanings of `Scores`."""

    total: int
    grade: int
    packed: int
    known: int
    vetoes: int
    unrated: int
    out_of_range: int


class Single:
    """A card made ready to rate one subject at a time."""

    def __init__(self, card: CardDefinition, tables: PointTables) -> None:
        self._card = card
        self._inputs = [(item, item.name, item.minimum, item.maximum) for item in card.inputs]
        self._places = {
            item.name: {category.name: place for place, category in enumerate(item.categories)}
            for item in card.inputs
            if item.categories
        }
        self._references = {item.name: item.value for item in card.references}
        self._derived = [(item.name, OPERATIONS[item.operation](item)) for item in card.derivations]
        self._read = [_Reader(item) for item in card.characteristics]
        blocks = {block.name: place for place, block in enumerate(card.blocks)}
        self._block_of = [blocks[item.block] for item in card.characteristics]
        self._most = [block.maximum for block in card.blocks]
        self._ranks = tables.ranks.tolist()
        codes = [grade.code for grade in card.grades]
        self._vetoes = [
            (v.of, v.threshold, v.inclusive, 1 << bit, codes.index(v.grade_at_most))
            for bit, v in enumerate(card.vetoes)
        ]

    def rate(self, facts: Mapping[str, Any]) -> One:
        """The rating of the subject with these facts; what is not given is unknown.

        Raises `CardError` for a value of the wrong type, and for one that is not allowed where the card
        refuses such values.
        """
        values, specials, out_of_range = self._checked(facts)
        for name, compute in self._derived:
            values[name] = compute(values)
        sums = [0] * len(self._most)
        packed = shift = known = 0
        for reader, block in zip(self._read, self._block_of, strict=True):
            code = reader.bin(values[reader.of], specials)
            sums[block] += reader.points[code]
            packed |= code << shift
            shift += reader.bits
            known += code > 0
        total = sum(map(min, sums, self._most))
        total = min(max(total, 0), self._card.maximum)
        rank, vetoes = self._ranks[total], 0
        for of, threshold, inclusive, bit, at_most in self._vetoes:
            if values[of] > threshold or (inclusive and values[of] == threshold):
                vetoes |= bit
                rank = max(rank, at_most)
        unrated = RATED if known >= self._card.least_known_count else TOO_FEW_FACTS
        if any(math.isnan(values[name]) for name in self._card.required):
            unrated = REQUIRED_MISSING
        if unrated:
            return One(NO_SCORE, len(self._card.grades), packed, known, vetoes, unrated, out_of_range)
        return One(total, rank, packed, known, vetoes, unrated, out_of_range)

    def _checked(self, facts: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, float], int]:
        """The facts as numbers, NaN for unknown; the special codes among them; how many were refused."""
        values = dict(self._references)
        specials: dict[str, float] = {}
        out_of_range = 0
        for item, name, minimum, maximum in self._inputs:
            value = facts.get(name)
            if value is None:
                values[name] = math.nan
            elif item.categories:
                place = position(name, 0, value, self._places[name])
                values[name] = math.nan if place < 0 else float(place)
                out_of_range += place == UNSEEN
                _refuse(item, place == UNSEEN)
            else:
                plain = value if type(value) is float else number(name, 0, value)
                if minimum <= plain <= maximum or math.isnan(plain):
                    values[name] = plain
                else:
                    values[name] = math.nan
                    if plain in item.special:
                        specials[name] = plain
                    else:
                        out_of_range += 1
                        _refuse(item, True)
        return values, specials, out_of_range


class _Reader:
    """How one characteristic finds its bin."""

    def __init__(self, item: Characteristic) -> None:
        self.of, self.bits = item.of, item.bits
        self.points = [step.points for step in item.bins]
        self._edges = list(item.edges)
        self._categories = item.category_bins
        self._specials = item.specials

    def bin(self, value: float, specials: Mapping[str, float]) -> int:
        if math.isnan(value):
            return self._specials.get(specials[self.of], 0) if self.of in specials else 0
        if self._categories:
            return self._categories[int(value)]
        return bisect_right(self._edges, value) + 1


def _refuse(item: Input, wrong: bool) -> None:
    if wrong and item.invalid == "refuse":
        raise CardError(f"{item.name}: the value is not allowed by the card; it allows {item.allowed}")


def _ratio(item: Derivation) -> Compute:
    top, bottom = item.of
    endless = "endless" in item.parameters

    def ratio(values: dict[str, float]) -> float:
        numerator, denominator = values[top], values[bottom]
        if denominator <= 0:
            if not endless or math.isnan(numerator):
                return math.nan
            return math.inf if numerator > 0 else 0.0
        return numerator / denominator

    return ratio


def _weighted(item: Derivation) -> Compute:
    (first, name), *rest = zip(item.parameters["weights"], item.of, strict=True)

    def weighted(values: dict[str, float]) -> float:
        total = first * values[name]
        for weight, other in rest:
            total = total + weight * values[other]
        return total

    return weighted


def _product(item: Derivation) -> Compute:
    name, *rest = item.of

    def product(values: dict[str, float]) -> float:
        result = values[name]
        for other in rest:
            result = result * values[other]
        return result

    return product


def _least(item: Derivation) -> Compute:
    one, other = item.of

    def least(values: dict[str, float]) -> float:
        first, second = values[one], values[other]
        if math.isnan(first) or math.isnan(second):
            return math.nan
        return min(first, second)

    return least


def _known_if(item: Derivation) -> Compute:
    name, condition = item.of
    at_least = item.parameters["at_least"][0]
    return lambda values: values[name] if values[condition] >= at_least else math.nan


def _penalty(item: Derivation) -> Compute:
    what, days, cured, measure = item.of
    given = item.parameters

    def penalty(values: dict[str, float]) -> float:
        if any(math.isnan(values[name]) for name in item.of):
            return math.nan
        return (
            given["unit_points"][0]
            * _coded(values[what], given["item_factors"])
            * given["days_factors"][bisect_left(given["days_limits"], values[days])]
            * given["cured_factors"][bisect_left(given["cured_limits"], values[cured])]
            * _coded(values[measure], given["measure_factors"])
        )

    return penalty


def _coded(code: float, factors: tuple[float, ...]) -> float:
    return factors[int(min(max(code, 1.0), len(factors))) - 1]


OPERATIONS: Mapping[str, Callable[[Derivation], Compute]] = {
    "ratio": _ratio,
    "weighted": _weighted,
    "product": _product,
    "least": _least,
    "known_if": _known_if,
    "default_penalty": _penalty,
}
