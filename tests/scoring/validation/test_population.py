"""What is given of a population is checked once, and a refusal says where and how to mend it."""

import numpy as np
import pytest

from scoring.errors import CardError
from scoring.validation import Population, validate
from tests.scoring.validation.households import DEMO, MONTHS, population


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"outcome": [0, 1]}, r"outcome: 60 rows expected, as in the facts, not \(2,\)"),
        ({"outcome": [0] * 59 + [2]}, "outcome, row 59: 2 is neither 0"),
        ({"outcome": ["0"] * 60}, "outcome: numbers expected, not texts"),
        ({"outcome": [0.0] * 59 + ["1"]}, "outcome: numbers expected, not texts"),
        ({"outcome": [object()] * 60}, "outcome: numbers expected"),
        ({"outcome": np.zeros((60, 1))}, "60 rows expected"),
        ({"month": [202301] * 59}, "month: 60 rows expected"),
        ({"month": [202301] * 59 + [202313]}, "month, row 59: 202313 is not a month written as 202403"),
        ({"month": [202301] * 59 + [202300]}, "month, row 59: 202300"),
        ({"month": [202301] * 59 + [np.nan]}, "month, row 59: nan"),
        ({"month": [np.inf] + [202301] * 59}, "month, row 0: inf"),
        ({"month": [2023.5] * 60}, "month, row 0: 2023.5"),
        (
            {"month": np.full(60, "2023-01", dtype="datetime64[M]")},
            "month: numbers expected, not texts or dates",
        ),
        ({"chance": [0.5] * 59 + [1.1]}, "chance, row 59: 1.1 does not lie between 0 and 1"),
        ({"chance": [0.5] * 59 + [np.nan]}, "chance, row 59: nan"),
        ({"groups": {"sex": ["女"]}}, "groups: sex: 60 rows expected"),
        ({"facts": {"marks": [1, 2], "other": [1]}}, "length"),
        ({"facts": {"marks": []}, "outcome": []}, "population: no rows"),
    ],
)
def test_columns_that_cannot_be_used_are_refused_with_their_place(changed, told):
    with pytest.raises(CardError, match=told):
        validate(DEMO, population(60, **changed))


def _split(given, *, first=None):
    found = validate(DEMO, given, out_of_time_from=first).split
    assert found is not None
    return found


def test_an_outcome_of_none_is_unknown():
    report = validate(DEMO, population(60, outcome=[None, 1, 0] * 20))
    assert (report.counts.outcome_count, report.counts.default_count) == (40, 20)


def test_a_population_is_described():
    with pytest.raises(CardError, match="say in words who the subjects are"):
        Population({}, [], " ", False)


def test_the_last_quarter_of_the_months_is_out_of_time():
    split = _split(population(800))
    assert (split.month_first, split.out_of_time_from, split.month_last) == (202301, 202307, 202308)
    assert split.development_count + split.out_of_time_count == 800
    assert split.stated is False


@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_at_least_one_month_is_out_of_time(count):
    months = np.resize(MONTHS[:count], 400)
    assert _split(population(400, month=months)).out_of_time_from == MONTHS[count - 1]


def test_a_stated_first_month_is_kept_to():
    split = _split(population(800), first=202303)
    assert (split.out_of_time_from, split.stated) == (202303, True)


@pytest.mark.parametrize(
    ("first", "fits"), [(202301, False), (202302, True), (202308, True), (202309, False)]
)
def test_a_stated_month_that_leaves_a_side_empty_is_refused(first, fits):
    if fits:
        assert _split(population(400), first=first).out_of_time_from == first
    else:
        with pytest.raises(CardError, match="must be after 202301 and not after 202308"):
            validate(DEMO, population(400), out_of_time_from=first)


def test_one_month_is_not_split_and_no_months_cannot_be():
    assert validate(DEMO, population(60, month=[202301] * 60)).split is None
    with pytest.raises(CardError, match="the subjects have no months"):
        validate(DEMO, population(60, month=None), out_of_time_from=202303)
