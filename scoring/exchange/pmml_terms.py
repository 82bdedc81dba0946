"""The words of a PMML expression: fields, constants, conditions, and the operations of a card in them.

No comparison ever meets a missing value: each stands behind a question whether its field is known, because
engines differ in what they make of it.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement

from scoring.definition import CardDefinition, Characteristic, Derivation, Input
from scoring.errors import CardError

NAMESPACE = "http://www.dmg.org/PMML-4_4"
EXTENDER = "credit-village"
CARD_EXTENSION = "card"
_COMPUTED_MAXIMUM = 1e60


def element(name: str, /, *children: Element, **attributes: str) -> Element:
    """One element with its attributes and what it holds."""
    made = Element(name, attributes)
    made.extend(children)
    return made


def extension(parent: Element, name: str, value: str) -> None:
    """A remark PMML has no element for."""
    SubElement(parent, "Extension", {"extender": EXTENDER, "name": name, "value": value})


def field(name: str) -> Element:
    """The value of a field."""
    return element("FieldRef", field=name)


def number(value: float) -> Element:
    """A number, written so that it is read back as exactly the same."""
    made = element("Constant", dataType="double")
    made.text = digits(value)
    return made


def word(value: str) -> Element:
    """A text."""
    made = element("Constant", dataType="string")
    made.text = value
    return made


def digits(value: float) -> str:
    """The shortest digits that are exactly this number, with a point: an engine misreads large whole ones."""
    return repr(float(value))


def apply(function: str, *arguments: Element) -> Element:
    """A function of PMML and what it is applied to."""
    return element("Apply", *arguments, function=function)


def every(conditions: Sequence[Element]) -> Element:
    """Whether all the conditions hold; engines ask every one of them."""
    return conditions[0] if len(conditions) == 1 else apply("and", *conditions)


def if_known(names: Iterable[str], then: Element, otherwise: Element | None = None) -> Element:
    """`then` where every one of the fields is known; elsewhere `otherwise`, or missing."""
    known = [apply("isNotMissing", field(name)) for name in dict.fromkeys(names)]
    return apply("if", every(known), then, *([] if otherwise is None else [otherwise])) if known else then


def halved(values: Sequence[float], within: Callable[[int, int], Element], *, first: int = 0) -> Element:
    """The value of the step that holds, by halves, so that a hundred steps are nested seven deep.

    `within(a, b)` asks whether the step is one of those from `a` to just before `b`, knowing that it is none
    before `a`.
    """
    if len(values) == 1:
        return number(values[0])
    half = (len(values) + 1) // 2
    return apply(
        "if",
        within(first, first + half),
        halved(values[:half], within, first=first),
        halved(values[half:], within, first=first + half),
    )


def folded(function: str, terms: Sequence[Element]) -> Element:
    """The terms joined two by two from the left, as the kernel does, so that rounding is the same."""
    result = terms[0]
    for term in terms[1:]:
        result = apply(function, result, term)
    return result


def chain(cases: Iterable[tuple[Element, Element]], last: Element | None) -> Element:
    """The result of the first condition that holds; else `last`, or missing."""
    result = last
    for condition, then in reversed(list(cases)):
        result = apply("if", condition, then, *([] if result is None else [result]))
    assert result is not None
    return result


def derived(item: Derivation, of: Sequence[str]) -> Element:
    """The expression of a derived value; it is missing where a value it reads is missing."""
    return if_known(of, _OPERATIONS[item.operation](item, of))


def plain_names(card: CardDefinition) -> dict[str, str]:
    """The fields that hold an input without its special codes: these count only where they have a bin."""
    return {item.name: f"plain.{item.name}" for item in card.inputs if item.special}


def uncounted(item: Characteristic, read: Input | None) -> list[str | float]:
    """The categories and special codes of the input read that have no bin: they count as unknown."""
    if read is None:
        return []
    counted = {member for step in item.steps for member in step.members}
    strays: list[str | float] = sorted({c.name for c in read.categories} - counted)
    return strays + [code for code in sorted(read.special) if code not in item.specials]


def written(edge: float) -> tuple[float, bool]:
    """An edge in its shorter writing: the number itself, or the one it is just after."""
    before = math.nextafter(edge, -math.inf)
    return (before, True) if len(repr(before)) < len(repr(edge)) else (edge, False)


def check_numbers(card: CardDefinition) -> None:
    """Raise `CardError` where a computed value could turn out to be no number, which engines do not mark.

    That is what becomes of an endless quotient that is multiplied, divided or taken off, and of numbers so
    great that computing with them runs over.
    """
    read = {name for item in card.derivations for name in item.of}
    for known in card.inputs:
        if known.name in read and max(abs(known.minimum), abs(known.maximum)) > _COMPUTED_MAXIMUM:
            raise CardError(f"{known.name}: computing with values beyond {_COMPUTED_MAXIMUM:g} can run over")
    endless: set[str] = set()
    for item in card.derivations:
        met = [place for place, name in enumerate(item.of) if name in endless]
        if "endless" in item.parameters:
            endless.add(item.name)
        if not met:
            continue
        weights = item.parameters.get("weights", ())
        grows = item.operation == "weighted" and all(weights[place] > 0 for place in met)
        if not grows and item.operation not in ("least", "known_if"):
            raise CardError(
                f"{item.name}: {item.operation} reads the endless value {item.of[met[0]]}, which PMML engines"
                " do not treat alike; give the ratio without `endless`, or do not compute with it"
            )
        endless.add(item.name)


def _ratio(item: Derivation, of: Sequence[str]) -> Element:
    top, bottom = of
    over = (apply("greaterThan", field(bottom), number(0)), apply("/", field(top), field(bottom)))
    if "endless" not in item.parameters:
        return chain([over], None)
    return chain([over, (apply("greaterThan", field(top), number(0)), _endless())], number(0))


def _endless() -> Element:
    """More than any number: PMML has no word for it that every engine knows, but every engine overflows."""
    greatest = math.nextafter(math.inf, 0)
    return apply("*", number(greatest), number(greatest))


def _weighted(item: Derivation, of: Sequence[str]) -> Element:
    weights = item.parameters["weights"]
    terms = [apply("*", number(w), field(name)) for w, name in zip(weights, of, strict=True)]
    return folded("+", terms)


def _product(_item: Derivation, of: Sequence[str]) -> Element:
    return folded("*", [field(name) for name in of])


def _least(_item: Derivation, of: Sequence[str]) -> Element:
    return apply("min", *(field(name) for name in of))


def _known_if(item: Derivation, of: Sequence[str]) -> Element:
    limit = number(item.parameters["at_least"][0])
    return chain([(apply("greaterOrEqual", field(of[1]), limit), field(of[0]))], None)


def _penalty(item: Derivation, of: Sequence[str]) -> Element:
    what, days, cured, measure = of
    given = item.parameters
    return folded(
        "*",
        [
            number(given["unit_points"][0]),
            _coded(what, given["item_factors"]),
            _stepped(days, given["days_limits"], given["days_factors"]),
            _stepped(cured, given["cured_limits"], given["cured_factors"]),
            _coded(measure, given["measure_factors"]),
        ],
    )


def _coded(name: str, factors: Sequence[float]) -> Element:
    """The factor of a code counted from 1."""
    return halved(factors, lambda _, stop: apply("lessThan", field(name), number(stop + 1)))


def _stepped(name: str, limits: Sequence[float], factors: Sequence[float]) -> Element:
    """The factor of the step a value lies in; a limit belongs to the step it ends."""
    return halved(factors, lambda _, stop: apply("lessOrEqual", field(name), number(limits[stop - 1])))


_OPERATIONS: dict[str, Callable[[Derivation, Sequence[str]], Element]] = {
    "ratio": _ratio,
    "weighted": _weighted,
    "product": _product,
    "least": _least,
    "known_if": _known_if,
    "default_penalty": _penalty,
}
