"""Attacks put into normal traffic are found, and normal traffic is left alone (seeds nothing was set on)."""

import pytest

from app.alerts.rules import LIMITS
from tests.app.alerts.traces import MEASURED_FROM, Measured, measure


@pytest.fixture(scope="module")
def told() -> Measured:
    return measure(range(MEASURED_FROM, MEASURED_FROM + 1), days=75, each=10)


def test_of_every_kind_of_attack_at_least_99_of_100_are_found(told: Measured) -> None:
    assert told.put_in == dict.fromkeys(LIMITS, 10)
    assert {kind for kind in LIMITS if told.found[kind] < 0.99 * told.put_in[kind]} == set()


def test_at_most_one_of_100_normal_officer_days_raises_an_alarm(told: Measured) -> None:
    assert told.officer_days == 2250
    assert told.false_share <= 0.01
