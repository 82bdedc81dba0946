"""Why a rating is what it is: every characteristic with its points, and where most were lost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from scoring.definition import CardDefinition, Characteristic, Source, Text
from scoring.tables import fields

# VantageScore and Regulation B (interpretation 9(b)(2)): four reasons, and one more about inquiries.
REASONS_SHOWN = 4
# Means over fewer subjects would tell about single ones.
PEERS_LEAST = 10


@dataclass(frozen=True)
class Line:
    """One characteristic of one rating: the bin hit, the points, and the rule they come from.

    `inputs` are the recorded facts behind it. Points are lost against full marks, against the mean of those
    who just passed and against the village's mean; the last two are None where too few are compared.
    """

    name: str
    label: Text
    block: str
    inputs: tuple[str, ...]
    bin: int
    bin_label: Text
    known: bool
    points: int
    points_maximum: int
    reason: str | None
    basis: Source
    lost_to_full: int
    lost_to_passing: float | None = None
    lost_to_village: float | None = None


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
class Peers:
    """Those a rating is compared with: how many, and what each characteristic gave them together."""

    subject_count: int
    point_sums: tuple[int, ...]

    def mean(self, place: int) -> float | None:
        """The mean points of one characteristic; None where too few are compared."""
        if self.subject_count < PEERS_LEAST:
            return None
        return self.point_sums[place] / self.subject_count


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
    out_of_range_count: int
    lines: tuple[Line, ...]
    blocks: tuple[BlockLine, ...]
    vetoes: tuple[VetoLine, ...]
    reasons: tuple[Reason, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, ready for JSON."""
        return asdict(self)

    def compared(self, *, passing: Peers | None, village: Peers | None) -> "Explanation":
        """The same with the points lost against the mean of those who just passed, and of the village."""
        told = []
        for place, line in enumerate(self.lines):
            lost = {
                "lost_to_passing": _lost(line, passing, place),
                "lost_to_village": _lost(line, village, place),
            }
            # As `replace`, which asks every field whether it may be.
            told.append(Line(**(vars(line) | lost)))
        return replace(self, lines=tuple(told))


class Explainer:
    """A card made ready to explain: every line it can give is made once."""

    def __init__(self, card: CardDefinition) -> None:
        self._card = card
        self._fields = [(field.shift, (1 << field.item.bits) - 1) for field in fields(card)]
        self._lines = [_lines_of(item, card) for item in card.characteristics]
        blocks = {block.name: place for place, block in enumerate(card.blocks)}
        self._block_of = [blocks[item.block] for item in card.characteristics]
        self._vetoes = [
            VetoLine(v.name, v.label, v.grade_at_most, card.sources[v.basis]) for v in card.vetoes
        ]

    def bins(self, packed: int) -> list[int]:
        """The bins behind a packed rating, in the card's order; it may be kept as a signed number."""
        return [(packed >> shift) & mask for shift, mask in self._fields]

    def explain(self, packed: int, *, vetoes: int, unrated: bool, out_of_range: int = 0) -> Explanation:
        """One rating in full, from its packed bins; no input is needed, so it is exact for ever."""
        card = self._card
        found = tuple([line[code] for line, code in zip(self._lines, self.bins(packed), strict=True)])
        given = [0] * len(card.blocks)
        for line, place in zip(found, self._block_of, strict=True):
            given[place] += line.points
        blocks = tuple(
            BlockLine(block.name, block.label, min(points, block.maximum), block.maximum)
            for block, points in zip(card.blocks, given, strict=True)
        )
        total = min(max(sum(block.points for block in blocks), 0), card.maximum)
        held = tuple(line for bit, line in enumerate(self._vetoes) if vetoes >> bit & 1)
        grade = card.unrated if unrated else self._grade(total, held)
        return Explanation(
            card=card.code,
            variant=card.variant,
            effective_from=card.effective_from.isoformat(),
            fingerprint=card.fingerprint,
            score=None if unrated else total,
            grade=grade.code,
            grade_label=grade.label,
            known_count=sum(line.known for line in found),
            characteristic_count=len(found),
            out_of_range_count=out_of_range,
            lines=found,
            blocks=blocks,
            vetoes=held,
            reasons=ranked(card, found),
        )

    def _grade(self, total: int, held: Sequence[VetoLine]) -> Any:
        """The grade of a total, no better than the vetoes that hold allow."""
        rank = next(place for place, grade in enumerate(self._card.grades) if total >= grade.minimum)
        for veto in held:
            rank = max(rank, self._places[veto.grade_at_most])
        return self._card.grades[rank]

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {grade.code: place for place, grade in enumerate(self._card.grades)}


def ranked(card: CardDefinition, found: tuple[Line, ...]) -> tuple[Reason, ...]:
    """The reasons that cost most points, the dearest first, the card's order where they cost the same.

    A reason has cost at least one point. After the four dearest, one about inquiries is told if there is one.
    """
    lost: dict[str, int] = {}
    for line in found:
        if line.reason is not None and line.lost_to_full > 0:
            lost[line.reason] = lost.get(line.reason, 0) + line.lost_to_full
    order = sorted(lost, key=lambda code: -lost[code])
    told = order[:REASONS_SHOWN]
    told += [code for code in order[REASONS_SHOWN:] if code in card.inquiry_reasons][:1]
    return tuple(Reason(code, card.reasons[code], lost[code]) for code in told)


def inputs_behind(card: CardDefinition, name: str) -> tuple[str, ...]:
    """The recorded facts a value of the card is worked out from, in the card's order."""
    behind = {item.name: {item.name} for item in card.inputs}
    for item in card.derivations:
        behind[item.name] = {fact for part in item.of for fact in behind.get(part, set())}
    return tuple(item.name for item in card.inputs if item.name in behind.get(name, set()))


def _lines_of(item: Characteristic, card: CardDefinition) -> list[Line]:
    """The line of every bin of one characteristic."""
    inputs = inputs_behind(card, item.of)
    return [
        Line(
            name=item.name,
            label=item.label,
            block=item.block,
            inputs=inputs,
            bin=code,
            bin_label=step.label,
            known=code > 0,
            points=step.points,
            points_maximum=item.maximum,
            reason=step.reason,
            basis=card.sources[item.basis],
            lost_to_full=max(item.maximum - step.points, 0),
        )
        for code, step in enumerate(item.bins)
    ]


def _lost(line: Line, peers: Peers | None, place: int) -> float | None:
    mean = None if peers is None else peers.mean(place)
    return None if mean is None else max(round(mean - line.points, 2), 0.0)
