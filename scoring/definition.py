"""What a card or a profile says, as frozen values; nothing here computes a rating."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property

from scoring.procedure import AppraisalRules, Keeping, Path

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
# What stands where there is no score, and why there is none.
NO_SCORE = -1
RATED, REQUIRED_MISSING, TOO_FEW_FACTS = 0, 1, 2
# How closely the law guards an input; `restricted` takes a written consent (征信业管理条例 art. 14).
SENSITIVITIES = ("open", "personal", "restricted")


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
class Category:
    """One of the texts an input may hold, and how it is shown."""

    name: str
    label: Text


@dataclass(frozen=True)
class Input:
    """A recorded fact the card reads, its unit and the range a value may have.

    An input with `categories` holds texts; inside, a text is its position among them. `codes` says what the
    numbers of a coded fact mean, `special` what numbers outside the range stand for, such as "refused".
    A value that is none of these is unknown and flagged, or stops the scoring where `invalid` is `refuse`.
    """

    name: str
    label: Text
    unit: str
    minimum: float
    maximum: float
    sensitivity: str = ""
    consent: str = ""
    invalid: str = "unknown"
    categories: tuple[Category, ...] = ()
    codes: Mapping[float, Text] = field(default_factory=dict)
    special: Mapping[float, Text] = field(default_factory=dict)

    @property
    def allowed(self) -> str:
        """The values that are neither unknown nor refused, in words."""
        if self.categories:
            return ", ".join(category.name for category in self.categories)
        return ", ".join([f"{self.minimum:g} to {self.maximum:g}", *(f"{code:g}" for code in self.special)])


@dataclass(frozen=True)
class Reference:
    """A local reference value, such as the county's median income per head."""

    name: str
    label: Text
    value: float
    basis: str
    unit: str = ""


@dataclass(frozen=True)
class Derivation:
    """A value computed from others by one of a closed set of operations."""

    name: str
    label: Text
    unit: str
    operation: str
    of: tuple[str, ...]
    parameters: Mapping[str, tuple[float, ...]]
    basis: str = ""


@dataclass(frozen=True)
class Bin:
    """One step of a characteristic, from `low` to just before `high`, and the points it gives.

    A step of categories has `members` instead of ends, a step for one special code has `special`.
    """

    low: float
    high: float
    points: int
    reason: str | None
    label: Text
    members: tuple[str, ...] = ()
    special: float | None = None


@dataclass(frozen=True)
class Characteristic:
    """What is judged, from which value, under which rule; `bins[0]` is the bin for unknown.

    After it come the `steps` by value, and last the bins for special codes. `direction` says what a greater
    value does to the points: `up`, `down` or `free`; `months_to_change` how long a subject needs at least to
    better it, None where it cannot. `unit` is that of the value read, `written_unit` the one its edges are
    written in. `category_bins` is the bin of each category of the input, by its position.
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
    written_unit: str = ""
    category_bins: tuple[int, ...] = ()

    @cached_property
    def steps(self) -> tuple[Bin, ...]:
        """The bins by value: neither unknown nor special."""
        return tuple(step for step in self.bins[1:] if step.special is None)

    @cached_property
    def edges(self) -> tuple[float, ...]:
        """Where one step ends and the next begins; none among categories."""
        return () if self.category_bins else tuple(step.high for step in self.steps[:-1])

    @cached_property
    def specials(self) -> Mapping[float, int]:
        """The bin of every special code that has one of its own."""
        return {step.special: code for code, step in enumerate(self.bins) if step.special is not None}

    @cached_property
    def maximum(self) -> int:
        """The most points this characteristic can give."""
        return max(step.points for step in self.steps)

    @cached_property
    def bits(self) -> int:
        """How many bits the bin hit takes in a packed rating."""
        return max(1, math.ceil(math.log2(len(self.bins))))


@dataclass(frozen=True)
class Block:
    """A group of characteristics; what it gives together is limited to `maximum` points.

    `judgement` marks a block that rests on what people think of a subject, not on what is recorded of it;
    `bonus` one that comes on top of the card's full marks.
    """

    name: str
    label: Text
    maximum: int
    judgement: bool
    bonus: bool = False
    basis: str = ""


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
    written_unit: str = ""


@dataclass(frozen=True)
class Grade:
    """A grade and the least score it takes."""

    code: str
    label: Text
    minimum: int
    basis: str = ""


@dataclass(frozen=True)
class Prohibited:
    """Something the law or the policy keeps out of a card."""

    name: str
    label: Text
    basis: str


@dataclass(frozen=True)
class CardDefinition:
    """One dated version of a scorecard; with `variant`, the version for one type of subject.

    `basis` answers for the numbers of the card as a whole: its maximum and the least share of known facts.
    `inquiry_reasons` may be told beside the four that cost most. `subject` is the kind of subject rated.
    """

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
    basis: str = ""
    inquiry_reasons: tuple[str, ...] = ()
    subject: str = ""

    @cached_property
    def least_known_count(self) -> int:
        """How many characteristics must be known for a grade, the share taken as it is written."""
        return math.ceil(Fraction(repr(self.least_known_share)) * len(self.characteristics))


@dataclass(frozen=True)
class Criterion:
    """One gate of a title: a measure, the threshold it is held to and since when too little is too little.

    With a `reference` the threshold is that value of the caller's times `factor` plus `plus`; `strict` leaves
    the threshold itself out. `kind` tells an `attestation` (a document on file) and a `veto` (a decision
    against the place) from what can be measured; `title` is the lower title a prerequisite counts.
    `denominator` is what the measure must be divided by, empty where the measure alone says it.
    """

    name: str
    label: Text
    measure: str
    at_least: bool
    threshold: float
    least_denominator: float
    no_denominator: str
    basis: str
    strict: bool = False
    reference: str = ""
    factor: float = 1.0
    plus: float = 0.0
    kind: str = ""
    title: str = ""
    denominator: str = ""


@dataclass(frozen=True)
class Rung:
    """One step of a ladder: the least score it takes, and the lower rung that must be held before."""

    name: str
    label: Text
    at_least: int
    requires: str
    basis: str


@dataclass(frozen=True)
class Ladder:
    """A score of places and the rungs it leads to, lowest first.

    The score is the sum of the `items`, each read like a characteristic of a card; where there are none it is
    the measure `score`, given by hand or by another system.
    """

    maximum: int
    items: tuple[Characteristic, ...]
    score: str
    rungs: tuple[Rung, ...]
    basis: str


@dataclass(frozen=True)
class ProfileDefinition:
    """One dated version of what a title or the coverage goal asks for.

    `minimum_grade` is the least grade a credit household has; `mandatory` are the facts a valid file holds.
    The `criteria` end with what is asked of lower titles and of the village appraisal; what an appraisal must
    be say the rules of appraisals with the code `appraised_by`, or, where that is empty, `appraisal`.
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
    references: Mapping[str, Text] = field(default_factory=dict)
    ladder: Ladder | None = None
    path: Path | None = None
    keeping: Keeping | None = None
    appraisal: AppraisalRules | None = None
    appraised_by: str = ""

    @property
    def judged_by(self) -> list[str]:
        """The measures it judges by; what it only shows is not among them."""
        read = [item.measure for item in self.criteria]
        if self.ladder is not None:
            read += [self.ladder.score] if self.ladder.score else []
            read += [item.of for item in self.ladder.items]
        return read

    def least_rank(self, grades: Sequence[str]) -> int | None:
        """Where the least grade stands among the grades of a card; none where the card has no such grade."""
        return grades.index(self.minimum_grade) if self.minimum_grade in grades else None
