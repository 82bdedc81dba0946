"""The household card CQ-H-1: every step at its boundary, unknown as unknown, vetoes as caps."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import NO_SCORE, REQUIRED_MISSING, TOO_FEW_FACTS, CardError, Scorecard

CARD = Scorecard.load(Path("scoring/policies/cq_bishan/household/2023-01-01.yaml"))
BEST = {
    "overdue_days_max_24m": 0, "overdue_days_now": 0, "credit_relation_years": 5, "debt_fen": 0,
    "annual_income_fen": 20_000_000, "guarantee_fen": 0, "annual_net_income_fen": 12_800_000,
    "household_size": 4, "labourer_count": 3, "income_source_count": 2, "income_source_years": 3,
    "operated_land_mu": 30, "net_assets_fen": 22_500_001, "confirmed_right_count": 3,
    "appraisal_score": 95, "appraiser_count": 3, "agricultural_insurance": 1,
    "training_certificate": 1, "honour_level": 2, "judgment_defaulter": 0, "written_off_loan": 0,
}  # fmt: skip


def one(**changes):
    facts = {name: value for name, value in (BEST | changes).items() if value is not None}
    return CARD.score({name: [float(value)] for name, value in facts.items()})


def grade(scores):
    return CARD.grade_codes[scores.grade[0]]


def test_the_best_household_has_a_hundred_points_because_the_whole_is_capped():
    scores = one()
    assert (scores.total[0], grade(scores), scores.known[0]) == (100, "AAA", 14)


@pytest.mark.parametrize(
    ("fact", "value", "characteristic", "points"),
    [
        ("overdue_days_max_24m", 0, "repayment_record", 20),
        ("overdue_days_max_24m", 1, "repayment_record", 14),
        ("overdue_days_max_24m", 30, "repayment_record", 14),
        ("overdue_days_max_24m", 31, "repayment_record", 8),
        ("overdue_days_max_24m", 60, "repayment_record", 8),
        ("overdue_days_max_24m", 61, "repayment_record", 3),
        ("overdue_days_max_24m", 90, "repayment_record", 3),
        ("overdue_days_max_24m", 91, "repayment_record", 0),
        ("overdue_days_max_24m", None, "repayment_record", 12),
        ("credit_relation_years", 4.99, "credit_relation", 4),
        ("credit_relation_years", 5, "credit_relation", 5),
        ("credit_relation_years", None, "credit_relation", 2),
        ("debt_fen", 6_000_000, "debt_to_income", 10),
        ("debt_fen", 6_000_001, "debt_to_income", 8),
        ("debt_fen", 30_000_000, "debt_to_income", 2),
        ("debt_fen", 30_000_001, "debt_to_income", 0),
        ("guarantee_fen", 1, "guarantee_to_income", 3),
        ("annual_net_income_fen", 12_600_000, "income_per_head", 10),
        ("annual_net_income_fen", 12_600_001, "income_per_head", 12),
        ("income_source_years", 2.9, "income_stability", 4),
        ("income_source_count", 0, "income_stability", 2),
        ("labourer_count", 2, "labour_ratio", 4),
        ("operated_land_mu", 29.9, "operating_scale", 4),
        ("net_assets_fen", 22_500_000, "net_assets", 7),
        ("appraisal_score", 93.75, "village_appraisal", 15),
        ("appraisal_score", 93.74, "village_appraisal", 14),
        ("appraiser_count", 2, "village_appraisal", 8),
        ("honour_level", 1, "honours", 1),
    ],
)
def test_points_change_exactly_where_the_card_says(fact, value, characteristic, points):
    assert one(**{fact: value}).points[characteristic][0] == points


def test_debt_without_any_income_is_the_worst_step_and_no_debt_is_the_best():
    assert one(annual_income_fen=0, debt_fen=1).points["debt_to_income"][0] == 0
    assert one(annual_income_fen=0, debt_fen=0).points["debt_to_income"][0] == 10


@pytest.mark.parametrize(("overdue_days_now", "expected"), [(90, "AAA"), (91, "B")])
def test_more_than_ninety_days_overdue_holds_the_grade_at_b_and_leaves_the_points(overdue_days_now, expected):
    scores = one(overdue_days_now=overdue_days_now)
    assert (grade(scores), scores.total[0]) == (expected, 100)


@pytest.mark.parametrize("fact", ["household_size", "annual_net_income_fen"])
def test_without_a_required_fact_there_is_no_grade_and_no_score(fact):
    scores = one(**{fact: None})
    assert (grade(scores), scores.total[0], scores.unrated[0]) == ("N", NO_SCORE, REQUIRED_MISSING)


def test_a_thin_file_is_unrated_never_poor():
    scores = CARD.score({"household_size": [3.0], "annual_net_income_fen": [5e6]})
    assert (grade(scores), scores.unrated[0]) == ("N", TOO_FEW_FACTS)


def test_a_value_out_of_range_counts_as_unknown_and_is_flagged():
    scores = one(confirmed_right_count=-999)
    assert (scores.out_of_range[0], scores.bins["confirmed_rights"][0]) == (1, 0)


def test_infinity_is_no_value():
    assert one(debt_fen=np.inf).out_of_range[0] == 1


def test_text_is_refused_by_name():
    with pytest.raises(CardError, match="debt_fen, row 0: a str is not a number"):
        CARD.score({"debt_fen": ["much"]})


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(CardError, match="differ in length"):
        CARD.score({"debt_fen": [1.0], "household_size": [1.0, 2.0]})


def test_no_prohibited_datum_is_an_input():
    assert set(CARD.inputs) & {item.name for item in CARD.definition.prohibited} == set()


facts_of_one = st.fixed_dictionaries(
    {
        item.name: st.one_of(
            st.none(), st.floats(item.minimum - 1, min(item.maximum, 1e9) + 1, allow_nan=False)
        )
        for item in CARD.definition.inputs
    }
)


@settings(max_examples=40)
@given(st.lists(facts_of_one, min_size=1, max_size=20))
def test_one_household_is_rated_as_in_a_batch_and_its_packed_bins_explain_it(households):
    names = CARD.inputs
    table = {n: [np.nan if h[n] is None else h[n] for h in households] for n in names}
    batch = CARD.score(table)
    for row in range(len(households)):
        alone = CARD.score({name: values[row : row + 1] for name, values in table.items()})
        assert (alone.total[0], alone.grade[0], alone.packed[0]) == (
            batch.total[row], batch.grade[row], batch.packed[row],
        )  # fmt: skip
        told = CARD.explain(
            int(batch.packed[row]), vetoes=int(batch.vetoes[row]), unrated=bool(batch.unrated[row])
        )
        assert told.grade == CARD.grade_codes[batch.grade[row]]
        assert told.score == (None if batch.unrated[row] else batch.total[row])
        assert {line.name: line.points for line in told.lines} == {
            name: points[row] for name, points in batch.points.items()
        }


def test_the_reasons_name_the_dearest_losses_first():
    scores = one(overdue_days_max_24m=91, operated_land_mu=1)
    told = CARD.explain(int(scores.packed[0]))
    assert [(reason.code, reason.points_lost) for reason in told.reasons] == [("R02", 20), ("R10", 4)]
