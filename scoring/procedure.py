"""How a title is reached and kept, as frozen values: its steps, its grace, and how a village appraises."""

from collections.abc import Mapping
from dataclasses import dataclass

PROPOSERS = ("night", "application")
CHECKERS = ("village", "town")
DECIDERS = ("town", "district", "city")
# How many days after its notice a proposal may still be decided where a profile does not say: a proposed
# default of a season, after which the village has forgotten what it was shown.
DECIDE_WITHIN_DAYS = 90


@dataclass(frozen=True)
class Path:
    """The steps of a title from proposal to plaque; `campaign_until` is the last day of a year's campaign.

    `basis` names the source of each number. `campaign_until` is a month and a day, empty where there is none.
    From `decide_within_days` after the end of the notice on a proposal can no longer be decided.
    """

    proposed_by: tuple[str, ...]
    checks: tuple[str, ...]
    notice_days: int
    decided_by: str
    validity_months: int
    review_before_days: int
    campaign_until: str
    basis: Mapping[str, str]
    decide_within_days: int | None = None

    @property
    def days_to_decide(self) -> int:
        """How many days after the end of its notice a proposal may be decided."""
        return DECIDE_WITHIN_DAYS if self.decide_within_days is None else self.decide_within_days


@dataclass(frozen=True)
class Keeping:
    """How a title outlives a bad month: so many month-ends breached in a row, then so many days of grace."""

    month_ends: int
    grace_days: int
    basis: str


@dataclass(frozen=True)
class AppraisalRules:
    """What a village appraisal must be to count, and how far it may carry.

    Fewer than `quorum` answers are no appraisal; from `trimmed_from` on the best and the worst are left out.
    An answer of `favourable_from` or more is favourable. With `not_above_appraisal` the grade may not be
    better than what the appraisers gave.
    """

    quorum: int
    trimmed_from: int
    favourable_share: float
    favourable_from: float
    weight_at_most: float
    not_above_appraisal: bool
    basis: str
