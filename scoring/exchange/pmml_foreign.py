"""A PMML Scorecard of another tool as the content of a card: the same points for every value, or refused."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

from scoring.errors import CardError
from scoring.exchange.pmml_fields import Field, active_fields, words
from scoring.exchange.pmml_predicates import Attributes, fields_in, predicates_in
from scoring.exchange.pmml_terms import written
from scoring.exchange.pmml_tree import finite, named, only, single

Content = dict[str, Any]
_BASIS = "PMML"
_MODEL = "PMML/Scorecard"
_TABLE = f"{_MODEL}/Characteristics"
_UNSEEN = "\0"


def foreign_content(root: Element, *, effective_from: date | None) -> Content:
    """The card a document of another tool stands for: one block, one grade, directions left free."""
    only(root, "Header", "MiningBuildTask", "DataDictionary", "Scorecard", place="PMML")
    model = single(root, "Scorecard", place="PMML")
    _check_model(model)
    fields = active_fields(root, model)
    table = named(single(model, "Characteristics", place=_MODEL), "Characteristic")
    found = [_characteristic(one, fields, number=place) for place, one in enumerate(table, start=1)]
    parts = [part for part, _ in found]
    most, least = sum(max(_points(part, "bins")) for part in parts), sum(min(_points(part)) for part in parts)
    if least < 0:
        raise CardError(f"{_TABLE}: the score can fall to {least}; the total of a card ends at 0")
    name = model.get("modelName") or "PMML"
    day = str(effective_from or _day(root))
    return {
        "card": name,
        "title": words(name),
        "effective_from": day,
        "basis": _BASIS,
        "maximum": str(max(most, sum(max(_points(part)) for part in parts))),
        "least_known_share": "0",
        "required": list(dict.fromkeys(part["of"] for part, scored in found if not scored)),
        "sources": {_BASIS: {"document": name, "article": "Scorecard", "dated": day}},
        "blocks": [{"name": "scorecard", "label": words("Scorecard"), "maximum": str(most), "basis": _BASIS}],
        "inputs": [fields[of].content() for of in dict.fromkeys(part["of"] for part in parts)],
        "reasons": {
            step["reason"]: words(step["reason"]) for part in parts for step in _all(part) if "reason" in step
        },
        "characteristics": parts,
        "grades": [{"code": "-", "label": {"zh": "已评分", "en": "scored"}, "minimum": "0", "basis": _BASIS}],
        "unrated": {"code": "N", "label": {"zh": "未评级", "en": "unrated"}, "basis": _BASIS},
    }


def _check_model(model: Element) -> None:
    only(model, "MiningSchema", "Output", "ModelStats", "ModelExplanation", "Characteristics", place=_MODEL)
    if model.get("functionName") != "regression":
        raise CardError(f"{_MODEL}: functionName {model.get('functionName')!r} gives no score")
    if finite(model.get("initialScore", "0"), place=f"{_MODEL}/@initialScore"):
        raise CardError(
            f"{_MODEL}: initialScore: a card begins at 0; add it to the points of a characteristic"
        )
    for output in named(model, "Output"):
        for one in named(output, "OutputField"):
            place = f"{_MODEL}/Output/OutputField[{one.get('name')}]"
            if one.get("feature", "predictedValue") not in ("predictedValue", "reasonCode"):
                raise CardError(f"{place}: a result computed from the score is not carried; take it out")
            only(one, place=place)


def _day(root: Element) -> date:
    """The day of the document's timestamp."""
    for header in named(root, "Header"):
        for stamp in named(header, "Timestamp"):
            try:
                return date.fromisoformat((stamp.text or "").strip()[:10])
            except ValueError:
                break
    raise CardError("PMML/Header/Timestamp: has no day: say from which day on the card is in force")


def _characteristic(one: Element, fields: Mapping[str, Field], *, number: int) -> tuple[Content, bool]:
    """A characteristic, and whether the document gives a missing value a score at all."""
    name = one.get("name") or f"characteristic_{number}"
    place = f"{_TABLE}/Characteristic[{name}]"
    only(one, "Attribute", place=place)
    given = list(named(one, "Attribute"))
    predicates = [_predicate(attribute, place) for attribute in given]
    asked = sorted({field for predicate in predicates for field in fields_in(predicate)})
    if len(asked) != 1:
        raise CardError(f"{place}: asks {', '.join(asked) or 'nothing'}: a characteristic reads one value")
    if asked[0] not in fields:
        raise CardError(f"{place}: {asked[0]} is no active MiningField; derived fields are not carried")
    read, attributes = fields[asked[0]], Attributes(predicates, fields[asked[0]].numeric, place)
    scored = [_scored(attribute, one, place) for attribute in given]
    unknown = attributes.met(None)
    special = [{"code": repr(code)} | scored[_some(attributes, code)] for code in read.special]
    steps = (_steps if read.numeric else _categories)(attributes, read, scored)
    part: Content = {
        "name": name,
        "label": words(name),
        "block": "scorecard",
        "of": read.name,
        "basis": _BASIS,
    }
    part["bins"] = list(steps)
    part["unknown"] = {"points": str(min(_points(part, "bins")))} if unknown is None else scored[unknown]
    return part | ({"special": special} if special else {}), unknown is not None


def _predicate(attribute: Element, place: str) -> Element:
    only(attribute, "SimplePredicate", "SimpleSetPredicate", "CompoundPredicate", "True", "False",
         place=f"{place}/Attribute")  # fmt: skip
    found = list(predicates_in(attribute))
    if len(found) != 1:
        raise CardError(f"{place}/Attribute: has {len(found)} predicates, not one")
    return found[0]


def _scored(attribute: Element, characteristic: Element, place: str) -> Content:
    """The points of an attribute and the reason it gives."""
    if "partialScore" not in attribute.attrib:
        raise CardError(f"{place}/Attribute: has no partialScore")
    points = finite(attribute.attrib["partialScore"], place=f"{place}/Attribute/@partialScore")
    if not points.is_integer():
        raise CardError(f"{place}/Attribute: partialScore {points}: points are whole numbers")
    reason = attribute.get("reasonCode") or characteristic.get("reasonCode")
    return {"points": str(int(points))} | ({"reason": reason} if reason else {})


def _steps(attributes: Attributes, read: Field, scored: Sequence[Content]) -> Iterator[Content]:
    """The bins of a number: neighbouring stretches that meet the same attribute are one."""
    begun = [read.low, *(edge for edge in attributes.edges() if read.low < edge <= read.high)]
    joined: list[tuple[float, int]] = []
    for low in begun:
        met = _some(attributes, low)
        if not joined or joined[-1][1] != met:
            joined.append((low, met))
    ends = [*(low for low, _ in joined[1:]), math.inf]
    for place, ((low, met), high) in enumerate(zip(joined, ends, strict=True)):
        step = dict(scored[met])
        for edge, closed, just_after in ((low, "from", "above"), (high, "to", "up_to")):
            if edge < math.inf and (closed == "to" or place > 0):
                value, is_after = written(edge)
                step[just_after if is_after else closed] = repr(value)
        yield step


def _categories(attributes: Attributes, read: Field, scored: Sequence[Content]) -> Iterator[Content]:
    if not read.closed and attributes.met(_UNSEEN) is not None:
        raise CardError(
            f"{attributes.place}: gives any text points; list the values of {read.name} in DataField"
        )
    members: dict[int, list[str]] = {}
    for name in read.categories:
        members.setdefault(_some(attributes, name), []).append(name)
    yield from ({"is": names} | scored[met] for met, names in members.items())


def _some(attributes: Attributes, value: float | str) -> int:
    met = attributes.met(value)
    if met is None:
        raise CardError(f"{attributes.place}: no Attribute holds for {value!r}: give the value points")
    return met


def _all(part: Content) -> list[Content]:
    return [part["unknown"], *part["bins"], *part.get("special", [])]


def _points(part: Content, key: str = "") -> list[int]:
    return [int(step["points"]) for step in (part[key] if key else _all(part))]
