"""Why a rating is what it is: every characteristic with its points, and where most were lost."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scoring.definition import CardDefinition, Source, Text, Veto

REASONS_SHOWN = 4


@dataclass(frozen=True)
class Line:
    """One characteristic of one rating: the bin hit, the points, and the rule they come from."""

    name: str
    label: Text
    block: str
    bin: int
    bin_label: Text
    known: bool
    points: int
    points_maximum: int
    reason: str | None
    basis: Source


@dataclass(frozen=True)
class BlockLine:
    """A block of one rating: what it gives, at most its maximum."""

    name: str
    label: Text
    points: int
    points_maximum: int


@dataclass(frozen=True)
class Reason:
    """A reason why points are missing, and how many."""

    code: str
    text: Text
    points_lost: int


@dataclass(frozen=True)
class VetoLine:
    """A veto that holds for one rating."""

    name: str
    label: Text
    grade_at_most: str
    basis: Source


@dataclass(frozen=True)
class Explanation:
    """One rating in full, made from the packed bins and the card alone."""

    card: str
    variant: str
    effective_from: str
    fingerprint: str
    score: int | None
    grade: str
    grade_label: Text
    known_count: int
    characteristic_count: int
    lines: tuple[Line, ...]
    blocks: tuple[BlockLine, ...]
    vetoes: tuple[VetoLine, ...]
    reasons: tuple[Reason, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, ready for JSON."""
        return asdict(self)


def lines(card: CardDefinition, bins: Mapping[str, int]) -> tuple[Line, ...]:
    """One line per characteristic, in the card's order."""
    return tuple(
        Line(
            name=item.name,
            label=item.label,
            block=item.block,
            bin=bins[item.name],
            bin_label=item.bins[bins[item.name]].label,
            known=bins[item.name] > 0,
            points=item.bins[bins[item.name]].points,
            points_maximum=item.maximum,
            reason=item.bins[bins[item.name]].reason,
            basis=card.sources[item.basis],
        )
        for item in card.characteristics
    )


def block_lines(card: CardDefinition, found: tuple[Line, ...]) -> tuple[BlockLine, ...]:
    """What each block gives, limited to its maximum."""
    return tuple(
        BlockLine(
            block.name,
            block.label,
            min(sum(line.points for line in found if line.block == block.name), block.maximum),
            block.maximum,
        )
        for block in card.blocks
    )


def ranked(card: CardDefinition, found: tuple[Line, ...]) -> tuple[Reason, ...]:
    """The reasons that cost most points, the dearest first, the card's order where they cost the same."""
    lost: dict[str, int] = {}
    for line in found:
        if line.reason is not None and line.points < line.points_maximum:
            lost[line.reason] = lost.get(line.reason, 0) + line.points_maximum - line.points
    dearest = sorted(lost, key=lambda code: -lost[code])[:REASONS_SHOWN]
    return tuple(Reason(code, card.reasons[code], lost[code]) for code in dearest)


def veto_lines(card: CardDefinition, mask: int) -> tuple[VetoLine, ...]:
    """The vetoes whose bit is set."""
    held: list[Veto] = [veto for bit, veto in enumerate(card.vetoes) if mask >> bit & 1]
    return tuple(VetoLine(v.name, v.label, v.grade_at_most, card.sources[v.basis]) for v in held)
