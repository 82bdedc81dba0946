"""A second scorer: plain Python over one subject at a time, written from docs/cards.md and the YAML alone.

It shares no code with `scoring`. Numbers are IEEE doubles, and the order in which a derived value is worked
out is part of what a card means: `ratio` is one division; `weighted` adds w1*x1, w2*x2, … from the left;
`product` multiplies from the left; `default_penalty` is unit * item * days * cured * measure from the left;
a derived value within one part in 10^12 of an edge is on it. Unknown is None, and what is no number (inf -
inf, 0 * inf) is unknown too.
"""

import bisect
import itertools
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import yaml

Value = float | str | None
Reader = Callable[[Mapping[str, Value], Mapping[str, float]], int]


class Rating(NamedTuple):
    """What one subject gets: its bin and points by characteristic, the total (None: unrated) and the rest."""

    bins: tuple[int, ...]
    points: tuple[int, ...]
    total: int | None
    grade: str
    unrated: str
    known: int
    out_of_range: int
    vetoes: int


class NaiveCard:
    """A card text, or its version for one type of subject, as an official would work it out by hand."""

    def __init__(self, text: str, *, variant: str = "") -> None:
        card: dict[str, Any] = yaml.load(text, Loader=yaml.CBaseLoader)
        for key, added in card.get("overlays", {}).get(variant, {}).items():
            card[key] = _added(card.get(key, []), added) if isinstance(added, list) else added
        self.names = [item["name"] for item in card["characteristics"]]
        self.inputs = [(item["name"], _input(item)) for item in card["inputs"]]
        self.references = {item["name"]: float(item["value"]) for item in card.get("references", [])}
        self.derived = [(item["name"], _derived(item)) for item in card.get("derived", [])]
        recorded = {name for name, _ in self.inputs}
        self.characteristics = [
            _characteristic(item, derived=item["of"] not in recorded) for item in card["characteristics"]
        ]
        self.blocks = [
            (
                [i for i, item in enumerate(card["characteristics"]) if item["block"] == block["name"]],
                int(block["maximum"]),
            )
            for block in card["blocks"]
        ]
        self.maximum = int(card["maximum"])
        self.vetoes = [_veto(item) for item in card.get("vetoes", [])]
        self.grades = [(int(item["minimum"]), item["code"]) for item in card["grades"]]
        codes = [code for _, code in self.grades]
        self.veto_ranks = [codes.index(item["grade_at_most"]) for item in card.get("vetoes", [])]
        self.none = card["unrated"]["code"]
        self.required = card.get("required", [])
        self.least_known = math.ceil(Fraction(card["least_known_share"]) * len(self.names))

    def rate(self, facts: Mapping[str, Any]) -> Rating:
        """The rating of one subject; a fact that is not given is unknown."""
        values: dict[str, Value] = dict(self.references)
        specials: dict[str, float] = {}
        out_of_range = 0
        for name, read in self.inputs:
            value, special, wrong = read(facts.get(name))
            values[name] = value
            if special is not None:
                specials[name] = special
            out_of_range += wrong
        for name, compute in self.derived:
            values[name] = compute(values)
        bins = tuple([reader(values, specials) for reader, _ in self.characteristics])
        points = tuple([given[hit] for hit, (_, given) in zip(bins, self.characteristics, strict=True)])
        total = sum([min(sum([points[i] for i in members]), most) for members, most in self.blocks])
        total = max(0, min(total, self.maximum))
        known = len(bins) - bins.count(0)
        vetoes = [held(values) for held in self.vetoes]
        mask = sum([1 << bit for bit, holds in enumerate(vetoes) if holds])
        unrated = "too_few_facts" if known < self.least_known else ""
        if any(values[name] is None for name in self.required):
            unrated = "required_missing"
        if unrated:
            return Rating(bins, points, None, self.none, unrated, known, out_of_range, mask)
        rank = next(rank for rank, (minimum, _) in enumerate(self.grades) if total >= minimum)
        rank = max([rank, *[limit for limit, holds in zip(self.veto_ranks, vetoes, strict=True) if holds]])
        return Rating(bins, points, total, self.grades[rank][1], "", known, out_of_range, mask)


def _added(present: list[Any], added: list[Any]) -> list[Any]:
    """The parts there are, without those of the same name, and the added ones after them."""
    names = [item["name"] for item in added]
    return [item for item in present if item["name"] not in names] + added


def _input(item: dict[str, Any]) -> Callable[[Any], tuple[Value, float | None, bool]]:
    """How a recorded value is read: the value, the special code it is, and whether it is out of range."""
    if "categories" in item:
        categories = set(item["categories"])

        def read_text(value: Any) -> tuple[Value, float | None, bool]:
            if _nothing(value):
                return None, None, False
            return (value, None, False) if value in categories else (None, None, True)

        return read_text
    minimum, maximum = float(item["minimum"]), float(item["maximum"])
    specials = {float(code) for code in item.get("special", {})}

    def read_number(value: Any) -> tuple[Value, float | None, bool]:
        if _nothing(value):
            return None, None, False
        number = float(value)
        if number in specials:
            return None, number, False
        if minimum <= number <= maximum and abs(number) != math.inf:
            return number, None, False
        return None, None, True

    return read_number


def _characteristic(item: dict[str, Any], *, derived: bool) -> tuple[Reader, list[int]]:
    """How the bin is found, and the points of every bin: unknown, then the steps, then the special codes."""
    of = item["of"]
    near = 1e-12 if derived else 0.0
    steps, points = _ladder(item["ladder"], near) if "ladder" in item else _steps(item["bins"], near)
    special_items = item.get("special", [])
    given = [int(item["unknown"]["points"]), *points, *[int(one["points"]) for one in special_items]]
    places = {float(one["code"]): len(points) + 1 + i for i, one in enumerate(special_items)}

    def reader(values: Mapping[str, Value], specials: Mapping[str, float]) -> int:
        value = values[of]
        if value is None:
            return places.get(specials[of], 0) if of in specials else 0
        return steps(value)

    return reader, given


def _steps(bins: list[dict[str, Any]], near: float) -> tuple[Callable[[Any], int], list[int]]:
    """The first step that holds the value; every step is asked exactly as it is written."""
    points = [int(step["points"]) for step in bins]
    if "is" in bins[0]:
        members = {name: place for place, step in enumerate(bins, start=1) for name in step["is"]}
        return members.__getitem__, points
    ends = [_end(step, near) for step in bins]

    def find(value: float) -> int:
        for place, (high, closed) in enumerate(ends, start=1):
            if value < high or (closed and value == high):
                return place
        raise AssertionError(value)

    for step, following in itertools.pairwise(bins):
        assert following.get("from") == step.get("to"), (step, following)
        assert following.get("above") == step.get("up_to"), (step, following)
    return find, points


def _end(step: dict[str, Any], near: float) -> tuple[float, bool]:
    """Where a step ends, and whether the end belongs to it; a derived value near an edge is on it."""
    if "up_to" in step:
        edge = float(step["up_to"])
        return (edge + abs(edge) * near, False) if edge and near else (edge, True)
    if "to" in step:
        edge = float(step["to"])
        return edge - abs(edge) * near, False
    return math.inf, True


def _ladder(ladder: dict[str, Any], near: float) -> tuple[Callable[[Any], int], list[int]]:
    count, start, width = int(ladder["count"]), Fraction(ladder["start"]), Fraction(ladder["width"])
    points = [int(ladder["points"]) + int(ladder["points_step"]) * k for k in range(count)]
    exact = [float(start + width * k) for k in range(1, count)]
    edges = [edge - abs(edge) * near for edge in exact]
    return lambda value: bisect.bisect_right(edges, value) + 1, points


def _veto(item: dict[str, Any]) -> Callable[[Mapping[str, Any]], bool]:
    """An unknown value holds nobody down."""
    of = item["of"]
    if "at_least" in item:
        at_least = float(item["at_least"])
        return lambda values: values[of] is not None and values[of] >= at_least
    above = float(item["above"])
    return lambda values: values[of] is not None and values[of] > above


def _derived(item: dict[str, Any]) -> Callable[[Mapping[str, Any]], float | None]:
    """A value computed from others; unknown as soon as one of them is."""
    names, operation = item["of"], item["operation"]
    compute = _OPERATIONS[operation](item)

    def derive(values: Mapping[str, Any]) -> float | None:
        known = [values[name] for name in names]
        if None in known:
            return None
        result = compute(known)
        return None if _nothing(result) else result

    return derive


Compute = Callable[[list[float]], float | None]


def _ratio(item: dict[str, Any]) -> Compute:
    """One value over another; over nothing it is unknown or, if `endless`, infinite (0 over nothing: 0)."""
    endless = "endless" in item

    def ratio(of: list[float]) -> float | None:
        numerator, denominator = of
        if denominator > 0:
            return numerator / denominator
        if not endless:
            return None
        return math.inf if numerator > 0 else 0.0

    return ratio


def _weighted(item: dict[str, Any]) -> Compute:
    weights = _numbers(item["weights"])

    def weighted(of: list[float]) -> float:
        total = weights[0] * of[0]
        for weight, value in zip(weights[1:], of[1:], strict=True):
            total = total + weight * value
        return total

    return weighted


def _product(_item: dict[str, Any]) -> Compute:
    def product(of: list[float]) -> float:
        result = of[0]
        for value in of[1:]:
            result = result * value
        return result

    return product


def _least(_item: dict[str, Any]) -> Compute:
    return min


def _known_if(item: dict[str, Any]) -> Compute:
    at_least = float(item["at_least"])
    return lambda of: of[0] if of[1] >= at_least else None


def _default_penalty(item: dict[str, Any]) -> Compute:
    unit = float(item["unit_points"])
    items, measures = _numbers(item["item_factors"]), _numbers(item["measure_factors"])
    days_limits, days_factors = _numbers(item["days_limits"]), _numbers(item["days_factors"])
    cured_limits, cured_factors = _numbers(item["cured_limits"]), _numbers(item["cured_factors"])

    def penalty(of: list[float]) -> float:
        default_item, days, cured, measure = of
        result = unit * _coded(default_item, items)
        result = result * _stepped(days, days_limits, days_factors)
        result = result * _stepped(cured, cured_limits, cured_factors)
        return result * _coded(measure, measures)

    return penalty


def _coded(code: float, factors: list[float]) -> float:
    """The factor of a code counted from 1; a code below or above all of them takes the nearest."""
    if code >= len(factors):
        return factors[-1]
    return factors[max(int(code), 1) - 1] if code >= 1 else factors[0]


def _stepped(value: float, limits: list[float], factors: list[float]) -> float:
    """The factor of the step a value is in; a limit belongs to the step it ends."""
    for limit, factor in zip(limits, factors, strict=False):
        if value <= limit:
            return factor
    return factors[-1]


def _nothing(value: Any) -> bool:
    """Whether there is no value: nothing at all, or NaN, which is not even equal to itself."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _numbers(values: Any) -> list[float]:
    return [float(value) for value in (values if isinstance(values, list) else [values])]


_OPERATIONS: Mapping[str, Callable[[dict[str, Any]], Compute]] = {
    "ratio": _ratio,
    "weighted": _weighted,
    "product": _product,
    "least": _least,
    "known_if": _known_if,
    "default_penalty": _default_penalty,
}
