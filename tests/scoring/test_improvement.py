"""The cheapest way up is the cheapest there is, and it gets there."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import Scorecard
from scoring.improvement import _options, way_up

CARD = Scorecard.load(Path("scoring/policies/cq_bishan/household/2023-01-01.yaml"))
NAMES = [item.name for item in CARD.definition.characteristics]
FEW = ("confirmed_rights", "village_appraisal", "agricultural_insurance", "debt_to_income")


def total(bins):
    card = CARD.definition
    sums = [
        min(
            sum(i.bins[bins[i.name]].points for i in card.characteristics if i.block == block.name),
            block.maximum,
        )
        for block in card.blocks
    ]
    return min(max(sum(sums), 0), card.maximum)


any_bins = st.fixed_dictionaries(
    {item.name: st.integers(0, len(item.bins) - 1) for item in CARD.definition.characteristics}
)


@settings(max_examples=60)
@given(any_bins)
def test_the_changes_reach_the_next_grade_and_no_other_number_of_changes_is_less(bins):
    found = way_up(CARD.definition, bins)
    now = total(bins)
    goals = [grade.minimum for grade in CARD.definition.grades if grade.minimum > now]
    if not goals:
        assert found is None
        return
    if found is None:
        best = {i.name: max(_options(i, bins)) for i in CARD.definition.characteristics}
        assert sum(
            min(
                sum(best[i.name] for i in CARD.definition.characteristics if i.block == b.name),
                b.maximum,
            )
            for b in CARD.definition.blocks
        ) < min(goals)
        return
    changed = bins | {change.name: change.to_bin for change in found.changes}
    assert total(changed) == found.score >= min(goals)
    for fewer in itertools.combinations(NAMES, len(found.changes) - 1):
        assert total(bins | {name: _best(name, bins) for name in fewer}) < min(goals)


def _best(name, bins):
    item = CARD.definition.characteristics[NAMES.index(name)]
    if item.months_to_change is None:
        return bins[name]
    return max(range(1, len(item.bins)), key=lambda code: item.bins[code].points)


@settings(max_examples=40)
@given(any_bins)
def test_of_as_many_changes_the_soonest_done_is_chosen(bins):
    found = way_up(CARD.definition, bins)
    if found is None or len(found.changes) > 2:
        return
    goal = next(grade.minimum for grade in CARD.definition.grades if grade.code == found.grade)
    items = [item for item in CARD.definition.characteristics if item.months_to_change is not None]
    months = [
        max(item.months_to_change or 0 for item in chosen)
        for chosen in itertools.combinations(items, len(found.changes))
        if total(bins | {item.name: _best(item.name, bins) for item in chosen}) >= goal
        and all(
            item.bins[_best(item.name, bins)].points > item.bins[bins[item.name]].points for item in chosen
        )
    ]
    assert found.months == min(months)


def test_at_the_top_there_is_no_way_up():
    best = {item.name: int(np.argmax([b.points for b in item.bins[1:]])) + 1
            for item in CARD.definition.characteristics}  # fmt: skip
    assert way_up(CARD.definition, best) is None


def test_what_cannot_be_changed_is_never_proposed():
    lowest = {item.name: 1 for item in CARD.definition.characteristics}
    found = way_up(CARD.definition, lowest | {"repayment_record": 1})
    assert found is None or "labour_ratio" not in {change.name for change in found.changes}


def test_a_packed_rating_is_enough():
    scores = CARD.score({name: [1.0] for name in CARD.inputs})
    assert CARD.way_up(int(scores.packed[0])) == way_up(
        CARD.definition, {name: int(codes[0]) for name, codes in scores.bins.items()}
    )


@pytest.mark.parametrize("name", FEW)
def test_a_change_says_what_it_gains(name):
    lowest = {item.name: 1 for item in CARD.definition.characteristics}
    found = way_up(CARD.definition, lowest)
    for change in found.changes if found else ():
        item = CARD.definition.characteristics[NAMES.index(change.name)]
        assert change.points_gained == item.bins[change.to_bin].points - item.bins[1].points
        assert change.name != name or change.months == item.months_to_change
