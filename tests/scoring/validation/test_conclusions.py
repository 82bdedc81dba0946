"""The conclusions say what the figures do, in words an official acts on, and admit what cannot be told."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from scoring.validation import validate
from scoring.validation.conclusions import BAD, GOOD, LOOK, OPEN, conclusions
from scoring.validation.fairness import Fairness
from tests.scoring.validation.households import DEMO, population

GIVEN: Any = population()
REPORT: Any = validate(DEMO, GIVEN)


def _found(report, words):
    """The mark of the one conclusion with these words."""
    (found,) = [item for item in conclusions(report) if words in item.text.zh]
    return found.mark


def test_a_sound_card_is_called_sound_and_synthetic_data_no_proof():
    assert {item.mark for item in conclusions(REPORT)} == {GOOD.mark, LOOK.mark}
    assert [item.text.zh[:12] for item in conclusions(REPORT) if item.mark == LOOK.mark] == [
        "本报告基于演示数据（合成"
    ]


@pytest.mark.parametrize(
    ("low", "high", "mark"),
    [
        (0.501, 0.6, GOOD.mark),
        (0.5, 0.6, LOOK.mark),
        (None, None, LOOK.mark),
        (0.4, 0.499, BAD.mark),
        (0.4, 0.5, LOOK.mark),
    ],
)
def test_separation_is_held_against_chance(low, high, mark):
    (*_, last) = REPORT.discrimination
    changed = replace(REPORT, discrimination=(replace(last, sample="all", auc_low=low, auc_high=high),))
    assert _found(changed, "全部样本 AUC") == mark


def test_an_auc_that_is_not_defined_is_said_to_be_so():
    report = validate(DEMO, population(outcome=np.zeros(4000)))
    assert _found(report, "AUC 没有定义，没有主体违约") == OPEN.mark
    assert _found(report, "无法检验预期违约率") == OPEN.mark


def test_separation_that_fades_out_of_time_is_noticed():
    all_of_it, early, late = REPORT.discrimination
    faded = replace(REPORT, discrimination=(all_of_it, early, replace(late, auc=early.auc_low - 0.001)))
    assert _found(faded, "区分能力可能在减弱") == LOOK.mark
    level = replace(REPORT, discrimination=(all_of_it, early, replace(late, auc=early.auc_low)))
    assert not [item for item in conclusions(level) if "减弱" in item.text.zh]


def test_grades_out_of_order_are_bad_only_beyond_chance():
    facts = GIVEN.facts | {"marks": 10 - GIVEN.facts["marks"], "other": 8 - GIVEN.facts["other"]}
    report = validate(DEMO, population(facts=facts))
    assert _found(report, "倒挂，且区间不重叠：A > B、B > C") == BAD.mark
    likely = tuple(replace(item, certain=False) for item in report.grade_breaks)
    assert _found(replace(report, grade_breaks=likely), "可能出于偶然") == LOOK.mark
    assert _found(validate(DEMO, population(outcome=[None] * 4000)), "不足两个，无法比较") == OPEN.mark


@pytest.mark.parametrize(("p", "mark"), [(0.05, GOOD.mark), (0.0499, LOOK.mark), (0.00001, LOOK.mark)])
def test_rates_that_differ_from_the_expected_ones_warn_against_reading_scores_as_chances(p, mark):
    assert _found(replace(REPORT, fit=replace(REPORT.fit, p=p)), "（p ") == mark


def test_a_shift_of_the_scores_is_bad_and_one_of_a_characteristic_is_to_be_looked_into():
    late = np.asarray(GIVEN.month) == 202308
    moved = validate(
        DEMO, population(facts=GIVEN.facts | {"marks": np.where(late, 9.0, GIVEN.facts["marks"])})
    )
    assert _found(moved, "评分和等级的分布：明显偏移") == BAD.mark
    assert _found(moved, "指标“记分”变化最大：明显偏移") == LOOK.mark


def test_without_months_or_with_too_few_subjects_stability_cannot_be_told():
    assert _found(validate(DEMO, population(month=None)), "没有至少两个月份") == OPEN.mark
    assert _found(validate(DEMO, population(40)), "各月主体太少") == OPEN.mark
    assert not [
        item for item in conclusions(replace(REPORT, characteristic_stability=())) if "指标“" in item.text.zh
    ]


def test_a_group_badly_treated_is_named_with_its_ratio_and_a_small_one_as_too_small():
    place = np.where(np.arange(4000) < 20, "小村", np.where(np.arange(4000) < 1000, "山区", "近郊"))
    marks = np.where(place == "山区", 1.0, GIVEN.facts["marks"])
    report = validate(DEMO, population(facts=GIVEN.facts | {"marks": marks}, groups={"remoteness": place}))
    (found,) = [item for item in conclusions(report) if item.text.zh.startswith("偏远程度")]
    assert found.mark == BAD.mark
    assert "低于 0.8：山区 0." in found.text.zh
    assert "小村" in found.text.zh
    assert "近郊" not in found.text.zh


def test_without_groups_to_compare_fairness_cannot_be_told():
    assert _found(validate(DEMO, population(groups={})), "没有提供分组") == OPEN.mark
    assert _found(replace(REPORT, fairness=(Fairness("town", None, None, ()),)), "town：") == OPEN.mark


def test_facts_that_were_not_given_and_thin_grades_are_told():
    report = validate(DEMO, population(60, facts={"marks": np.full(60, 9.0), "kind": ["甲"] * 60}))
    assert _found(report, "全部按未知处理：另一项") == LOOK.mark
    assert _found(report, "违约率仅供参考") == LOOK.mark
