"""A learned card, written out, scores every row exactly as the classifier that learned it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.definition import Text
from scoring.fitting.card import check_grades, minima_at
from scoring.fitting.classifier import ScorecardClassifier
from scoring.fitting.scaling import Scaling
from scoring.rating import Scorecard
from tests.scoring.fitting.applicants import DAY, NAMES, RANGES, SPECIAL, WORDS, applicants, columns, table_of

SETTINGS: dict[str, Any] = {"feature_names": NAMES, "ranges": RANGES, "special": SPECIAL}
GRADES = {"A": 30.0, "B": 5.0, "C": 0.0}


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), points_range=st.sampled_from([None, (0, 100), (0, 1000)]))
def test_card_and_classifier_give_every_row_the_same_points(seed: int, points_range: tuple[int, int] | None):
    rows, repaid = applicants(400, seed=seed)
    learned = ScorecardClassifier(**SETTINGS, points_range=points_range).fit(rows, repaid)
    card = Scorecard.parse(learned.to_card("L-1", DAY, words=WORDS, grade_odds=GRADES))
    others, _ = applicants(400, seed=seed + 1)
    others[:40, 2] = "a category never seen"
    others[40:80, 0] = 101.5
    others[80:120, 0] = -8
    others[120:160, 1] = 1e300
    for some in (rows, others):
        scores = card.score(columns(some))
        assert (scores.total == learned.points(some)).all()
        assert (np.sum(list(scores.points.values()), axis=0) == learned.points(some)).all()


def test_a_written_card_has_nothing_a_linter_would_complain_of():
    rows, repaid = applicants(1_500, seed=1)
    ranges = RANGES | {"income": (0, 1e6)}
    learned = ScorecardClassifier(**{**SETTINGS, "ranges": ranges}, points_range=(0, 100))
    text = learned.fit(rows, repaid).to_card("L-1", DAY, words=WORDS, grades={"A": 70, "B": 50, "C": 0})
    card = Scorecard.parse(text)
    assert [str(finding) for finding in card.lint()] == []
    assert card.definition.maximum == 100
    assert card.definition.effective_from == DAY


def test_what_is_refused_or_missing_is_explained_with_a_reason():
    rows, repaid = applicants(1_500, seed=2)
    words = replace(
        WORDS, labels={"age": Text("年龄", "age")}, special={"age": {-9.0: Text("拒答", "refused")}}
    )
    learned = ScorecardClassifier(**SETTINGS).fit(rows, repaid)
    card = Scorecard.parse(learned.to_card("L-1", DAY, words=words, grade_odds=GRADES))
    one: dict[str, Any] = {"age": [-9.0], "income": [np.nan], "housing": ["租住"], "contract": ["yes"]}
    explained = card.explain(int(card.score(one).packed[0]))
    age = next(line for line in explained.lines if line.name == "age")
    assert age.bin_label.zh == "拒答"
    assert Text("该项资料缺失", "information is missing") in [reason.text for reason in explained.reasons]


def test_a_card_says_how_long_a_change_takes_where_the_words_do():
    rows, repaid = applicants(1_500, seed=2)
    learned = ScorecardClassifier(**SETTINGS).fit(rows, repaid)
    words = replace(WORDS, months_to_change={"income": 12})
    card = Scorecard.parse(learned.to_card("L-1", DAY, words=words, grade_odds=GRADES))
    months = {item.name: item.months_to_change for item in card.definition.characteristics}
    assert len(months) > 1
    assert {name: found for name, found in months.items() if found is not None} == {"income": 12}


def test_where_silence_costs_nothing_the_card_has_no_reason_for_it():
    value = np.repeat([1.0, 2.0, np.nan], 300)[:, None]
    repaid = np.concatenate([np.arange(300) % 3 == 0, np.arange(300) % 10 > 0, np.ones(300)]).astype(int)
    silent = ScorecardClassifier().fit(value, repaid)
    card = Scorecard.parse(silent.to_card("L-1", DAY, words=WORDS, grade_odds=GRADES)).definition
    (item,) = card.characteristics
    assert (item.bins[0].points, item.bins[0].reason) == (item.maximum, None)
    assert set(card.reasons) == {"R01"}


def test_a_grade_cut_at_odds_begins_at_the_first_score_with_these_odds():
    line = Scaling.stated(base_points=600, base_odds=50, pdo=20)
    assert minima_at({"A": 50, "B": 25, "C": 24.9, "D": 0}, line) == {"A": 600, "B": 580, "C": 580, "D": 0}
    with pytest.raises(ValueError, match="grade A: odds of -1 are none"):
        minima_at({"A": -1}, line)


@pytest.mark.parametrize("grades", [{}, {"A": 10}, {"A": 0, "B": 10}, {"A": 10, "B": 10, "C": 0}])
def test_grades_that_do_not_fall_to_0_are_refused(grades: dict[str, int]):
    with pytest.raises(ValueError, match="grades: must be listed best first, each lower, the last from 0"):
        check_grades(grades)


def test_what_a_card_cannot_say_is_refused_with_what_to_do():
    rows, repaid = applicants(300, seed=3)
    low = ScorecardClassifier(**SETTINGS, base_points=0).fit(rows, repaid)
    with pytest.raises(ValueError, match=f"fit with base_points greater by {-table_of(low).lowest}"):
        low.to_card("L-1", DAY, words=WORDS, grade_odds=GRADES)
    with pytest.raises(ValueError, match="give at least one Source"):
        low.to_card("L-1", DAY, words=replace(WORDS, sources=()), grade_odds=GRADES)
    wrong: tuple[dict[str, Any], ...] = ({}, {"grades": {"A": 0}, "grade_odds": {"A": 0.0}})
    for both in wrong:
        with pytest.raises(ValueError, match="either `grades`, by least score, or `grade_odds`"):
            low.to_card("L-1", DAY, words=WORDS, **both)
    same = ScorecardClassifier().fit(np.ones((50, 1)), np.arange(50) % 2)
    with pytest.raises(ValueError, match="every row has the same points, which is no card"):
        same.to_card("L-1", DAY, words=WORDS, grade_odds=GRADES)


def test_a_card_too_wide_for_one_integer_names_the_columns_that_tell_least():
    draw = np.random.default_rng(4)
    values = draw.normal(size=(2_000, 30))
    repaid = values.sum(axis=1) + draw.normal(size=2_000) > 0
    wide = ScorecardClassifier().fit(values, repaid)
    with pytest.raises(ValueError, match=r"bits, a rating is packed into 64: .* tell least are x\d+, x\d+"):
        wide.to_card("L-1", DAY, words=WORDS, grade_odds=GRADES)


def test_a_text_with_more_categories_than_a_card_holds_is_refused():
    names = np.array([f"v{place % 300}" for place in range(3_000)], dtype=object)
    repaid = np.array([place % 300 < 150 for place in range(3_000)])
    many = ScorecardClassifier().fit(names[:, None], repaid)
    with pytest.raises(ValueError, match="x0: 300 categories; a card holds 255"):
        many.to_card("L-1", DAY, words=WORDS, grade_odds=GRADES)
