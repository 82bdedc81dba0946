"""Loans and three years of monthly performance, from which the overdue facts are taken."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.jobs.demo.order import MONTHS, Floats, Ints

_RECENT_MONTHS = 24
_CLASS_FROM_DAYS = np.array([31, 91, 181, 361])  # 关注, 次级, 可疑, 损失


@dataclass(frozen=True, slots=True)
class Loans:
    """Loans (rows) and their month-ends (columns); a day count of -1 means that there is no return."""

    owner: Ints
    granted_on: Ints
    amount_fen: Ints
    overdue_days: Ints
    balance_fen: Ints

    @property
    def class_code(self) -> Ints:
        """The five-category class of each month, 1 normal to 5 loss."""
        return np.searchsorted(_CLASS_FROM_DAYS, self.overdue_days, side="right") + 1


def perform(
    rng: np.random.Generator, quality: Floats, *, owners: Ints, ends: Ints, amount_yuan: float
) -> Loans:
    """Three years of the loans of `owners`: the better the quality, the rarer and shorter the arrears."""
    count = len(owners)
    begun = np.where(rng.random(count) < 0.7, 0, rng.integers(0, MONTHS - 2, count))
    term_days = rng.choice([1095, 1825, 2555, 3650], count, p=[0.1, 0.25, 0.35, 0.3])
    before = np.round(rng.random(count) * 0.6 * term_days).astype(np.int64) + 1
    granted_on = np.where(begun == 0, ends[0] - before, ends[begun] - rng.integers(0, 28, count))
    amount_fen = np.round(amount_yuan * rng.lognormal(0, 0.5, count) / 1000) * 100_000 + 1_000_000
    overdue_days = _overdue_days(rng, quality, ends=ends)
    overdue_days[np.arange(MONTHS) < begun[:, None]] = -1
    share = np.clip(1 - (ends[None, :] - granted_on[:, None]) / term_days[:, None], 0, 1)
    balance_fen, repaid = _balances(amount_fen, share=share, overdue_days=overdue_days)
    overdue_days[:, 1:][repaid[:, :-1]] = -1
    return Loans(owners, granted_on, amount_fen.astype(np.int64), overdue_days, balance_fen)


def _overdue_days(rng: np.random.Generator, quality: Floats, *, ends: Ints) -> Ints:
    count = len(quality)
    falls_behind = np.clip(0.011 * np.exp(-1.15 * quality), 0.0004, 0.2)
    catches_up = np.clip(0.62 + 0.1 * quality, 0.3, 0.9)
    days = np.zeros((count, MONTHS), dtype=np.int64)
    now = np.zeros(count, dtype=np.int64)
    for month in range(MONTHS):
        length = int(ends[month] - ends[month - 1]) if month else 30
        chance = rng.random(count)
        late = now > 0
        stays = chance > catches_up * np.where(now > 90, 0.45, 1.0)
        begins = np.where(chance < falls_behind, 1 + (chance / falls_behind * 29.99).astype(np.int64), 0)
        now = np.where(late, np.where(stays, now + length, 0), begins)
        days[:, month] = now
    return days


def _balances(amount_fen: Floats, *, share: Floats, overdue_days: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """What is owed at each month-end, and from when on a loan is repaid; never while behind."""
    owed = np.round(amount_fen[:, None] * share / 10_000).astype(np.int64) * 10_000
    settled = (owed == 0) & (overdue_days <= 0)
    repaid = np.logical_and.accumulate(settled[:, ::-1], axis=1)[:, ::-1]
    return np.where(repaid, 0, np.maximum(owed, 50_000)), repaid


def overdue_facts(loans: Loans, count: int, *, ends: Ints) -> dict[str, Floats]:
    """The repayment facts of `count` subjects as their loans show them up to the last of `ends`.

    They are unknown without a loan.
    """
    worst = np.full((count, len(ends)), -1)
    np.maximum.at(worst, loans.owner, loans.overdue_days[:, : len(ends)])
    oldest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(oldest, loans.owner, loans.granted_on)
    borrows = oldest <= ends[-1]
    facts = {
        "overdue_days_max_24m": worst[:, -_RECENT_MONTHS:].max(axis=1).clip(0).astype(float),
        "overdue_days_now": worst[:, -1].clip(0).astype(float),
        "credit_relation_years": np.round((ends[-1] - np.where(borrows, oldest, 0)) / 365.25, 1),
    }
    for values in facts.values():
        values[~borrows] = np.nan
    return facts | _defaults(worst, ends=ends)


def _defaults(worst: Ints, *, ends: Ints) -> dict[str, Floats]:
    """The longest default of more than 90 days: how long it lasted and how long ago it was cured."""
    longest = worst.max(axis=1)
    defaulted = longest > 90
    last, newest = worst.argmax(axis=1), len(ends) - 1
    cured = np.where(last < newest, ends[-1] - ends[np.minimum(last + 1, newest)], -1)
    return {
        "default_days": np.where(defaulted, longest, np.nan),
        "default_cured_days": np.where(defaulted, cured, np.nan),
    }
