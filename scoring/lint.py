"""What makes a card wrong, or questionable: everything a reviewer would have to find by hand."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scoring.definition import OPERATIONS, OPTIONAL_PARAMETERS, CardDefinition, Characteristic, Derivation
from scoring.errors import CardError
from scoring.ranges import Range, value_ranges

PACKED_BITS = 64
JUDGEMENT_SHARE_MAXIMUM = 0.15


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (an error) or questionable (a warning), and where."""

    error: bool
    where: str
    what: str

    def __str__(self) -> str:
        """The finding in one line."""
        return f"{self.where}: {self.what}"


def check_card(card: CardDefinition, *, where: str) -> None:
    """Raise `CardError` with every reason why the card cannot be used, one line each."""
    findings = list(_unusable(card))
    if findings:
        raise CardError("\n".join(f"{where}: {finding}" for finding in findings))


def lint_versions(cards: Sequence[CardDefinition]) -> list[Finding]:
    """What is wrong or questionable about a card and its versions by type of subject, each thing once."""
    used = {step.reason for card in cards for item in card.characteristics for step in item.bins}
    found = [finding for card in cards for finding in lint(card)]
    found += [
        Finding(True, f"reason {code}", "no bin gives it") for code in cards[0].reasons if code not in used
    ]
    return list(dict.fromkeys(found))


def lint(card: CardDefinition) -> list[Finding]:
    """What is wrong or questionable about one card that can be used."""
    ranges = value_ranges(card)
    return [
        *(finding for item in card.characteristics for finding in _reachable(item, ranges)),
        *(finding for item in card.characteristics for finding in _direction(item)),
        *_constant(card, ranges),
        *_dead_vetoes(card, ranges),
        *_unreachable_grades(card),
        *_judgement(card),
    ]


def _unusable(card: CardDefinition) -> Iterable[str]:
    yield from _names(card)
    yield from _declared(card)
    yield from _founded(card)
    yield from _allowed(card)
    for derived in card.derivations:
        yield from _operation(derived)
    for item in card.characteristics:
        yield from _bins(item)
    yield from _sums(card)
    yield from _grades(card)


def _reachable(item: Characteristic, ranges: dict[str, Range]) -> Iterable[Finding]:
    low, high = ranges[item.of]
    for code, step in enumerate(item.bins[1:], start=1):
        if step.high <= low or step.low > high:
            what = f"no value falls into it: {item.of} runs from {low:g} to {high:g}"
            yield Finding(True, f"{item.name}, bin {code} ({step.label.zh})", what)


def _direction(item: Characteristic) -> Iterable[Finding]:
    points = [step.points for step in item.bins[1:]]
    for code, (step, following) in enumerate(itertools.pairwise(points), start=1):
        if (item.direction == "up" and following < step) or (item.direction == "down" and following > step):
            edge = item.bins[code].high
            what = f"points go from {step} to {following} at {edge:.10g}: not {item.direction}"
            yield Finding(True, f"{item.name}, bin {code + 1}", what)


def _constant(card: CardDefinition, ranges: dict[str, Range]) -> Iterable[Finding]:
    for item in card.characteristics:
        if len({step.points for step in item.bins}) == 1:
            yield Finding(True, item.name, f"gives {item.bins[0].points} points whatever the value")
    for derived in card.derivations:
        low, high = ranges[derived.name]
        if low == high:
            yield Finding(True, derived.name, f"is {low:g} whatever its inputs are")


def _dead_vetoes(card: CardDefinition, ranges: dict[str, Range]) -> Iterable[Finding]:
    for veto in card.vetoes:
        low, high = ranges[veto.of]
        if veto.threshold > high or (veto.threshold == high and not veto.inclusive):
            yield Finding(True, veto.name, f"never holds: {veto.of} runs from {low:g} to {high:g}")
        elif veto.threshold < low:
            yield Finding(True, veto.name, f"always holds: {veto.of} runs from {low:g} to {high:g}")
        if veto.grade_at_most == card.grades[0].code:
            yield Finding(True, veto.name, f"does nothing: {veto.grade_at_most} is the best grade")


def _unreachable_grades(card: CardDefinition) -> Iterable[Finding]:
    if card.overlays:
        return
    most = min(sum(block.maximum for block in card.blocks), card.maximum)
    if most < card.maximum:
        yield Finding(True, "maximum", f"the blocks give at most {most} of the declared {card.maximum}")
    for grade in card.grades:
        if grade.minimum > most:
            yield Finding(True, f"grade {grade.code}", f"takes {grade.minimum} points, the card gives {most}")


def _judgement(card: CardDefinition) -> Iterable[Finding]:
    for block in card.blocks:
        share = block.maximum / card.maximum
        if block.judgement and share > JUDGEMENT_SHARE_MAXIMUM:
            most = f"{JUDGEMENT_SHARE_MAXIMUM:.0%}"
            what = f"what people think weighs {share:.0%}; more than {most} invites favours"
            yield Finding(False, block.name, what)


def _names(card: CardDefinition) -> Iterable[str]:
    values = [item.name for item in card.inputs]
    values += [item.name for item in card.references]
    values += [item.name for item in card.derivations]
    for what, names in (
        ("value", values),
        ("characteristic", [item.name for item in card.characteristics]),
        ("block", [item.name for item in card.blocks]),
        ("veto", [item.name for item in card.vetoes]),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{name}: the {what} is declared twice"


def _declared(card: CardDefinition) -> Iterable[str]:
    inputs = {item.name for item in card.inputs}
    known = inputs | {item.name for item in card.references}
    for derived in card.derivations:
        for name in derived.of:
            if name not in known:
                yield f"{derived.name}: reads {name}, which is not declared before it"
        known.add(derived.name)
    reads = [(item.name, item.of) for item in card.characteristics]
    reads += [(item.name, item.of) for item in card.vetoes]
    yield from (f"{name}: reads {of}, which is not declared" for name, of in reads if of not in known)
    yield from (f"{name}: required, but not an input" for name in card.required if name not in inputs)
    blocks = {block.name for block in card.blocks}
    for item in card.characteristics:
        if item.block not in blocks:
            yield f"{item.name}: the block {item.block} is not declared"
        for step in item.bins:
            if step.reason is not None and step.reason not in card.reasons:
                yield f"{item.name}: the reason {step.reason} is not declared"


def _founded(card: CardDefinition) -> Iterable[str]:
    bases = [(item.name, item.basis) for item in card.characteristics]
    bases += [(item.name, item.basis) for item in card.vetoes]
    bases += [(item.name, item.basis) for item in card.references]
    bases += [(item.name, item.basis) for item in card.prohibited]
    for name, basis in bases:
        if basis not in card.sources:
            yield f"{name}: the basis {basis} is not declared under sources"


def _allowed(card: CardDefinition) -> Iterable[str]:
    barred = {item.name: item for item in card.prohibited}
    for item in card.inputs:
        if item.name in barred:
            yield f"{item.name}: a prohibited input ({barred[item.name].basis})"


def _operation(item: Derivation) -> Iterable[str]:
    if item.operation not in OPERATIONS:
        yield f"{item.name}: no operation {item.operation!r} (there are {', '.join(OPERATIONS)})"
        return
    count, parameters = OPERATIONS[item.operation]
    if not item.of or (count and len(item.of) != count):
        yield f"{item.name}: {item.operation} reads {count or 'one or more'} values, not {len(item.of)}"
    given = frozenset(item.parameters)
    if given - parameters or parameters - given - OPTIONAL_PARAMETERS:
        yield f"{item.name}: {item.operation} takes the parameters {', '.join(sorted(parameters)) or 'none'}"
    elif item.operation == "weighted" and len(item.parameters["weights"]) != len(item.of):
        yield f"{item.name}: {len(item.of)} values need as many weights"
    elif item.operation == "default_penalty":
        for name in ("days", "cured"):
            limits, factors = item.parameters[f"{name}_limits"], item.parameters[f"{name}_factors"]
            if len(factors) != len(limits) + 1 or list(limits) != sorted(set(limits)):
                yield f"{item.name}: {name}_limits must rise and have one factor more than limits"


def _bins(item: Characteristic) -> Iterable[str]:
    steps = item.bins[1:]
    if not steps:
        yield f"{item.name}: has no bins"
        return
    if steps[0].low != -math.inf:
        yield f"{item.name}: the first bin must have no `from`"
    if steps[-1].high != math.inf:
        yield f"{item.name}: the last bin must have no `to`"
    for step in steps:
        if not step.low < step.high:
            yield f"{item.name}: the bin from {step.low:g} to {step.high:g} is empty"
    for step, following in itertools.pairwise(steps):
        if following.low > step.high:
            yield f"{item.name}: hole between {step.high:g} and {following.low:g}"
        if following.low < step.high:
            yield f"{item.name}: overlap between {following.low:g} and {step.high:g}"


def _sums(card: CardDefinition) -> Iterable[str]:
    for block in card.blocks:
        most = sum(item.maximum for item in card.characteristics if item.block == block.name)
        if most < block.maximum and not card.overlays:
            yield f"{block.name}: its characteristics give at most {most} of {block.maximum} points"
    bits = sum(item.bits for item in card.characteristics)
    if bits > PACKED_BITS:
        yield f"the bins take {bits} bits; a rating is packed into {PACKED_BITS}"


def _grades(card: CardDefinition) -> Iterable[str]:
    least = [grade.minimum for grade in card.grades]
    codes = [grade.code for grade in card.grades]
    if not card.grades:
        yield "there are no grades"
    elif least != sorted(set(least), reverse=True):
        yield "grades: must be listed best first, each with a lower minimum"
    elif least[-1] != 0:
        yield f"{codes[-1]}: the last grade must begin at 0"
    if card.unrated.code in codes:
        yield f"{card.unrated.code}: the grade for 'unrated' is a grade of its own"
    for veto in card.vetoes:
        if veto.grade_at_most not in codes:
            yield f"{veto.name}: the grade {veto.grade_at_most} is not declared"
