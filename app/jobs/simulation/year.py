"""A scripted year: families do better and worse, villages are appraised, titles are given, kept and taken."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import numpy as np

from app import clock
from app.certificates.signing import Signer
from app.db import Engine, transaction
from app.errors import Conflict, Invalid
from app.jobs.nightly import run_night
from app.jobs.progress import quiet
from app.jobs.setup import initialise
from app.jobs.simulation import entities, fortune
from app.jobs.simulation.applications import apply_again
from app.jobs.simulation.appraising import appraise
from app.jobs.simulation.consents import AGREES, ask
from app.jobs.simulation.documents import record
from app.jobs.simulation.officials import Office, work
from app.jobs.simulation.standing import Month, months_standing
from app.jobs.simulation.world import hire, last_day, settle
from app.settings import Settings
from app.subjects.key_source import cipher_of
from app.subjects.service import has_subjects

__all__ = ["Script", "Year", "prepare", "simulate"]

_OFFICE_DAYS = (4, 12, 20)
_APPRAISED_IN = (0, 1, 11)
_PER_VILLAGE = 14


@dataclass(frozen=True)
class Script:
    """Which year: the same script always gives the same year."""

    seed: int
    months: int
    begins_on: date
    per_village: int = _PER_VILLAGE

    def __post_init__(self) -> None:
        if not 1 <= self.months <= 120:
            raise Invalid(f"--months {self.months}: a simulation takes 1 to 120 months")


@dataclass
class Year:
    """What became of everybody, month by month, and how many attempts were refused."""

    script: Script
    months: list[Month] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


def prepare(settings: Settings, engine: Engine, *, begins_on: date) -> None:
    """Tables, divisions, rules and officials in an empty database; a database with people is refused."""
    at = _at(begins_on, hour=6)
    with clock.standing_at(at):
        initialise(settings, on=begins_on, at=at)
        with transaction(engine) as session:
            if has_subjects(session):
                raise Conflict(
                    "数据库中已有主体，模拟须用空库 · this database holds subjects; a simulation takes an "
                    "empty one"
                )
            hire(session, at=at)


def simulate(
    settings: Settings,
    engine: Engine,
    script: Script,
    *,
    after_month: Callable[[Month], None] | None = None,
) -> Year:
    """Play the year in a prepared database; `after_month` is called when a month's night is published."""
    rng = np.random.default_rng(script.seed)
    # What documents, entities and applicants do is drawn by itself: the rest does not hang on it.
    chance = np.random.default_rng([script.seed, 1])
    cipher = cipher_of(settings)
    first = script.begins_on.replace(day=1)
    with clock.standing_at(_at(first, hour=6)), transaction(engine) as session:
        world = settle(session, cipher, rng, seed=script.seed, on=first, per_village=script.per_village)
        entities.found(session, cipher, world, chance, on=first)
        ask(session, world.families, rng, on=first, share=AGREES)
        ask(session, world.persons, chance, on=first, share=AGREES)
    office = Office(engine, cipher, Signer.of(settings), world, rng, chance)
    year = Year(script)
    for number, month_end in enumerate(_month_ends(first, count=script.months)):
        for day in _OFFICE_DAYS:
            at = _at(month_end.replace(day=day), hour=10)
            with clock.standing_at(at):
                if number % 12 in _APPRAISED_IN:
                    appraise(office, day=_OFFICE_DAYS.index(day), at=at)
                record(office, at=at)
                work(office, at=at)
                apply_again(office, at=at)
        _end_month(settings, office, month_end)
        year.months.append(months_standing(engine, world, on=month_end))
        if after_month is not None:
            after_month(year.months[-1])
    year.refused = Counter(office.refused)
    return year


def _end_month(settings: Settings, office: Office, month_end: date) -> None:
    """The returns of the month, and the night of its last day."""
    at = _at(month_end, hour=20)
    with clock.standing_at(at):
        with transaction(office.engine) as session:
            fortune.month(session, office.world, office.rng, office.chance, on=month_end)
        run_night(
            office.engine,
            policy_folder=settings.policy_folder,
            district_code=settings.district_code,
            as_of=month_end,
            started_at=_at(month_end, hour=22),
            progress=quiet,
        )


def _month_ends(first: date, *, count: int) -> Iterator[date]:
    for _ in range(count):
        end = last_day(first)
        yield end
        first = end + timedelta(days=1)


def _at(on: date, *, hour: int) -> datetime:
    return datetime.combine(on, time(hour), tzinfo=clock.CHINA)
