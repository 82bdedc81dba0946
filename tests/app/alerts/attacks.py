"""Abnormal inquiries to put among the ordinary ones: one kind of attack for every rule. 演示数据（合成）."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from app.alerts.columns import Finding, midnight
from app.models import epoch_day
from tests.app.alerts.officers import (
    ANSWERED,
    BANKS,
    EPOCH,
    HOUR,
    NOT_FOUND,
    OFFICERS,
    REFUSED,
    VILLAGES,
    Office,
)


@dataclass(frozen=True)
class Attack:
    """Inquiries that were put in: of which kind, by which officers, on which days."""

    kind: str
    users: frozenset[int]
    first: int
    last: int

    def found_by(self, finding: Finding) -> bool:
        """Whether a finding of just this rule is about it."""
        inside = midnight(self.first) < finding.window_to and finding.window_from < midnight(self.last + 1)
        users = {finding.user_id, *finding.detail.get("users", ())}
        return finding.rule == self.kind and inside and bool(users & self.users)


def attack(office: Office, kind: str, *, strength: float = 1.0) -> Attack:
    """One attack of a kind, by an officer and on days of chance; `strength` scales its size."""
    rng = office.rng
    officer = int(rng.integers(OFFICERS))
    usable = office.days[25:-8]
    day = int(rng.choice(usable))
    return ATTACKS[kind](office, officer, day, strength)


def _outside_hours(office: Office, officer: int, day: int, strength: float) -> Attack:
    """8 to 40 inquiries on an evening or a weekend."""
    rng = office.rng
    while rng.random() < 0.5 and day in office.days:
        day += 1
    hours = (18.6, 21.9) if day in office.days else (9, 20)
    for _ in range(_size(rng, 8, 40, strength)):
        _stolen(office, officer, day, rng.uniform(*hours) * HOUR)
    return Attack("outside_hours", frozenset({officer + 1}), day, day)


def _at_night(office: Office, officer: int, day: int, strength: float) -> Attack:
    """3 to 30 inquiries within an hour of the night."""
    rng = office.rng
    begin = rng.uniform(0, 5) * HOUR
    for _ in range(_size(rng, 3, 30, strength)):
        _stolen(office, officer, day, begin + rng.uniform(0, HOUR - 1))
    return Attack("at_night", frozenset({officer + 1}), day, day)


def _burst(office: Office, officer: int, day: int, strength: float) -> Attack:
    """20 to 100 inquiries, one every few seconds."""
    rng = office.rng
    second, pause = rng.uniform(8.5, 16.5) * HOUR, rng.uniform(2, 25)
    for _ in range(_size(rng, 20, 100, strength)):
        _stolen(office, officer, day, second)
        second += pause * rng.uniform(0.5, 1.5)
    return Attack("burst", frozenset({officer + 1}), day, day)


def _many_a_day(office: Office, officer: int, day: int, strength: float) -> Attack:
    """110 to 300 inquiries over a day."""
    rng = office.rng
    for _ in range(_size(rng, 110, 300, strength)):
        _stolen(office, officer, day, rng.uniform(8, 18.4) * HOUR)
    return Attack("many_a_day", frozenset({officer + 1}), day, day)


def _above_own_habit(office: Office, officer: int, day: int, strength: float) -> Attack:
    """Five to ten times the officer's own day, over the working hours."""
    rng = office.rng
    count = max(22, int(office.rate[officer] * rng.uniform(5, 10)) + 1) * strength
    for _ in range(int(count)):
        _stolen(office, officer, day, rng.uniform(8, 18.4) * HOUR)
    return Attack("above_own_habit", frozenset({officer + 1}), day, day)


def _whole_village(office: Office, officer: int, day: int, strength: float) -> Attack:
    """40 % or more of a village of chance by one officer, over one to six days."""
    last = _ask_village(office, [officer], day, strength)
    return Attack("whole_village", frozenset({officer + 1}), day, last)


def _whole_village_shared(office: Office, officer: int, day: int, strength: float) -> Attack:
    """40 to 75 % of a village by three or four officers of one bank, none of whom asks about 30 % of it."""
    others = office.rng.permutation([each for each in range(OFFICERS) if each % BANKS == officer % BANKS])
    band = [officer, *(int(each) for each in others if each != officer)][: int(office.rng.integers(3, 5))]
    last = _ask_village(office, band, day, strength, most=0.75)
    return Attack("whole_village_shared", frozenset(each + 1 for each in band), day, last)


def _ask_village(office: Office, band: list[int], day: int, strength: float, *, most: float = 1.0) -> int:
    rng = office.rng
    village, days = int(rng.integers(VILLAGES)), int(rng.integers(1, 6))
    subjects = office.subjects(village, int(office.sizes[village] * rng.uniform(0.4, most) * strength))
    for place, subject in enumerate(subjects):
        on, second = day + place % days, rng.uniform(8, 18.4) * HOUR
        office.ask(band[place % len(band)], on, second, subject=subject, village=village)
    return day + days - 1


def _no_loan(office: Office, officer: int, day: int, strength: float) -> Attack:
    """Three to six times the officer's usual inquiries of a month more, and no loan for any of them."""
    rng = office.rng
    month = (EPOCH + timedelta(days=day)).replace(day=1)
    first = epoch_day(month)
    days = [each for each in office.days if first <= each < first + 31]
    days = [each for each in days if (EPOCH + timedelta(days=each)).month == month.month]
    extra = rng.uniform(3, 6) * strength
    for each in days:
        for _ in range(rng.poisson(office.rate[officer] * extra)):
            _stolen(office, officer, each, rng.uniform(8, 18.4) * HOUR)
    return Attack("no_loan_afterwards", frozenset({officer + 1}), days[0], days[-1])


def _relatives(office: Office, officer: int, day: int, strength: float) -> Attack:
    """One to five inquiries about the village of the officer's own relatives."""
    rng, village = office.rng, int(office.villages[officer, -1])
    for subject in office.subjects(village, _size(rng, 1, 5, strength)):
        office.ask(officer, day, rng.uniform(8, 18.4) * HOUR, subject=subject, village=village)
    return Attack("relatives_village", frozenset({officer + 1}), day, day)


def _refused(office: Office, officer: int, day: int, strength: float) -> Attack:
    """8 to 60 numbers tried out within 50 minutes, most of which nobody has."""
    rng, begin = office.rng, office.rng.uniform(8, 17) * HOUR
    for _ in range(_size(rng, 8, 60, strength)):
        outcome = NOT_FOUND if rng.random() < 0.8 else REFUSED
        _stolen(office, officer, day, begin + rng.uniform(0, 3000), outcome=outcome)
    return Attack("refused_in_a_row", frozenset({officer + 1}), day, day)


def _stolen(office: Office, officer: int, day: int, second: float, *, outcome: int = ANSWERED) -> None:
    """An inquiry about anybody in the district, with no business behind it."""
    village = int(office.rng.integers(VILLAGES))
    subject = office.subject(village)
    office.ask(officer, day, second, subject=subject, village=village, outcome=outcome)


def _size(rng: np.random.Generator, least: int, most: int, strength: float) -> int:
    return max(1, round(int(rng.integers(least, most + 1)) * strength))


ATTACKS: dict[str, Callable[[Office, int, int, float], Attack]] = {
    "outside_hours": _outside_hours,
    "at_night": _at_night,
    "burst": _burst,
    "many_a_day": _many_a_day,
    "above_own_habit": _above_own_habit,
    "whole_village": _whole_village,
    "whole_village_shared": _whole_village_shared,
    "no_loan_afterwards": _no_loan,
    "relatives_village": _relatives,
    "refused_in_a_row": _refused,
}
