"""The agri entities of the demonstration: what they are, and what is recorded of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.jobs.demo.people import credit_codes
from app.jobs.demo.villages import Villages
from app.models import EntityStatus, EntityType
from app.models.base import epoch_day

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TYPES = (  # type, share, first two characters of its credit code, how its names end
    (EntityType.FAMILY_FARM, 0.52, "92", "家庭农场"),
    (EntityType.COOPERATIVE, 0.24, "93", "农民专业合作社"),
    (EntityType.LEADING_ENTERPRISE, 0.04, "91", "农业开发有限公司"),
    (EntityType.LARGE_GROWER, 0.1, "92", "种养大户"),
    (EntityType.SERVICE_ORGANISATION, 0.05, "91", "农业服务有限公司"),
    (EntityType.COLLECTIVE, 0.05, "N2", "股份经济合作联合社"),
)
_STATUSES = (
    (EntityStatus.ACTIVE, 0.94),
    (EntityStatus.SUSPENDED, 0.02),
    (EntityStatus.DEREGISTERED, 0.03),
    (EntityStatus.REVOKED, 0.01),
)
_WORDS = ("禾丰", "翠谷", "金穗", "绿野", "春晖", "田园", "沃土", "青山", "润禾", "满仓", "云岭", "清泉")


@dataclass(frozen=True, slots=True)
class Entities:
    """Entities in columns; `entity_type` and `status` hold the values of their enums."""

    credit_code: list[str]
    name: list[str]
    entity_type: NDArray[np.str_]
    status: NDArray[np.str_]
    village: Ints
    registered_on: Ints
    recognition_level: Ints


def invent(
    rng: np.random.Generator, villages: Villages, *, count: int, first: int, seed: int, on: date
) -> Entities:
    """`count` entities with the numbers `first`, `first` + 1 … of the invented register."""
    kind = rng.choice(len(_TYPES), count, p=[share for _, share, _, _ in _TYPES])
    weights = np.where(villages.is_village, 1.0, 0.3) * (villages.households + 1)
    village = rng.choice(len(villages.code), count, p=weights / weights.sum())
    numbers = np.arange(first, first + count)
    return Entities(
        credit_code=credit_codes(numbers, kinds=[_TYPES[each][2] for each in kind], seed=seed),
        name=_names(numbers, kind=kind, village=village, villages=villages),
        entity_type=np.array([each.value for each, *_ in _TYPES])[kind],
        status=np.array([each.value for each, _ in _STATUSES])[
            rng.choice(len(_STATUSES), count, p=[share for _, share in _STATUSES])
        ],
        village=village,
        registered_on=epoch_day(on) - np.round(rng.gamma(2.2, 900, count)).astype(np.int64) - 120,
        recognition_level=rng.choice(5, count, p=[0.8, 0.11, 0.06, 0.025, 0.005]),
    )


def _names(numbers: Ints, *, kind: Ints, village: Ints, villages: Villages) -> list[str]:
    return [
        f"璧山区{villages.name[where]}{_WORDS[number % len(_WORDS)]}{_TYPES[each][3]}（演示{number:06d}）"
        for number, each, where in zip(numbers.tolist(), kind.tolist(), village.tolist(), strict=True)
    ]


def entity_facts(
    rng: np.random.Generator, quality: Floats, entities: Entities, *, on: date
) -> dict[str, Floats]:
    """The facts of each entity (NaN where nobody has collected them, or where they do not apply)."""
    facts = _conduct(rng, quality) | _business(rng, quality, entities, on=on) | _governance(rng, quality)
    for name, only in _OF_ONE_TYPE.items():
        facts[name] = np.where(np.isin(entities.entity_type, only), facts[name], np.nan)
    thin = rng.random(len(quality)) < 0.02
    for name, values in facts.items():
        unknown = rng.random(len(quality)) < np.where(thin, 0.6, _GAPS.get(name, 0.03))
        facts[name] = np.where(unknown, np.nan, values)
    return facts


_GAPS = {"operating_years": 0.045}  # the share of ordinary files in which a fact was not collected
_OF_ONE_TYPE: dict[str, Sequence[str]] = {
    "surplus_return_share": [EntityType.COOPERATIVE.value],
    "member_accounts_kept": [EntityType.COOPERATIVE.value],
    "family_labour_share": [EntityType.FAMILY_FARM.value],
    "farm_income_share": [EntityType.FAMILY_FARM.value, EntityType.LARGE_GROWER.value],
    "audited": [EntityType.LEADING_ENTERPRISE.value, EntityType.COLLECTIVE.value],
    "acreage_served_mu": [EntityType.SERVICE_ORGANISATION.value],
}


def _conduct(rng: np.random.Generator, quality: Floats) -> dict[str, Floats]:
    return {
        "arrears_count": rng.poisson(0.12 * np.exp(-0.8 * quality)).astype(float),
        "litigation_count": rng.poisson(0.06 * np.exp(-0.8 * quality)).astype(float),
        "enforcement_listed": _yes(rng, 0.012 * np.exp(-0.8 * quality)),
        "abnormal_listed": _yes(rng, 0.02 * np.exp(-0.6 * quality)),
    }


def _business(
    rng: np.random.Generator, quality: Floats, entities: Entities, *, on: date
) -> dict[str, Floats]:
    count = len(quality)
    big = np.where(entities.entity_type == EntityType.LEADING_ENTERPRISE.value, 8.0, 1.0)
    revenue = 60_000_000 * big * rng.lognormal(0.2 * quality, 0.8)
    asset = revenue * rng.lognormal(0.3, 0.5)
    return {
        "operating_years": np.round((epoch_day(on) - entities.registered_on) / 365.25, 1),
        "revenue_fen": _round(revenue),
        "revenue_previous_fen": _round(revenue / rng.lognormal(0.06 + 0.06 * quality, 0.15)),
        "scale_index": np.round(rng.lognormal(0.1 + 0.25 * quality, 0.5), 2),
        "lease_years_left": np.round(rng.gamma(3, 2.6, count), 1),
        "order_channel_count": rng.poisson(1.6 + 0.4 * np.maximum(quality, -3)).astype(float),
        "asset_fen": _round(asset),
        "liability_fen": _round(asset * np.clip(rng.normal(0.42 - 0.1 * quality, 0.16), 0, 1.4)),
        "net_profit_fen": _round(revenue * rng.normal(0.09 + 0.04 * quality, 0.07)),
        "acreage_served_mu": np.round(rng.lognormal(6.5 + 0.2 * quality, 0.9)),
        "households_led_count": rng.negative_binomial(1, 0.06, count).astype(float),
    }


def _governance(rng: np.random.Generator, quality: Floats) -> dict[str, Floats]:
    count = len(quality)
    return {
        "accounts_kept": _yes(rng, 0.75 + 0.1 * quality),
        "annual_report_filed": _yes(rng, 0.88 + 0.06 * quality),
        "ledger_kept": _yes(rng, 0.7 + 0.1 * quality),
        "surplus_return_share": _share(rng.normal(0.62 + 0.06 * quality, 0.14)),
        "member_accounts_kept": _yes(rng, 0.75 + 0.1 * quality),
        "family_labour_share": _share(rng.normal(0.72, 0.16, count)),
        "farm_income_share": _share(rng.normal(0.84 + 0.03 * quality, 0.12)),
        "audited": _yes(rng, 0.75 + 0.1 * quality),
        "certificate_count": rng.poisson(0.5 + 0.1 * np.maximum(quality, -3)).astype(float),
        "green_practice": _yes(rng, 0.55 + 0.1 * quality),
        "agricultural_insurance": _yes(rng, 0.6 + 0.1 * quality),
        "demonstration_level": rng.choice(5, count, p=[0.82, 0.1, 0.05, 0.025, 0.005]).astype(float),
    }


def _yes(rng: np.random.Generator, chance: Floats) -> Floats:
    return (rng.random(len(chance)) < chance).astype(float)


def _share(values: Floats) -> Floats:
    hundredths: Floats = np.round(np.clip(values, 0.0, 1.0) * 100)
    return hundredths / 100


def _round(fen: Floats) -> Floats:
    """An amount told in whole hundreds of yuan."""
    return np.round(fen / 10_000) * 10_000
