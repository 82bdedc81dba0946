"""Default rates by grade and band add up, thin cells say so, and a grade out of order is found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from scoring.definition import Text
from scoring.validation.calibration import (
    DefaultRate,
    default_rates,
    goodness_of_fit,
    grade_breaks,
    score_bands,
    score_edges,
)
from scoring.validation.thresholds import CUSTOMARY

CELLS = [(name, Text(name, name)) for name in "ABC"]


def _fit(bands, *, own_sample=False):
    found = goodness_of_fit(bands, sample="all", own_sample=own_sample)
    assert found is not None
    return found


def _cell(name: str, defaults: int, outcomes: int, *, expected: float | None = None) -> DefaultRate:
    place, outcome = np.zeros(outcomes, dtype=np.int64), (np.arange(outcomes) < defaults).astype(float)
    chance = None if expected is None else np.full(outcomes, expected)
    (found,) = default_rates(
        place, outcome, cells=[(name, Text(name, name))], chance=chance, thresholds=CUSTOMARY
    )
    return found


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.0, 1.0, np.nan])), max_size=80))
def test_the_cells_add_up_to_everybody_and_each_interval_contains_its_rate(rows):
    place, outcome = np.array([row[0] for row in rows], dtype=np.int64), np.array([row[1] for row in rows])
    chance = np.full(len(rows), 0.3)
    found = default_rates(place, outcome, cells=CELLS, chance=chance, thresholds=CUSTOMARY)
    assert sum(cell.subject_count for cell in found) == len(rows)
    assert sum(cell.outcome_count for cell in found) == (~np.isnan(outcome)).sum()
    assert sum(cell.default_count for cell in found) == (outcome == 1).sum()
    for cell in found:
        assert cell.rate is None or cell.low <= cell.rate <= cell.high
        assert (cell.rate is None) == (cell.outcome_count == 0) == (cell.expected is None)


@pytest.mark.parametrize(
    ("defaults", "outcomes", "thin"),
    [(5, 30, False), (5, 29, True), (4, 30, True), (26, 30, True), (25, 30, False)],
)
def test_a_cell_is_thin_below_thirty_outcomes_or_five_of_either_kind(defaults, outcomes, thin):
    assert _cell("A", defaults, outcomes).thin is thin


def test_a_chance_nobody_has_is_not_given_an_expected_rate():
    outcome, chance = np.array([0.0, 1.0]), np.array([0.2, np.nan])
    found = default_rates(np.array([0, 1]), outcome, cells=CELLS, chance=chance, thresholds=CUSTOMARY)
    assert [cell.expected for cell in found] == [0.2, None, None]


def test_grades_in_order_have_no_break_and_equal_rates_are_none_either():
    assert grade_breaks([_cell("A", 1, 100), _cell("B", 1, 100), _cell("C", 9, 100)]) == ()


def test_a_better_grade_that_defaulted_more_is_found_past_an_empty_grade_and_certain_only_beyond_chance():
    rates = [_cell("A", 50, 100), _cell("B", 0, 0), _cell("C", 5, 100), _cell("D", 4, 100)]
    certain, likely = grade_breaks(rates)
    assert (certain.better, certain.worse, certain.certain) == ("A", "C", True)
    assert (likely.better, likely.worse, likely.certain) == ("C", "D", False)


def test_the_statistic_is_that_of_hosmer_and_lemeshow():
    counts = [(30, 100, 0.25), (12, 100, 0.15), (4, 80, 0.05), (0, 0, 0.5)]
    bands = [
        _cell(str(at), defaults, outcomes, expected=p) for at, (defaults, outcomes, p) in enumerate(counts)
    ]
    parts = [(d - n * p) ** 2 / (n * p * (1 - p)) for d, n, p in counts[:3]]
    fresh = _fit(bands)
    own = _fit(bands, own_sample=True)
    assert (fresh.statistic, fresh.freedom, fresh.thin_count) == (pytest.approx(sum(parts)), 3, 1)
    assert fresh.p == pytest.approx(chi2.sf(sum(parts), 3))
    assert (own.freedom, own.p) == (1, pytest.approx(chi2.sf(sum(parts), 1)))


def test_too_few_bands_are_not_tested():
    bands = [_cell("1", 3, 10, expected=0.3), _cell("2", 3, 10, expected=0.3), _cell("3", 3, 10)]
    assert goodness_of_fit(bands, sample="all", own_sample=False) is None


def test_a_certain_expectation_that_came_true_adds_nothing_and_one_that_failed_settles_the_matter():
    bands = [_cell(str(at), 5, 20, expected=0.25) for at in range(3)]
    true, wrong = _cell("3", 0, 20, expected=0.0), _cell("4", 1, 20, expected=0.0)
    assert _fit([*bands, true]).p == pytest.approx(1)
    assert _fit([*bands, wrong]).p < 1e-6


def test_bands_are_half_open_and_named_by_their_edges():
    score = np.repeat([10.0, 20.0, 30.0, 40.0], 25)
    edges = score_edges(score, band_count=4)
    assert list(edges) == [20, 30, 40]
    assert [name for name, _ in score_bands(edges)] == ["< 20", "20 – < 30", "30 – < 40", "≥ 40"]
    assert not any(score_edges(np.array(same), band_count=4) for same in ([7.0] * 50, []))
    assert [name for name, _ in score_bands(())] == ["all"]
