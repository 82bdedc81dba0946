"""The default rate of a grade comes with its interval, and too few outcomes say so."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binomtest

from scoring.fitting.calibration import default_rates, interval


@settings(max_examples=50)
@given(st.integers(1, 300), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_exact_interval_is_that_of_the_binomial_test(
    outcomes: int, data: st.DataObject, confidence: float
):
    defaults = data.draw(st.integers(0, outcomes))
    reference = binomtest(defaults, outcomes).proportion_ci(confidence, method="exact")
    assert interval(defaults, outcomes, confidence=confidence) == pytest.approx(
        (reference.low, reference.high)
    )


def test_the_jeffreys_interval_is_that_of_its_beta_distribution_and_narrower():
    low, high = interval(3, 40, method="jeffreys")
    assert (low, high) == pytest.approx(tuple(beta.ppf([0.025, 0.975], 3.5, 37.5)))
    exact = interval(3, 40)
    assert exact[0] < low < 3 / 40 < high < exact[1]
    assert interval(0, 40, method="jeffreys")[0] == 0
    assert interval(40, 40, method="jeffreys")[1] == 1


def test_no_outcome_leaves_everything_possible():
    assert interval(0, 0) == (0, 1)
    (empty,) = default_rates([], [], grades=["A"], least_outcomes=1, expected=[])
    assert (empty.rate, empty.as_expected, empty.thin, str(empty)) == (None, None, True, "A: no outcome")


def test_a_thin_grade_says_so_and_the_next_row_makes_it_thick():
    grade = ["A"] * 30 + ["B"] * 29
    default = [1, *[0] * 29, *[1] * 10, *[0] * 19]
    first, second = default_rates(grade, default, grades=["A", "B"], least_outcomes=30)
    assert (first.thin, second.thin) == (False, True)
    assert str(first) == "A: 3.33% (1/30), 0.08% to 17.22%"
    assert str(second) == "B: 34.48% (10/29), 17.94% to 54.33%, too few outcomes to judge by"


def test_the_expected_rate_is_compared_with_the_interval():
    grade, default = np.repeat(["A", "B"], 100), np.tile(np.arange(100) < 10, 2)
    expected = np.repeat([0.11, 0.3], 100)
    first, second = default_rates(grade, default, grades=["A", "B"], least_outcomes=30, expected=expected)
    assert first.expected == pytest.approx(0.11)
    assert (first.as_expected, second.as_expected) == (True, False)
    assert default_rates(grade, default, grades=["A", "B"], least_outcomes=30)[0].as_expected is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"grade": ["A", "X"]}, "grade: X not among A, B"),
        ({"default": [0, 2]}, "default, row 1: 2 is neither 0 nor 1"),
        ({"default": [0, np.nan]}, "default, row 1: nan is neither 0 nor 1"),
        ({"default": [0]}, "differ in length: 2, 1 and 2"),
        ({"grades": ["A", "A"]}, "grades: one is listed twice"),
        ({"method": "wald"}, "method: 'wald' is none of clopper-pearson, jeffreys"),
        ({"confidence": 95}, "confidence: 95 must lie between 0 and 1"),
    ],
)
def test_a_wrong_question_is_refused_with_its_place(wrong: dict[str, Any], told: str):
    question = {"grade": ["A", "B"], "default": [0, 1], "grades": ["A", "B"], "least_outcomes": 1, **wrong}
    with pytest.raises(ValueError, match=told):
        default_rates(question.pop("grade"), question.pop("default"), **question)


def test_more_defaults_than_outcomes_are_not_possible():
    with pytest.raises(ValueError, match="3 defaults of 2 outcomes are not possible"):
        interval(3, 2)
