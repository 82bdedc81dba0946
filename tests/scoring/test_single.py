"""One subject rated alone gets what it gets in a batch, bit for bit."""

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import CardError, Scorecard
from tests.scoring.random_cards import random_card, random_columns, text_of

HOUSEHOLD = Scorecard.load("scoring/policies/cq_bishan/household/2023-01-01.yaml")
FIELDS = ("total", "grade", "packed", "known", "vetoes", "unrated", "out_of_range")


def alone_and_together(card, columns):
    together = card.score(columns)
    for row in range(len(together.total)):
        one = card.score_one({name: column[row] for name, column in columns.items()})
        yield (
            tuple(getattr(one, field) for field in FIELDS),
            tuple(int(getattr(together, field)[row]) for field in FIELDS),
        )


@settings(max_examples=100)
@given(st.integers(0, 2**32 - 1))
def test_any_subject_of_any_card_is_rated_alone_as_in_a_batch(seed):
    content = random_card(random.Random(seed))
    columns = random_columns(content, np.random.default_rng(seed), rows=40)
    for alone, together in alone_and_together(Scorecard.parse(text_of(content)), columns):
        assert alone == together


def test_the_values_of_a_row_may_be_whole_numbers_and_numpy_numbers():
    facts: dict[str, Any] = {
        "household_size": 4,
        "annual_net_income_fen": np.int64(8_000_000),
        "debt_fen": np.float32(0),
    }
    one = HOUSEHOLD.score_one(facts)
    batch = HOUSEHOLD.score({name: [float(value)] for name, value in facts.items()})
    assert (one.packed, one.known) == (int(batch.packed[0]), int(batch.known[0]))


@pytest.mark.parametrize("value", ["35", [1.0], 10**400])
def test_a_value_of_the_wrong_type_is_refused(value):
    with pytest.raises(CardError, match="household_size, row 0"):
        HOUSEHOLD.score_one({"household_size": value})


@pytest.mark.parametrize("value", [-999.0, math.inf, -math.inf, 51])
def test_a_value_out_of_range_is_unknown_and_told(value):
    one = HOUSEHOLD.score_one({"household_size": value})
    told = HOUSEHOLD.explain(one.packed, unrated=bool(one.unrated), out_of_range=one.out_of_range)
    assert (told.out_of_range_count, told.known_count, told.grade) == (1, 0, "N")


def test_a_card_that_refuses_says_what_it_allows():
    content = random_card(random.Random(5)) | {"required": []}
    content["inputs"] = [
        {
            "name": "x",
            "label": {"zh": "甲", "en": "a"},
            "unit": "个",
            "minimum": "0",
            "maximum": "9",
            "invalid": "refuse",
        },
        *content["inputs"],
    ]
    card = Scorecard.parse(text_of(content))
    with pytest.raises(CardError, match="x: the value is not allowed by the card; it allows 0 to 9"):
        card.score_one({"x": 10})
    with pytest.raises(CardError, match="x, row 1: the value is not allowed by the card; it allows 0 to 9"):
        card.score({"x": [1.0, 10.0]})
