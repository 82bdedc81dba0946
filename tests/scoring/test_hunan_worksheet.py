"""The worksheet of the Hunan rural credit co-operative, against the sample on its own sheet."""

from pathlib import Path

import pytest

from scoring import Scorecard

CARD = Scorecard.load(Path("scoring/policies/hunan_rcc/household/2010-01-01.yaml"))
SAMPLE = {
    "household_size": 2, "labourer_count": 0, "asset_value": 0.1, "net_asset_value": 0,
    "liquid_asset_value": 0, "share_capital": 0, "net_income": 0.5, "county_asset_base": 1,
    "county_net_asset_base": 1, "county_liquid_asset_base": 1, "county_income_base": 1,
    "performance": 1, "panel_evaluation": 4,
}  # fmt: skip


def rated(**changes):
    scores = CARD.score({name: [float(value)] for name, value in (SAMPLE | changes).items()})
    return scores, CARD.grade_codes[scores.grade[0]]


def test_the_sample_household_has_54_points_and_the_fourth_grade():
    scores, grade = rated()
    assert (scores.total[0], grade) == (54, "四级")


@pytest.mark.parametrize(
    ("asset_value", "points"), [(0.8, 5), (0.81, 9), (1.2, 9), (1.21, 11), (1.5, 11), (1.51, 13)]
)
def test_the_hole_of_the_sheet_at_four_fifths_of_the_base_is_closed(asset_value, points):
    assert rated(asset_value=asset_value)[0].points["assets"][0] == points


@pytest.mark.parametrize(("labourers", "size", "points"), [(0, 3, 4), (1, 3, 8), (2, 3, 8), (3, 4, 10)])
def test_labour_thirds_are_exact_at_one_third_and_two_thirds(labourers, size, points):
    scores, _ = rated(labourer_count=labourers, household_size=size)
    assert scores.points["labour_ratio"][0] == points


def test_ninety_days_of_uncured_principal_cost_six_and_six_tenths_rounded_to_seven():
    scores, _ = rated(default_item=1, default_days=90, default_cured_days=-1, default_measure=1)
    assert scores.points["default_deduction"][0] == -7


def test_the_worst_default_stops_at_the_floor_of_a_hundred():
    scores, _ = rated(default_item=3, default_days=721, default_cured_days=-1, default_measure=3)
    assert (scores.points["default_deduction"][0], scores.total[0]) == (-100, 0)


def test_a_default_cured_more_than_three_years_ago_costs_nothing():
    scores, _ = rated(default_item=3, default_days=721, default_cured_days=1096, default_measure=3)
    assert scores.points["default_deduction"][0] == 0


def test_a_sheet_with_a_blank_row_is_unrated_not_poor():
    scores = CARD.score({name: [float(v)] for name, v in SAMPLE.items() if name != "net_income"})
    assert (CARD.grade_codes[scores.grade[0]], scores.missing_inputs[0]) == ("N", "net_income")
