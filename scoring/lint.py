"""What makes a card wrong: holes, overlaps, undeclared names, sums that do not add up, prohibited data."""

import itertools
import math
from collections.abc import Iterable

from scoring.definition import OPERATIONS, OPTIONAL_PARAMETERS, CardDefinition, Characteristic, Derivation
from scoring.errors import CardError

PACKED_BITS = 64


def check_card(card: CardDefinition, *, where: str) -> None:
    """Raise `CardError` with everything that is wrong with the card, one line each."""
    findings = [
        *_names(card),
        *_declared(card),
        *_founded(card),
        *_allowed(card),
        *(finding for item in card.derivations for finding in _operation(item)),
        *(finding for item in card.characteristics for finding in _bins(item)),
        *_sums(card),
        *_grades(card),
    ]
    if findings:
        raise CardError("\n".join(f"{where}: {finding}" for finding in findings))


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
