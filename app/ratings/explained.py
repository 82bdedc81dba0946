"""A rating with everything behind it."""

from dataclasses import dataclass

from app.models import Rating, RatingRun, RuleVersion
from scoring import Explanation, WayUp


@dataclass(frozen=True)
class ExplainedRating:
    """A rating with its night, the rule it was made by and every point of it."""

    rating: Rating
    run: RatingRun
    rule: RuleVersion
    explanation: Explanation
    way_up: WayUp | None
