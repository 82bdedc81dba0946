"""What is wrong with a card is found, with its place; the shipped cards are sound."""

import copy
import math
from pathlib import Path

import numpy as np
import pytest

from scoring import Scorecard, loader
from scoring.definition import Derivation, Text
from scoring.kernel import with_derived
from scoring.lint import lint_content, lint_file
from scoring.ranges import value_ranges

HOUSEHOLD = Path("scoring/policies/cq_bishan/household/2023-01-01.yaml")
HUNAN = Path("scoring/policies/hunan_rcc/household/2010-01-01.yaml")
ENTITY = Path("scoring/policies/cq_bishan/agri_entity/2023-01-01.yaml")
FAULTY = Path("tests/scoring/faulty_cards")


def findings_after(change):
    content = copy.deepcopy(loader.read(HOUSEHOLD))
    change(content)
    return lint_content(content, where="card")


def changed(change):
    return [str(finding) for finding in findings_after(change)]


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
            "grade AAA: takes 106 points, full marks are 100",
        ),
        (
            lambda content: content.update(maximum="120"),
            "maximum: the blocks give 100 together, declared are 120",
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
    found = changed(lambda content: content["reasons"].update(R99={"zh": "无", "en": "none"}))
    assert found == ["reason R99: no bin gives it"]


@pytest.mark.parametrize(
    ("file", "findings"),
    [
        (
            "holes",
            [
                ("assets, bin 2: hole at 0.8", "asset_value = 0.8, county_asset_base = 1"),
                ("net_income, bin 2: hole at 0.9", "net_income = 0.9, county_income_base = 1"),
            ],
        ),
        (
            "constant_term",
            [
                (
                    (
                        "income_over_ratio: net_income cancels out: it is county_income_base, "
                        "the same at net_income = 1 and 2"
                    ),
                    "net_income = 1, net_income = 2",
                )
            ],
        ),
        (
            "dead_branch",
            [
                (
                    "account_years, bin 1: the first bin must have no `from`",
                    "account_years = 0.99999999999999989",
                ),
                ("account_years, bin 2: overlap with bin 1 between 1 and inf", "account_years = 1"),
            ],
        ),
        (
            "amount_as_score",
            [
                (
                    "tier: compares credit_amount, which is in 万元, with numbers in 分值",
                    "credit_amount = 65",
                )
            ],
        ),
        (
            "swapped_labels",
            [
                (
                    "loan_class, bin 3: is labelled 可疑, which is code 4; it holds 3, 次级",
                    "loan_class = 3",
                ),
                (
                    "loan_class, bin 4: is labelled 次级, which is code 3; it holds 4, 可疑",
                    "loan_class = 4",
                ),
            ],
        ),
        (
            "best_lose_top",
            [
                (
                    "credit_evaluation, bin 2: points go from 8 to 10 at 2: not down",
                    "credit_evaluation = 2",
                ),
                ("conduct_evaluation: nothing reads it", ""),
            ],
        ),
    ],
)
def test_the_errors_of_cards_in_use_are_found(file, findings):
    found = lint_file(FAULTY / f"{file}.yaml")
    assert [(str(finding), finding.shown_by) for finding in found] == findings
    assert all(finding.error for finding in found)


def test_every_faulty_card_is_linted_here():
    told = {"holes", "constant_term", "dead_branch", "amount_as_score", "swapped_labels", "best_lose_top"}
    assert {file.stem for file in FAULTY.glob("*.yaml")} == told


def set_input(name, /, **values):
    return lambda content: next(i for i in content["inputs"] if i["name"] == name).update(values)


def without(name, key):
    return lambda content: next(i for i in content["inputs"] if i["name"] == name).pop(key)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (
            set_input("household_size", name="disease_days"),
            "disease_days: a prohibited input, 疾病和病史 (征信业管理条例 第十四条)",
        ),
        (
            set_input("operated_land_mu", label={"zh": "户主残疾等级", "en": "degree"}),
            "operated_land_mu: a prohibited input, 残疾 (个人信息保护法 第二十四条、第二十八条)",
        ),
        (
            without("debt_fen", "consent"),
            "debt_fen: is restricted and has no `consent: written` (征信业管理条例 第十四条)",
        ),
        (
            set_input("annual_income_fen", sensitivity="personal"),
            "annual_income_fen: is about 收入: restricted, not personal (征信业管理条例 第十四条)",
        ),
        (
            without("debt_fen", "sensitivity"),
            "debt_fen: declares no sensitivity: open, personal or restricted",
        ),
        (
            lambda content: content["blocks"][3].update(maximum="16"),
            "appraisal: its characteristics give at most 15 of 16 points",
        ),
        (
            lambda content: content["blocks"][1].pop("basis"),
            "capacity: the maximum of 30 points has no basis",
        ),
        (
            lambda content: content["grades"][1].pop("basis"),
            "grade AA: the minimum of 75 points has no basis",
        ),
        (
            lambda content: content.pop("basis"),
            "card: maximum, least_known_share and the ranges of inputs have no basis",
        ),
        (
            lambda content: content["derived"][0].pop("basis"),
            (
                "default_points: unit_points, item_factors, days_limits, days_factors, cured_limits, "
                "cured_factors, measure_factors: numbers without a basis"
            ),
        ),
        (
            lambda content: content["characteristics"][0].update(basis="NOWHERE"),
            "repayment_record: the basis NOWHERE is not declared under sources",
        ),
        (
            lambda content: content["characteristics"][0].pop("unknown"),
            "card: characteristics[repayment_record]: unknown: is missing",
        ),
        (
            lambda content: content["characteristics"][0].pop("direction"),
            "repayment_record: declares no direction: up, down or free",
        ),
        (
            lambda content: content["characteristics"][0].pop("unit"),
            "repayment_record: declares no unit",
        ),
        (
            set_input("default_measure", maximum="4"),
            "default_points: measure_factors are for codes 1 to 3, default_measure goes up to 4",
        ),
        (
            set_input("appraiser_count", minimum="3"),
            "appraisal: the condition always holds: appraiser_count runs from 3 to 100, asked is 3",
        ),
        (
            lambda content: next(d for d in content["derived"] if d["name"] == "stability_index").update(
                of=["income_source_count", "income_source_years"]
            ),
            "stability_index: compares values in 个 and 年",
        ),
        (
            set_input("household_size", special={"3": {"zh": "拒答", "en": "refused"}}),
            "household_size: the special code 3 lies inside the range: it cannot be told from a value",
        ),
        (
            lambda content: content["grades"].insert(
                1, {"code": "AA+", "label": {"zh": "优", "en": "better"}, "minimum": "84.5", "basis": "S6"}
            ),
            "card: grades[AA+]: minimum: '84.5' is not a whole number",
        ),
    ],
)
def test_what_a_card_leaves_undeclared_or_the_law_forbids_is_found(change, finding):
    assert finding in changed(change)


def test_a_counter_example_is_an_input_that_does_what_the_finding_says():
    found = findings_after(set_first_bin(to="30"))
    (hole,) = [finding for finding in found if "hole" in finding.what]
    assert (str(hole), hole.shown_by) == (
        "repayment_record, bin 3: hole between 30 and 31",
        "overdue_days_max_24m = 30",
    )


def test_a_file_that_is_no_card_is_a_finding_not_a_crash(tmp_path):
    file = tmp_path / "2023-01-01.yaml"
    file.write_text("card: [", encoding="utf-8")
    assert [finding.error for finding in lint_file(file)] == [True]


@pytest.mark.parametrize("file", [HOUSEHOLD, HUNAN, ENTITY], ids=str)
def test_no_value_leaves_the_range_the_linter_reckons_with(file):
    card = Scorecard.load(file).definition
    rng = np.random.default_rng(7)
    columns = {item.name: rng.uniform(item.minimum, item.maximum, 5_000) for item in card.inputs}
    for item in card.inputs:
        columns[item.name][:2] = item.minimum, item.maximum
    values = with_derived(card, columns, rows=5_000)
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


def test_a_product_that_an_input_cancels_out_of_is_found():
    def change(content):
        words = {"zh": "乘积", "en": "product"}
        shared = {"label": words, "unit": "倍"}
        of = {"inverse": ["full_source_count", "debt_fen"], "again": ["inverse", "debt_fen"]}
        content["derived"] += [
            shared | {"name": "inverse", "operation": "ratio", "of": of["inverse"]},
            shared | {"name": "again", "operation": "product", "of": of["again"]},
        ]

    found = changed(change)
    assert "again: debt_fen cancels out: it is full_source_count, the same at debt_fen = 1 and 2" in found


def test_a_difference_of_a_value_and_itself_is_nothing():
    def change(content):
        content["derived"].append(
            {"name": "none", "label": {"zh": "差", "en": "difference"}, "unit": "分", "operation": "weighted",
             "of": ["debt_fen", "debt_fen"], "weights": ["1", "-1"], "basis": "DEFAULT"}
        )  # fmt: skip

    assert "none: debt_fen cancels out: it is 0, the same at debt_fen = 1 and 2" in changed(change)


def test_a_characteristic_that_always_gives_the_same_is_found():
    def change(content):
        for step in content["characteristics"][12]["bins"]:
            step["points"] = "0"
        content["blocks"][4]["maximum"] = "3"

    assert "agricultural_insurance: gives 0 points whatever the value" in changed(change)


def test_a_grade_between_two_sums_is_found():
    label = {"zh": "甲", "en": "a"}
    content = copy.deepcopy(loader.read(FAULTY / "amount_as_score.yaml"))
    content["grades"].insert(0, {"code": "良", "label": label, "minimum": "6", "basis": "S15"})
    content["grades"].insert(0, {"code": "优", "label": label, "minimum": "10", "basis": "S15"})
    content["characteristics"][0]["bins"][0]["points"] = "5"
    found = [str(finding) for finding in lint_content(content, where="card")]
    assert "grade 良: no sum of points lies from 6 to 9" in found


def test_categories_have_a_direction_too():
    content = copy.deepcopy(loader.read(Path("tests/scoring/exchange/chinese_card.yaml")))
    content["characteristics"][0]["direction"] = "up"
    found = [str(finding) for finding in lint_content(content, where="card")]
    assert "housing, bin 2: points go from 20 to 9 at 租住、其他: not up" in found
