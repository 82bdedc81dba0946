"""Bins are few, large enough, and rise or fall as they should."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.fitting.binning import Binning, fit_numbers, fit_texts
from scoring.fitting.cuts import Rules

RULES = Rules(max_bins=7, min_share=0.05, prebins=20, penalty=0.5, smoothing=20)
WHOLE: dict[str, Any] = {"limits": None, "special": ()}


@given(seed=st.integers(0, 10_000), direction=st.sampled_from(["up", "down", "auto", "free"]))
def test_bins_keep_to_the_rules_whatever_the_outcomes(seed: int, direction: str):
    draw = np.random.default_rng(seed)
    value = draw.choice([draw.normal(size=400), draw.integers(0, 9, 400)])
    good = (draw.random(400) < 1 / (1 + np.exp(-np.sin(value)))).astype(float)
    made = fit_numbers("value", value, good=good, bad=1 - good, rules=RULES, direction=direction, **WHOLE)
    codes = made.codes(value)
    rows = np.bincount(codes, minlength=made.size)[1:]
    share = np.bincount(codes, weights=good, minlength=made.size)[1:] / rows
    assert made.steps <= 7
    assert rows.min() >= 20
    rises = {"up": np.diff(share) > 0, "down": np.diff(share) < 0}.get(made.direction, np.array(True))
    assert rises.all()
    assert made.direction in {direction, "free"} or direction == "auto"


def test_auto_finds_the_direction_and_free_finds_the_bend():
    value = np.linspace(-3, 3, 1_000)
    good = (np.abs(value) < 1.5).astype(float)
    make: dict[str, Any] = {"good": good, "bad": 1 - good, "rules": RULES, **WHOLE}
    falling: dict[str, Any] = {
        "good": (value < 0).astype(float),
        "bad": (value >= 0).astype(float),
        "rules": RULES,
        **WHOLE,
    }
    assert fit_numbers("value", value, direction="free", **make).edges == (-1.5, 1.5)
    assert fit_numbers("value", value, direction="auto", **falling).direction == "down"


def test_an_edge_is_the_first_value_of_the_next_bin():
    made = Binning("days", "down", edges=(1.0, 30.0))
    given_days = np.array([0, 0.999, 1, 29.999, 30, 1e9, np.nan])
    assert made.codes(given_days).tolist() == [1, 1, 2, 2, 3, 3, 0]


def test_special_codes_have_bins_of_their_own_and_what_is_out_of_range_is_unknown():
    made = Binning("age", "up", edges=(30.0,), special=(-9.0, -8.0), minimum=18, maximum=100)
    assert made.codes(np.array([18, 100, -9, -8, 17.9, 101, -7])).tolist() == [1, 2, 3, 4, 0, 0, 0]


def test_categories_with_like_outcomes_are_put_together_and_an_unseen_one_is_unknown():
    housing = np.array(["own"] * 200 + ["rent"] * 200 + ["lodging"] * 200 + [None] * 9, dtype=object)
    good = np.concatenate([np.arange(200) < 180, np.arange(200) < 100, np.arange(200) < 101, np.ones(9)])
    made = fit_texts("housing", housing, good=good.astype(float), bad=1.0 - good, rules=RULES)
    assert made.groups == (("lodging", "rent"), ("own",))
    assert made.codes(np.array(["own", "rent", None, "tent"], dtype=object)).tolist() == [2, 1, 0, 0]


def test_texts_for_numbers_and_numbers_for_texts_are_refused():
    with pytest.raises(ValueError, match="column age holds texts; it was fitted on numbers"):
        Binning("age", "up", edges=(30.0,)).codes(np.array(["old"], dtype=object))
    with pytest.raises(ValueError, match="column housing holds numbers; it was fitted on texts"):
        Binning("housing", "free", groups=(("own",),)).codes(np.array([1.0]))
    assert Binning("housing", "free", groups=(("own",),)).codes(np.array([np.nan])).tolist() == [0]


def test_a_column_that_is_all_missing_has_one_bin():
    nothing = np.full(10, np.nan)
    made = fit_numbers(
        "x", nothing, good=np.ones(10), bad=np.zeros(10), rules=RULES, direction="auto", **WHOLE
    )
    assert (made.steps, made.direction) == (1, "free")
