"""The villages and communities of the demonstration, how many live there and how well they do."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import or_, select

from app.db import Session
from app.errors import SetupError
from app.models import Place, PlaceKind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SOUND_SHARE = 0.73  # of all divisions; chance makes some of them miss a gate
_WITHOUT_BORROWERS = 3
_WITH_DEFAULTING_CADRE, _WITH_VETO = 4, 2


@dataclass(frozen=True, slots=True)
class Villages:
    """Village-level divisions in columns: those with an index are villages or communities alike."""

    place_id: Ints
    code: list[str]
    name: list[str]
    is_village: NDArray[np.bool_]
    households: Ints
    quality: Floats
    thin_share: Floats
    stale_share: Floats
    has_borrowers: NDArray[np.bool_]


def spread(session: Session, rng: np.random.Generator, *, households: int, on: date) -> Villages:
    """Spread the households over the divisions in force and give each division its character."""
    rows = session.execute(
        select(Place.place_id, Place.code, Place.name, Place.kind)
        .where(
            Place.kind.in_([PlaceKind.VILLAGE, PlaceKind.COMMUNITY]),
            Place.valid_from <= on,
            or_(Place.valid_to.is_(None), Place.valid_to > on),
        )
        .order_by(Place.code)
    ).all()
    if not rows:
        raise SetupError("no villages in the database. Run `credit-village init` first.")
    is_village = np.array([row.kind is PlaceKind.VILLAGE for row in rows])
    sound = rng.permutation(len(rows)) < _SOUND_SHARE * len(rows)
    weights = rng.lognormal(0, 0.35, len(rows)) * np.where(is_village, 1.0, 0.45)
    has_borrowers = np.ones(len(rows), dtype=bool)
    has_borrowers[rng.choice(np.flatnonzero(is_village), _WITHOUT_BORROWERS, replace=False)] = False
    return Villages(
        place_id=np.array([row.place_id for row in rows]),
        code=[row.code for row in rows],
        name=[row.name.removesuffix("村民委员会").removesuffix("居民委员会") for row in rows],
        is_village=is_village,
        households=_apportioned(weights, households),
        quality=np.where(sound, rng.normal(0.45, 0.15, len(rows)), rng.normal(-0.75, 0.3, len(rows))),
        thin_share=np.where(sound, rng.uniform(0.01, 0.05, len(rows)), rng.uniform(0.12, 0.4, len(rows))),
        stale_share=np.where(sound, rng.uniform(0, 0.02, len(rows)), rng.uniform(0.02, 0.12, len(rows))),
        has_borrowers=has_borrowers,
    )


def village_facts(villages: Villages, rng: np.random.Generator) -> dict[str, Floats]:
    """What is recorded of each village itself: its register, its cadres, its vetoes."""
    where = np.flatnonzero(villages.is_village)
    on_file = villages.households[where]
    registered = np.ceil(on_file * (1 + rng.uniform(0.004, 0.03, len(where)))) + (on_file == 0) * 60
    troubled = rng.permutation(np.flatnonzero(villages.quality[where] < 0))
    cadre_defaults, veto = np.zeros(len(where)), np.zeros(len(where))
    cadre_defaults[troubled[:_WITH_DEFAULTING_CADRE]] = 1
    veto[troubled[_WITH_DEFAULTING_CADRE : _WITH_DEFAULTING_CADRE + _WITH_VETO]] = 1
    return {
        "registered_household_count": registered,
        "cadre_default_count": cadre_defaults,
        "village_veto": veto,
    }


def _apportioned(weights: Floats, total: int) -> Ints:
    """`total` divided in proportion to the weights, to the last household."""
    exact = weights / weights.sum() * total
    counts: Ints = np.floor(exact).astype(np.int64)
    rest = np.argsort(counts - exact, kind="stable")[: total - int(counts.sum())]
    counts[rest] += 1
    return counts
