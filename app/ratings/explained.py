"""A rating with everything behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.models import Rating, RatingRun, RuleVersion
from app.records.exclusions import Exclusion
from app.records.service import CurrentValue
from scoring import Explanation, WayUp


@dataclass(frozen=True)
class ExplainedRating:
    """A rating with its night, the rule it was made by and every point of it.

    `ways_up` are the cheapest sets of changes to the next grade; `record_ids` the records that counted, by
    the names of their facts.
    """

    rating: Rating
    run: RatingRun
    rule: RuleVersion
    explanation: Explanation
    ways_up: tuple[WayUp, ...]
    record_ids: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ToldRating:
    """What is told of a rating that holds: in short, the records that counted, and all as it is sent."""

    grade: str
    score: int | None
    fingerprint: str
    record_ids: tuple[int, ...]
    text: bytes


@dataclass(frozen=True)
class ShownRecord:
    """A record behind a rating as it may be shown, with what the subject says of it.

    `withheld` says why its value is not shown.
    """

    value: CurrentValue
    withheld: Exclusion | None
    statement: str | None

    @property
    def words(self) -> str:
        """The value with its unit, or why it is not shown."""
        if self.withheld is not None:
            return f"{self.withheld.label}，不再显示"
        return self.value.words
