"""Intervals and tails agree with the reference implementations, to the far ends of the scale."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc
from scipy.stats import beta, binomtest, chi2, norm

from scoring.validation.distributions import (
    beta_probability,
    beta_quantile,
    chi_square_tail,
    normal_quantile,
    share_interval,
)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 5000), st.data(), st.sampled_from([0.8, 0.95, 0.999]))
def test_the_interval_is_that_of_the_exact_binomial_test_and_contains_the_share(total, data, confidence):
    count = data.draw(st.integers(0, total))
    low, high = share_interval(count, total, confidence=confidence)
    reference = binomtest(count, total).proportion_ci(confidence, method="exact")
    assert (low, high) == pytest.approx((reference.low, reference.high), rel=1e-8, abs=1e-12)
    assert low <= count / total <= high


@pytest.mark.parametrize(
    ("count", "total"), [(1, 10_000_000), (13, 1_375_733), (3_000_000, 10_000_000), (9_999_999, 10_000_000)]
)
def test_ten_million_subjects_have_an_interval_too(count, total):
    reference = beta.ppf([0.025, 0.975], [count, count + 1], [total - count + 1, total - count])
    assert share_interval(count, total, confidence=0.95) == pytest.approx(tuple(reference), rel=1e-6)


def test_nothing_observed_leaves_everything_possible():
    assert share_interval(0, 0, confidence=0.95) == (0, 1)
    assert share_interval(0, 40, confidence=0.95)[0] == 0
    assert share_interval(40, 40, confidence=0.95)[1] == 1


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1), st.floats(0.5, 1000), st.floats(0.5, 1000))
def test_the_beta_probability_is_the_reference_one(x, a, b):
    assert beta_probability(x, a, b) == pytest.approx(betainc(a, b, x), rel=1e-7, abs=1e-12)


def test_a_quantile_far_out_in_the_tail_is_found_where_newton_alone_would_leave_the_scale():
    assert beta_quantile(1e-12, 3, 500) == pytest.approx(beta.ppf(1e-12, 3, 500), rel=1e-6)
    assert beta_quantile(1 - 1e-9, 50, 0.5) == pytest.approx(beta.ppf(1 - 1e-9, 50, 0.5), rel=1e-12)
    assert beta_quantile(1e-200, 900, 1) == pytest.approx(beta.ppf(1e-200, 900, 1), rel=1e-6)


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 500), st.integers(1, 60))
def test_the_chi_square_tail_is_the_reference_one_for_even_and_odd_degrees_of_freedom(statistic, freedom):
    assert chi_square_tail(statistic, freedom) == pytest.approx(
        chi2.sf(statistic, freedom), rel=1e-9, abs=1e-300
    )


def test_the_normal_quantile_is_the_reference_one():
    assert normal_quantile(0.975) == pytest.approx(norm.ppf(0.975))
