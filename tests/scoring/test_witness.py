"""A counter-example is a set of inputs that brings the value about; where there is none, none is made up."""

import math
from pathlib import Path

import numpy as np
import pytest

from scoring import Scorecard, loader
from scoring.kernel import with_derived
from scoring.lint import lint_content
from scoring.lint.witness import witness

HOUSEHOLD = Scorecard.load(Path("scoring/policies/cq_bishan/household/2023-01-01.yaml")).definition
HUNAN = Scorecard.load(Path("scoring/policies/hunan_rcc/household/2010-01-01.yaml")).definition
COOPERATIVE = Scorecard.load(Path("scoring/policies/cq_bishan/agri_entity/2023-01-01.yaml")).definition
LABEL = "{zh: 甲, en: a}"
# Three facts, and every operation that can be followed back to them.
FACTS = {"few": (2, 50), "many": (3, 60), "yes": (0, 1)}
INPUTS = [
    f"{{name: {name}, label: {LABEL}, unit: 个, minimum: {low}, maximum: {high}}}"
    for name, (low, high) in FACTS.items()
]
DERIVED = {
    "area": "operation: product, of: [few, many]",
    "counted": "operation: product, of: [yes, many]",
    "second": "operation: weighted, of: [few, many], weights: [0, 1]",
    "half": "operation: weighted, of: [few], weights: [0.5]",
    "smaller": "operation: least, of: [few, many]",
    "smaller_half": "operation: least, of: [few, half]",
    "share": "operation: ratio, of: [few, many], endless: 1",
    "valid": "operation: known_if, of: [few, many], at_least: 20",
}
CONTENT = f"""
card: W
title: {LABEL}
effective_from: 2023-01-01
maximum: 20
basis: P
least_known_share: 0
sources: {{P: {{document: 演示数据（合成）, article: 全部, dated: 2023-01-01}}}}
blocks: [{{name: b, label: {LABEL}, maximum: 20, basis: P}}]
inputs: [{", ".join(INPUTS)}]
derived: [{", ".join(f"{{name: {name}, label: {LABEL}, unit: 个, {DERIVED[name]}}}" for name in DERIVED)}]
characteristics:
  - {{name: c, label: {LABEL}, block: b, of: area, basis: P, unknown: {{points: 0}}, bins: [BINS]}}
grades: [{{code: A, label: {LABEL}, minimum: 0, basis: P}}]
unrated: {{code: N, label: {LABEL}}}
"""
SMALL = Scorecard.parse(CONTENT.replace("BINS", "{to: 9, points: 0}, {from: 9, points: 20}")).definition


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
        (SMALL, "area", 20.0),
        (SMALL, "counted", 0.0),
        (SMALL, "counted", 7.0),
        (SMALL, "second", 60.0),
        (SMALL, "half", 25.0),
        (SMALL, "smaller", 50.0),
        (SMALL, "smaller_half", 5.0),
        (SMALL, "share", 0.25),
        (SMALL, "valid", 50.0),
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


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("area", 3001.0),
        ("counted", 61.0),
        ("second", 2.0),
        ("half", 0.5),
        ("smaller", 51.0),
        ("smaller_half", 25.5),
        ("share", math.inf),
        ("share", 51 / 3),
        ("valid", 1.0),
    ],
)
def test_what_lies_beyond_the_ranges_of_the_facts_has_no_example(name, wanted):
    assert witness(SMALL, name, wanted) is None


@pytest.mark.parametrize("fault", ["operation: ratio, of: [few, nobody]", "operation: magic, of: [few]"])
def test_where_another_value_cannot_be_worked_out_a_hole_is_told_without_an_example(fault):
    holed = CONTENT.replace("BINS", "{to: 20, points: 0}, {from: 21, points: 20}")
    (hole,) = (f for f in lint_content(loader.parse(holed, where="w"), where="w") if "hole" in f.what)
    assert dict(hole.example).keys() == {"few", "many"}
    broken = holed.replace(DERIVED["valid"], fault)
    (told,) = (f for f in lint_content(loader.parse(broken, where="w"), where="w") if "hole" in f.what)
    assert (told.value, told.example) == (hole.value, ())


def test_a_reference_is_its_own_example():
    assert witness(HOUSEHOLD, "county_net_assets_fen", 15_000_000.0) == {}
