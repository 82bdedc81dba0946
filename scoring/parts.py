"""The parts of a card, as a policy document writes them."""

from collections.abc import Mapping

from scoring.bins import category_bins, steps_of
from scoring.definition import (
    SENSITIVITIES,
    Block,
    CardDefinition,
    Category,
    Characteristic,
    Derivation,
    Grade,
    Input,
    Prohibited,
    Reference,
    Source,
    Text,
    Veto,
)
from scoring.document import Document

_PLAIN_KEYS = {"name", "label", "unit", "operation", "of", "basis"}


def card_from(document: Document, *, fingerprint: str, content: str) -> CardDefinition:
    """A card as it is written; whether it makes sense is checked by `scoring.lint`."""
    inputs = tuple(_input(item) for item in document.parts("inputs"))
    derivations = tuple(_derivation(item) for item in document.parts("derived"))
    read = {item.name: item for item in inputs}
    units = {item.name: item.unit for item in inputs} | {item.name: item.unit for item in derivations}
    result = CardDefinition(
        code=document.text("card"),
        variant=document.text("variant") if "variant" in document else "",
        title=document.words("title"),
        effective_from=document.day("effective_from"),
        maximum=document.integer("maximum"),
        least_known_share=document.number("least_known_share"),
        required=document.texts("required"),
        blocks=tuple(_block(item) for item in document.parts("blocks")),
        inputs=inputs,
        references=tuple(_reference(item) for item in document.parts("references")),
        derivations=derivations,
        characteristics=tuple(
            _characteristic(item, units, inputs=read) for item in document.parts("characteristics")
        ),
        vetoes=tuple(_veto(item) for item in document.parts("vetoes")),
        grades=tuple(_grade(item) for item in document.parts("grades")),
        unrated=_grade(document.part("unrated")),
        reasons={key: document.part("reasons").words(key) for key in keys_of(document, "reasons")},
        sources=sources_of(document),
        prohibited=tuple(_prohibited(item) for item in document.parts("prohibited_inputs")),
        overlays=tuple(keys_of(document, "overlays")),
        fingerprint=fingerprint,
        content=content,
        basis=document.optional("basis"),
        inquiry_reasons=document.texts("inquiry_reasons"),
        subject=document.optional("subject"),
    )
    document.close()
    return result


def keys_of(document: Document, key: str) -> list[str]:
    """The names under a key; none where it is not written."""
    return document.part(key).names() if key in document else []


def sources_of(document: Document) -> Mapping[str, Source]:
    """The sources a document declares, by their codes."""
    found = {}
    for code in keys_of(document, "sources"):
        part = document.part("sources").part(code)
        found[code] = Source(code, part.text("document"), part.text("article"), part.text("dated"))
        part.close()
    return found


def _input(part: Document) -> Input:
    categories = tuple(
        Category(name, part.part("categories").words(name)) for name in keys_of(part, "categories")
    )
    result = Input(
        name=part.text("name"),
        label=part.words("label"),
        unit=part.text("unit"),
        minimum=0.0 if categories else part.number("minimum"),
        maximum=len(categories) - 1.0 if categories else part.number("maximum"),
        sensitivity=part.one_of("sensitivity", ("", *SENSITIVITIES)),
        consent=part.one_of("consent", ("", "written")),
        invalid=part.one_of("invalid", ("unknown", "refuse")),
        categories=categories,
        codes=_numbered(part, "codes"),
        special=_numbered(part, "special"),
    )
    part.close()
    return result


def _numbered(part: Document, key: str) -> dict[float, Text]:
    """What single numbers stand for."""
    found: dict[float, Text] = {}
    for name in keys_of(part, key):
        number = part.part(key).key_number(name)
        if number in found:
            raise part.error(key, f"{name} is written twice")
        found[number] = part.part(key).words(name)
    return found


def _reference(part: Document) -> Reference:
    result = Reference(
        part.text("name"),
        part.words("label"),
        part.number("value"),
        part.text("basis"),
        part.optional("unit"),
    )
    part.close()
    return result


def _derivation(part: Document) -> Derivation:
    parameters = {key: part.numbers(key) for key in part.names() if key not in _PLAIN_KEYS}
    result = Derivation(
        part.text("name"),
        part.words("label"),
        part.text("unit"),
        part.text("operation"),
        part.texts("of"),
        parameters,
        part.optional("basis"),
    )
    part.close()
    return result


def _block(part: Document) -> Block:
    result = Block(
        part.text("name"),
        part.words("label"),
        part.integer("maximum"),
        judgement=part.one_of("judgement", ("false", "true")) == "true",
        bonus=part.one_of("bonus", ("false", "true")) == "true",
        basis=part.optional("basis"),
    )
    part.close()
    return result


def _veto(part: Document) -> Veto:
    inclusive = "at_least" in part
    result = Veto(
        part.text("name"),
        part.words("label"),
        part.text("of"),
        part.number("at_least" if inclusive else "above"),
        inclusive,
        part.text("grade_at_most"),
        part.text("basis"),
        part.optional("unit"),
    )
    part.close()
    return result


def _grade(part: Document) -> Grade:
    minimum = part.integer("minimum") if "minimum" in part else 0
    result = Grade(part.text("code"), part.words("label"), minimum, part.optional("basis"))
    part.close()
    return result


def _prohibited(part: Document) -> Prohibited:
    result = Prohibited(part.text("name"), part.words("label"), part.text("basis"))
    part.close()
    return result


def _characteristic(
    part: Document, units: Mapping[str, str], *, inputs: Mapping[str, Input]
) -> Characteristic:
    of = part.text("of")
    read, unit = inputs.get(of), units.get(of, "")
    bins = steps_of(part, read, unit=unit)
    result = Characteristic(
        name=part.text("name"),
        label=part.words("label"),
        block=part.text("block"),
        of=of,
        unit=unit,
        basis=part.text("basis"),
        direction=part.one_of("direction", ("", "free", "up", "down")),
        months_to_change=part.integer("months_to_change") if "months_to_change" in part else None,
        bins=bins,
        written_unit=part.optional("unit"),
        category_bins=category_bins(read, bins),
    )
    part.close()
    return result
