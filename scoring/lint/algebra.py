"""Inputs that cancel out: a term that looks as if it depended on a fact, and does not.

The derived values are worked out as sums of products of powers; what an operation other than a sum, a product
or a quotient makes of its values is kept as one thing of its own.
"""

import math
from collections.abc import Iterable, Mapping

import numpy as np

from scoring.checks import Finding
from scoring.definition import CardDefinition, Derivation
from scoring.kernel import with_derived

# Names and their powers; the factor before each such product is the value.
Powers = frozenset[tuple[str, int]]
Sum = Mapping[Powers, float]


def cancelled(card: CardDefinition) -> Iterable[Finding]:
    """Every input a derived value reads and does not depend on."""
    behind: dict[str, set[str]] = {item.name: {item.name} for item in card.inputs}
    behind |= {item.name: set() for item in card.references}
    forms: dict[str, Sum] = {name: {frozenset({(name, 1)}): 1.0} for name in behind}
    for item in card.derivations:
        form = _form(item, [forms[name] for name in item.of])
        opaque = item.name in _names(form)
        read = {name for part in item.of for name in _inputs(forms[part], behind)}
        behind[item.name] = read if opaque else set()
        forms[item.name] = form
        for gone in sorted(read - _inputs(form, behind)):
            yield _finding(card, item, gone, form)


def _finding(card: CardDefinition, item: Derivation, gone: str, form: Sum) -> Finding:
    told = " + ".join(_product_in_words(powers, factor) for powers, factor in form.items()) or "0"
    low, high = _two_values(card, item.name, gone)
    what = f"{gone} cancels out: it is {told}, the same at {gone} = {low:.10g} and {high:.10g}"
    return Finding(True, item.name, what, example=((gone, low), (gone, high)))


def _two_values(card: CardDefinition, name: str, gone: str) -> tuple[float, float]:
    """Two values of an input that give the same known value of the derived one."""
    item = next(item for item in card.inputs if item.name == gone)
    tried = [value for value in (1.0, 2.0, 10.0) if item.minimum <= value <= item.maximum]
    tried += [item.minimum, item.maximum]
    columns = {other.name: np.full(len(tried), _plain(other.minimum, other.maximum)) for other in card.inputs}
    columns[gone] = np.array(tried)
    values = with_derived(card, columns, rows=len(tried))[name]
    known = [value for value, result in zip(tried, values, strict=True) if not math.isnan(result)]
    return (known[0], known[1]) if len(known) > 1 else (tried[0], tried[1])


def _plain(low: float, high: float) -> float:
    return min(max(1.0, low), high)


def _inputs(form: Sum, behind: Mapping[str, set[str]]) -> set[str]:
    return {read for name in _names(form) for read in behind[name]}


def _names(form: Sum) -> set[str]:
    return {name for powers in form for name, _ in powers}


def _form(item: Derivation, of: list[Sum]) -> Sum:
    if item.operation == "weighted":
        total: dict[Powers, float] = {}
        for weight, part in zip(item.parameters["weights"], of, strict=True):
            for powers, factor in part.items():
                total[powers] = total.get(powers, 0.0) + weight * factor
        return {powers: factor for powers, factor in total.items() if factor}
    if item.operation == "product":
        result = of[0]
        for part in of[1:]:
            result = _times(result, part)
        return result
    if item.operation == "ratio" and len(of[1]) == 1:
        ((powers, factor),) = of[1].items()
        return _times(of[0], {frozenset((name, -power) for name, power in powers): 1 / factor})
    return {frozenset({(item.name, 1)}): 1.0}


def _times(one: Sum, other: Sum) -> Sum:
    result: dict[Powers, float] = {}
    for powers, factor in one.items():
        for more, further in other.items():
            sums = dict(powers)
            for name, power in more:
                sums[name] = sums.get(name, 0) + power
            key = frozenset((name, power) for name, power in sums.items() if power)
            result[key] = result.get(key, 0.0) + factor * further
    return {powers: factor for powers, factor in result.items() if factor}


def _product_in_words(powers: Powers, factor: float) -> str:
    named = [name if power == 1 else f"{name}^{power}" for name, power in sorted(powers)]
    return " × ".join([f"{factor:.10g}", *named] if factor != 1 or not named else named)
