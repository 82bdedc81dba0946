"""Gates hold at the threshold itself; nothing over nothing is a state of its own."""

from pathlib import Path

import numpy as np
import pytest

from scoring import FAILS, HOLDS, INSUFFICIENT, NOT_APPLICABLE, Measure, Profile
from scoring.measures import county_medians

POLICIES = Path("scoring/policies/cq_bishan")
VILLAGE = Profile.load(POLICIES / "credit_village/2023-01-01.yaml")
TOWN = Profile.load(POLICIES / "credit_town/2023-01-01.yaml")


def measure(numerator, denominator=None, name="none"):
    known = None if denominator is None else np.array([float(denominator)])
    return Measure(np.array([float(numerator)]), known, name)


def village(**changes):
    sound = {
        "file_coverage": measure(90, 100),
        "credit_household_share": measure(60, 100),
        "on_time_borrower_share": measure(9, 10),
        "npl_share": measure(3, 100),
        "npl_increment": measure(0.01),
        "cadre_default_count": measure(0),
        "village_veto_count": measure(0),
    }
    results = VILLAGE.evaluate(sound | changes)
    return {gate.criterion.name: gate.state[0] for gate in results.gates}, results.overall[0]


def town(**changes):
    sound = {
        "credit_village_share": measure(1, 2),
        "npl_share": measure(0, 1),
        "on_time_borrower_share": measure(10, 10),
        "entity_file_coverage": measure(95, 100),
    }
    return TOWN.evaluate(sound | changes)


def test_a_village_exactly_at_every_threshold_holds():
    gates, overall = village()
    assert (set(gates.values()), overall) == ({HOLDS}, HOLDS)


@pytest.mark.parametrize(
    ("name", "just_missed"),
    [
        ("file_coverage", measure(89, 100)),
        ("credit_household_share", measure(59, 100)),
        ("on_time_borrower_share", measure(89, 100)),
        ("npl_share", measure(301, 10_000)),
        ("npl_increment", measure(0.0101)),
        ("cadre_default_count", measure(1)),
        ("village_veto_count", measure(1)),
    ],
)
def test_one_gate_just_missed_fails_the_village(name, just_missed):
    gates, overall = village(**{name: just_missed})
    assert (gates[name], overall) == (FAILS, FAILS)


def test_nine_borrowers_are_too_few_to_judge_by():
    gates, overall = village(on_time_borrower_share=measure(9, 9))
    assert (gates["on_time_borrower_share"], overall) == (INSUFFICIENT, INSUFFICIENT)


def test_a_village_without_loans_has_no_share_of_bad_ones():
    assert village(npl_share=measure(0, 0))[0]["npl_share"] == INSUFFICIENT


def test_an_unknown_count_is_not_taken_for_none():
    assert village(cadre_default_count=measure(np.nan))[0]["cadre_default_count"] == INSUFFICIENT


def test_a_failed_gate_outweighs_an_unknown_one():
    assert village(npl_share=measure(0, 0), file_coverage=measure(1, 100))[1] == FAILS


def test_a_street_without_villages_is_not_judged_by_its_villages():
    results = town(credit_village_share=measure(0, 0))
    assert (results.gates[0].state[0], results.overall[0]) == (NOT_APPLICABLE, HOLDS)


def test_the_margin_says_how_far_on_which_side():
    results = town(credit_village_share=measure(1, 4), npl_share=measure(1, 100))
    assert results.gates[0].margin[0] == pytest.approx(-0.25)
    assert results.gates[1].margin[0] == pytest.approx(0.02)


def test_of_a_measure_that_is_not_given_nothing_is_said():
    results = TOWN.evaluate({"credit_village_share": measure(1, 2)})
    unknown = [gate.criterion.name for gate in results.gates if gate.state[0] == INSUFFICIENT]
    assert unknown == [
        item.name for item in TOWN.definition.criteria if item.measure != "credit_village_share"
    ]


def test_a_county_median_is_of_those_places_of_which_it_is_known():
    measures = {
        "share": Measure(np.array([1.0, 3, 9, 5]), np.array([10.0, 10, 10, 0]), "of"),
        "count": Measure(np.full(4, np.nan), None, "none"),
    }
    among = np.array([True, True, False, True])
    found = county_medians(measures, among=among)
    assert found["county_median_share"] == pytest.approx(0.2)
    assert np.isnan(found["county_median_count"])


def test_the_four_states_of_a_gate_are_told_apart():
    assert sorted({HOLDS, FAILS, INSUFFICIENT, NOT_APPLICABLE}) == [0, 1, 2, 3]
