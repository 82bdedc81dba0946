"""Ratings and cards on the wire."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.models import RuleVersion
from app.ratings.explained import ExplainedRating, ShownRecord
from app.records.service import KnownRecord
from scoring import Line


class Answer(BaseModel):
    """The base of every answer: read from the values of the services."""

    model_config = ConfigDict(from_attributes=True)


class TextAnswer(Answer):
    """The same words in Chinese and English."""

    zh: str
    en: str


class SourceAnswer(Answer):
    """The document and article a rule answers to."""

    code: str
    document: str
    article: str
    dated: str


class CharacteristicAnswer(Answer):
    """One characteristic: the bin hit, its points, the most it can give, the reason and the rule.

    Points are lost against full marks, against the mean of those who just passed and against the village's
    (null where fewer than ten are compared); `record_ids` are the records of the facts in `inputs`.
    """

    name: str
    label: TextAnswer
    block: str
    bin: int
    bin_label: TextAnswer
    known: bool
    points: int
    points_maximum: int
    lost_to_full: int
    lost_to_passing: float | None
    lost_to_village: float | None
    reason: str | None
    basis: SourceAnswer
    inputs: list[str]
    record_ids: list[int] = []


class BlockAnswer(Answer):
    """A block of characteristics: what it gives, limited to its maximum."""

    name: str
    label: TextAnswer
    points: int
    points_maximum: int


class ReasonAnswer(Answer):
    """A reason why points are missing, and how many; the dearest first."""

    code: str
    text: TextAnswer
    points_lost: int


class VetoAnswer(Answer):
    """A veto that holds the grade down."""

    name: str
    label: TextAnswer
    grade_at_most: str
    basis: SourceAnswer


class ChangeAnswer(Answer):
    """One characteristic brought to a better bin: the points it gains, and the months it takes at least."""

    name: str
    label: TextAnswer
    to_label: TextAnswer
    points_gained: int
    months: int


class WayUpAnswer(Answer):
    """The fewest changes that reach the next grade, and how long they take at least."""

    grade: str
    score: int
    months: int
    changes: list[ChangeAnswer]


class CardVersionAnswer(Answer):
    """The card a rating was made by: with it and the bins the rating can be computed again."""

    code: str
    variant: str
    version: date
    fingerprint: str


class RatingAnswer(Answer):
    """One rating with every point of it."""

    rating_id: int
    grade: str
    grade_label: TextAnswer
    score: int | None
    unrated_reason: str | None
    since: date
    as_of: date
    superseded_on: date | None
    on_file: bool
    known_count: int
    characteristic_count: int
    out_of_range_count: int
    card: CardVersionAnswer
    characteristics: list[CharacteristicAnswer]
    blocks: list[BlockAnswer]
    vetoes: list[VetoAnswer]
    reasons: list[ReasonAnswer]
    way_up: WayUpAnswer | None
    other_ways_up: list[WayUpAnswer]

    @classmethod
    def of(
        cls, explained: ExplainedRating, *, as_of: date | None, superseded_on: date | None = None
    ) -> "RatingAnswer":
        """The rating of a night: it holds as of the newest one, unless a later rating took its place."""
        rating, told, run = explained.rating, explained.explanation, explained.run
        ways_up = [WayUpAnswer.model_validate(way) for way in explained.ways_up]
        holds_until = as_of if as_of is not None and superseded_on is None else run.as_of
        return cls(
            rating_id=rating.rating_id,
            grade=rating.grade,
            grade_label=TextAnswer.model_validate(told.grade_label),
            score=rating.score,
            unrated_reason=rating.unrated_reason.value or None,
            since=run.as_of,
            as_of=holds_until,
            superseded_on=superseded_on,
            on_file=rating.on_file,
            known_count=rating.known_count,
            characteristic_count=told.characteristic_count,
            out_of_range_count=rating.out_of_range_count,
            card=card_version(explained.rule),
            characteristics=[_characteristic(line, explained.record_ids) for line in told.lines],
            blocks=[BlockAnswer.model_validate(line) for line in told.blocks],
            vetoes=[VetoAnswer.model_validate(line) for line in told.vetoes],
            reasons=[ReasonAnswer.model_validate(line) for line in told.reasons],
            way_up=ways_up[0] if ways_up else None,
            other_ways_up=ways_up[1:],
        )


def _characteristic(line: Line, record_ids: Mapping[str, int]) -> CharacteristicAnswer:
    answer = CharacteristicAnswer.model_validate(line)
    answer.record_ids = [record_ids[name] for name in line.inputs if name in record_ids]
    return answer


class RatingHistoryLine(Answer):
    """One rating of a subject; it held from `since` until the next line above it."""

    rating_id: int
    since: date
    grade: str
    score: int | None
    unrated_reason: str | None
    card: CardVersionAnswer


class RatingHistoryAnswer(Answer):
    """All ratings of one subject, the newest first."""

    subject_id: int
    ratings: list[RatingHistoryLine]


class RecordAnswer(Answer):
    """A record behind a rating: what was observed when, from which source, batch and row of a file.

    `withheld` says why the value is not shown: corrected, repaired, expired, not_noticed, consent_withdrawn.
    """

    record_id: int
    name: str
    label: str
    unit: str
    value: float | None
    withheld: str | None
    statement: str | None
    observed_on: date
    source: str
    source_label: str
    batch_id: int
    file_name: str
    row_no: int
    consent_reference: str | None
    conflicts: list["ConflictAnswer"]
    synthetic: bool

    @classmethod
    def of(cls, shown: ShownRecord) -> "RecordAnswer":
        """One value that counted, as it may be shown now."""
        value = shown.value
        plain = {name: getattr(value, name) for name in cls.model_fields if hasattr(value, name)}
        return cls(
            **plain
            | {
                "value": value.value if shown.withheld is None else None,
                "withheld": shown.withheld.value if shown.withheld else None,
                "statement": shown.statement,
                "conflicts": [ConflictAnswer.of(other) for other in value.conflicts],
            }
        )


class ConflictAnswer(Answer):
    """What another source said of the same fact at the same time, and did not count."""

    record_id: int
    source_label: str
    value: float
    observed_on: date

    @classmethod
    def of(cls, other: KnownRecord) -> "ConflictAnswer":
        """One record of another source."""
        return cls(
            record_id=other.record.record_id,
            source_label=other.source.label,
            value=other.record.value,
            observed_on=other.record.observed_on,
        )


class CardLine(Answer):
    """One version of a card."""

    code: str
    variant: str
    version: date
    title: TextAnswer
    kind: str
    fingerprint: str


class CardsAnswer(Answer):
    """All cards, one version a line."""

    cards: list[CardLine]


class ValidationAnswer(Answer):
    """On whom a card was validated before it was put in force, and how well it parted payers from others.

    `auc` is null where no outcomes were known: then the card rests on expert judgement alone.
    """

    validated_on: date
    population: str
    synthetic: bool
    rated_count: int
    outcome_count: int
    auc: float | None

    @classmethod
    def of(cls, rule: RuleVersion) -> "ValidationAnswer | None":
        """The validation kept with a rule; the common part of a card with versions by type has none."""
        if rule.validation is None:
            return None
        report = rule.validation["report"]
        whole = next((item for item in report["discrimination"] if item["sample"] == "all"), None)
        return cls(
            validated_on=rule.validation["validated_on"],
            population=report["population"],
            synthetic=report["synthetic"],
            rated_count=report["counts"]["rated_count"],
            outcome_count=report["counts"]["rated_outcome_count"],
            auc=None if whole is None else whole["auc"],
        )


class CardAnswer(CardLine):
    """A card in full, as it is kept (inputs, bins, vetoes, grades, sources), and its validation."""

    content: dict[str, Any]
    validation: ValidationAnswer | None


def card_version(rule: RuleVersion) -> CardVersionAnswer:
    """The name of a card version."""
    return CardVersionAnswer(
        code=rule.code, variant=rule.variant, version=rule.effective_from, fingerprint=rule.fingerprint
    )
