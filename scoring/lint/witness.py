"""Inputs that bring a value of a card about: the counter-example behind a finding."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from scoring.definition import CardDefinition, Derivation
from scoring.kernel import with_derived

Inputs = dict[str, float]


def witness(card: CardDefinition, name: str, value: float) -> Inputs | None:
    """Inputs with which the value called `name` is exactly `value`; None where none were found."""
    for found in _solutions(card, name, value, {}):
        if _value(card, name, found) == value:
            return found
    return None


def _value(card: CardDefinition, name: str, inputs: Mapping[str, float]) -> float:
    columns = {item.name: np.array([inputs.get(item.name, math.nan)]) for item in card.inputs}
    try:
        return float(np.ravel(with_derived(card, columns, rows=1)[name])[0])
    except KeyError:
        return math.nan


def _solutions(card: CardDefinition, name: str, value: float, given: Inputs) -> Iterator[Inputs]:
    """Ways to choose inputs beside those given; what they make of the value is checked by the caller."""
    for item in card.inputs:
        if item.name == name:
            if item.minimum <= value <= item.maximum and given.get(name, value) == value:
                yield given | {name: value}
            return
    for reference in card.references:
        if reference.name == name:
            if reference.value == value:
                yield given
            return
    for derived in card.derivations:
        if derived.name == name and derived.operation in _BACKWARDS:
            for wanted in _BACKWARDS[derived.operation](card, derived, value):
                yield from _together(card, derived.of, wanted, given)


def _together(
    card: CardDefinition, names: tuple[str, ...], wanted: tuple[float, ...], given: Inputs
) -> Iterator[Inputs]:
    """All the values at once; one that is not a number may be anything."""
    if not names:
        yield given
        return
    if math.isnan(wanted[0]):
        yield from _together(card, names[1:], wanted[1:], given)
        return
    for found in _solutions(card, names[0], wanted[0], given):
        yield from _together(card, names[1:], wanted[1:], found)


def _anchors(card: CardDefinition, name: str) -> tuple[float, ...]:
    """A few values something can have, to fix it at while another is looked for."""
    for item in card.inputs:
        if item.name == name:
            plain = [value for value in (1.0, 0.0, 2.0, 10.0) if item.minimum <= value <= item.maximum]
            return (*plain, item.minimum, item.maximum)
    for reference in card.references:
        if reference.name == name:
            return (reference.value,)
    return (1.0, 0.0, 2.0)


def _ratio(card: CardDefinition, item: Derivation, value: float) -> Iterator[tuple[float, ...]]:
    if math.isinf(value):
        yield 1.0, 0.0
        return
    for bottom in _anchors(card, item.of[1]):
        yield value * bottom, bottom


def _weighted(card: CardDefinition, item: Derivation, value: float) -> Iterator[tuple[float, ...]]:
    weights = item.parameters["weights"]
    for others in itertools.product(*(_anchors(card, name)[:3] for name in item.of)):
        for place, weight in enumerate(weights):
            rest = sum(w * o for i, (w, o) in enumerate(zip(weights, others, strict=True)) if i != place)
            if weight:
                yield (*others[:place], (value - rest) / weight, *others[place + 1 :])


def _product(card: CardDefinition, item: Derivation, value: float) -> Iterator[tuple[float, ...]]:
    for others in itertools.product(*(_anchors(card, name)[:3] for name in item.of)):
        for place in range(len(others)):
            rest = math.prod(o for i, o in enumerate(others) if i != place)
            if rest:
                yield (*others[:place], value / rest, *others[place + 1 :])


def _least(card: CardDefinition, item: Derivation, value: float) -> Iterator[tuple[float, ...]]:
    yield value, value
    for other in _anchors(card, item.of[1]):
        yield value, other
    for other in _anchors(card, item.of[0]):
        yield other, value


def _known_if(card: CardDefinition, item: Derivation, value: float) -> Iterator[tuple[float, ...]]:
    # What brings the value about may meet the condition by itself.
    for other in (math.nan, item.parameters["at_least"][0], *_anchors(card, item.of[1])):
        yield value, other


_BACKWARDS: dict[str, Callable[[CardDefinition, Derivation, float], Iterator[tuple[float, ...]]]] = {
    "ratio": _ratio,
    "weighted": _weighted,
    "product": _product,
    "least": _least,
    "known_if": _known_if,
}
