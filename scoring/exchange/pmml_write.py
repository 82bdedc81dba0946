"""A card as a PMML 4.4 `Scorecard`, which other systems' engines score exactly as this library does.

The `Characteristics` are the card's table of points. What PMML's sum does not know (limits of the blocks and
of the whole, grades, vetoes, 'unrated') is computed from it in `Output`; what PMML has no element for
(sources, words in two languages, time to change) is kept in `Extension` elements, and so is the whole card.
"""

import math
import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from scoring.definition import Bin, CardDefinition, Characteristic, Input, Text
from scoring.errors import CardError
from scoring.exchange.pmml_output import NO_REASON, output, output_names
from scoring.exchange.pmml_terms import (
    CARD_EXTENSION,
    EXTENDER,
    NAMESPACE,
    apply,
    check_numbers,
    derived,
    digits,
    element,
    extension,
    field,
    if_known,
    number,
    plain_names,
    uncounted,
    written,
)

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_pmml(card: CardDefinition) -> str:
    """The card as a PMML 4.4 document; `CardError` where PMML cannot carry it exactly, with the place.

    What a card gives names to is written in the order of the names: a kept card has no other order.
    """
    _check(card)
    root = element("PMML", _header(card), _dictionary(card), _scorecard(card), version="4.4", xmlns=NAMESPACE)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    barred = _NOT_XML.search(text)
    if barred:
        raise CardError(
            f"{card.code}: the character {barred.group()!r} cannot be written in XML; take it out"
        )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _check(card: CardDefinition) -> None:
    check_numbers(card)
    values = {item.name for item in card.inputs} | {item.name for item in card.references}
    values |= {item.name for item in card.derivations}
    for name in output_names(card):
        if name in values:
            raise CardError(f"{name}: the PMML document has a result of this name; give the value another")
    if NO_REASON in card.reasons:
        raise CardError(
            f"reason {NO_REASON}: stands for 'no reason' in a PMML document; give it another code"
        )


def _header(card: CardDefinition) -> Element:
    made = element(
        "Header",
        description=f"{card.title.zh} / {card.title.en}",
        modelVersion=card.effective_from.isoformat(),
    )
    extension(made, "fingerprint", card.fingerprint)
    whole = element("Extension", extender=EXTENDER, name=CARD_EXTENSION)
    whole.text = card.content
    made.append(whole)
    for code, source in sorted(card.sources.items()):
        extension(made, f"source {code}", f"{source.document} {source.article} {source.dated}")
    for code, text in sorted(card.reasons.items()):
        extension(made, f"reason {code}", f"{text.zh} / {text.en}")
    made.append(element("Application", name=EXTENDER))
    return made


def _dictionary(card: CardDefinition) -> Element:
    fields = [_data_field(item) for item in card.inputs]
    return element("DataDictionary", *fields, numberOfFields=str(len(fields)))


def _data_field(item: Input) -> Element:
    kind = ("categorical", "string") if item.categories else ("continuous", "double")
    made = element("DataField", name=item.name, displayName=item.label.zh, optype=kind[0], dataType=kind[1])
    extension(made, "label_en", item.label.en)
    extension(made, "unit", item.unit)
    for code, text in (*sorted(item.codes.items()), *sorted(item.special.items())):
        extension(made, f"code {code:.17g}", f"{text.zh} / {text.en}")
    if item.categories:
        labels = {category.name: category.label.zh for category in item.categories}
        made.extend(element("Value", value=name, displayValue=labels[name]) for name in sorted(labels))
        return made
    for low, high in [(item.minimum, item.maximum), *((code, code) for code in sorted(item.special))]:
        made.append(
            element("Interval", closure="closedClosed", leftMargin=digits(low), rightMargin=digits(high))
        )
    return made


def _scorecard(card: CardDefinition) -> Element:
    read = {item.name: item for item in card.inputs}
    table = [_characteristic(item, read.get(item.of)) for item in card.characteristics]
    return element(
        "Scorecard",
        element("MiningSchema", *(_mining_field(item) for item in card.inputs)),
        output(card),
        element("LocalTransformations", *_transformations(card)),
        element("Characteristics", *table),
        modelName=" ".join(filter(None, (card.code, card.variant))),
        functionName="regression",
        algorithmName="scorecard",
        initialScore="0",
        useReasonCodes="true",
        reasonCodeAlgorithm="pointsBelow",
        baselineMethod="max",
    )


def _mining_field(item: Input) -> Element:
    treatment = "returnInvalid" if item.invalid == "refuse" else "asMissing"
    return element("MiningField", name=item.name, usageType="active", invalidValueTreatment=treatment)


def _transformations(card: CardDefinition) -> list[Element]:
    """References, inputs without their special codes, and derived values, in the order they are read."""
    made = [_derived_field(item.name, item.label, number(item.value)) for item in card.references]
    plain = plain_names(card)
    for item in card.inputs:
        if item.special:
            codes = [number(code) for code in sorted(item.special)]
            ordinary = apply("if", apply("isNotIn", field(item.name), *codes), field(item.name))
            made.append(_derived_field(plain[item.name], item.label, if_known([item.name], ordinary)))
    for step in card.derivations:
        of = [plain.get(name, name) for name in step.of]
        made.append(_derived_field(step.name, step.label, derived(step, of)))
    return made


def _derived_field(name: str, label: Text, expression: Element) -> Element:
    return element(
        "DerivedField", expression, name=name, displayName=label.zh, optype="continuous", dataType="double"
    )


def _characteristic(item: Characteristic, read: Input | None) -> Element:
    made = element("Characteristic", name=item.name, baselineScore=str(item.maximum))
    extension(made, "label", f"{item.label.zh} / {item.label.en}")
    extension(made, "block", item.block)
    extension(made, "basis", item.basis)
    made.extend(_attributes(item, read))
    return made


def _attributes(item: Characteristic, read: Input | None) -> list[Element]:
    """The bins, the first that holds counts: unknown, then special codes, then by value."""
    unknown, *others = item.bins
    made = [_attribute(item, unknown, _unknown(item, read))]
    made += [
        _attribute(item, step, _simple(item.of, "equal", digits(step.special)))
        for step in others
        if step.special is not None
    ]
    return made + [_attribute(item, step, _holds(item.of, step)) for step in item.steps]


def _attribute(item: Characteristic, step: Bin, predicate: Element) -> Element:
    costs = step.reason is not None and step.points < item.maximum
    reason = step.reason if costs and step.reason is not None else NO_REASON
    made = element("Attribute", partialScore=str(step.points), reasonCode=reason)
    extension(made, "label", f"{step.label.zh} / {step.label.en}")
    made.append(predicate)
    return made


def _unknown(item: Characteristic, read: Input | None) -> Element:
    """Missing, or one of the values of the input that no bin counts."""
    missing = _simple(item.of, "isMissing")
    strays = uncounted(item, read)
    if not strays:
        return missing
    equal = [
        _simple(item.of, "equal", stray if isinstance(stray, str) else digits(stray)) for stray in strays
    ]
    return element("CompoundPredicate", missing, *equal, booleanOperator="or")


def _holds(name: str, step: Bin) -> Element:
    if step.members:
        return _is_one_of(name, step.members)
    ends = []
    if step.low > -math.inf:
        value, just_after = written(step.low)
        ends.append(_simple(name, "greaterThan" if just_after else "greaterOrEqual", digits(value)))
    if step.high < math.inf:
        value, just_after = written(step.high)
        ends.append(_simple(name, "lessOrEqual" if just_after else "lessThan", digits(value)))
    if len(ends) == 2:
        return element("CompoundPredicate", *ends, booleanOperator="and")
    return ends[0] if ends else _simple(name, "isNotMissing")


def _is_one_of(name: str, members: Sequence[str]) -> Element:
    """Whether a text is one of these; engines read quotes inside an Array differently, so none is written."""
    equal = [_simple(name, "equal", member) for member in members]
    if len(equal) == 1:
        return equal[0]
    if any(mark in member for member in members for mark in '"\\'):
        return element("CompoundPredicate", *equal, booleanOperator="or")
    array = element("Array", type="string", n=str(len(members)))
    array.text = " ".join(f'"{member}"' for member in members)
    return element("SimpleSetPredicate", array, field=name, booleanOperator="isIn")


def _simple(name: str, operator: str, value: str | None = None) -> Element:
    made = element("SimplePredicate", field=name, operator=operator)
    if value is not None:
        made.set("value", value)
    return made
