"""A learned card is a scikit-learn classifier, and the sum of its points is all there is to it."""

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split
from sklearn.utils.estimator_checks import check_estimator

from scoring.fitting.classifier import ScorecardClassifier
from tests.scoring.fitting.applicants import NAMES, RANGES, SPECIAL, applicants, table_of

GERMAN = Path(__file__).parents[3] / "benchmarks" / "data" / "german_credit.csv"
SETTINGS: dict[str, Any] = {"feature_names": NAMES, "ranges": RANGES, "special": SPECIAL}


@pytest.fixture(scope="module")
def german() -> tuple[NDArray[np.object_], NDArray[np.str_]]:
    """The 1,000 loans of the German credit data and their outcomes."""
    if not GERMAN.exists():
        pytest.skip("benchmarks/data/german_credit.csv is absent")
    with GERMAN.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    table = np.array([[float(v) if v.isdigit() else v for v in row] for row in rows], dtype=object)
    return table[:, :-1], table[:, -1].astype(str)


def test_every_check_of_scikit_learn_passes_or_lacks_an_optional_library():
    results = check_estimator(ScorecardClassifier(), on_skip=None, on_fail="raise")
    skipped = [result for result in results if result["status"] == "skipped"]
    assert {result["status"] for result in results} <= {"passed", "skipped"}
    assert all("not installed" in str(r["exception"]) or "not set" in str(r["exception"]) for r in skipped)
    assert not any(result["expected_to_fail"] for result in results)


def test_the_score_is_the_sum_of_the_points_of_the_bins_hit():
    rows, repaid = applicants(600, seed=1)
    card = ScorecardClassifier(**SETTINGS).fit(rows, repaid)
    by_hand = np.zeros(600, dtype=np.int64)
    for item in table_of(card).characteristics:
        values = rows[:, NAMES.index(item.name)]
        column = values if item.binning.groups else values.astype(float)
        by_hand += item.points[item.binning.codes(column)]
    assert (card.points(rows) == by_hand).all()
    log_odds = (by_hand - card.scaling_.offset) / card.scaling_.factor
    assert (card.decision_function(rows) == log_odds).all()
    np.testing.assert_allclose(card.predict_proba(rows)[:, 1], 1 / (1 + np.exp(-log_odds)), rtol=1e-12)


def test_a_score_at_the_base_points_has_the_base_odds():
    rows, repaid = applicants(2_000, seed=2)
    card = ScorecardClassifier(**SETTINGS, base_points=500, base_odds=4, pdo=40).fit(rows, repaid)
    chance = card.predict_proba(rows)[:, 1]
    np.testing.assert_allclose(chance / (1 - chance), 4 * 2 ** ((card.points(rows) - 500) / 40))


def test_the_chances_add_up_to_the_outcomes_seen():
    rows, repaid = applicants(3_000, seed=3)
    card = ScorecardClassifier(**SETTINGS).fit(rows, repaid)
    assert card.predict_proba(rows)[:, 1].mean() == pytest.approx(repaid.mean(), abs=0.003)


def test_a_card_from_0_to_100_reaches_both_ends_and_ranks_as_well():
    rows, repaid = applicants(3_000, seed=4)
    wide = ScorecardClassifier(**SETTINGS).fit(rows, repaid)
    narrow = ScorecardClassifier(**SETTINGS, points_range=(0, 100)).fit(rows, repaid)
    assert (table_of(narrow).lowest, table_of(narrow).highest) == (0, 100)
    areas = [roc_auc_score(repaid, card.points(rows)) for card in (wide, narrow)]
    assert areas[0] == pytest.approx(areas[1], abs=0.003)
    assert narrow.predict_proba(rows)[:, 1].mean() == pytest.approx(repaid.mean(), abs=0.01)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_a_row_of_weight_n_counts_as_n_rows_and_one_of_weight_0_not_at_all(seed: int):
    rows, repaid = applicants(120, seed=seed)
    weight = np.random.default_rng(seed).integers(0, 4, 120)
    weighted = ScorecardClassifier(**SETTINGS).fit(rows, repaid, sample_weight=weight)
    shuffled = np.random.default_rng(seed + 1).permutation(np.repeat(np.arange(120), weight))
    repeated = ScorecardClassifier(**SETTINGS).fit(rows[shuffled], repaid[shuffled])
    assert (weighted.points(rows) == repeated.points(rows)).all()


def test_points_speak_for_the_outcome_named_good():
    rows, repaid = applicants(600, seed=5)
    by_repaid = ScorecardClassifier(**SETTINGS).fit(rows, repaid)
    by_default = ScorecardClassifier(**SETTINGS, good=0).fit(rows, 1 - repaid)
    assert (by_repaid.points(rows) == by_default.points(rows)).all()
    assert (by_repaid.predict_proba(rows)[:, 1] == by_default.predict_proba(rows)[:, 0]).all()
    with pytest.raises(ValueError, match="good: 'paid' is no outcome; there are"):
        ScorecardClassifier(good="paid").fit([[1], [2]], [0, 1])


@pytest.mark.parametrize(("direction", "steps"), [("up", 1), ("down", 2), ("free", 2)])
def test_a_stated_direction_holds_against_the_outcomes(direction: str, steps: int):
    value = np.repeat([[1.0], [2.0]], 200, axis=0)
    repaid = np.concatenate([np.arange(200) % 10 > 0, np.arange(200) % 10 == 0]).astype(int)
    card = ScorecardClassifier(directions={"x0": direction}).fit(value, repaid)
    assert len(set(card.points([[1.0], [2.0]]))) == steps


def test_a_thin_unknown_bin_is_neutral_and_silence_never_pays():
    draw = np.random.default_rng(6)
    value = draw.normal(size=(900, 2))
    repaid = draw.random(900) < 1 / (1 + np.exp(-value[:, 0]))
    value[:5, 0], repaid[:5] = np.nan, False
    value[300:500, 1], repaid[300:500] = np.nan, True
    first, second = table_of(ScorecardClassifier().fit(value, repaid)).characteristics
    assert first.thin == (0,)
    assert first.evidence[0] == 0
    assert second.thin == ()
    assert second.points[0] == second.points[1:].max()


def test_a_frame_scores_as_the_array_does_and_a_lost_column_is_named():
    rows, repaid = applicants(300, seed=7)
    frame = _Frame({name: rows[:, place] for place, name in enumerate(NAMES)})
    by_frame = ScorecardClassifier(ranges=RANGES, special=SPECIAL).fit(frame, repaid)
    by_array = ScorecardClassifier(**SETTINGS).fit(rows, repaid)
    assert (by_frame.points(frame) == by_array.points(rows)).all()
    lost = _Frame({**frame.data, "salary": frame.data["income"]})
    del lost.data["income"]
    with pytest.raises(ValueError, match="no column income; there are age, housing, contract, salary"):
        by_frame.points(lost)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"directions": {"ages": "up"}}, "directions: no column ages; there are age, income"),
        ({"directions": {"age": "rising"}}, "directions: age: 'rising' is none of auto, up, down, free"),
        ({"directions": {"housing": "up"}}, "directions: housing holds texts"),
        ({"special": {"age": [30]}}, "special: age: 30 lies inside its range 18 to 100"),
        ({"ranges": {}}, "ranges: state the range of age"),
        ({"ranges": {"age": (100, 18)}}, "ranges: age: 100 to 18 is no range"),
        ({"special": {"housing": [-1]}}, "special: housing holds texts"),
        ({"pdo": 0}, "pdo: 0 is not a positive number"),
        ({"base_points": np.inf}, "base_points: inf is not a number"),
        ({"points_range": (100, 0)}, r"points_range: \(100, 0\) must rise"),
        ({"max_bins": 0}, "max_bins: 0 must be 1 or more"),
        ({"smoothing": 0}, "smoothing: 0 must be greater than 0"),
        ({"feature_names": ["age"]}, "feature_names: 1 different names for 4 columns"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_is_right(wrong: dict[str, Any], told: str):
    rows, repaid = applicants(100, seed=8)
    with pytest.raises(ValueError, match=told):
        ScorecardClassifier(**{**SETTINGS, **wrong}).fit(rows, repaid)


@pytest.mark.parametrize(
    ("weight", "told"),
    [
        ([1.0, -1.0, 1.0, 1.0], "every weight must be a number of 0 or more"),
        ([1.0, np.nan, 1.0, 1.0], "every weight must be a number of 0 or more"),
        ([0.0] * 4, "all weights are zero"),
        ([1.0] * 3, r"sample_weight.shape == \(3,\), expected \(4,\)"),
    ],
)
def test_weights_that_mean_nothing_are_refused(weight: list[float], told: str):
    with pytest.raises(ValueError, match=told):
        ScorecardClassifier().fit([[1], [2], [3], [4]], [0, 1, 0, 1], sample_weight=weight)


def test_where_nothing_tells_good_from_bad_every_row_has_the_same_points():
    same = np.ones((50, 2))
    repaid = np.arange(50) % 2
    assert len(set(ScorecardClassifier().fit(same, repaid).points(same))) == 1
    with pytest.raises(ValueError, match="points_range: no column tells good from bad"):
        ScorecardClassifier(points_range=(0, 100)).fit(same, repaid)


def test_the_card_of_the_german_loans_ranks_as_well_as_published_cards(german):
    loans, outcome = german
    areas = []
    for learn, test in RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0).split(loans, outcome):
        card = ScorecardClassifier().fit(loans[learn], outcome[learn])
        areas.append(roc_auc_score(outcome[test] == "good", card.points(loans[test])))
    assert np.mean(areas) > 0.775
    learn, test, known, hidden = train_test_split(loans, outcome, test_size=0.3, random_state=42)
    area = roc_auc_score(hidden == "good", ScorecardClassifier().fit(learn, known).points(test))
    assert area > 0.78


class _Frame(SimpleNamespace):
    """As little of a data frame as one needs."""

    def __init__(self, data: dict[str, NDArray[np.object_]]) -> None:
        super().__init__(data=data)

    @property
    def columns(self) -> list[str]:
        return list(self.data)

    @property
    def shape(self) -> tuple[int, int]:
        return len(next(iter(self.data.values()))), len(self.data)

    def __getitem__(self, name: str) -> NDArray[np.object_]:
        data: dict[str, NDArray[np.object_]] = self.data
        return data[name]

    def __len__(self) -> int:
        return self.shape[0]
