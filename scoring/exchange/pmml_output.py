"""What a PMML engine answers for a card: points, limited total, score, grade and ranked reasons.

The document's own sum is `raw_score`. `points.<characteristic>` is the same table once more, because PMML
lets no expression read a partial score; blocks that can exceed their limit, the limits of the whole, vetoes,
'unrated' and the grade are worked out from these.
"""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from scoring.definition import Bin, Block, CardDefinition, Characteristic, Input, Veto
from scoring.exchange.pmml_terms import (
    apply,
    chain,
    element,
    every,
    field,
    folded,
    halved,
    if_known,
    number,
    plain_names,
    uncounted,
    word,
    written,
)
from scoring.reasons import REASONS_SHOWN

NO_REASON = "NO_REASON"


_NUMBER = {"optype": "continuous", "dataType": "double"}
_WORD = {"optype": "categorical", "dataType": "string"}
_HIDDEN = {"isFinalResult": "false"}


def output(card: CardDefinition) -> Element:
    """The results of the document, each computed from those before it."""
    return element("Output", *_fields(card))


def output_names(card: CardDefinition) -> list[str]:
    """The names of all results."""
    return [made.attrib["name"] for made in _fields(card)]


def reason_count(card: CardDefinition) -> int:
    """How many ranked reasons the document gives: four, or all where some may be told beside the four."""
    used = {step.reason for item in card.characteristics for step in item.bins if step.reason is not None}
    return len(used) if card.inquiry_reasons else min(len(used), REASONS_SHOWN)


def _fields(card: CardDefinition) -> list[Element]:
    read = {item.name: item for item in card.inputs}
    made = [element("OutputField", name="raw_score", feature="predictedValue", **_NUMBER)]
    for item in card.characteristics:
        points = [step.points for step in item.bins]
        made.append(_result(f"points.{item.name}", by_bin(item, read.get(item.of), values=points)))
    binding = [block for block in card.blocks if _most(card, block) > block.maximum]
    made += [_result(f"excess.{block.name}", _excess(card, block), shown=False) for block in binding]
    made.append(_result("total", _total(card, binding), shown=False))
    made.append(_result("known_count", _known_count(card, read)))
    made.append(_result("rated", _rated(card), shown=False))
    made += [_result(f"veto.{veto.name}", _held(card, veto)) for veto in card.vetoes]
    is_rated = apply("equal", field("rated"), number(1))
    made.append(_result("score", apply("if", is_rated, field("total"))))
    made.append(_result("grade", _grade(card), kind=_WORD))
    return made + _reasons(reason_count(card))


def by_bin(item: Characteristic, read: Input | None, *, values: Sequence[float]) -> Element:
    """The value that belongs to the bin hit, unknown first."""
    given = list(zip(item.bins, values, strict=True))[1:]
    special = [(step.special, value) for step, value in given if step.special is not None]
    ordinary = [value for step, value in given if step.special is None]
    whole = halved(ordinary, lambda start, stop: _among(item.of, item.steps[start:stop]))
    if special:
        codes = [code for code, _ in special]
        points = [value for _, value in special]
        counted = halved(points, lambda start, stop: _is_in(item.of, codes[start:stop]))
        whole = apply("if", _is_in(item.of, codes), counted, whole)
    strays = uncounted(item, read)
    if strays:
        whole = apply("if", _is_in(item.of, strays), number(values[0]), whole)
    return if_known([item.of], whole, number(values[0]))


def _is_in(name: str, values: Sequence[str | float]) -> Element:
    terms = [word(value) if isinstance(value, str) else number(value) for value in values]
    return apply("isIn", field(name), *terms)


def _among(name: str, steps: Sequence[Bin]) -> Element:
    """Whether a value that lies in no earlier step lies in one of these."""
    members = [member for step in steps for member in step.members]
    if members:
        return _is_in(name, members)
    value, just_after = written(steps[-1].high)
    return apply("lessOrEqual" if just_after else "lessThan", field(name), number(value))


def _most(card: CardDefinition, block: Block) -> int:
    of_block = [item for item in card.characteristics if item.block == block.name]
    return sum(max(step.points for step in item.bins) for item in of_block)


def _excess(card: CardDefinition, block: Block) -> Element:
    """What a block gives beyond its maximum."""
    points = [field(f"points.{item.name}") for item in card.characteristics if item.block == block.name]
    return apply("max", number(0), apply("-", folded("+", points), number(block.maximum)))


def _total(card: CardDefinition, binding: Sequence[Block]) -> Element:
    whole = folded("-", [field("raw_score"), *(field(f"excess.{block.name}") for block in binding)])
    return apply("max", number(0), apply("min", whole, number(card.maximum)))


def _known_count(card: CardDefinition, read: dict[str, Input]) -> Element:
    return folded(
        "+",
        [
            by_bin(item, read.get(item.of), values=[0, *([1] * (len(item.bins) - 1))])
            if uncounted(item, read.get(item.of))
            else if_known([item.of], number(1), number(0))
            for item in card.characteristics
        ],
    )


def _rated(card: CardDefinition) -> Element:
    """1 where every required fact and enough of the others are known, else 0."""
    least = number(card.least_known_count)
    enough = chain([(apply("greaterOrEqual", field("known_count"), least), number(1))], number(0))
    plain = plain_names(card)
    return if_known([plain.get(name, name) for name in card.required], enough, number(0))


def _held(card: CardDefinition, veto: Veto) -> Element:
    name = plain_names(card).get(veto.of, veto.of)
    sign = "greaterOrEqual" if veto.inclusive else "greaterThan"
    held = chain([(apply(sign, field(name), number(veto.threshold)), number(1))], number(0))
    return if_known([name], held, number(0))


def _grade(card: CardDefinition) -> Element:
    """The grade of the total, no better than a veto that holds allows."""
    codes = [grade.code for grade in card.grades]
    cases = [(apply("equal", field("rated"), number(0)), word(card.unrated.code))]
    for rank, grade in enumerate(card.grades[:-1]):
        conditions = [apply("greaterOrEqual", field("total"), number(grade.minimum))]
        conditions += [
            apply("equal", field(f"veto.{veto.name}"), number(0))
            for veto in card.vetoes
            if codes.index(veto.grade_at_most) > rank
        ]
        cases.append((every(conditions), word(grade.code)))
    return chain(cases, word(codes[-1]))


def _reasons(count: int) -> list[Element]:
    """The reasons that cost most, dearest first, without the mark of bins that have none.

    An engine ranks that mark like any reason, and may repeat the last reason when there are no more.
    """
    made = [
        element(
            "OutputField", name=f"rank.{k}", feature="reasonCode", rank=str(k), isFinalResult="false", **_WORD
        )
        for k in range(1, count + 2)
    ]
    for k in range(1, count + 1):
        last = f"reason.{k - 1}"
        made.append(_result(f"candidate.{k}", _candidate(k), kind=_WORD, shown=False))
        new = apply("notEqual", field(f"candidate.{k}"), word(NO_REASON))
        told = chain([(new, field(f"candidate.{k}"))], None)
        if k > 1:
            told = chain([(apply("notEqual", field(f"candidate.{k}"), field(last)), told)], None)
        names = [f"candidate.{k}", *([last] if k > 1 else [])]
        made.append(_result(f"reason.{k}", if_known(names, told), kind=_WORD))
    return made


def _candidate(k: int) -> Element:
    """The k-th rank, or the one after it where the mark came up to here."""
    here, following = field(f"rank.{k}"), field(f"rank.{k + 1}")
    marked = [(apply("equal", field(f"rank.{k}"), word(NO_REASON)), following)]
    moved = chain(marked, here)
    if k == 1:
        return if_known(["rank.1"], moved)
    earlier = apply("notEqual", field(f"candidate.{k - 1}"), field(f"rank.{k - 1}"))
    moved = chain([(earlier, field(f"rank.{k + 1}"))], moved)
    return if_known([f"rank.{k}", f"candidate.{k - 1}"], moved)


def _result(name: str, expression: Element, *, kind: dict[str, str] = _NUMBER, shown: bool = True) -> Element:
    made = element("OutputField", name=name, feature="transformedValue", **kind, **({} if shown else _HIDDEN))
    made.append(expression)
    return made
