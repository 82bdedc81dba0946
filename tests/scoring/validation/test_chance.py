"""A score becomes an expected chance of default by the logistic curve that fits best; it stays finite."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from scoring.validation.chance import score_scale


def _scale(score, default):
    found = score_scale(score, default)
    assert found is not None
    return found


def test_the_curve_is_that_of_logistic_regression_on_large_samples():
    draw = np.random.default_rng(1)
    score = draw.integers(0, 101, 40_000)
    default = draw.random(40_000) < 1 / (1 + np.exp(-(2 - 0.06 * score)))
    found = _scale(score, default)
    reference = LogisticRegression(C=1e9, max_iter=1000).fit(score[:, None], default)
    assert found.slope == pytest.approx(reference.coef_[0, 0], rel=2e-3)
    assert found.intercept == pytest.approx(reference.intercept_[0], rel=3e-3)
    assert found.chance(score).mean() == pytest.approx(default.mean(), abs=1e-4)


def test_complete_separation_leaves_a_finite_curve_with_every_chance_inside_0_and_1():
    found = _scale([1, 2, 8, 9], [1, 1, 0, 0])
    chance = found.chance([1, 2, 8, 9])
    assert np.isfinite([found.intercept, found.slope]).all()
    assert found.slope < 0
    assert ((chance > 0) & (chance < 1)).all()


def test_a_score_that_is_the_same_for_all_gives_all_the_same_chance():
    found = _scale([5, 5, 5, 5], [1, 0, 0, 0])
    assert found.chance([5]) == pytest.approx((1 * 2 / 3 + 3 * 1 / 5) / 4)


def test_an_extreme_start_is_walked_back_from_until_the_fit_gets_better():
    score = np.concatenate([np.zeros(2000), [1e6], np.full(3, 2e6)])
    default = np.concatenate([np.zeros(1999), [1], [0], [1, 1, 1]])
    assert np.isfinite(_scale(score, default).chance(score)).all()


@pytest.mark.parametrize("default", [[0, 0], [1, 1]])
def test_with_one_outcome_only_there_is_no_curve(default):
    assert score_scale([1, 2], default) is None
