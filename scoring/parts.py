"""The parts of a card and of a profile, as a policy document writes them."""

import math
from collections.abc import Iterator, Mapping

from scoring.definition import (
    Bin,
    Block,
    CardDefinition,
    Characteristic,
    Criterion,
    Derivation,
    Grade,
    Input,
    ProfileDefinition,
    Prohibited,
    Reference,
    Source,
    Text,
    Veto,
)
from scoring.document import Document

_PLAIN_KEYS = {"name", "label", "unit", "operation", "of"}


def card_from(document: Document, *, fingerprint: str, content: str) -> CardDefinition:
    """A card as it is written; whether it makes sense is checked by `scoring.lint`."""
    inputs = tuple(_input(item) for item in document.parts("inputs"))
    derivations = tuple(_derivation(item) for item in document.parts("derived"))
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
        characteristics=tuple(_characteristic(item, units) for item in document.parts("characteristics")),
        vetoes=tuple(_veto(item) for item in document.parts("vetoes")),
        grades=tuple(_grade(item) for item in document.parts("grades")),
        unrated=_grade(document.part("unrated")),
        reasons={key: document.part("reasons").words(key) for key in _keys(document, "reasons")},
        sources=_sources(document),
        prohibited=tuple(_prohibited(item) for item in document.parts("prohibited_inputs")),
        overlays=tuple(_keys(document, "overlays")),
        fingerprint=fingerprint,
        content=content,
    )
    document.close()
    return result


def profile_from(document: Document, *, fingerprint: str, content: str) -> ProfileDefinition:
    """A designation profile as it is written."""
    names = {key: document.part("measures").words(key) for key in _keys(document, "measures")}
    result = ProfileDefinition(
        code=document.text("profile"),
        level=document.text("level"),
        title=document.words("title"),
        effective_from=document.day("effective_from"),
        criteria=tuple(_criterion(item) for item in document.parts("criteria")),
        measures=names,
        denominators={k: document.part("denominators").words(k) for k in _keys(document, "denominators")},
        parameters={k: document.part("parameters").number(k) for k in _keys(document, "parameters")},
        minimum_grade=document.text("minimum_grade") if "minimum_grade" in document else "",
        mandatory={k: document.part("mandatory").texts(k) for k in _keys(document, "mandatory")},
        sources=_sources(document),
        fingerprint=fingerprint,
        content=content,
    )
    for item in result.criteria:
        if item.measure not in names:
            raise document.error("criteria", f"{item.name}: the measure {item.measure} is not declared")
        if item.basis not in result.sources:
            raise document.error("criteria", f"{item.name}: the basis {item.basis} is not declared")
    document.close()
    return result


def _keys(document: Document, key: str) -> list[str]:
    return document.part(key).names() if key in document else []


def _sources(document: Document) -> Mapping[str, Source]:
    found = {}
    for code in _keys(document, "sources"):
        part = document.part("sources").part(code)
        found[code] = Source(code, part.text("document"), part.text("article"), part.text("dated"))
        part.close()
    return found


def _input(part: Document) -> Input:
    result = Input(
        part.text("name"),
        part.words("label"),
        part.text("unit"),
        part.number("minimum"),
        part.number("maximum"),
    )
    part.close()
    return result


def _reference(part: Document) -> Reference:
    result = Reference(part.text("name"), part.words("label"), part.number("value"), part.text("basis"))
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
    )
    part.close()
    return result


def _block(part: Document) -> Block:
    judgement = part.text("judgement") == "true" if "judgement" in part else False
    result = Block(part.text("name"), part.words("label"), part.integer("maximum"), judgement)
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
    )
    part.close()
    return result


def _grade(part: Document) -> Grade:
    minimum = part.integer("minimum") if "minimum" in part else 0
    result = Grade(part.text("code"), part.words("label"), minimum)
    part.close()
    return result


def _prohibited(part: Document) -> Prohibited:
    result = Prohibited(part.text("name"), part.words("label"), part.text("basis"))
    part.close()
    return result


def _criterion(part: Document) -> Criterion:
    at_least = "at_least" in part
    result = Criterion(
        name=part.text("name"),
        label=part.words("label"),
        measure=part.text("measure"),
        at_least=at_least,
        threshold=part.number("at_least" if at_least else "at_most"),
        least_denominator=part.number("least_denominator") if "least_denominator" in part else 0.0,
        no_denominator=part.text("no_denominator") if "no_denominator" in part else "insufficient",
        basis=part.text("basis"),
    )
    if result.no_denominator not in ("insufficient", "not_applicable"):
        raise part.error("no_denominator", "expected insufficient or not_applicable")
    part.close()
    return result


def _characteristic(part: Document, units: Mapping[str, str]) -> Characteristic:
    of = part.text("of")
    unit = units.get(of, "")
    steps = _ladder(part.part("ladder"), unit=unit) if "ladder" in part else _bins(part, unit=unit)
    direction = part.text("direction") if "direction" in part else "free"
    if direction not in ("up", "down", "free"):
        raise part.error("direction", f"{direction!r} is none of up, down, free")
    result = Characteristic(
        name=part.text("name"),
        label=part.words("label"),
        block=part.text("block"),
        of=of,
        unit=unit,
        basis=part.text("basis"),
        direction=direction,
        months_to_change=part.integer("months_to_change") if "months_to_change" in part else None,
        bins=(_unknown(part.part("unknown")), *steps),
    )
    part.close()
    return result


def _bins(part: Document, *, unit: str) -> Iterator[Bin]:
    """The steps as written: `from` and `up_to` belong to the step, `above` and `to` do not."""
    for item in part.parts("bins"):
        low, low_words = _end(item, "from", "above")
        high, high_words = _end(item, "to", "up_to")
        reason = item.text("reason") if "reason" in item else None
        label = item.words("label") if "label" in item else _range_label(low_words, high_words, unit=unit)
        yield Bin(low, high, item.integer("points"), reason, label)
        item.close()


def _end(item: Document, closed: str, just_after: str) -> tuple[float, str]:
    """One end of a step as the least number of the step that begins there, and in words."""
    if closed in item and just_after in item:
        raise item.error(closed, f"write either {closed} or {just_after}")
    if closed in item:
        value = item.number(closed)
        return value, f"{'≥' if closed == 'from' else '<'} {value:.10g}"
    if just_after in item:
        value = item.number(just_after)
        return math.nextafter(value, math.inf), f"{'>' if just_after == 'above' else '≤'} {value:.10g}"
    return (-math.inf if closed == "from" else math.inf), ""


def _ladder(part: Document, *, unit: str) -> list[Bin]:
    """Steps of equal width whose points rise or fall evenly; the first and the last have no outer end."""
    start, width, count = part.number("start"), part.number("width"), part.integer("count")
    points, points_step = part.integer("points"), part.integer("points_step")
    reason = part.text("reason") if "reason" in part else None
    part.close()
    best = max(points, points + (count - 1) * points_step)
    lows = [-math.inf, *(start + width * step for step in range(1, count))]
    given = [points + points_step * step for step in range(count)]
    return [
        Bin(low, high, value, reason if value < best else None, _step_label(low, high, unit=unit))
        for low, high, value in zip(lows, [*lows[1:], math.inf], given, strict=True)
    ]


def _unknown(part: Document) -> Bin:
    label = part.words("label") if "label" in part else Text("未知", "unknown")
    reason = part.text("reason") if "reason" in part else None
    result = Bin(math.nan, math.nan, part.integer("points"), reason, label)
    part.close()
    return result


def _step_label(low: float, high: float, *, unit: str) -> Text:
    low_words = f"≥ {low:.10g}" if low > -math.inf else ""
    return _range_label(low_words, f"< {high:.10g}" if high < math.inf else "", unit=unit)


def _range_label(low: str, high: str, *, unit: str) -> Text:
    """A range in words: '≥ 1 且 < 31 天'; of a yes-or-no, the answer."""
    if unit == "是否":
        return Text("是", "yes") if low else Text("否", "no")
    ends = [end for end in (low, high) if end]
    zh, en = " 且 ".join(ends) or "任何值", " and ".join(ends) or "any value"
    return Text(f"{zh} {unit}".strip(), en)
