"""The fewest loans to cure are the fewest: every subset of them agrees."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.titles.cures import NEVER, Arrears, Cures


def loan(loan_id, *, owes=None, household=True, fen=100, bad=True, overdue=True):
    return Arrears(loan_id, loan_id if owes is None else owes, household, fen, bad, overdue)


def come_to(arrears, cured):
    """Households that come on time by curing these loans, and the bad balance that goes."""
    late = {item.subject_id for item in arrears if item.of_household and item.overdue}
    still = {item.subject_id for item in arrears if item.of_household and item.overdue and item not in cured}
    return len(late - still), sum(item.balance_fen for item in cured if item.bad)


def subsets(items):
    return (chosen for size in range(len(items) + 1) for chosen in combinations(items, size))


@st.composite
def arrears_of_a_village(draw):
    count = draw(st.integers(0, 7))
    found = []
    for number in range(count):
        household = draw(st.booleans())
        found.append(
            loan(
                number,
                owes=draw(st.integers(0, 3)) + (0 if household else 100),
                household=household,
                fen=draw(st.integers(1, 9)),
                bad=draw(st.booleans()),
                overdue=draw(st.booleans()),
            )
        )
    return found


@settings(max_examples=300, deadline=None)
@given(arrears_of_a_village(), st.integers(0, 4), st.integers(0, 30))
def test_no_smaller_set_of_loans_is_enough(arrears, gain, bad_fen):
    enough = [
        len(cured)
        for cured in subsets(arrears)
        if come_to(arrears, cured)[0] >= gain and come_to(arrears, cured)[1] >= bad_fen
    ]
    cures = Cures(arrears, gain_most=gain)
    count = cures.fewest(gain=gain, bad_fen=bad_fen)
    assert count == min(enough, default=None)
    if count is not None:
        chosen = cures.chosen(count=count, gain=gain)
        gained, gone = come_to(arrears, chosen)
        assert (len(chosen), gained >= gain, gone >= bad_fen) == (count, True, True)


@settings(max_examples=100, deadline=None)
@given(arrears_of_a_village(), st.integers(0, 3))
def test_what_so_many_loans_take_away_at_most_is_the_most(arrears, gain_most):
    cures = Cures(arrears, gain_most=gain_most)
    for gain in range(gain_most + 1):
        best = -1
        for count in range(cures.amounts.shape[0]):
            able = [
                come_to(arrears, cured)[1]
                for size in range(count + 1)
                for cured in combinations(arrears, size)
                if come_to(arrears, cured)[0] >= gain
            ]
            best = max(best, int(cures.amounts[count, gain]))
            assert best == max(able, default=-1)


def test_the_greatest_bad_loans_go_first_and_of_equal_ones_the_first():
    arrears = [loan(3, fen=60), loan(1, fen=60), loan(2, fen=80), loan(4, fen=60)]
    chosen = Cures(arrears, gain_most=0).chosen(count=2, gain=0)
    assert [item.loan_id for item in chosen] == [1, 2]


def test_a_household_is_on_time_only_when_all_its_loans_are():
    arrears = [loan(1, owes=9, bad=False), loan(2, owes=9, bad=False), loan(3, owes=8, bad=False)]
    cures = Cures(arrears, gain_most=2)
    assert [cures.fewest(gain=gain, bad_fen=0) for gain in (1, 2)] == [1, 3]


def test_what_all_loans_together_do_not_reach_is_told():
    assert Cures([loan(1, fen=5)], gain_most=1).fewest(gain=1, bad_fen=6) is None


def test_loans_beyond_the_most_are_not_looked_at():
    cures = Cures([loan(number) for number in range(4)], gain_most=3, count_most=2)
    assert cures.amounts.shape == (3, 4)
    assert cures.amounts[2, 3] == NEVER


@pytest.mark.parametrize(("household", "gain"), [(True, 1), (False, 0)])
def test_only_households_come_on_time(household, gain):
    cures = Cures([loan(1, household=household)], gain_most=1)
    assert (cures.amounts[1] >= 0).tolist() == [True, bool(gain)]


def test_an_entity_that_is_merely_late_changes_no_gate():
    cures = Cures([loan(1, household=False, bad=False)], gain_most=1)
    assert cures.fewest(gain=1, bad_fen=0) is None
    assert cures.chosen(count=0, gain=0) == ()
