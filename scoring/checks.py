"""Why a card cannot be used at all: everything the engine takes for granted, asked once when it is loaded."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

from scoring.definition import (
    OPERATIONS,
    OPTIONAL_PARAMETERS,
    CardDefinition,
    Characteristic,
    Derivation,
    Input,
)
from scoring.errors import CardError

PACKED_BITS = 64
BINS_MAXIMUM = 255
CATEGORIES_MAXIMUM = 255
VETOES_MAXIMUM = 31
POINTS_MAXIMUM = 10_000
FACTORS = ("item", "days", "cured", "measure")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (an error) or questionable (a warning), where, and an input that shows it.

    `value` is a value of the card, by name, at which it shows; `example` the inputs that bring it about.
    """

    error: bool
    where: str
    what: str
    value: tuple[str, float] | None = None
    example: tuple[tuple[str, float | str], ...] = ()

    def __str__(self) -> str:
        """The finding in one line."""
        return f"{self.where}: {self.what}"

    @property
    def shown_by(self) -> str:
        """The counter-example in words; empty where there is none."""
        inputs = self.example or (() if self.value is None else (self.value,))
        return ", ".join(f"{name} = {_written(value)}" for name, value in inputs)


def check_card(card: CardDefinition, *, where: str) -> None:
    """Raise `CardError` with every reason why the card cannot be used, one line each."""
    findings = faults(card)
    if findings:
        raise CardError("\n".join(f"{where}: {finding}" for finding in findings))


def faults(card: CardDefinition) -> list[Finding]:
    """Every reason why the card cannot be used."""
    return [
        *_names(card),
        *_declared(card),
        *_founded(card),
        *_allowed(card),
        *(fault for item in card.inputs for fault in _input(item)),
        *(fault for item in card.derivations for fault in _operation(item)),
        *(fault for item in card.characteristics for fault in _bins(item, card)),
        *_sums(card),
        *_grades(card),
    ]


def _written(value: float | str) -> str:
    return (
        value if isinstance(value, str) else f"{value:.17g}" if value != round(value, 9) else f"{value:.10g}"
    )


def _fault(where: str, what: str, value: tuple[str, float] | None = None) -> Finding:
    return Finding(True, where, what, value)


def _names(card: CardDefinition) -> Iterable[Finding]:
    values = [item.name for item in card.inputs]
    values += [item.name for item in card.references]
    values += [item.name for item in card.derivations]
    for what, names in (
        ("value", values),
        ("characteristic", [item.name for item in card.characteristics]),
        ("block", [item.name for item in card.blocks]),
        ("veto", [item.name for item in card.vetoes]),
        ("grade", [item.code for item in card.grades]),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield _fault(name, f"the {what} is declared twice")


def _declared(card: CardDefinition) -> Iterable[Finding]:
    inputs = {item.name for item in card.inputs}
    texts = {item.name for item in card.inputs if item.categories}
    known = inputs | {item.name for item in card.references}
    for derived in card.derivations:
        for name in derived.of:
            if name not in known:
                yield _fault(derived.name, f"reads {name}, which is not declared before it")
            elif name in texts:
                yield _fault(derived.name, f"reads {name}, which holds texts; an operation reads numbers")
        known.add(derived.name)
    reads = [(item.name, item.of) for item in card.characteristics]
    reads += [(item.name, item.of) for item in card.vetoes]
    yield from (_fault(name, f"reads {of}, which is not declared") for name, of in reads if of not in known)
    yield from (
        _fault(item.name, f"reads {item.of}, which holds texts; a veto reads numbers")
        for item in card.vetoes
        if item.of in texts
    )
    yield from (_fault(name, "required, but not an input") for name in card.required if name not in inputs)
    blocks = {block.name for block in card.blocks}
    for item in card.characteristics:
        if item.block not in blocks:
            yield _fault(item.name, f"the block {item.block} is not declared")
        for step in item.bins:
            if step.reason is not None and step.reason not in card.reasons:
                yield _fault(item.name, f"the reason {step.reason} is not declared")
    for code in card.inquiry_reasons:
        if code not in card.reasons:
            yield _fault("inquiry_reasons", f"the reason {code} is not declared")


def _founded(card: CardDefinition) -> Iterable[Finding]:
    bases = [(item.name, item.basis) for item in card.characteristics]
    bases += [(item.name, item.basis) for item in card.vetoes]
    bases += [(item.name, item.basis) for item in card.references]
    bases += [(item.name, item.basis) for item in card.prohibited]
    bases += [(item.name, item.basis) for item in card.derivations if item.basis]
    bases += [(item.name, item.basis) for item in card.blocks if item.basis]
    bases += [(f"grade {item.code}", item.basis) for item in card.grades if item.basis]
    bases += [("card", card.basis)] if card.basis else []
    for name, basis in bases:
        if basis not in card.sources:
            yield _fault(name, f"the basis {basis} is not declared under sources")


def _allowed(card: CardDefinition) -> Iterable[Finding]:
    barred = {item.name: item for item in card.prohibited}
    for item in card.inputs:
        if item.name in barred:
            yield _fault(item.name, f"a prohibited input ({barred[item.name].basis})")


def _input(item: Input) -> Iterable[Finding]:
    if not (math.isfinite(item.minimum) and math.isfinite(item.maximum) and item.minimum <= item.maximum):
        yield _fault(item.name, "needs a finite minimum that is not above its maximum")
    if len(item.categories) > CATEGORIES_MAXIMUM:
        what = f"has {len(item.categories)} categories; there may be {CATEGORIES_MAXIMUM}"
        yield _fault(item.name, what)
    for code in item.special:
        if item.minimum <= code <= item.maximum:
            what = f"the special code {code:.10g} lies inside the range: it cannot be told from a value"
            yield _fault(item.name, what, (item.name, code))


def _operation(item: Derivation) -> Iterable[Finding]:
    if item.operation not in OPERATIONS:
        yield _fault(item.name, f"no operation {item.operation!r} (there are {', '.join(OPERATIONS)})")
        return
    count, parameters = OPERATIONS[item.operation]
    if not item.of or (count and len(item.of) != count):
        yield _fault(item.name, f"{item.operation} reads {count or 'one or more'} values, not {len(item.of)}")
    given = frozenset(item.parameters)
    if given - parameters or parameters - given - OPTIONAL_PARAMETERS:
        takes = ", ".join(sorted(parameters)) or "none"
        yield _fault(item.name, f"{item.operation} takes the parameters {takes}")
    elif item.operation == "weighted" and len(item.parameters["weights"]) != len(item.of):
        yield _fault(item.name, f"{len(item.of)} values need as many weights")
    elif item.operation == "known_if" and len(item.parameters["at_least"]) != 1:
        yield _fault(item.name, "at_least is one number")
    elif item.parameters.get("endless", (1.0,)) != (1.0,):
        yield _fault(item.name, "endless is 1, or left out")
    elif item.operation == "default_penalty":
        if len(item.parameters["unit_points"]) != 1 or not all(
            item.parameters[f"{f}_factors"] for f in FACTORS
        ):
            yield _fault(item.name, "unit_points is one number, and every list of factors has some")
        for name in ("days", "cured"):
            limits, factors = item.parameters[f"{name}_limits"], item.parameters[f"{name}_factors"]
            if len(factors) != len(limits) + 1 or list(limits) != sorted(set(limits)):
                yield _fault(item.name, f"{name}_limits must rise and have one factor more than limits")


def _bins(item: Characteristic, card: CardDefinition) -> Iterable[Finding]:
    if not item.steps:
        yield _fault(item.name, "has no bins")
        return
    if len(item.bins) > BINS_MAXIMUM:
        yield _fault(item.name, f"has {len(item.bins)} bins; there may be {BINS_MAXIMUM}")
    specials = [step.special for step in item.bins if step.special is not None]
    for special in sorted({code for code in specials if specials.count(code) > 1}):
        yield _fault(item.name, f"the special code {special:.10g} has two bins", (item.of, special))
    if item.category_bins:
        yield from _categories(item, card)
    else:
        yield from gaps(item)


def _categories(item: Characteristic, card: CardDefinition) -> Iterable[Finding]:
    """Every category in one bin."""
    read = next(value for value in card.inputs if value.name == item.of)
    members = [member for step in item.steps for member in step.members]
    for category in read.categories:
        if category.name not in members:
            yield _in_category(item, f"hole: no bin holds {category.name}", category.name)
        if members.count(category.name) > 1:
            yield _in_category(item, f"overlap: two bins hold {category.name}", category.name)
    for code, step in enumerate(item.steps, start=1):
        if not step.members:
            yield _fault(f"{item.name}, bin {code}", "holds no category")


def _in_category(item: Characteristic, what: str, category: str) -> Finding:
    return Finding(True, item.name, what, example=((item.of, category),))


def gaps(item: Characteristic) -> Iterable[Finding]:
    """No hole and no overlap from minus infinity to infinity."""
    first, last = item.steps[0], item.steps[-1]
    if first.low != -math.inf:
        below = math.nextafter(first.low, -math.inf)
        yield _fault(f"{item.name}, bin 1", "the first bin must have no `from`", (item.of, below))
    if last.high != math.inf:
        where = f"{item.name}, bin {len(item.steps)}"
        yield _fault(where, "the last bin must have no `to`", (item.of, last.high))
    for code, step in enumerate(item.steps, start=1):
        if not step.low < step.high:
            yield _fault(f"{item.name}, bin {code}", f"from {step.low:.10g} to {step.high:.10g} is empty")
    for code, (step, following) in enumerate(itertools.pairwise(item.steps), start=1):
        where = f"{item.name}, bin {code + 1}"
        if following.low > step.high:
            low, high = f"{step.high:.10g}", f"{following.low:.10g}"
            hole = f"hole at {low}" if low == high else f"hole between {low} and {high}"
            yield _fault(where, hole, (item.of, float(low) if low == high else step.high))
        if following.low < step.high:
            both = max(following.low, step.low)
            what = f"overlap with bin {code} between {both:.10g} and {min(step.high, following.high):.10g}"
            yield _fault(where, what, (item.of, both if math.isfinite(both) else 0.0))


def _sums(card: CardDefinition) -> Iterable[Finding]:
    for block in card.blocks:
        members = [item for item in card.characteristics if item.block == block.name and item.steps]
        most = sum(item.maximum for item in members)
        if most < block.maximum and not card.overlays:
            yield _fault(block.name, f"its characteristics give at most {most} of {block.maximum} points")
    if not 1 <= card.maximum <= POINTS_MAXIMUM:
        yield _fault("maximum", f"must lie between 1 and {POINTS_MAXIMUM}")
    if not 0 <= card.least_known_share <= 1:
        yield _fault("least_known_share", "must lie between 0 and 1")
    for block in card.blocks:
        if not 0 <= block.maximum <= POINTS_MAXIMUM:
            yield _fault(block.name, f"its maximum must lie between 0 and {POINTS_MAXIMUM}")
    points = sum(max(abs(step.points) for step in item.bins) for item in card.characteristics)
    if points > POINTS_MAXIMUM:
        yield _fault("card", f"its points come to {points}; there may be {POINTS_MAXIMUM}")
    bits = sum(item.bits for item in card.characteristics)
    if bits > PACKED_BITS:
        yield _fault("card", f"the bins take {bits} bits; a rating is packed into {PACKED_BITS}")
    if len(card.vetoes) > VETOES_MAXIMUM:
        yield _fault("card", f"there may be {VETOES_MAXIMUM} vetoes")


def _grades(card: CardDefinition) -> Iterable[Finding]:
    least = [grade.minimum for grade in card.grades]
    codes = [grade.code for grade in card.grades]
    if not card.grades:
        yield _fault("grades", "there are none")
    elif least != sorted(set(least), reverse=True):
        yield _fault("grades", "must be listed best first, each with a lower minimum")
    elif least[-1] != 0:
        yield _fault(f"grade {codes[-1]}", "the last grade must begin at 0")
    if card.unrated.code in codes:
        yield _fault(f"grade {card.unrated.code}", "the grade for 'unrated' is a grade of its own")
    for veto in card.vetoes:
        if veto.grade_at_most not in codes:
            yield _fault(veto.name, f"the grade {veto.grade_at_most} is not declared")
