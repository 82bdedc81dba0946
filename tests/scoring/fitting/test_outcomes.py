"""Outcomes are of two kinds, and a weight counts rows."""

from typing import Any

import numpy as np
import pytest

from scoring.fitting.outcomes import outcomes_of, weights_of


def test_two_kinds_of_outcomes_are_taken_as_they_are_named():
    assert outcomes_of(["bad", "good", "bad"]).tolist() == ["bad", "good", "bad"]


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        (None, "requires y to be passed, but the target y is None"),
        ([0, 1, 2], "Only binary classification is supported. The type of the target is multiclass"),
        ([0.0, np.nan], "y contains NaN"),
    ],
)
def test_outcomes_that_tell_no_good_from_bad_are_refused(outcomes: Any, told: str):
    with pytest.raises(ValueError, match=told):
        outcomes_of(outcomes)


def test_a_weight_of_0_is_allowed_beside_others():
    assert weights_of([0, 2], 2).tolist() == [0.0, 2.0]
