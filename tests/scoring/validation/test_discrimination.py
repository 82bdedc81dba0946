"""AUC, KS and the rest equal what counting every pair by hand gives; what is not defined is said to be so."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from scoring.errors import CardError
from scoring.validation.discrimination import (
    ScoreTable,
    auc,
    auc_interval,
    brier,
    capture,
    discrimination,
    ks,
)

ROWS = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: len({default for _, default in rows}) == 2
)


def _table(rows):
    score, default = zip(*rows, strict=True)
    return ScoreTable.of(score, default)


@settings(max_examples=200, deadline=None)
@given(ROWS)
def test_auc_is_the_share_of_pairs_in_the_right_order_ties_counting_half(rows):
    payers = [score for score, default in rows if not default]
    defaulters = [score for score, default in rows if default]
    pairs = [(a > b) + (a == b) / 2 for a, b in itertools.product(payers, defaulters)]
    score, default = np.array(rows).T
    assert auc(_table(rows)) == pytest.approx(np.mean(pairs))
    assert auc(_table(rows)) == pytest.approx(roc_auc_score(1 - default, score))


@settings(max_examples=200, deadline=None)
@given(ROWS)
def test_ks_is_the_widest_gap_between_the_two_shares_at_any_score(rows):
    payers = np.array([score for score, default in rows if not default])
    defaulters = np.array([score for score, default in rows if default])
    gaps = [abs((defaulters <= score).mean() - (payers <= score).mean()) for score in range(9)]
    found = discrimination(*zip(*rows, strict=True), sample="all", confidence=0.95)
    assert ks(_table(rows)) == pytest.approx(max(gaps))
    assert found.ks_score is not None
    assert gaps[int(found.ks_score)] == pytest.approx(found.ks)


def test_the_interval_of_the_auc_is_delongs_from_the_components_of_every_pair():
    draw = np.random.default_rng(4)
    default = draw.random(120) < 0.4
    score = np.round(draw.normal(0, 2, 120) - 1.5 * default)
    pairs = np.array([[(a > b) + (a == b) / 2 for b in score[default]] for a in score[~default]])
    variance = (
        pairs.mean(axis=1).var(ddof=1) / (~default).sum() + pairs.mean(axis=0).var(ddof=1) / default.sum()
    )
    wide = 1.959963984540054 * np.sqrt(variance)
    low, high = auc_interval(ScoreTable.of(score, default), confidence=0.95)
    assert (low, high) == pytest.approx((pairs.mean() - wide, pairs.mean() + wide))


def test_in_nineteen_samples_of_twenty_the_interval_contains_the_true_auc():
    draw = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        score, default = (
            np.concatenate([draw.normal(1, 1, 80), draw.normal(0, 1, 60)]),
            np.repeat([0, 1], [80, 60]),
        )
        low, high = auc_interval(ScoreTable.of(score, default), confidence=0.95)
        assert low is not None
        assert high is not None
        hits += low <= 0.7602499389 <= high
    assert 0.92 <= hits / 400 <= 0.98


@pytest.mark.parametrize(
    "rows", [[(1, True), (2, False), (3, False)], [(1, True), (1, True), (2, False), (3, False)]]
)
def test_no_interval_is_made_up_for_a_single_defaulter_or_for_complete_separation(rows):
    assert auc_interval(_table(rows), confidence=0.95) == (None, None)


@pytest.mark.parametrize(
    ("score", "default", "why"),
    [
        ([], [], "no subject has both a score and an outcome"),
        ([1, 2], [0, 0], "nobody defaulted"),
        ([1, 2], [1, 1], "everybody defaulted"),
    ],
)
def test_with_one_outcome_only_nothing_is_defined_and_it_says_why(score, default, why):
    found = discrimination(score, default, sample="all", confidence=0.95, chance=np.full(len(score), 0.5))
    assert (found.auc, found.auc_low, found.ks, found.gini, found.capture, found.curve) == (
        None, None, None, None, (), (),
    )  # fmt: skip
    assert found.undefined == why
    assert found.brier == (0.25 if score else None)


def test_gini_and_brier_are_those_of_the_field():
    draw = np.random.default_rng(6)
    chance = draw.random(200)
    default = (draw.random(200) < chance).astype(float)
    found = discrimination(-chance, default, sample="all", confidence=0.95, chance=chance)
    assert found.gini == pytest.approx(2 * roc_auc_score(default, chance) - 1)
    assert found.brier == brier(chance, default) == pytest.approx(brier_score_loss(default, chance))
    assert discrimination(-chance, default, sample="all", confidence=0.95).brier is None


def test_capture_counts_defaulters_among_the_worst_and_shares_ties_out():
    score, default = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5], [1, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    table = ScoreTable.of(score, default)
    assert [capture(table, share) for share in (0.1, 0.2, 0.4, 1.0)] == [0.25, 0.5, 1.0, 1.0]


def test_the_curve_ends_with_everybody_and_is_thinned_for_drawing():
    draw = np.random.default_rng(7)
    score, default = draw.normal(size=3000), draw.random(3000) < 0.3
    curve = discrimination(score, default, sample="all", confidence=0.95).curve
    assert len(curve) == 200
    assert (curve[-1].payer_share, curve[-1].defaulter_share) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("score", "default", "told"),
    [
        ([1, 2], [0], "differ in length"),
        ([1, np.nan], [0, 1], "score, row 1: a score is a finite number"),
        ([1, 2], [0, 2], "outcome, row 1: 2 is neither 0"),
        ([1, 2], [0, np.nan], "outcome, row 1: nan is neither 0"),
    ],
)
def test_columns_that_cannot_be_used_are_refused_with_their_place(score, default, told):
    with pytest.raises(CardError, match=told):
        ScoreTable.of(score, default)
