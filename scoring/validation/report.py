"""A card held against what became of the subjects it rates: one report, kept as evidence (REQ-410)."""

from dataclasses import dataclass

from scoring.definition import CardDefinition, Text
from scoring.validation.calibration import DefaultRate, GoodnessOfFit, GradeBreak
from scoring.validation.chance import ScoreScale
from scoring.validation.discrimination import Discrimination
from scoring.validation.fairness import Fairness
from scoring.validation.population import Split
from scoring.validation.stability import Stability
from scoring.validation.thresholds import Thresholds

FORMAT = 1
ALL, DEVELOPMENT, OUT_OF_TIME = "all", "development", "out_of_time"


@dataclass(frozen=True)
class CardIdentity:
    """Which version of which card was validated."""

    code: str
    variant: str
    title: Text
    effective_from: str
    fingerprint: str

    @classmethod
    def of(cls, card: CardDefinition) -> "CardIdentity":
        """The identity of a card."""
        first_day = card.effective_from.isoformat()
        return cls(card.code, card.variant, card.title, first_day, card.fingerprint)


@dataclass(frozen=True)
class Counts:
    """How many rows there were and what could be used of them.

    `unknown_count` are the rows with at least one unknown characteristic, `out_of_range_count` those with a
    value that was refused; `rated_outcome_count` those that are rated and whose outcome is known.
    """

    row_count: int
    rated_count: int
    required_missing_count: int
    too_few_facts_count: int
    unknown_count: int
    out_of_range_count: int
    outcome_count: int
    default_count: int
    rated_outcome_count: int


@dataclass(frozen=True)
class MissingInput:
    """A fact the card reads that no column was given for: it is unknown of everybody."""

    name: str
    label: Text


@dataclass(frozen=True)
class UnknownShare:
    """How many rows one characteristic is unknown for."""

    name: str
    label: Text
    unknown_count: int


@dataclass(frozen=True)
class ValidationReport:
    """All figures of one validation.

    `cut` is the least grade that counts as reached in the fairness figures; `scale` turned scores into
    expected chances, None where the card stated them itself. The bands of `bands` were cut on the development
    months; `bands_sample` says whose outcomes they hold.
    """

    format: int
    card: CardIdentity
    population: str
    synthetic: bool
    thresholds: Thresholds
    counts: Counts
    missing_inputs: tuple[MissingInput, ...]
    unknown: tuple[UnknownShare, ...]
    split: Split | None
    discrimination: tuple[Discrimination, ...]
    scale: ScoreScale | None
    grades: tuple[DefaultRate, ...]
    grade_breaks: tuple[GradeBreak, ...]
    bands: tuple[DefaultRate, ...]
    bands_sample: str
    fit: GoodnessOfFit | None
    score_stability: tuple[Stability, ...]
    grade_stability: tuple[Stability, ...]
    characteristic_stability: tuple[Stability, ...]
    cut: str
    cut_stated: bool
    fairness: tuple[Fairness, ...]

    def is_of(self, card: CardDefinition) -> bool:
        """Whether this report is about this very version of the card."""
        return self.card.fingerprint == card.fingerprint and self.card.variant == card.variant
