"""A card held against outcomes: the figures are those of its own ratings, split by time, nobody left out."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from scoring.errors import CardError
from scoring.validation import validate
from scoring.validation.stability import psi
from tests.scoring.validation.households import CARD, DEMO, MONTHS, population

GIVEN: Any = population()
REPORT: Any = validate(DEMO, GIVEN)
SCORES = DEMO.score(GIVEN.facts)
KNOWN = (SCORES.unrated == 0) & ~np.isnan(GIVEN.outcome)
LATE = np.asarray(GIVEN.month) >= 202307


def test_everybody_is_counted_once():
    counts = REPORT.counts
    assert counts.row_count == 4000 == sum(cell.subject_count for cell in REPORT.grades)
    assert counts.rated_count + counts.required_missing_count + counts.too_few_facts_count == 4000
    assert counts.required_missing_count == np.isnan(GIVEN.facts["marks"]).sum()
    assert counts.rated_outcome_count == KNOWN.sum()
    assert counts.outcome_count == sum(cell.outcome_count for cell in REPORT.grades)
    assert (
        counts.default_count == np.nansum(GIVEN.outcome) == sum(cell.default_count for cell in REPORT.grades)
    )
    assert sum(cell.outcome_count for cell in REPORT.bands) == (KNOWN & LATE).sum()


def test_each_sample_has_the_auc_of_its_own_ratings_with_an_outcome():
    found = {item.sample: item.auc for item in REPORT.discrimination}
    for sample, chosen in (("all", KNOWN), ("development", KNOWN & ~LATE), ("out_of_time", KNOWN & LATE)):
        paid = 1 - np.asarray(GIVEN.outcome)[chosen]
        assert found[sample] == pytest.approx(roc_auc_score(paid, SCORES.total[chosen]))


def test_expected_rates_are_fitted_on_the_development_months_alone():
    outcome = np.where(LATE, 1.0 - np.nan_to_num(GIVEN.outcome), GIVEN.outcome)
    report: Any = validate(DEMO, population(outcome=outcome))
    assert report.scale == REPORT.scale
    assert report.fit.p < 1e-6
    assert REPORT.fit.p > 0.001
    assert (REPORT.fit.own_sample, REPORT.bands_sample) == (False, "out_of_time")


def test_without_months_everything_is_one_sample_and_the_fit_says_it_is_its_own():
    report: Any = validate(DEMO, population(month=None))
    assert [item.sample for item in report.discrimination] == ["all"]
    assert (report.fit.own_sample, report.bands_sample, report.split) == (True, "all", None)
    assert report.score_stability == report.grade_stability == report.characteristic_stability == ()


def test_a_chance_stated_by_the_card_is_taken_as_it_is():
    chance = np.linspace(0, 1, 4000)
    report: Any = validate(DEMO, population(chance=chance, month=None))
    assert report.scale is None
    assert report.fit.own_sample is False
    assert report.discrimination[0].brier == pytest.approx(
        np.mean((chance - np.asarray(GIVEN.outcome))[KNOWN] ** 2)
    )
    assert report.grades[-1].expected is None


def test_the_unrated_have_a_default_rate_but_no_expected_one_and_break_no_order():
    unrated = REPORT.grades[-1]
    assert (unrated.name, unrated.expected) == ("N", None)
    assert unrated.outcome_count > 0
    assert REPORT.grade_breaks == ()


def test_a_card_turned_upside_down_breaks_the_order_of_its_grades():
    facts = GIVEN.facts | {"marks": 10 - GIVEN.facts["marks"], "other": 8 - GIVEN.facts["other"]}
    report: Any = validate(DEMO, population(facts=facts))
    assert all(item.certain for item in report.grade_breaks)
    assert [(item.better, item.worse) for item in report.grade_breaks] == [("A", "B"), ("B", "C")]
    assert report.discrimination[-1].auc < 0.5


def test_each_month_is_held_against_the_development_months_and_a_shift_is_found_where_it_is():
    marks = np.where(np.asarray(GIVEN.month) == 202308, 9.0, GIVEN.facts["marks"])
    report = validate(DEMO, population(facts=GIVEN.facts | {"marks": marks}))
    samples = ["out_of_time", *map(str, MONTHS)]
    assert [item.sample for item in report.score_stability] == samples
    assert [item.sample for item in report.grade_stability] == samples
    shifted = {(i.name, i.sample) for i in report.characteristic_stability if i.verdict == "shifted"}
    assert shifted == {("marks", "out_of_time"), ("marks", "202308")}
    assert report.score_stability[-1].verdict == "shifted"
    early = REPORT.score_stability[1:7]
    assert sum(item.sample_count for item in early) == early[0].base_count


def test_unknown_facts_columns_not_given_and_values_out_of_range_are_told():
    facts = {"marks": np.where(np.arange(4000) < 7, 99.0, 5.0), "kind": ["甲"] * 4000}
    report = validate(DEMO, population(facts=facts))
    assert [(item.name, item.label.zh) for item in report.missing_inputs] == [("other", "另一项")]
    assert {item.name: item.unknown_count for item in report.unknown} == {
        "marks": 7,
        "other": 4000,
        "kind": 0,
    }
    assert (report.counts.out_of_range_count, report.counts.unknown_count) == (7, 4000)


def test_with_too_few_known_facts_the_reason_is_told_apart():
    report = validate(DEMO, population(60, facts={"marks": np.full(60, 5.0)}))
    assert (report.counts.too_few_facts_count, report.counts.rated_count) == (60, 0)
    assert report.discrimination[0].undefined == "no subject has both a score and an outcome"
    assert (report.scale, report.fit, report.bands[0].name) == (None, None, "all")


@pytest.mark.parametrize(("cut", "least", "stated"), [(None, 10, False), ("A", 15, True), ("C", 0, True)])
def test_the_cut_decides_who_reaches_and_without_one_it_is_the_last_but_one_grade(cut, least, stated):
    report = validate(DEMO, GIVEN, cut=cut)
    (sex,) = report.fairness
    assert sum(item.reached_count for item in sex.groups) == (SCORES.total >= least).sum()
    assert report.cut_stated is stated


def test_a_cut_that_is_no_grade_is_refused():
    with pytest.raises(CardError, match="cut: 'N' is no grade of the card; it has A, B, C"):
        validate(DEMO, GIVEN, cut="N")


def test_a_report_knows_its_card_and_no_other():
    assert REPORT.is_of(DEMO.definition)
    assert REPORT.card.fingerprint == DEMO.definition.fingerprint
    changed = CARD.replace("minimum: 15", "minimum: 16")
    assert not REPORT.is_of(type(DEMO).parse(changed).definition)
    assert not REPORT.is_of(replace(DEMO.definition, variant="family_farm"))


def test_a_score_on_an_edge_belongs_to_the_band_that_begins_there():
    last = float(REPORT.bands[-1].name.removeprefix("≥ "))
    late = SCORES.total[LATE & (SCORES.unrated == 0)]
    assert REPORT.bands[-1].subject_count == (late >= last).sum() > (late > last).sum()
    assert REPORT.score_stability[0].sample_count == len(late)


def test_the_stability_of_the_scores_is_taken_over_the_same_bands():
    edges = [float(cell.name.split()[-1]) for cell in REPORT.bands[:-1]]
    rated = SCORES.unrated == 0
    early, late = (np.histogram(SCORES.total[rated & of], [-1, *edges, 99])[0] for of in (~LATE, LATE))
    assert REPORT.score_stability[0].index == pytest.approx(psi(early, late))
