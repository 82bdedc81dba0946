"""Every group is shown with its counts and compared with the best-treated one that is large enough."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import CardError
from scoring.validation.fairness import fairness
from scoring.validation.thresholds import CUSTOMARY


def _fairness(groups):
    """`groups`: name → (payers who reach it, payers who do not, others who reach it, others who do not)."""
    labels, reached, outcome = [], [], []
    for name, counts in groups.items():
        for count, (is_reached, value) in zip(
            counts, [(1, 0.0), (0, 0.0), (1, 1.0), (0, np.nan)], strict=True
        ):
            labels += [name] * count
            reached += [is_reached] * count
            outcome += [value] * count
    rated = np.ones(len(labels), dtype=np.bool_)
    found = fairness(
        labels,
        name="sex",
        reached=np.array(reached, dtype=np.bool_),
        rated=rated,
        outcome=np.array(outcome),
        thresholds=CUSTOMARY,
    )
    return found, {item.group: item for item in found.groups}


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), st.tuples(*[st.integers(0, 40)] * 4), min_size=1))
def test_the_groups_add_up_to_everybody_and_each_interval_contains_its_share(groups):
    found, _ = _fairness(groups)
    assert sum(item.subject_count for item in found.groups) == sum(map(sum, groups.values()))
    assert sum(item.reached_count for item in found.groups) == sum(c[0] + c[2] for c in groups.values())
    assert sum(item.payer_count for item in found.groups) == sum(c[0] + c[1] for c in groups.values())
    assert sum(item.rated_count for item in found.groups) == sum(map(sum, groups.values()))
    assert all(item.low <= item.rate <= item.high for item in found.groups)


def test_ratio_and_gap_are_taken_against_the_best_treated_group():
    found, groups = _fairness({"女": (30, 30, 0, 40), "男": (50, 10, 10, 30)})
    assert (found.reference, found.payer_reference) == ("男", "男")
    assert groups["女"].ratio == pytest.approx(0.3 / 0.6)
    assert groups["女"].payer_gap == pytest.approx(0.5 - 50 / 60)
    assert (groups["男"].ratio, groups["男"].payer_gap) == (1, 0)
    assert found.adverse(CUSTOMARY) == (groups["女"],)


@pytest.mark.parametrize(("reached", "adverse"), [(80, False), (79, True)])
def test_four_fifths_is_still_alike_and_a_hair_less_is_not(reached, adverse):
    found, _ = _fairness({"a": (100, 0, 0, 0), "b": (reached, 100 - reached, 0, 0)})
    assert bool(found.adverse(CUSTOMARY)) is adverse


def test_a_group_of_twenty_nine_is_shown_but_neither_judged_nor_a_reference():
    found, groups = _fairness({"small": (29, 0, 0, 0), "large": (20, 20, 0, 0), "tiny": (0, 9, 0, 0)})
    assert found.reference == found.payer_reference == "large"
    assert (groups["small"].too_small, groups["small"].payers_too_small) == (True, True)
    assert groups["small"].ratio == pytest.approx(2)
    assert groups["tiny"].ratio == 0
    assert found.adverse(CUSTOMARY) == ()


def test_a_group_with_few_payers_says_so_of_the_gap_alone():
    _, groups = _fairness({"a": (10, 10, 20, 20), "b": (40, 0, 0, 0)})
    assert (groups["a"].too_small, groups["a"].payers_too_small) == (False, True)


def test_without_a_group_large_enough_there_is_nothing_to_compare_with():
    found, groups = _fairness({"a": (3, 3, 0, 3), "b": (0, 0, 3, 0)})
    assert (found.reference, found.payer_reference) == (None, None)
    assert {(item.ratio, item.payer_gap) for item in found.groups} == {(None, None)}
    assert groups["b"].payer_rate is None


def test_where_nobody_reaches_the_grade_no_ratio_is_made_up():
    _, groups = _fairness({"a": (0, 40, 0, 0), "b": (0, 40, 0, 0)})
    assert groups["a"].ratio is None


@pytest.mark.parametrize("labels", [[None, "女"] * 30, [float("nan"), "女"] * 30])
def test_subjects_of_no_known_group_are_counted_and_never_the_reference(labels):
    found = fairness(
        labels,
        name="sex",
        reached=np.tile([True, False], 30),
        rated=np.ones(60, dtype=np.bool_),
        outcome=np.zeros(60),
        thresholds=CUSTOMARY,
    )
    assert [(item.group, item.subject_count) for item in found.groups] == [("", 30), ("女", 30)]
    assert found.reference == "女"


def test_a_column_of_labels_of_another_length_is_refused():
    nobody = np.zeros(3, dtype=np.bool_)
    with pytest.raises(CardError, match="groups: sex: 3 rows expected"):
        fairness(["女"], name="sex", reached=nobody, rated=nobody, outcome=np.zeros(3), thresholds=CUSTOMARY)


def test_a_group_of_thirty_is_judged_and_may_be_the_reference():
    found, groups = _fairness({"thirty": (30, 0, 0, 0), "large": (10, 90, 0, 0)})
    assert (found.reference, found.payer_reference) == ("thirty", "thirty")
    assert (groups["thirty"].too_small, groups["thirty"].payers_too_small) == (False, False)
    assert found.adverse(CUSTOMARY) == (groups["large"],)
