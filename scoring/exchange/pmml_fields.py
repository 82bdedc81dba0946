"""The fields a foreign PMML Scorecard reads, as the inputs of a card."""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from scoring.errors import CardError
from scoring.exchange.pmml_predicates import fields_in, predicates_in, values_in
from scoring.exchange.pmml_tree import finite, named, single

UNIT = "未载明"
_NUMBERS = ("double", "integer")
_GREATEST = sys.float_info.max


@dataclass(frozen=True)
class Field:
    """A number with its range and special codes, or a text with its categories.

    `closed` where the document lists the categories, so that no other text is valid; `refused` where a value
    that is not valid leaves the document without a score.
    """

    name: str
    label: str
    numeric: bool
    low: float
    high: float
    special: tuple[float, ...]
    categories: tuple[str, ...]
    closed: bool
    refused: bool

    def content(self) -> dict[str, Any]:
        """The input as a card writes it."""
        made: dict[str, Any] = {"name": self.name, "label": words(self.label), "unit": UNIT}
        if self.refused:
            made["invalid"] = "refuse"
        if not self.numeric:
            return made | {"categories": {name: words(name) for name in self.categories}}
        made |= {"minimum": repr(self.low), "maximum": repr(self.high)}
        if self.special:
            made["special"] = {repr(code): words(f"{code:.17g}") for code in self.special}
        return made


def words(text: str) -> dict[str, str]:
    """The document's words; it does not say in which language they are."""
    return {"zh": text, "en": text}


def active_fields(root: Element, model: Element) -> dict[str, Field]:
    """The active fields of the model by name."""
    declared = {
        one.get("name"): one for one in named(single(root, "DataDictionary", place="PMML"), "DataField")
    }
    schema = single(model, "MiningSchema", place="PMML/Scorecard")
    found = {}
    for one in named(schema, "MiningField"):
        name = one.get("name", "")
        place = f"PMML/Scorecard/MiningSchema/MiningField[{name}]"
        if one.get("usageType", "active") != "active":
            continue
        for attribute in ("missingValueReplacement", "invalidValueReplacement", "outliers"):
            if one.get(attribute, "asIs") != "asIs":
                raise CardError(f"{place}: {attribute} is not carried: give the value its own Attribute")
        if name not in declared:
            raise CardError(f"{place}: the DataDictionary has no such field")
        treatment = one.get("invalidValueTreatment", "returnInvalid")
        if treatment not in ("asMissing", "returnInvalid", "asIs"):
            raise CardError(f"{place}: invalidValueTreatment {treatment!r} is not carried")
        found[name] = _field(declared[name], model, treatment=treatment)
    return found


def _field(one: Element, model: Element, *, treatment: str) -> Field:
    name, kind = one.attrib["name"], one.get("dataType", "")
    place = f"PMML/DataDictionary/DataField[{name}]"
    if kind not in (*_NUMBERS, "string"):
        raise CardError(f"{place}: dataType {kind!r} is not carried: use double, integer or string")
    numeric = kind in _NUMBERS
    values = list(named(one, "Value"))
    ranges = [_ends(interval, place) for interval in named(one, "Interval")]
    if (values and numeric) or any(value.get("property", "valid") != "valid" for value in values):
        raise CardError(
            f"{place}/Value: is not carried here: give a number an Interval, a text its valid values"
        )
    if (ranges or values) and treatment == "asIs":
        raise CardError(f"{place}: invalidValueTreatment asIs scores what is not valid: use asMissing")
    wide = [ends for ends in ranges if ends[0] < ends[1]]
    if len(wide) > 1 or (ranges and not wide):
        raise CardError(f"{place}/Interval: an input has one range")
    low, high = wide[0] if wide else (-_GREATEST, _GREATEST)
    listed = [value.get("value", "") for value in values]
    return Field(
        name=name,
        label=one.get("displayName") or name,
        numeric=numeric,
        low=low,
        high=high,
        special=tuple(ends[0] for ends in ranges if ends[0] >= ends[1]),
        categories=() if numeric else tuple(dict.fromkeys(listed or _asked(model, name))),
        closed=bool(values),
        refused=treatment != "asMissing",
    )


def _ends(interval: Element, place: str) -> tuple[float, float]:
    """The least and the greatest number of an interval."""
    closure = interval.get("closure", "closedClosed")
    low, high = -_GREATEST, _GREATEST
    if "leftMargin" in interval.attrib:
        low = finite(interval.attrib["leftMargin"], place=place)
        low = math.nextafter(low, math.inf) if closure.startswith("open") else low
    if "rightMargin" in interval.attrib:
        high = finite(interval.attrib["rightMargin"], place=place)
        high = math.nextafter(high, -math.inf) if closure.endswith("Open") else high
    return low, high


def _asked(model: Element, name: str) -> Iterator[str]:
    """The texts the predicates of the model ask a field for."""
    for attribute in model.iter():
        for predicate in predicates_in(attribute):
            if fields_in(predicate) == {name}:
                yield from values_in(predicate, place=f"PMML/Scorecard: {name}")
