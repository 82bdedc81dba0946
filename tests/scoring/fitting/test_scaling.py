"""Points and odds belong together on one straight line."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.fitting.scaling import Scaling, whole, whole_tables


@given(points=st.floats(-1e4, 1e4), odds=st.floats(0.01, 1e4), pdo=st.floats(0.1, 1e3))
def test_the_stated_odds_hold_at_the_stated_points_and_double_every_pdo(
    points: float, odds: float, pdo: float
):
    line = Scaling.stated(base_points=points, base_odds=odds, pdo=pdo)
    log_odds = line.log_odds(np.array([points, points + pdo]))
    assert log_odds.tolist() == pytest.approx([math.log(odds), math.log(2 * odds)], abs=1e-6)
    assert line.points_at(2 * odds) == pytest.approx(points + pdo, abs=1e-6)
    assert line.pdo == pytest.approx(pdo)


def test_600_points_at_50_to_1_and_20_to_double_is_the_textbook_line():
    line = Scaling.stated(base_points=600, base_odds=50, pdo=20)
    assert (round(line.factor, 4), round(line.offset, 4)) == (28.8539, 487.1229)


def test_halves_round_upward_whatever_the_last_digits_of_a_sum():
    assert whole(np.array([0.5, -0.5, 1.5 - 1e-12, 2.499])).tolist() == [1, 0, 2, 2]


@given(
    worth=st.lists(st.lists(st.floats(-30, 30), min_size=2, max_size=5), min_size=1, max_size=12),
    total=st.floats(0, 700),
)
def test_what_rounding_gives_one_characteristic_it_takes_from_the_next(
    worth: list[list[float]], total: float
):
    parts = [np.array(part) for part in worth]
    shares = [np.full(len(part), 1 / len(part)) for part in parts]
    tables = whole_tables(parts, shares=shares, total=total)
    exact = total + sum(float(part.mean()) for part in parts)
    assert abs(sum(float(table.mean()) for table in tables) - exact) <= 0.51
