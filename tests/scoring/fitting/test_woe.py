"""Weight of evidence says which way the outcomes of a bin point."""

import math

import numpy as np
import pytest

from scoring.fitting.woe import information_value, weight_of_evidence


def test_a_bin_with_the_odds_of_all_rows_says_nothing_and_a_better_one_speaks_for_it():
    evidence = weight_of_evidence(np.array([40.0, 80, 40]), np.array([20.0, 10, 50]), smoothing=1e-9)
    assert evidence.tolist() == pytest.approx([0, math.log(4), math.log(0.4)])


def test_a_bin_without_rows_or_without_bad_rows_stays_finite():
    evidence = weight_of_evidence(np.array([0.0, 30, 10]), np.array([0.0, 0, 10]), smoothing=20)
    assert evidence[0] == pytest.approx(0)
    assert 0 < evidence[1] < 10


def test_bins_that_do_not_tell_good_from_bad_have_no_information():
    assert information_value(np.array([10.0, 20]), np.array([5.0, 10]), smoothing=1) == pytest.approx(0)
    strong = information_value(np.array([30.0, 10]), np.array([10.0, 30]), smoothing=1e-9)
    assert strong == pytest.approx(math.log(3))
