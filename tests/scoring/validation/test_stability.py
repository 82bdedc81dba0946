"""The stability index is 0 where nothing moved, its known value where something did, and never infinite."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.definition import Text
from scoring.validation.stability import psi, stability, worst
from scoring.validation.thresholds import CUSTOMARY

COUNTS = st.lists(st.integers(0, 500), min_size=2, max_size=12)


def _stability(base, current):
    name = Text("总分", "score")
    return stability(
        np.array(base), np.array(current), name="score", label=name, sample="202401", thresholds=CUSTOMARY
    )


@settings(max_examples=100, deadline=None)
@given(COUNTS.filter(any), st.integers(1, 50))
def test_equal_distributions_have_no_index_whatever_the_sizes(counts, times):
    assert psi(np.array(counts), np.array(counts) * times) == pytest.approx(0, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=12))
def test_the_index_is_finite_and_the_same_both_ways(pairs):
    base, current = np.array(pairs).T
    found = psi(base, current)
    if base.any() and current.any():
        assert found is not None
        assert np.isfinite(found)
        assert found == pytest.approx(psi(current, base))
    else:
        assert found is None


def test_the_index_has_the_value_of_its_formula():
    expected = (0.3 - 0.5) * np.log(0.3 / 0.5) + (0.7 - 0.5) * np.log(0.7 / 0.5)
    assert psi(np.array([50, 50]), np.array([60, 140])) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("current", "verdict"),
    [
        ((500, 500), "stable"),
        ((655, 345), "stable"),
        ((656, 344), "watch"),
        ((739, 261), "watch"),
        ((740, 260), "shifted"),
    ],
)
def test_a_shift_is_called_so_from_its_threshold_on(current, verdict):
    found = _stability((500, 500), current)
    assert found.verdict == verdict
    limits = {"stable": (0, 0.1), "watch": (0.1, 0.25), "shifted": (0.25, 1)}[verdict]
    assert limits[0] <= found.index < limits[1]


def test_twenty_nine_subjects_are_too_few_to_judge_and_none_have_no_index():
    few, none = _stability((500, 500), (29, 0)), _stability((500, 500), (0, 0))
    assert (few.verdict, few.index is None) == ("too_few", False)
    assert (none.verdict, none.index, none.by_chance) == ("too_few", None, None)
    assert _stability((500, 500), (30, 0)).verdict == "shifted"


def test_the_index_expected_by_chance_is_what_unchanged_samples_have_on_average():
    draw = np.random.default_rng(3)
    base, current = (draw.multinomial(size, [0.1, 0.2, 0.3, 0.4], 3000) for size in (2000, 300))
    found = [_stability(first, second) for first, second in zip(base, current, strict=True)]
    assert np.mean([item.index for item in found]) == pytest.approx(found[0].by_chance, rel=0.05)


def test_the_worst_is_looked_for_among_those_that_can_be_judged():
    few, calm, moved = (
        _stability((500, 500), (29, 0)),
        _stability((500, 500), (50, 50)),
        _stability((500, 500), (60, 40)),
    )
    assert worst([few, calm, moved]) is moved
    assert worst([few]) is None
