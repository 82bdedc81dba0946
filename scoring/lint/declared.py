"""What a card declares and does not keep to: directions, units, labels, full marks, sources."""

import itertools
import math
from collections.abc import Iterable, Mapping

from scoring.checks import Finding
from scoring.definition import CardDefinition, Characteristic, Derivation, Text

_SWITCHES = frozenset({"endless"})


def declared(card: CardDefinition) -> Iterable[Finding]:
    """Every declaration that is broken, and those that are missing."""
    for item in card.characteristics:
        yield from _direction(item)
        yield from _labels(item, {value.name: value.codes for value in card.inputs})
    yield from _units(card)
    yield from _full_marks(card)
    yield from _without_source(card)


def _direction(item: Characteristic) -> Iterable[Finding]:
    if not item.direction:
        yield Finding(True, item.name, "declares no direction: up, down or free")
    for code, (step, following) in enumerate(itertools.pairwise(item.steps), start=1):
        wrong = {"up": following.points < step.points, "down": following.points > step.points}
        if wrong.get(item.direction, False):
            what = f"points go from {step.points} to {following.points}"
            if math.isnan(step.high):
                what += f" at {following.label.zh}: not {item.direction}"
                yield Finding(True, f"{item.name}, bin {code + 1}", what)
            else:
                what += f" at {step.high:.10g}: not {item.direction}"
                yield Finding(True, f"{item.name}, bin {code + 1}", what, (item.of, step.high))


def _labels(item: Characteristic, codes: Mapping[str, Mapping[float, Text]]) -> Iterable[Finding]:
    """A step of coded values bears the name of a code it holds, and of no other."""
    meant = codes.get(item.of, {})
    for code, step in enumerate(item.steps, start=1):
        held = {number: text.zh for number, text in meant.items() if step.low <= number < step.high}
        others = {text.zh: number for number, text in meant.items() if number not in held}
        label = step.label.zh
        if held and label in others:
            number, name = next(iter(held.items()))
            what = f"is labelled {label}, which is code {others[label]:.10g}; it holds {number:.10g}, {name}"
            yield Finding(True, f"{item.name}, bin {code}", what, (item.of, number))


def _units(card: CardDefinition) -> Iterable[Finding]:
    units = {item.name: item.unit for item in card.inputs}
    units |= {item.name: item.unit for item in card.references}
    units |= {item.name: item.unit for item in card.derivations}
    compared = [(c.name, c.of, c.written_unit, c.edges[0] if c.edges else 0.0) for c in card.characteristics]
    compared += [(veto.name, veto.of, veto.written_unit, veto.threshold) for veto in card.vetoes]
    for name, of, written, edge in compared:
        if not written:
            yield Finding(True, name, "declares no unit")
        elif written != units[of]:
            what = f"compares {of}, which is in {units[of]}, with numbers in {written}"
            yield Finding(True, name, what, (of, edge))
    for derived in card.derivations:
        yield from _mixed(derived, units)


def _mixed(item: Derivation, units: Mapping[str, str]) -> Iterable[Finding]:
    if item.operation in ("least", "weighted"):
        mixed = list(dict.fromkeys(units[name] for name in item.of if units[name]))
        if len(mixed) > 1:
            verb = "adds up" if item.operation == "weighted" else "compares"
            yield Finding(True, item.name, f"{verb} values in {' and '.join(mixed)}")


def _full_marks(card: CardDefinition) -> Iterable[Finding]:
    """The blocks that are no bonus give the declared maximum together."""
    if card.overlays:
        return
    full = sum(block.maximum for block in card.blocks if not block.bonus)
    if full != card.maximum:
        yield Finding(True, "maximum", f"the blocks give {full} together, declared are {card.maximum}")


def _without_source(card: CardDefinition) -> Iterable[Finding]:
    """Every number of a card answers to a document; those of the card as a whole to its own basis."""
    if not card.basis:
        yield Finding(True, "card", "maximum, least_known_share and the ranges of inputs have no basis")
    for derived in card.derivations:
        if set(derived.parameters) - _SWITCHES and not derived.basis:
            yield Finding(True, derived.name, f"{', '.join(derived.parameters)}: numbers without a basis")
    for block in card.blocks:
        if not block.basis:
            yield Finding(True, block.name, f"the maximum of {block.maximum} points has no basis")
    for grade in card.grades:
        if not grade.basis:
            yield Finding(True, f"grade {grade.code}", f"the minimum of {grade.minimum} points has no basis")
