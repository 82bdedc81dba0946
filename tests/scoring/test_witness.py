"""A counter-example is a set of inputs that brings the value about; where there is none, none is made up."""

import math
from pathlib import Path

import numpy as np
import pytest

from scoring import Scorecard
from scoring.kernel import with_derived
from scoring.lint.witness import witness

HOUSEHOLD = Scorecard.load(Path("scoring/policies/cq_bishan/household/2023-01-01.yaml")).definition
HUNAN = Scorecard.load(Path("scoring/policies/hunan_rcc/household/2010-01-01.yaml")).definition
COOPERATIVE = Scorecard.load(Path("scoring/policies/cq_bishan/agri_entity/2023-01-01.yaml")).definition


def value(card, name, inputs):
    columns = {item.name: np.array([inputs.get(item.name, math.nan)]) for item in card.inputs}
    return float(with_derived(card, columns, rows=1)[name][0])


@pytest.mark.parametrize(
    ("card", "name", "wanted"),
    [
        (HOUSEHOLD, "overdue_days_max_24m", 31.0),
        (HOUSEHOLD, "debt_to_income", 0.3),
        (HOUSEHOLD, "debt_to_income", math.inf),
        (HOUSEHOLD, "income_index", 1.5),
        (HOUSEHOLD, "stability_index", 0.5),
        (HOUSEHOLD, "labour_ratio_thirds", 2.0),
        (HOUSEHOLD, "appraisal", 6.25),
        (HUNAN, "net_over_assets", math.inf),
        (COOPERATIVE, "balance_fen", 5.0),
        (COOPERATIVE, "asset_liability_share", 0.5),
    ],
)
def test_the_inputs_bring_the_value_about(card, name, wanted):
    inputs = witness(card, name, wanted)
    assert inputs is not None
    assert value(card, name, inputs) == wanted
    ranges = {item.name: item for item in card.inputs}
    assert all(ranges[one].minimum <= given <= ranges[one].maximum for one, given in inputs.items())


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("overdue_days_max_24m", -1.0),
        ("county_net_assets_fen", 1.0),
        ("nothing", 1.0),
        ("default_points", 1.0),
        ("debt_to_income", -1.0),
    ],
)
def test_where_there_are_no_such_inputs_there_is_no_example(name, wanted):
    assert witness(HOUSEHOLD, name, wanted) is None


def test_a_reference_is_its_own_example():
    assert witness(HOUSEHOLD, "county_net_assets_fen", 15_000_000.0) == {}
