"""The small world of a simulated year: one town of the real divisions, its people and its officials."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import select

from app.access.service import create_organisation, create_user
from app.db import Session
from app.jobs.demo.order import midnight
from app.jobs.demo.people import person_names, resident_numbers
from app.jobs.simulation.deliveries import Deliveries
from app.models import (
    Consent,
    EntityStatus,
    EntityType,
    Household,
    Loan,
    OrganisationKind,
    Place,
    PlaceKind,
    Role,
    Subject,
    SubjectKind,
    User,
)
from app.subjects.cipher import Cipher

TOWN = "500120103000"
PASSWORD = "simulated-year-2026"  # the database of a simulation holds invented people only
_LENDER = "农商行（模拟）"
_BORROWER_SHARE = 0.95
# The bank has reported for so long when the year begins: a change in a year can be told.
_REPORTED_MONTHS = 13
# Who works in the simulated town and district; two of each, so that one can check the other.
STAFF: Mapping[str, tuple[Role, str]] = {
    "collector.one": (Role.COLLECTOR, TOWN),
    "collector.two": (Role.COLLECTOR, TOWN),
    "town.one": (Role.TOWN_OFFICIAL, TOWN),
    "town.two": (Role.TOWN_OFFICIAL, TOWN),
    "district.one": (Role.DISTRICT_ADMIN, "500120000000"),
    "district.two": (Role.DISTRICT_ADMIN, "500120000000"),
}


@dataclass
class Family:
    """A household as the simulation knows it: how it does, and whether it is behind with its loan."""

    subject_id: int
    place_id: int
    quality: float
    facts: dict[str, float]
    loan_id: int | None
    balance_fen: int
    overdue_days: int = 0
    overdue_worst: int = 0
    agreement: Consent | None = None


@dataclass
class Entity:
    """An agri entity as the simulation knows it; `of_person` where a person is named by its name."""

    subject_id: int
    place_id: int
    uscc: str
    name: str
    entity_type: EntityType
    quality: float
    of_person: bool
    status: EntityStatus = EntityStatus.ACTIVE
    overdue_days: int = 0
    overdue_worst: int = 0
    agreement: Consent | None = None


@dataclass
class World:
    """Everybody there is, and the places they live in."""

    seed: int
    town: Place
    villages: list[Place]
    families: list[Family]
    village_subjects: dict[int, int]
    users: dict[str, int]
    entities: list[Entity] = field(default_factory=list)
    veto: dict[int, bool] = field(default_factory=dict)
    registered: dict[int, int] = field(default_factory=dict)

    @property
    def persons(self) -> list[Entity]:
        """The entities that may stand on a notice only if a person agrees."""
        return [entity for entity in self.entities if entity.of_person]

    def of_village(self, place_id: int) -> list[Family]:
        """The families of one village."""
        return [family for family in self.families if family.place_id == place_id]


def hire(session: Session, *, at: datetime) -> None:
    """Make the organisations and accounts of those who work in the simulated town."""
    office = create_organisation(
        session, code="sim-town", name="福禄镇人民政府（模拟）", kind=OrganisationKind.TOWN_OFFICE,
        admitted_at=at,
    )  # fmt: skip
    department = create_organisation(
        session, code="sim-district", name="璧山区信用办（模拟）", kind=OrganisationKind.DEPARTMENT,
        admitted_at=at,
    )  # fmt: skip
    for username, (role, code) in STAFF.items():
        works_for = department if role is Role.DISTRICT_ADMIN else office
        create_user(
            session,
            username=username,
            display_name=f"{role.label}（模拟）",
            password=PASSWORD,
            role=role,
            organisation_id=works_for.organisation_id,
            place_id=_place(session, code).place_id,
        )


def settle(
    session: Session, cipher: Cipher, rng: np.random.Generator, *, seed: int, on: date, per_village: int
) -> World:
    """Let families move into the villages of the town, with a file and most of them with a loan."""
    town = _place(session, TOWN)
    villages = list(
        session.scalars(
            select(Place)
            .where(Place.parent_id == town.place_id, Place.kind == PlaceKind.VILLAGE)
            .order_by(Place.code)
        )
    )
    deliveries = Deliveries(session, on=on)
    world = World(seed, town, villages, [], {}, _users(session))
    for village in villages:
        sound = rng.random() < 0.75
        count = int(rng.integers(per_village - 2, per_village + 3))
        for _ in range(count):
            quality = float(np.clip(rng.normal(0.6 if sound else 0.42, 0.18), 0, 1))
            family = _family(session, village, quality, rng=rng, deliveries=deliveries, on=on)
            world.families.append(family)
        world.village_subjects[village.place_id] = _subject(session, village, SubjectKind.VILLAGE, on=on)
        deliveries.records(
            world.village_subjects[village.place_id],
            {"cadre_default_count": 0, "village_veto": 0},
        )
        world.veto[village.place_id] = False
        world.registered[village.place_id] = count + int(rng.integers(0, 2))
    _name(session, cipher, world, on=on)
    for family in world.families:
        deliveries.records(family.subject_id, family.facts)
        _report_earlier_months(family, deliveries, on=on)
    deliveries.finish()
    return world


def last_day(on: date) -> date:
    """The last day of the month a day is in."""
    return (on.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _report_earlier_months(family: Family, deliveries: Deliveries, *, on: date) -> None:
    """What the bank has returned of a loan before the simulated year: never behind."""
    if family.loan_id is None:
        return
    month_end = on.replace(day=1) - timedelta(days=1)
    for _ in range(_REPORTED_MONTHS):
        deliveries.loan_month(
            family.loan_id,
            month_end=month_end,
            balance_fen=family.balance_fen,
            overdue_days=0,
            class_code=1,
        )
        month_end = month_end.replace(day=1) - timedelta(days=1)


def facts_of(quality: float, rng: np.random.Generator) -> dict[str, float]:
    """What a visit finds in a household that does so well (0 badly, 1 very well)."""
    size = int(rng.integers(2, 6))
    per_head = 2_100_000 * (0.4 + 1.3 * quality) * rng.uniform(0.8, 1.2)
    income = round(per_head * size / 10_000) * 10_000
    return {
        "household_size": size,
        "labourer_count": max(1, round(size * (0.3 + 0.6 * quality))),
        "annual_income_fen": round(income * 1.3),
        "annual_net_income_fen": income,
        "income_source_count": 1 + int(quality > 0.5) + int(rng.random() < 0.3),
        "income_source_years": round(1 + 5 * quality, 1),
        "debt_fen": round(income * rng.uniform(0.1, 1.6 - quality) / 100) * 100,
        "guarantee_fen": 0 if rng.random() < 0.6 else round(income * rng.uniform(0.1, 1.2) / 100) * 100,
        "operated_land_mu": round(2 + 18 * quality * rng.uniform(0.6, 1.4), 1),
        "net_assets_fen": round(15_000_000 * (0.2 + 1.6 * quality) * rng.uniform(0.7, 1.3) / 100) * 100,
        "confirmed_right_count": int(rng.integers(1, 4)),
        "agricultural_insurance": int(rng.random() < quality),
    }


def _family(
    session: Session,
    village: Place,
    quality: float,
    *,
    rng: np.random.Generator,
    deliveries: Deliveries,
    on: date,
) -> Family:
    family = Family(
        subject_id=_subject(session, village, SubjectKind.HOUSEHOLD, on=on),
        place_id=village.place_id,
        quality=quality,
        facts=facts_of(quality, rng),
        loan_id=None,
        balance_fen=0,
    )
    if rng.random() < _BORROWER_SHARE:
        family.balance_fen = int(rng.integers(2, 9)) * 1_000_000
        loan = Loan(
            subject_id=family.subject_id, lender=_LENDER, granted_on=on.replace(year=on.year - 2),
            amount_fen=family.balance_fen, batch_id=deliveries.batch("bank_return"),
        )  # fmt: skip
        session.add(loan)
        session.flush()
        family.loan_id = loan.loan_id
        family.facts |= {"overdue_days_max_24m": 0, "overdue_days_now": 0, "credit_relation_years": 2.0}
    return family


def _name(session: Session, cipher: Cipher, world: World, *, on: date) -> None:
    people = np.arange(len(world.families))
    names, numbers = person_names(people, seed=world.seed), resident_numbers(people, seed=world.seed, on=on)
    for position, family in enumerate(world.families):
        row = f"households/{family.subject_id}"
        session.add(
            Household(
                subject_id=family.subject_id,
                household_no=f"SIM{position:06d}",
                head_name_cipher=cipher.seal(names[position], row=f"{row}/head_name"),
                head_id_number_cipher=cipher.seal(numbers[position], row=f"{row}/head_id_number"),
                head_id_number_index=cipher.index(numbers[position]),
            )
        )


def _subject(session: Session, home: Place, kind: SubjectKind, *, on: date) -> int:
    made = Subject(kind=kind, place_id=home.place_id, recorded_at=midnight(on), synthetic=True)
    session.add(made)
    session.flush()
    return made.subject_id


def _place(session: Session, code: str) -> Place:
    return session.scalars(select(Place).where(Place.code == code, Place.valid_to.is_(None))).one()


def _users(session: Session) -> dict[str, int]:
    found = session.execute(select(User.username, User.user_id).where(User.username.in_(STAFF)))
    return {row.username: row.user_id for row in found}
