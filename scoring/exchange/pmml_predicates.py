"""Which attribute of a PMML characteristic a value meets, by PMML's logic of true, false and unknown."""

import math
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from scoring.errors import CardError
from scoring.exchange.pmml_tree import finite, local, named

Value = float | str | None
_PREDICATES = ("SimplePredicate", "SimpleSetPredicate", "CompoundPredicate", "True", "False")
_ORDERED: dict[str, Callable[[float, float], bool]] = {
    "lessThan": lambda value, limit: value < limit,
    "lessOrEqual": lambda value, limit: value <= limit,
    "greaterThan": lambda value, limit: value > limit,
    "greaterOrEqual": lambda value, limit: value >= limit,
}
_AMONG = {"equal": True, "notEqual": False, "isIn": True, "isNotIn": False}
_MISSING = {"isMissing": True, "isNotMissing": False}


@dataclass(frozen=True)
class Attributes:
    """The attributes of one characteristic, all asking one field, and where they stand in the document."""

    predicates: Sequence[Element]
    numeric: bool
    place: str

    def met(self, value: Value) -> int | None:
        """The position of the first attribute that holds for the value; None where none does."""
        return next((k for k, one in enumerate(self.predicates) if self._holds(one, value) is True), None)

    def edges(self) -> list[float]:
        """Where, from the least number up, the answer can change."""
        asked = {number for one in self.predicates for number in self._numbers(one)}
        return sorted({-math.inf, *asked, *(math.nextafter(number, math.inf) for number in asked)})

    def _holds(self, one: Element, value: Value) -> bool | None:
        kind = local(one)
        if kind in ("True", "False"):
            return kind == "True"
        if kind == "CompoundPredicate":
            return self._compound(one, [self._holds(part, value) for part in predicates_in(one)])
        operator = one.get("operator", one.get("booleanOperator", ""))
        if operator in _MISSING:
            return (value is None) == _MISSING[operator]
        if operator in _AMONG:
            among = self._numbers(one) if self.numeric else list(values_in(one, place=self.place))
            return None if value is None else (value in among) == _AMONG[operator]
        if operator not in _ORDERED or not self.numeric:
            raise CardError(
                f"{self.place}/Attribute/{kind}: operator {operator!r} is not carried on this field"
            )
        return None if value is None else _ORDERED[operator](float(value), self._numbers(one)[0])

    def _compound(self, one: Element, parts: list[bool | None]) -> bool | None:
        operator = one.get("booleanOperator")
        if operator not in ("and", "or") or not parts:
            raise CardError(
                f"{self.place}/Attribute/CompoundPredicate: {operator!r}: use and, or over predicates"
            )
        decisive = operator == "or"
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive

    def _numbers(self, one: Element) -> list[float]:
        return [finite(text, place=f"{self.place}/Attribute") for text in values_in(one, place=self.place)]


def predicates_in(parent: Element) -> Iterator[Element]:
    """The predicates directly under an element."""
    return named(parent, *_PREDICATES)


def fields_in(one: Element) -> set[str]:
    """The fields a predicate asks."""
    inner = {name for part in predicates_in(one) for name in fields_in(part)}
    return inner | ({one.attrib["field"]} if "field" in one.attrib else set())


def values_in(one: Element, *, place: str) -> Iterator[str]:
    """Every value a predicate compares with, as it is written."""
    kind = local(one)
    if kind == "CompoundPredicate":
        for part in predicates_in(one):
            yield from values_in(part, place=place)
    elif kind == "SimpleSetPredicate":
        for array in named(one, "Array"):
            yield from _items(array, place)
    elif kind == "SimplePredicate" and one.get("operator") not in _MISSING:
        if "value" not in one.attrib:
            raise CardError(f"{place}/Attribute/SimplePredicate: has no value to compare with")
        yield one.attrib["value"]


def _items(array: Element, place: str) -> list[str]:
    """The items of an Array: between blanks, or in double quotes, where a backslash keeps a quote."""
    lexer = shlex.shlex(array.text or "", posix=True)
    lexer.whitespace_split, lexer.quotes, lexer.escapedquotes, lexer.commenters = True, '"', '"', ""
    try:
        return list(lexer)
    except ValueError as error:
        raise CardError(f"{place}/Attribute/Array {array.text!r}: {error}") from None
