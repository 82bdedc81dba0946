"""Every column can be wrong: each fault is told with the input and the row, and never becomes a number."""

from typing import Any

import numpy as np
import pytest

from scoring import CardError, Coded, Scorecard

HOUSEHOLD = Scorecard.load("scoring/policies/cq_bishan/household/2023-01-01.yaml")
CHINESE = Scorecard.load("tests/scoring/exchange/chinese_card.yaml")


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["4"], "household_size, row 0: a str is not a number"),
        ([4, None, "x"], "household_size, row 2: a str is not a number"),
        ([10**400], "household_size, row 0: the number is too great"),
        (np.array(["4"]), "household_size: the column holds <U1, not numbers"),
        (np.array([1 + 2j]), "household_size: the column holds complex128, not numbers"),
        ([[4.0]], "household_size: a column has one dimension, this one has 2"),
        (4.0, "household_size: a column has one dimension, this one has 0"),
        (
            np.ma.masked_array([4.0, 5.0], mask=[True, False]),
            "household_size: give NaN or None for what is unknown",
        ),
        (Coded(np.array([0]), ("a",)), "household_size: the card reads numbers, the column holds categories"),
    ],
)
def test_a_column_of_numbers_that_is_none_is_refused(column, message):
    with pytest.raises(CardError) as refused:
        HOUSEHOLD.score({"household_size": column})
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([3], "housing, row 0: a int is not a text"),
        ([["自有"]], "housing: a column has one dimension, this one has 2"),
        (np.array([1.0, np.nan]), "housing: the column holds float64, not texts"),
        (
            Coded(np.array([0.5]), ("自有",)),
            "housing: the codes of the column are float64, not whole numbers",
        ),
        (
            Coded(np.array([0, 2]), ("自有", "租 住")),
            "housing: a code is beyond the 2 categories of the column",
        ),
    ],
)
def test_a_column_of_texts_that_is_none_is_refused(column, message):
    with pytest.raises(CardError) as refused:
        CHINESE.score({"housing": column})
    assert str(refused.value).startswith(message)


def test_a_value_that_cannot_be_looked_up_is_no_text():
    column = np.empty(1, dtype=object)
    column[0] = ["自有"]
    with pytest.raises(CardError, match="housing, row 0: a list is not a text"):
        CHINESE.score({"housing": column})


def test_texts_may_come_as_texts_codes_or_categories_of_other_lists():
    texts: Any = ["自有", "租 住", "没有", None]
    expected = CHINESE.score({"housing": texts, "age": [30.0] * 4})
    names = [category.name for category in CHINESE.definition.inputs[0].categories]
    in_order = Coded(np.array([names.index("自有"), names.index("租 住"), -2, -1]), names)
    as_written = Coded(np.array([names.index("自有"), names.index("租 住"), -1, -1]), names)
    other = Coded(np.array([2, 0, 1, -1]), ("租 住", "没有", "自有"))
    fewer = Coded(np.array([1, 0, -1, -1]), ("租 住", "自有"))
    for column in (np.array(texts, dtype=object), other):
        found = CHINESE.score({"housing": column, "age": [30.0] * 4})
        assert (found.packed == expected.packed).all()
        assert found.out_of_range.tolist() == [0, 0, 1, 0]
    for column in (in_order, as_written, fewer):
        assert (CHINESE.score({"housing": column, "age": [30.0] * 4}).packed == expected.packed).all()


def test_a_column_of_nothing_but_unknown_numbers_is_unknown_texts():
    found = CHINESE.score({"housing": np.array([np.nan]), "age": [30.0]})
    assert (int(found.bins["housing"][0]), int(found.out_of_range[0])) == (0, 0)


def test_columns_of_different_lengths_are_refused_with_their_lengths():
    with pytest.raises(CardError, match=r"columns differ in length: .*household_size 2.*labourer_count 1"):
        HOUSEHOLD.score({"household_size": [1.0, 2.0], "labourer_count": [1.0]})


def test_columns_the_card_does_not_read_still_say_how_many_rows_there_are():
    found = HOUSEHOLD.score({"name": ["甲", "乙"]})
    assert (found.total.tolist(), len(found.missing_inputs)) == ([-1, -1], len(HOUSEHOLD.inputs))
    coded = HOUSEHOLD.score({"name": Coded(np.array([0, 1, 0]), ("甲", "乙"))})
    assert len(coded.total) == 3
    assert len(HOUSEHOLD.score({}).total) == 0


def test_a_special_code_with_a_bin_of_its_own_has_its_points_and_one_without_is_unknown():
    age = next(item for item in CHINESE.definition.characteristics if item.of == "age")
    assert set(age.specials) == {-9.0, 999.0}
    scored = CHINESE.score({"age": [-9.0, 999.0, -8.0], "housing": ["自有"] * 3})
    assert scored.bins["age"].tolist() == [age.specials[-9.0], age.specials[999.0], 0]
