"""Which of several records of one fact counts on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.records.rules import RecordRules


@dataclass(frozen=True)
class Candidate:
    """A record that may count: by which source, observed when."""

    record_id: int
    source: str
    observed_on: date
    value: float


def chosen(
    candidates: Sequence[Candidate],
    *,
    on: date,
    domain: str,
    freshness_months: int,
    rules: RecordRules | None,
) -> Candidate:
    """The record that counts: the newest of the most authoritative source among those still fresh.

    Where none is fresh, and without rules, the newest observation; of one day, the one recorded last.
    """
    limit = months_before(on, freshness_months)

    def order(candidate: Candidate) -> tuple[bool, int, date, int]:
        fresh = rules is not None and candidate.observed_on > limit
        rank = rules.rank(domain, candidate.source) if rules is not None and fresh else 0
        return fresh, rank, candidate.observed_on, candidate.record_id

    return max(candidates, key=order)


def conflicting(
    counts: Candidate,
    candidates: Sequence[Candidate],
    *,
    on: date,
    domain: str,
    freshness_months: int,
    rules: RecordRules | None,
) -> list[Candidate]:
    """The newest fresh record of each other source that does not agree with the one that counts."""
    limit = months_before(on, freshness_months)
    newest: dict[str, Candidate] = {}
    for other in sorted(candidates, key=lambda each: (each.observed_on, each.record_id)):
        if other.source != counts.source and other.observed_on > limit:
            newest[other.source] = other
    if rules is None:
        return []
    return [other for other in newest.values() if not rules.agree(domain, counts.value, other.value)]


def months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)
