"""What another tool cannot compute as the kernel does: with endless values, and with very great numbers."""

import math

from scoring.definition import CardDefinition, Derivation
from scoring.errors import CardError
from scoring.ranges import value_ranges

COMPUTED_MAXIMUM = 1e60


def refuse_endless(card: CardDefinition, *, tool: str) -> None:
    """Raise `CardError` where a derived value computes with an endless one, or may overflow."""
    endless = {item.name for item in card.derivations if "endless" in item.parameters}
    ranges = value_ranges(card)
    for item in card.derivations:
        if endless & set(item.of) and not _carries_endless(item):
            read = ", ".join(sorted(endless & set(item.of)))
            raise CardError(f"{item.name}: computes with {read}, which may be endless; {tool} cannot")
        if _stays_endless(item, endless):
            endless.add(item.name)
        ends = [abs(end) for name in item.of for end in ranges[name] if not math.isinf(end)]
        greatest = max(ends, default=0.0)
        if greatest > COMPUTED_MAXIMUM:
            raise CardError(f"{item.name}: computes with numbers up to {greatest:g}; {tool} can up to 1e+60")


def _carries_endless(item: Derivation) -> bool:
    """Whether a greatest number in place of an endless one stays beyond every edge."""
    if item.operation == "weighted":
        return all(0 < weight <= 1 for weight in item.parameters["weights"])
    return item.operation in ("least", "known_if")


def _stays_endless(item: Derivation, endless: set[str]) -> bool:
    """Whether the value is endless where one it reads is."""
    if item.operation == "known_if":
        return item.of[0] in endless
    read = [name in endless for name in item.of]
    return all(read) if item.operation == "least" else any(read)
