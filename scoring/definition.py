"""What a card or a profile says, as frozen values; nothing here computes a rating."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

# What a card may compute: the number of values each operation reads (0: one or more) and its parameters.
OPERATIONS: Mapping[str, tuple[int, frozenset[str]]] = {
    "ratio": (2, frozenset({"endless"})),
    "weighted": (0, frozenset({"weights"})),
    "product": (0, frozenset()),
    "least": (2, frozenset()),
    "known_if": (2, frozenset({"at_least"})),
    "default_penalty": (
        4,
        frozenset(
            {
                "unit_points",
                "item_factors",
                "days_limits",
                "days_factors",
                "cured_limits",
                "cured_factors",
                "measure_factors",
            }
        ),
    ),
}
OPTIONAL_PARAMETERS = frozenset({"endless"})


@dataclass(frozen=True)
class Text:
    """The same words in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True)
class Source:
    """Where a number comes from: document, article and date."""

    code: str
    document: str
    article: str
    dated: str


@dataclass(frozen=True)
class Input:
    """A recorded fact the card reads, its unit and the range a value may have."""

    name: str
    label: Text
    unit: str
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Reference:
    """A local reference value, such as the county's median income per head."""

    name: str
    label: Text
    value: float
    basis: str


@dataclass(frozen=True)
class Derivation:
    """A value computed from others by one of a closed set of operations."""

    name: str
    label: Text
    unit: str
    operation: str
    of: tuple[str, ...]
    parameters: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Bin:
    """One step of a characteristic, from `low` to just before `high`, and the points it gives."""

    low: float
    high: float
    points: int
    reason: str | None
    label: Text


@dataclass(frozen=True)
class Characteristic:
    """What is judged, from which value, under which rule; `bins[0]` is the bin for unknown.

    `direction` says what a greater value does to the points: `up`, `down` or `free`; `months_to_change` how
    long a subject needs at least to better it, None where it cannot.
    """

    name: str
    label: Text
    block: str
    of: str
    unit: str
    basis: str
    direction: str
    months_to_change: int | None
    bins: tuple[Bin, ...]

    @property
    def edges(self) -> tuple[float, ...]:
        """Where one bin ends and the next begins."""
        return tuple(step.high for step in self.bins[1:-1])

    @property
    def maximum(self) -> int:
        """The most points this characteristic can give."""
        return max(step.points for step in self.bins[1:])

    @property
    def bits(self) -> int:
        """How many bits the bin hit takes in a packed rating."""
        return max(1, math.ceil(math.log2(len(self.bins))))


@dataclass(frozen=True)
class Block:
    """A group of characteristics; what it gives together is limited to `maximum` points.

    `judgement` marks a block that rests on what people think of a subject, not on what is recorded of it.
    """

    name: str
    label: Text
    maximum: int
    judgement: bool


@dataclass(frozen=True)
class Veto:
    """A state of affairs that holds the grade down whatever the score."""

    name: str
    label: Text
    of: str
    threshold: float
    inclusive: bool
    grade_at_most: str
    basis: str


@dataclass(frozen=True)
class Grade:
    """A grade and the least score it takes."""

    code: str
    label: Text
    minimum: int


@dataclass(frozen=True)
class Prohibited:
    """Something the law or the policy keeps out of a card."""

    name: str
    label: Text
    basis: str


@dataclass(frozen=True)
class CardDefinition:
    """One dated version of a scorecard; with `variant`, the version for one type of subject."""

    code: str
    variant: str
    title: Text
    effective_from: date
    maximum: int
    least_known_share: float
    required: tuple[str, ...]
    blocks: tuple[Block, ...]
    inputs: tuple[Input, ...]
    references: tuple[Reference, ...]
    derivations: tuple[Derivation, ...]
    characteristics: tuple[Characteristic, ...]
    vetoes: tuple[Veto, ...]
    grades: tuple[Grade, ...]
    unrated: Grade
    reasons: Mapping[str, Text]
    sources: Mapping[str, Source]
    prohibited: tuple[Prohibited, ...]
    overlays: tuple[str, ...]
    fingerprint: str
    content: str


@dataclass(frozen=True)
class Criterion:
    """One gate of a title: a measure, the threshold it is held to and since when too little is too little."""

    name: str
    label: Text
    measure: str
    at_least: bool
    threshold: float
    least_denominator: float
    no_denominator: str
    basis: str


@dataclass(frozen=True)
class ProfileDefinition:
    """One dated version of what a title or the coverage goal asks for.

    `minimum_grade` is the least grade a credit household has; `mandatory` are the facts a valid file holds.
    """

    code: str
    level: str
    title: Text
    effective_from: date
    criteria: tuple[Criterion, ...]
    measures: Mapping[str, Text]
    denominators: Mapping[str, Text]
    parameters: Mapping[str, float]
    minimum_grade: str
    mandatory: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, Source]
    fingerprint: str
    content: str
