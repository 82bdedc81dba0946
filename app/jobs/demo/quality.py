"""What is recorded of a household: driven by the same hidden quality as its repayment, and full of gaps."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_REFERENCE_INCOME_YUAN, _REFERENCE_ASSETS_YUAN = 21_000, 150_000
_GAPS = {  # the share of ordinary files in which a fact was not collected
    "household_size": 0.004,
    "annual_net_income_fen": 0.006,
    "annual_income_fen": 0.02,
    "labourer_count": 0.02,
    "income_source_count": 0.05,
    "income_source_years": 0.08,
    "debt_fen": 0.05,
    "guarantee_fen": 0.08,
    "operated_land_mu": 0.04,
    "net_assets_fen": 0.06,
    "confirmed_right_count": 0.04,
    "appraisal_score": 0.03,
    "appraiser_count": 0.03,
    "agricultural_insurance": 0.25,
    "training_certificate": 0.8,
    "honour_level": 0.9,
    "judgment_defaulter": 0.97,
    "written_off_loan": 0.99,
}
_THIN_GAP = 0.68


def household_facts(
    rng: np.random.Generator, quality: Floats, *, repayment: Mapping[str, Floats], thin: Bools
) -> dict[str, Floats]:
    """The facts of each household (NaN where nobody has collected them)."""
    facts = dict(repayment) | _people(rng, quality) | _assets(rng, quality) | _standing(rng, quality)
    facts |= _money(
        rng, quality, size=facts["household_size"], borrows=~np.isnan(repayment["overdue_days_now"])
    )
    defaulted = ~np.isnan(repayment["default_days"])
    facts |= _default_details(rng, defaulted)
    facts["judgment_defaulter"] = np.where(defaulted & (rng.random(len(quality)) < 0.15), 1.0, 0.0)
    facts["written_off_loan"] = np.where(defaulted & (rng.random(len(quality)) < 0.06), 1.0, 0.0)
    for name, gap in _GAPS.items():
        chance = np.where(thin, max(_THIN_GAP, gap), gap)
        facts[name] = np.where(
            (rng.random(len(quality)) < chance) & ~_adverse(name, facts), np.nan, facts[name]
        )
    return facts


def earlier_income(rng: np.random.Generator, facts: Mapping[str, Floats]) -> Floats:
    """Last year's net income of the tenth of the households that were already on file then."""
    income = np.round(facts["annual_net_income_fen"] * rng.normal(0.93, 0.08, len(facts["household_size"])))
    return np.where(rng.random(len(income)) < 0.1, _to_hundred_yuan(income / 100), np.nan)


def _adverse(name: str, facts: Mapping[str, Floats]) -> Bools:
    if name in ("judgment_defaulter", "written_off_loan"):
        return facts[name] > 0
    return np.zeros(len(facts[name]), dtype=bool)


def _people(rng: np.random.Generator, quality: Floats) -> dict[str, Floats]:
    count = len(quality)
    size = rng.choice([1, 2, 3, 4, 5, 6, 7], count, p=[0.11, 0.25, 0.25, 0.21, 0.11, 0.05, 0.02])
    able = np.clip(0.56 + 0.08 * quality, 0.2, 0.95)
    return {
        "household_size": size.astype(float),
        "labourer_count": rng.binomial(size, able).astype(float),
        "income_source_count": 1.0 + rng.binomial(3, np.clip(0.18 + 0.1 * quality, 0.03, 0.8)),
        "income_source_years": np.round(np.minimum(rng.lognormal(1.5 + 0.15 * quality, 0.6), 40), 1),
    }


def _assets(rng: np.random.Generator, quality: Floats) -> dict[str, Floats]:
    count = len(quality)
    land = np.round(np.minimum(rng.lognormal(0.95 + 0.28 * quality, 0.9), 400), 1)
    worth = _REFERENCE_ASSETS_YUAN * (rng.lognormal(-0.35 + 0.33 * quality, 0.55) - 0.12)
    return {
        "operated_land_mu": np.where(rng.random(count) < 0.12, 0.0, land),
        "net_assets_fen": _to_hundred_yuan(worth),
        "confirmed_right_count": rng.binomial(3, np.clip(0.48 + 0.1 * quality, 0.1, 0.95)).astype(float),
    }


def _standing(rng: np.random.Generator, quality: Floats) -> dict[str, Floats]:
    count = len(quality)
    return {
        "appraisal_score": np.round(np.clip(rng.normal(65 + 8 * quality, 7), 5, 100), 1),
        "appraiser_count": np.where(rng.random(count) < 0.05, 2.0, rng.integers(3, 10, count)),
        "agricultural_insurance": (rng.random(count) < 0.6 + 0.1 * quality).astype(float),
        "training_certificate": (rng.random(count) < 0.5 + 0.1 * quality).astype(float),
        "honour_level": rng.choice([0.0, 1.0, 2.0], count, p=[0.35, 0.5, 0.15]),
    }


def _money(rng: np.random.Generator, quality: Floats, *, size: Floats, borrows: Bools) -> dict[str, Floats]:
    count = len(quality)
    per_head = _REFERENCE_INCOME_YUAN * rng.lognormal(-0.24 + 0.27 * quality, 0.33)
    net = _to_hundred_yuan(per_head * size)
    gross = _to_hundred_yuan(per_head * size * rng.uniform(1.1, 1.6, count))
    owes = borrows | (rng.random(count) < 0.4)
    debt = np.where(owes, gross * rng.lognormal(-0.75 - 0.35 * quality, 0.7), 0)
    guarantees = np.where(rng.random(count) < 0.16, gross * rng.lognormal(-0.9, 0.7), 0)
    return {
        "annual_net_income_fen": net,
        "annual_income_fen": gross,
        "debt_fen": _to_hundred_yuan(debt / 100),
        "guarantee_fen": _to_hundred_yuan(guarantees / 100),
    }


def _default_details(rng: np.random.Generator, defaulted: Bools) -> dict[str, Floats]:
    count = len(defaulted)
    item = rng.choice([1.0, 2.0, 3.0], count, p=[0.45, 0.4, 0.15])
    measure = rng.choice([1.0, 2.0, 3.0], count, p=[0.75, 0.13, 0.12])
    return {
        "default_item": np.where(defaulted, item, np.nan),
        "default_measure": np.where(defaulted, measure, np.nan),
    }


def _to_hundred_yuan(yuan: Floats) -> Floats:
    """Yuan as fen, told in whole hundreds of yuan as people do."""
    return np.round(yuan / 100) * 10_000
