"""Whether a title is kept: one bad month-end is borne, several in a row begin a time of grace.

A month-end counts as breached where a gate fails. One that holds, or to which no gate applies, ends a row of
breaches and restores the title. One without enough data, or that no night has judged, does neither: what is
not known neither takes a title nor saves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scoring.procedure import Keeping
from scoring.states import FAILS, INSUFFICIENT

KEPT, BREACHED_ONCE, BREACHED, GRACE_OVER = "kept", "breached_once", "breached", "grace_over"


@dataclass(frozen=True)
class Standing:
    """Where a title stands on a day.

    `breach_count` is the length of the row of breached month-ends. `probation_on` is the month-end the row
    became long enough, `revocable_on` the first day a revocation may be proposed; both None before.
    """

    state: str
    breach_count: int
    probation_on: date | None
    revocable_on: date | None


def standing(month_ends: Sequence[tuple[date, int]], *, keeping: Keeping, on: date) -> Standing:
    """The standing on a day, from the state of the whole at each month-end since the title was given.

    `BREACHED_ONCE` is every row of breaches that is still too short, `BREACHED` probation within its grace,
    `GRACE_OVER` when a revocation may be proposed. Month-ends after the day are not looked at.
    """
    count, begun = 0, None
    for day, state in sorted(month_ends):
        if day > on or state == INSUFFICIENT:
            continue
        if state != FAILS:
            count, begun = 0, None
            continue
        count += 1
        if count == keeping.month_ends:
            begun = day
    if begun is None:
        return Standing(BREACHED_ONCE if count else KEPT, count, None, None)
    over = begun + timedelta(days=keeping.grace_days)
    return Standing(GRACE_OVER if on >= over else BREACHED, count, begun, over)
