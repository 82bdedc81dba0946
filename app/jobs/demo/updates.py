"""What became known after the files had arrived: new visits, corrections, the next return of the banks."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.jobs.demo.order import Bools, Floats, Ints, Order
from app.models.base import epoch_day

BY_THE_BANK = (
    "overdue_days_max_24m",
    "overdue_days_now",
    "credit_relation_years",
    "default_item",
    "default_days",
    "default_cured_days",
    "default_measure",
)
_CORRECTED = "annual_net_income_fen"
_VISITED_SHARE, _CORRECTED_SHARE = 0.015, 0.004
_BETTERED = ("accounts_kept", "annual_report_filed", "ledger_kept", "agricultural_insurance")
_BETTERED_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Updates:
    """What the second delivery holds: values (NaN where it says nothing), and when they were observed."""

    facts: dict[str, Floats]
    observed_on: dict[str, Ints]


def updated(
    rng: np.random.Generator,
    order: Order,
    *,
    facts: Mapping[str, Floats],
    observed_on: Mapping[str, Ints],
    newest_return: Mapping[str, Floats],
) -> Updates:
    """The updates of files: a few visited anew, fewer corrected, and every borrower in the newest return."""
    days = {name: each.copy() for name, each in observed_on.items() if name in facts}
    later = {name: np.full(len(values), np.nan) for name, values in facts.items()}
    _visit_anew(rng, later, days, order=order, facts=facts)
    _correct(rng, later, days, facts=facts)
    for name, values in newest_return.items():
        later[name] = np.where(_says_more(name, values, before=facts[name]), values, np.nan)
        days[name] = np.full(len(values), order.month_ends[-1])
    _detail_defaults(later, facts=facts)
    return Updates(later, days)


def _visit_anew(
    rng: np.random.Generator,
    later: dict[str, Floats],
    days: dict[str, Ints],
    *,
    order: Order,
    facts: Mapping[str, Floats],
) -> None:
    """Amounts and appraisals move a little from one visit to the next; some shortcomings are mended."""
    count = len(next(iter(facts.values())))
    visited = np.flatnonzero(rng.random(count) < _VISITED_SHARE)
    first_day, end = epoch_day(order.delivered_on) + 1, epoch_day(order.updated_on)
    visit = rng.integers(first_day, end, len(visited))
    for name in sorted(facts.keys() - set(BY_THE_BANK)):
        later[name][visited] = _moved(rng, name, facts[name][visited])
        days[name][visited] = visit


def _moved(rng: np.random.Generator, name: str, values: Floats) -> Floats:
    if name.endswith("_fen"):
        amount: Floats = np.round(values * rng.lognormal(0.01, 0.15, len(values)) / 10_000) * 10_000
        return amount
    if name == "appraisal_score":
        score: Floats = np.clip(values + rng.normal(0, 5, len(values)), 0.0, 100.0)
        return np.round(score, 1)
    if name in _BETTERED:
        mended: Floats = np.where(rng.random(len(values)) < _BETTERED_SHARE, 1.0, values)
        return mended
    return values


def _correct(
    rng: np.random.Generator, later: dict[str, Floats], days: dict[str, Ints], *, facts: Mapping[str, Floats]
) -> None:
    """A slip of the pen: the same day of observation, another amount."""
    if _CORRECTED not in facts:
        return
    untouched = np.isnan(later[_CORRECTED])
    wrong = untouched & (rng.random(len(untouched)) < _CORRECTED_SHARE)
    right = np.round(facts[_CORRECTED] * rng.choice([0.8, 1.25], len(wrong)) / 10_000) * 10_000
    later[_CORRECTED] = np.where(wrong, right, later[_CORRECTED])


def _says_more(name: str, values: Floats, *, before: Floats) -> Bools:
    """A return says anew how far behind each borrower is; of the rest it says what has become different."""
    if name == "overdue_days_now":
        return ~np.isnan(values)
    if name == "credit_relation_years":
        return np.isnan(before)
    different: Bools = values != before
    return different


def _detail_defaults(later: dict[str, Floats], *, facts: Mapping[str, Floats]) -> None:
    """A default that is new is one of principal, without any measure yet."""
    if "default_days" not in facts:
        return
    new = ~np.isnan(later["default_days"]) & np.isnan(facts["default_days"])
    for name in ("default_item", "default_measure"):
        later[name] = np.where(new, 1.0, np.nan)
