"""The public notice of Zhaoyang of 2014-12-30 (S2), recomputed to the digit, and the states of nothing."""

from pathlib import Path

import numpy as np
import pytest

from scoring import FAILS, HOLDS, INSUFFICIENT, NOT_APPLICABLE, Measure, Profile

POLICIES = Path("scoring/policies")
ZHAOYANG = Profile.load(POLICIES / "zhaoyang_2014/credit_village/2014-12-30.yaml")
PREFECTURE = Profile.load(POLICIES / "autonomous_prefecture/credit_village/2010-01-01.yaml")
BISHAN = Profile.load(POLICIES / "cq_bishan/credit_village/2026-11-01.yaml")
TOWN = Profile.load(POLICIES / "cq_bishan/credit_town/2026-11-01.yaml")
WAN = 1_000_000


def one(numerator, denominator=None, name="none"):
    whole = None if denominator is None else np.array([float(denominator)])
    return Measure(np.array([float(numerator)]), whole, name)


# 1,110 households on file: 24 AAA, 87 AA, 625 A. 311 loans of 834.02 万: 299 on time, 12 bad of 6.61 万.
NOTICE = {
    "credit_household_share": one(24 + 87 + 625, 1110, "archived_households"),
    "on_time_loan_share": one(299, 311, "loans"),
    "npl_share": one(6.61 * WAN, 834.02 * WAN, "loan_balance_fen"),
}


def test_the_zhaoyang_notice_qualifies_under_its_own_profile_to_the_digit():
    results = ZHAOYANG.evaluate(NOTICE)
    shares = {gate.criterion.name: f"{gate.value[0]:.2%}" for gate in results.gates}
    assert shares == {
        "credit_household_share": "66.31%",
        "on_time_loan_share": "96.14%",
        "npl_share": "0.79%",
    }
    assert results.gates[0].margin[0] == pytest.approx(736 / 1110 - 0.5)
    assert results.overall[0] == HOLDS


def test_the_zhaoyang_notice_does_not_qualify_under_the_70_percent_profile():
    # The notice does not tell all households: there are no fewer than those on file, so this is the most.
    known = NOTICE | {
        "credit_household_share_registered": one(736, 1110, "registered_households"),
        "on_time_borrower_share": one(299, 311, "borrowing_households"),
        "npl_increment": one(0),
    }
    results = PREFECTURE.evaluate(known)
    states = {gate.criterion.name: gate.state[0] for gate in results.gates}
    assert states == {
        "credit_household_share_registered": FAILS,
        "on_time_borrower_share": HOLDS,
        "npl_share": HOLDS,
        "npl_increment": HOLDS,
    }
    assert results.overall[0] == FAILS


def test_case_b_a_village_with_0_borrowers_has_insufficient_data():
    results = BISHAN.evaluate(
        {
            "file_coverage": one(95, 100, "registered_households"),
            "credit_household_share": one(60, 95, "archived_households"),
            "on_time_borrower_share": one(0, 0, "borrowing_households"),
            "npl_share": one(0, 0, "loan_balance_fen"),
            "npl_increment": one(np.nan),
            "cadre_default_count": one(0),
            "village_veto_count": one(0),
        }
    )
    states = {gate.criterion.name: gate.state[0] for gate in results.gates}
    assert states["on_time_borrower_share"] == states["npl_share"] == INSUFFICIENT
    assert results.overall[0] == INSUFFICIENT


def test_case_c_a_street_with_0_villages_is_not_judged_by_its_villages():
    results = TOWN.evaluate(
        {
            "designated_village_share": one(0, 0, "villages"),
            "npl_share": one(1, 100, "loan_balance_fen"),
            "on_time_borrower_share": one(95, 100, "borrowing_households"),
            "entity_file_coverage": one(0, 0, "roster_entities"),
        }
    )
    states = {gate.criterion.name: gate.state[0] for gate in results.gates}
    assert states["designated_village_share"] == states["entity_file_coverage"] == NOT_APPLICABLE
    assert results.overall[0] == HOLDS
