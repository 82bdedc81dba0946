"""Ordinary days of thirty officers of three banks, by seed. 演示数据（合成）."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from app.alerts.columns import (
    OUTCOMES,
    PURPOSES,
    Circumstances,
    ExpectedVisits,
    Inquiries,
    Loans,
    is_working,
    microseconds,
    midnight,
)
from app.alerts.rules import AlertRules, shipped_rules
from app.models import InquiryOutcome, Purpose, epoch_day

FIRST = date(2025, 1, 2)
OFFICERS, BANKS, VILLAGES, PER_OFFICER = 30, 3, 90, 9
EPOCH = date(1970, 1, 1)
ANSWERED, REFUSED, NOT_FOUND = (
    OUTCOMES.index(each)
    for each in (InquiryOutcome.ANSWERED, InquiryOutcome.REFUSED, InquiryOutcome.NOT_FOUND)
)
PRE_LOAN, POST_LOAN, COLLECTION = (
    PURPOSES.index(each) for each in (Purpose.PRE_LOAN, Purpose.POST_LOAN, Purpose.COLLECTION)
)
HOUR = 3600
# How likely an officer asks at each half hour from 8:00 on: little at noon.
_BY_HALF_HOUR = np.cumsum([2, 5, 8, 9, 9, 8, 6, 3, 1, 1, 2, 5, 7, 8, 8, 7, 6, 4, 3, 2, 1]) / 105
Rows = list[tuple[int, int, int, int, int, int, int, int]]


@dataclass
class Office:
    """Officers with their habits, villages with their rated subjects, and what they ask in the end."""

    rng: np.random.Generator
    days: list[int]
    rules: AlertRules
    rows: Rows = field(default_factory=list)
    loans: list[tuple[int, int, int]] = field(default_factory=list)
    campaigns: list[ExpectedVisits] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = self.rng
        self.sizes = rng.integers(80, 500, VILLAGES)
        self.starts = np.concatenate([[1], 1 + np.cumsum(self.sizes)])
        self.rate = rng.gamma(6, 1.3, OFFICERS) + 2
        self.converts = rng.beta(14, 14, OFFICERS)
        self.evenings = rng.beta(2, 14, OFFICERS)
        self.bank = 1 + np.arange(OFFICERS) % BANKS
        # The last of the nine villages is that of relatives: a colleague's to serve.
        self.villages = np.array([rng.choice(VILLAGES, PER_OFFICER, replace=False) for _ in range(OFFICERS)])

    def ask(
        self, officer: int, day: int, second: float, *, subject: int, village: int,
        purpose: int = PRE_LOAN, outcome: int = ANSWERED,
    ) -> None:  # fmt: skip
        """One inquiry at a second of a day in China."""
        at = microseconds(midnight(day)) + int(second * 1_000_000)
        known = outcome != NOT_FOUND
        self.rows.append(
            (at, officer + 1, int(self.bank[officer]), purpose, outcome,
             subject if known else 0, village + 1 if known else 0, 0)
        )  # fmt: skip

    def subjects(self, village: int, count: int) -> list[int]:
        """Different subjects of a village."""
        count = min(count, int(self.sizes[village]))
        chosen = self.rng.choice(self.sizes[village], count, replace=False)
        return [int(self.starts[village] + each) for each in chosen]

    def subject(self, village: int) -> int:
        """Any subject of a village."""
        return int(self.starts[village] + self.rng.integers(self.sizes[village]))

    def lend(self, officer: int, day: int, subject: int) -> None:
        """A loan of the officer's bank within three months, as often as the officer's customers get one."""
        if self.rng.random() < self.converts[officer]:
            self.loans.append((subject, int(self.bank[officer]), day + int(self.rng.integers(1, 80))))

    def inquiries(self) -> Inquiries:
        """All that was asked, as columns."""
        table = np.array(self.rows, dtype=np.int64)
        return Inquiries(*table.T)

    def beside(self) -> Circumstances:
        """What is known of the office."""
        table = np.array(self.loans, dtype=np.int64)
        return Circumstances(
            rated={village + 1: int(size) for village, size in enumerate(self.sizes)},
            relatives={
                officer + 1: frozenset({int(self.villages[officer, -1]) + 1}) for officer in range(OFFICERS)
            },
            campaigns=tuple(self.campaigns),
            lenders={bank: bank for bank in range(1, BANKS + 1)},
            loans=Loans(*table.T),
        )


def normal(seed: int, *, days: int, rules: AlertRules | None = None) -> Office:
    """The ordinary inquiries of thirty officers over some working days."""
    rules = rules or shipped_rules()
    office = Office(np.random.default_rng(seed), working_days(days, rules), rules)
    for officer in range(OFFICERS):
        for place, day in enumerate(office.days):
            _ordinary_day(office, officer, day, place=place)
        _weekend_duty(office, officer)
        _campaigns(office, officer)
    # The banks go on lending to others: their later returns are on file too.
    office.loans += [(0, bank, office.days[-1] + 130) for bank in range(1, BANKS + 1)]
    return office


def working_days(count: int, rules: AlertRules) -> list[int]:
    """So many working days from the first one on."""
    days = epoch_day(FIRST) + np.arange(2 * count + 30)
    working = days[is_working(days, holidays=rules.holidays, working_weekends=rules.working_weekends)]
    return [int(day) for day in working[:count]]


def _ordinary_day(office: Office, officer: int, day: int, *, place: int) -> None:
    """Customers by chance, more at the end of the month; some typing errors and missing papers."""
    rng = office.rng
    if rng.random() < 0.05:  # leave, training
        return
    on = EPOCH + timedelta(days=day)
    busy = 1.5 if on.day >= 25 else 1.0
    for chance in rng.random(rng.poisson(office.rate[officer] * busy)):
        half = np.searchsorted(_BY_HALF_HOUR, chance)
        second = 8 * HOUR + (half + rng.random()) * HOUR / 2
        _customer(office, officer, day, second)
    if rng.random() < office.evenings[officer]:  # files are finished in the evening
        for _ in range(1 + rng.poisson(1.2)):
            _customer(office, officer, day, rng.uniform(18.5, 21) * HOUR)


def _customer(office: Office, officer: int, day: int, second: float) -> None:
    rng = office.rng
    village = int(office.villages[officer, rng.integers(PER_OFFICER - 1)])
    subject, chance = office.subject(village), rng.random()
    purpose = PRE_LOAN if chance < 0.7 else POST_LOAN if chance < 0.95 else COLLECTION
    while rng.random() < 0.05:
        outcome = REFUSED if rng.random() < 0.6 else NOT_FOUND
        office.ask(officer, day, second, subject=subject, village=village, purpose=purpose, outcome=outcome)
        second += rng.uniform(20, 300)
    office.ask(officer, day, second, subject=subject, village=village, purpose=purpose)
    if purpose == PRE_LOAN:
        office.lend(officer, day, subject)


def _weekend_duty(office: Office, officer: int) -> None:
    """A branch that is open on some Saturdays, with few customers."""
    for day in range(office.days[0], office.days[-1]):
        if (day + 3) % 7 == 5 and day not in office.days and office.rng.random() < 0.1:
            for _ in range(office.rng.poisson(1.5)):
                _customer(office, officer, day, office.rng.uniform(9, 16) * HOUR)


def _campaigns(office: Office, officer: int) -> None:
    """Some days a year in a village, most of them announced: 20 to 60 households one after the other."""
    rng = office.rng
    for _ in range(rng.poisson(5 * len(office.days) / 250)):
        day = int(rng.choice(office.days))
        village = int(office.villages[officer, rng.integers(PER_OFFICER - 1)])
        announced, size = rng.random() < 0.9, int(rng.integers(20, 60))
        if announced:
            on = EPOCH + timedelta(days=day)
            bank = frozenset({int(office.bank[officer])})
            office.campaigns.append(ExpectedVisits(bank, {village + 1}, on, on))
        else:
            size = size // 2
        seconds = np.sort(rng.uniform(8.5, 17.5, size)) * HOUR
        for subject, second in zip(office.subjects(village, size), seconds, strict=False):
            office.ask(officer, day, second, subject=subject, village=village)
            office.lend(officer, day, subject)
