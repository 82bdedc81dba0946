"""A rating with everything behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.models import Rating, RatingRun, RuleVersion
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
