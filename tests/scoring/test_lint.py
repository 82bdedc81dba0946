"""What is wrong with a card is found, with its place; the shipped cards are sound."""

import copy
import math
from pathlib import Path

import numpy as np
import pytest

from scoring import Scorecard, loader
from scoring.definition import Derivation, Text
from scoring.kernel import with_derived
from scoring.lint import lint
from scoring.ranges import value_ranges

HOUSEHOLD = Path("scoring/policies/cq_bishan/household/2023-01-01.yaml")
HUNAN = Path("scoring/policies/hunan_rcc/household/2010-01-01.yaml")
ENTITY = Path("scoring/policies/cq_bishan/agri_entity/2023-01-01.yaml")


def changed(change):
    content = copy.deepcopy(loader.read(HOUSEHOLD))
    change(content)
    return [str(finding) for finding in lint(loader.card(content, where="card"))]


def set_first_bin(**values):
    return lambda content: content["characteristics"][0]["bins"][1].update(values)


@pytest.mark.parametrize("file", [HOUSEHOLD, ENTITY, HUNAN], ids=str)
def test_the_shipped_cards_have_no_error(file):
    assert [str(finding) for finding in Scorecard.load(file).lint() if finding.error] == []


def test_a_panel_that_weighs_a_fifth_is_questioned():
    assert [str(finding) for finding in Scorecard.load(HUNAN).lint()] == [
        "evaluation: what people think weighs 20%; more than 15% invites favours"
    ]


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (
            set_first_bin(points="25"),
            "repayment_record, bin 2: points go from 20 to 25 at 1: not down",
        ),
        (
            lambda content: content["inputs"][0].update(maximum="60"),
            ("repayment_record, bin 5 (≥ 91 天): no value falls into it: "
             "overdue_days_max_24m runs from 0 to 60"),
        ),
        (
            lambda content: content["vetoes"][1].update(at_least="2"),
            "judgment_defaulter: never holds: judgment_defaulter runs from 0 to 1",
        ),
        (
            lambda content: content["vetoes"][1].update(at_least="-1"),
            "judgment_defaulter: always holds: judgment_defaulter runs from 0 to 1",
        ),
        (
            lambda content: content["vetoes"][0].update(grade_at_most="AAA"),
            "overdue_now: does nothing: AAA is the best grade",
        ),
        (
            lambda content: content["grades"][0].update(minimum="106"),
            "grade AAA: takes 106 points, the card gives 100",
        ),
        (
            lambda content: content.update(maximum="120"),
            "maximum: the blocks give at most 105 of the declared 120",
        ),
        (
            lambda content: content["derived"].append(
                {"name": "nothing", "label": {"zh": "无", "en": "none"}, "unit": "倍",
                 "operation": "ratio", "of": ["full_source_count", "full_source_years"]}
            ),
            "nothing: is 0.666667 whatever its inputs are",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(change, finding):
    assert finding in changed(change)


def test_a_reason_that_no_bin_gives_is_found():
    content = copy.deepcopy(loader.read(HOUSEHOLD))
    content["reasons"]["R99"] = {"zh": "无", "en": "none"}
    card = Scorecard(loader.card(content, where="card"), "card")
    assert [str(finding) for finding in card.lint()] == ["reason R99: no bin gives it"]


@pytest.mark.parametrize("file", [HOUSEHOLD, HUNAN, ENTITY], ids=str)
def test_no_value_leaves_the_range_the_linter_reckons_with(file):
    card = Scorecard.load(file).definition
    rng = np.random.default_rng(7)
    columns = {item.name: rng.uniform(item.minimum, item.maximum, 5_000) for item in card.inputs}
    for item in card.inputs:
        columns[item.name][:2] = item.minimum, item.maximum
    values = with_derived(card, columns)
    for name, (low, high) in value_ranges(card).items():
        known = np.asarray(values[name])[~np.isnan(values[name])]
        assert known.min() >= low, name
        assert known.max() <= high, name


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ([(1, 2), (4, 8)], (0.125, 0.5)),
        ([(-1, 2), (4, 8)], (-0.25, 0.5)),
        ([(0, 2), (0, 8)], (0, math.inf)),
    ],
)
def test_a_quotient_lies_between_its_outermost_ends(of, expected):
    from scoring import ranges

    item = Derivation("r", Text("", ""), "", "ratio", ("a", "b"), {})
    assert ranges._ratio(item, of) == expected
