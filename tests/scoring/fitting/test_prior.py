"""An expert's card moves only as far as the outcomes support, and keeps what it declares. 演示数据（合成）"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scoring.fitting.classifier import ScorecardClassifier
from scoring.fitting.scaling import Scaling
from scoring.rating import Scorecard
from tests.scoring.fitting.applicants import DAY, NAMES, WORDS, adjusted_by, applicants

CARD = """
card: E-1
title: {zh: 专家卡, en: expert card}
effective_from: 2023-01-01
maximum: 100
basis: S
least_known_share: 0
sources: {S: {document: 演示数据（合成）, article: 专家意见, dated: 2023-01-01}}
blocks: [{name: b, label: {zh: 合计, en: all}, maximum: 100, basis: S}]
inputs:
  - name: age
    label: {zh: 年龄, en: age}
    unit: 岁
    sensitivity: personal
    minimum: 18
    maximum: 100
    special: {-9: {zh: 拒答, en: refused}}
  - {name: income, label: {zh: 收入, en: income}, unit: 千元, sensitivity: personal, minimum: 0, maximum: 1e6}
  - name: housing
    label: {zh: 住房, en: housing}
    unit: 类别
    sensitivity: personal
    categories:
      自有: {zh: 自有, en: own}
      租住: {zh: 租住, en: rent}
      no: {zh: 无, en: none}
      "其他: 1": {zh: 其他, en: other}
reasons: {R1: {zh: 得分较低, en: few points}}
characteristics:
  - name: age
    label: {zh: 年龄, en: age}
    block: b
    of: age
    unit: 岁
    basis: S
    direction: up
    unknown: {points: 10, reason: R1}
    bins:
      - {to: 30, points: 5, reason: R1}
      - {from: 30, to: 50, points: 15, reason: R1}
      - {from: 50, points: 30}
    special: [{code: -9, points: 0, reason: R1}]
  - name: income
    label: {zh: 收入, en: income}
    block: b
    of: income
    unit: 千元
    basis: S
    direction: up
    unknown: {points: 10, reason: R1}
    ladder: {start: 5, width: 10, count: 5, points: 0, points_step: 10, reason: R1}
  - name: housing
    label: {zh: 住房, en: housing}
    block: b
    of: housing
    unit: 类别
    basis: S
    direction: free
    unknown: {points: 10, reason: R1}
    bins: [{is: [自有], points: 30}, {is: [租住, no, '其他: 1'], points: 5, reason: R1}]
grades:
  - {code: A, label: {zh: 甲, en: A}, minimum: 50, basis: S}
  - {code: B, label: {zh: 乙, en: B}, minimum: 0, basis: S}
unrated: {code: N, label: {zh: 未评, en: not rated}}
"""
POLICIES = Path(__file__).parents[3] / "scoring" / "policies" / "cq_bishan"
EXPERT = Scorecard.parse(CARD)
STATED = Scaling.stated(base_points=50, base_odds=2, pdo=10)


@cache
def outcomes(count: int = 2_000) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    rows, repaid = applicants(count, seed=1)
    return rows[:, :3], repaid


def fitted(strength: float, *, count: int = 2_000, scaling: Scaling | None = STATED) -> ScorecardClassifier:
    rows, repaid = outcomes(count)
    model = ScorecardClassifier(feature_names=NAMES[:3])
    return model.fit(rows, repaid, prior=EXPERT, strength=strength, prior_scaling=scaling)


def points_of(card: Scorecard) -> list[list[int]]:
    return [[step.points for step in item.bins] for item in card.definition.characteristics]


@pytest.mark.parametrize("strength", [1e9, np.inf])
def test_an_expert_of_endless_strength_is_not_moved(strength: float):
    assert points_of(adjusted_by(fitted(strength)).card) == points_of(EXPERT)
    assert adjusted_by(fitted(strength)).moved == ()


def test_without_an_experts_strength_each_bin_has_the_chance_the_outcomes_show():
    rows, repaid = outcomes()
    model = fitted(1e-4)
    chance = model.predict_proba(rows)[:, 1]
    for codes in adjusted_by(model).card.score(_columns(rows)).bins.values():
        for code in np.unique(codes):
            inside = codes == code
            assert chance[inside].mean() == pytest.approx(repaid[inside].mean(), abs=0.02)


def test_the_firmer_the_expert_the_nearer_the_points_stay():
    old = np.concatenate(points_of(EXPERT))
    moved = [
        int(np.abs(np.concatenate(points_of(adjusted_by(fitted(strength)).card)) - old).sum())
        for strength in (1, 30, 300, 3_000, 1e6)
    ]
    assert moved == sorted(moved, reverse=True)
    assert moved[0] > moved[-1] == 0


def test_more_outcomes_move_the_card_further():
    few, many = (fitted(100, count=count) for count in (50, 2_000))
    assert len(adjusted_by(few).moved) <= len(adjusted_by(many).moved)
    assert points_of(adjusted_by(few).card) != points_of(adjusted_by(many).card)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), strength=st.floats(0.01, 1_000))
def test_declared_directions_hold_even_where_the_outcomes_speak_against_them(seed: int, strength: float):
    rows, _ = outcomes(200)
    draw = np.random.default_rng(seed)
    young = np.nan_to_num(rows[:, 0].astype(float)) < 40
    against = (draw.random(200) < np.where(young, 0.9, 0.2)).astype(int)
    model = ScorecardClassifier(feature_names=NAMES[:3])
    model.fit(rows, against, prior=EXPERT, strength=strength, prior_scaling=STATED)
    for item in adjusted_by(model).card.definition.characteristics[:2]:
        points = [step.points for step in item.steps]
        assert points == sorted(points)
        assert item.bins[0].points <= item.maximum


def test_the_adjusted_card_is_written_as_a_card_and_scores_the_same():
    rows, _ = outcomes()
    model = fitted(20)
    card = Scorecard.parse(model.to_card("E-2", DAY, words=WORDS))
    assert (card.score(_columns(rows)).total == model.points(rows)).all()
    assert [str(finding) for finding in card.lint() if finding.error] == []
    assert card.definition.sources["OUT"].article == "结果数据"
    bases = {item.name: item.basis for item in card.definition.characteristics}
    assert {name for name, basis in bases.items() if basis == "OUT"} == set(adjusted_by(model).moved)
    assert [grade.minimum for grade in card.definition.grades] == [50, 0]


def test_other_grades_may_be_given_by_odds():
    model = fitted(20)
    card = Scorecard.parse(model.to_card("E-2", DAY, words=WORDS, grade_odds={"A": 4, "C": 0}))
    first, last = card.definition.grades
    assert (first.code, first.label.zh, last.label.zh, last.minimum) == ("A", "甲", "C", 0)
    assert first.minimum == int(np.ceil(model.scaling_.points_at(4)))


def test_a_shipped_card_with_derived_values_ladders_and_a_capped_block_is_adjusted_too():
    expert = Scorecard.load(POLICIES / "household" / "2023-01-01.yaml")
    draw = np.random.default_rng(2)
    spans = [(item.minimum, min(item.maximum, item.minimum + 50)) for item in expert.definition.inputs]
    rows = np.column_stack([draw.uniform(low, high, 800).round() for low, high in spans])
    scored = expert.totals(expert.score(dict(zip(expert.inputs, rows.T, strict=True))).packed)
    repaid = draw.random(800) < 1 / (1 + np.exp(-(scored - np.median(scored)) / 8))
    model = ScorecardClassifier(feature_names=expert.inputs)
    model.fit(rows, repaid, prior=expert, strength=20)
    card = Scorecard.parse(model.to_card("X-1", DAY, words=WORDS))
    assert (
        card.totals(card.score(dict(zip(card.inputs, rows.T, strict=True))).packed) == model.points(rows)
    ).all()
    assert adjusted_by(model).moved
    assert model.predict_proba(rows)[:, 1].mean() == pytest.approx(repaid.mean(), abs=0.05)


def test_where_the_scale_is_not_stated_the_outcomes_say_what_a_point_is_worth():
    rows, repaid = outcomes()
    model = fitted(1e9, scaling=None)
    totals = model.points(rows)
    high, low = (repaid[part].mean() for part in (totals >= np.median(totals), totals < np.median(totals)))
    assert high > low
    assert model.predict_proba(rows)[:, 1].mean() == pytest.approx(repaid.mean(), abs=0.01)
    with pytest.raises(ValueError, match="state it with `prior_scaling`"):
        ScorecardClassifier(feature_names=NAMES[:3]).fit(rows, 1 - repaid, prior=EXPERT, strength=20)


def test_an_expert_who_tells_nobody_apart_cannot_say_what_a_point_is_worth():
    rows, repaid = outcomes(200)
    same = rows.copy()
    same[:] = rows[0]
    with pytest.raises(ValueError, match="state it with `prior_scaling`"):
        ScorecardClassifier(feature_names=NAMES[:3]).fit(same, repaid, prior=EXPERT, strength=20)


def test_an_expert_who_pays_for_silence_is_taken_at_the_word():
    rows, repaid = outcomes()
    paying = Scorecard.parse(
        CARD.replace("unknown: {points: 10, reason: R1}\n    ladder", "unknown: {points: 60}\n    ladder")
    )
    model = ScorecardClassifier(feature_names=NAMES[:3])
    model.fit(rows, repaid, prior=paying, strength=np.inf, prior_scaling=STATED)
    income = adjusted_by(model).card.definition.characteristics[1]
    assert (income.bins[0].points, income.maximum) == (60, 40)


@pytest.mark.parametrize(("stated", "expected"), [("100", None), ("90", 90)])
def test_full_marks_follow_the_blocks_only_where_they_are_their_sum(stated: str, expected: int | None):
    rows, repaid = outcomes()
    expert = Scorecard.parse(CARD.replace("maximum: 100\nbasis", f"maximum: {stated}\nbasis"))
    model = ScorecardClassifier(feature_names=NAMES[:3])
    card = adjusted_by(
        model.fit(rows, repaid, prior=expert, strength=1, prior_scaling=STATED)
    ).card.definition
    assert card.blocks[0].maximum != 100
    assert card.maximum == (expected or card.blocks[0].maximum)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"prior": EXPERT}, "strength: say how many rows the expert's word on a bin is worth"),
        ({"prior": EXPERT, "strength": 0}, "strength: 0 must be greater than 0"),
        ({"strength": 5}, "they speak of an expert's card; give it as `prior`"),
        ({"prior_scaling": STATED}, "they speak of an expert's card; give it as `prior`"),
    ],
)
def test_half_a_prior_is_refused(wrong: dict[str, Any], told: str):
    rows, repaid = outcomes()
    with pytest.raises(ValueError, match=told):
        ScorecardClassifier(feature_names=NAMES[:3]).fit(rows, repaid, **wrong)


def test_a_card_of_several_versions_or_of_other_columns_is_refused():
    rows, repaid = outcomes()
    several = Scorecard.load(next((POLICIES / "agri_entity").glob("*.yaml")))
    with pytest.raises(ValueError, match="prior: take one version"):
        ScorecardClassifier(feature_names=NAMES[:3]).fit(rows, repaid, prior=several, strength=5)
    with pytest.raises(ValueError, match="prior: no column is an input of the card; it reads age, income"):
        ScorecardClassifier().fit(rows, repaid, prior=EXPERT, strength=5)


def _columns(rows: NDArray[np.object_]) -> dict[str, NDArray[np.generic]]:
    return {"age": rows[:, 0].astype(float), "income": rows[:, 1].astype(float), "housing": rows[:, 2]}
