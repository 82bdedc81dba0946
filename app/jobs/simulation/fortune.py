"""What happens to the people of a simulated year: families fall behind, recover, earn more or less."""

from datetime import date, timedelta

import numpy as np

from app.db import Session
from app.jobs.simulation import entities
from app.jobs.simulation.consents import AGREES_LATER, ask
from app.jobs.simulation.deliveries import Deliveries
from app.jobs.simulation.world import Family, World, facts_of
from app.models import Loan

_VISITED_SHARE = 0.22
_FALLS_BEHIND, _RECOVERS = 0.035, 0.45
_HARD_MONTH, _HARD_FACTOR = 0.12, 4.0
_VETO, _VETO_LIFTED, _CADRE = 0.012, 0.4, 0.02
_CLASS_FROM_DAYS = (31, 91, 181, 361)


def month(
    session: Session, world: World, rng: np.random.Generator, chance: np.random.Generator, *, on: date
) -> None:
    """Let a month pass until its last day, `on`, and deliver what became of everybody."""
    deliveries = Deliveries(session, on=on)
    hard = {
        village.place_id: _HARD_FACTOR if rng.random() < _HARD_MONTH else 1.0 for village in world.villages
    }
    for family in world.families:
        if family.loan_id is not None:
            _repay(family, rng, trouble=hard[family.place_id])
            _report(session, family, deliveries, on=on)
        if rng.random() < _VISITED_SHARE:
            _visit(family, rng, deliveries)
    for village in world.villages:
        _village(world, village.place_id, rng, deliveries)
    entities.month(session, world, chance, deliveries, on=on)
    deliveries.finish()
    ask(session, world.families, rng, on=on, share=AGREES_LATER)
    ask(session, world.persons, chance, on=on, share=AGREES_LATER)


def _repay(family: Family, rng: np.random.Generator, *, trouble: float) -> None:
    if family.overdue_days:
        recovered = rng.random() < _RECOVERS
        family.overdue_days = 0 if recovered else family.overdue_days + 30
    elif rng.random() < _FALLS_BEHIND * trouble * (1.5 - family.quality):
        family.overdue_days = int(rng.integers(1, 31))
    family.overdue_worst = max(family.overdue_worst, family.overdue_days)
    if not family.overdue_days and family.balance_fen > 500_000:
        family.balance_fen -= 50_000


def _report(session: Session, family: Family, deliveries: Deliveries, *, on: date) -> None:
    assert family.loan_id is not None
    granted = session.get_one(Loan, family.loan_id).granted_on
    deliveries.loan_month(
        family.loan_id,
        month_end=on,
        balance_fen=family.balance_fen,
        overdue_days=family.overdue_days,
        class_code=1 + sum(family.overdue_days >= days for days in _CLASS_FROM_DAYS),
    )
    told: dict[str, float] = {
        "overdue_days_max_24m": family.overdue_worst,
        "overdue_days_now": family.overdue_days,
        "credit_relation_years": round((on - granted) / timedelta(days=365.25), 1),
    }
    deliveries.records(family.subject_id, told)


def _visit(family: Family, rng: np.random.Generator, deliveries: Deliveries) -> None:
    family.quality = float(np.clip(family.quality + rng.normal(0.01, 0.12), 0, 1))
    family.facts |= facts_of(family.quality, rng)
    found = {name: value for name, value in family.facts.items() if name not in _OF_THE_BANK}
    deliveries.records(family.subject_id, found)


def _village(world: World, place_id: int, rng: np.random.Generator, deliveries: Deliveries) -> None:
    """A veto comes or is lifted, a cadre falls behind or has paid; mostly nothing happens."""
    if world.veto[place_id]:
        world.veto[place_id] = rng.random() >= _VETO_LIFTED
    elif rng.random() < _VETO:
        world.veto[place_id] = True
    told: dict[str, float] = {
        "registered_household_count": world.registered[place_id],
        "village_veto": world.veto[place_id],
        "cadre_default_count": rng.random() < _CADRE,
    }
    deliveries.records(world.village_subjects[place_id], told)


_OF_THE_BANK = ("overdue_days_max_24m", "overdue_days_now", "credit_relation_years")
