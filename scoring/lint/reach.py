"""What a card says and no subject can ever meet: dead bins, branches, vetoes and grades; constant values."""

from collections.abc import Iterable, Mapping

from scoring.checks import Finding
from scoring.definition import CardDefinition, Characteristic, Derivation
from scoring.ranges import Range, value_ranges

_CODED = {"item": 0, "measure": 3}


def reachable(card: CardDefinition) -> Iterable[Finding]:
    """Every bin, branch, veto and grade that nothing reaches, and every value that never changes."""
    ranges = value_ranges(card)
    yield from (finding for item in card.characteristics for finding in _bins(item, ranges))
    yield from _constants(card, ranges)
    yield from (finding for item in card.derivations for finding in _branches(item, ranges))
    yield from _vetoes(card, ranges)
    yield from _grades(card)


def _bins(item: Characteristic, ranges: Mapping[str, Range]) -> Iterable[Finding]:
    if item.category_bins:
        return
    low, high = ranges[item.of]
    for code, step in enumerate(item.steps, start=1):
        if step.high <= low or step.low > high:
            what = f"no value falls into it: {item.of} runs from {low:g} to {high:g}"
            nearest = (item.of, low if step.high <= low else high)
            yield Finding(True, f"{item.name}, bin {code} ({step.label.zh})", what, nearest)


def _constants(card: CardDefinition, ranges: Mapping[str, Range]) -> Iterable[Finding]:
    for item in card.characteristics:
        if len({step.points for step in item.bins}) == 1:
            given = item.bins[0].points
            yield Finding(
                True, item.name, f"gives {given} points whatever the value", (item.of, ranges[item.of][0])
            )
    for derived in card.derivations:
        low, high = ranges[derived.name]
        if low == high:
            yield Finding(True, derived.name, f"is {low:g} whatever its inputs are", (derived.name, low))


def _branches(item: Derivation, ranges: Mapping[str, Range]) -> Iterable[Finding]:
    """Conditions that always or never hold, and factors for codes that do not exist."""
    if item.operation == "known_if":
        (low, high), least = ranges[item.of[1]], item.parameters["at_least"][0]
        if least <= low or least > high:
            what = f"the condition {'always' if least <= low else 'never'} holds: {item.of[1]} runs from"
            at = low if least <= low else high
            yield Finding(
                True, item.name, f"{what} {low:g} to {high:g}, asked is {least:g}", (item.of[1], at)
            )
    if item.operation == "default_penalty":
        for factor, place in _CODED.items():
            count, high = len(item.parameters[f"{factor}_factors"]), ranges[item.of[place]][1]
            if high != count:
                what = f"{factor}_factors are for codes 1 to {count}, {item.of[place]} goes up to {high:g}"
                yield Finding(True, item.name, what, (item.of[place], high))


def _vetoes(card: CardDefinition, ranges: Mapping[str, Range]) -> Iterable[Finding]:
    for veto in card.vetoes:
        low, high = ranges[veto.of]
        if veto.threshold > high or (veto.threshold == high and not veto.inclusive):
            what = f"never holds: {veto.of} runs from {low:g} to {high:g}"
            yield Finding(True, veto.name, what, (veto.of, high))
        elif veto.threshold < low or (veto.threshold == low and veto.inclusive):
            what = f"always holds: {veto.of} runs from {low:g} to {high:g}"
            yield Finding(True, veto.name, what, (veto.of, low))
        if veto.grade_at_most == card.grades[0].code:
            yield Finding(True, veto.name, f"does nothing: {veto.grade_at_most} is the best grade")


def _grades(card: CardDefinition) -> Iterable[Finding]:
    """Grades no sum of points falls into; the common part of a card with versions by type is not rated by."""
    if card.overlays:
        return
    totals = _totals(card)
    most = max(totals)
    above = card.maximum + 1
    for grade in card.grades:
        if grade.minimum > most:
            what = f"takes {grade.minimum} points, full marks are {most}"
            yield Finding(True, f"grade {grade.code}", what)
        elif not any(grade.minimum <= total < above for total in totals):
            what = f"no sum of points lies from {grade.minimum} to {above - 1}"
            yield Finding(True, f"grade {grade.code}", what)
        above = grade.minimum


def _totals(card: CardDefinition) -> set[int]:
    """Every score that some choice of bins gives."""
    totals = {0}
    for block in card.blocks:
        sums = {0}
        for item in card.characteristics:
            if item.block == block.name:
                sums = {one + step.points for one in sums for step in item.bins}
        totals = {one + min(other, block.maximum) for one in totals for other in sums}
    return {min(max(total, 0), card.maximum) for total in totals}
