"""One bad month-end is borne; a row of them begins a time of grace, and the grace runs out on a day."""

from datetime import date

import pytest

from scoring import FAILS, HOLDS, INSUFFICIENT, NOT_APPLICABLE
from scoring.procedure import Keeping
from scoring.titles import BREACHED, BREACHED_ONCE, GRACE_OVER, KEPT, standing

KEEPING = Keeping(month_ends=2, grace_days=90, basis="DEFAULT")
ENDS = [
    date(2026, 1, 31),
    date(2026, 2, 28),
    date(2026, 3, 31),
    date(2026, 4, 30),
    date(2026, 5, 31),
    date(2026, 6, 30),
]
STATES = {"+": HOLDS, "-": FAILS, "?": INSUFFICIENT, "0": NOT_APPLICABLE}


def after(written, *, on=ENDS[-1], keeping=KEEPING):
    series = [(day, STATES[mark]) for day, mark in zip(ENDS, written, strict=False)]
    return standing(series, keeping=keeping, on=on)


@pytest.mark.parametrize(
    ("written", "state", "count"),
    [
        ("", KEPT, 0),
        ("+", KEPT, 0),
        ("-", BREACHED_ONCE, 1),
        ("-+", KEPT, 0),
        ("-+-", BREACHED_ONCE, 1),
        ("-0-", BREACHED_ONCE, 1),
        ("-?", BREACHED_ONCE, 1),
        ("????--", BREACHED, 2),
        ("--+", KEPT, 0),
        ("--0", KEPT, 0),
    ],
)
def test_a_row_of_breached_month_ends_counts(written, state, count):
    found = after(written)
    assert (found.state, found.breach_count) == (state, count)


def test_probation_begins_at_the_month_end_that_makes_the_row_long_enough():
    found = after("+--", on=date(2026, 4, 1))
    assert (found.state, found.probation_on) == (BREACHED, date(2026, 3, 31))


def test_a_month_end_without_enough_data_neither_breaches_nor_restores():
    assert after("--?", on=date(2026, 4, 1)).probation_on == date(2026, 2, 28)
    assert after("-?-").probation_on == date(2026, 3, 31)


@pytest.mark.parametrize(("on", "state"), [(date(2026, 5, 28), BREACHED), (date(2026, 5, 29), GRACE_OVER)])
def test_a_revocation_may_be_proposed_on_the_first_day_after_the_grace(on, state):
    found = after("--", on=on)
    assert (found.state, found.revocable_on) == (state, date(2026, 5, 29))


def test_a_longer_row_does_not_prolong_the_grace():
    assert after("-----").probation_on == date(2026, 2, 28)


def test_a_month_end_after_the_day_is_not_looked_at():
    assert after("--", on=date(2026, 2, 27)).state == BREACHED_ONCE


def test_the_order_in_which_month_ends_are_given_does_not_matter():
    series = [(ENDS[1], FAILS), (ENDS[0], FAILS), (ENDS[2], HOLDS)]
    assert standing(series, keeping=KEEPING, on=ENDS[2]).state == KEPT


def test_a_profile_without_patience_or_grace_takes_a_title_at_once():
    found = after("-", on=ENDS[0], keeping=Keeping(1, 0, "DEFAULT"))
    assert (found.state, found.probation_on) == (GRACE_OVER, ENDS[0])
