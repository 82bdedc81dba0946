"""A profile as it is written: operators, prerequisites, ladders, paths; and every fault that stops it."""

import copy
from pathlib import Path

import numpy as np
import pytest

from scoring import FAILS, HOLDS, INSUFFICIENT, CardError, Measure, Profile, loader
from scoring.procedure import AppraisalRules, Keeping

POLICIES = Path("scoring/policies")
VILLAGE_FILE = POLICIES / "cq_bishan/credit_village/2026-11-01.yaml"
HOUSEHOLD_FILE = POLICIES / "cq_bishan/credit_household/2023-01-01.yaml"
NEW_HOUSEHOLD_FILE = POLICIES / "cq_bishan/credit_household/2026-11-01.yaml"
TOWN_FILE = POLICIES / "cq_bishan/credit_town/2026-11-01.yaml"
LADDER_FILE = Path("tests/scoring/profiles/ladder.yaml")
RELATIVE_FILE = Path("tests/scoring/profiles/relative.yaml")
LADDER = Profile.load(LADDER_FILE)
# The profiles of 2023 as they were when they first judged a village.
FINGERPRINTS = {
    "cq_bishan/credit_village/2023-01-01": "c58179e1a30fde0c47580d0be91fa119477b972b8a2d154c960fc54440517c14",
    "cq_bishan/credit_town/2023-01-01": "264c733f692cebe753f01928590892f485a31e3bf0811fe3425e4ec5f60f98c7",
    "cq_bishan/coverage/2023-01-01": "af02ee4a60fbadee3d889325ccaa4ac70410ace188e314786ffa54ed346e0d70",
}


def column(*numbers):
    return np.array(numbers, dtype=float)


def changed(file, change):
    content = copy.deepcopy(loader.read(file))
    change(content)
    return Profile(loader.profile(content, where="profile"))


@pytest.mark.parametrize(("name", "fingerprint"), FINGERPRINTS.items())
def test_a_profile_that_has_judged_places_keeps_its_fingerprint(name, fingerprint):
    assert Profile.load(POLICIES / f"{name}.yaml").definition.fingerprint == fingerprint


def test_the_village_profile_says_how_the_title_is_reached_and_kept():
    definition = Profile.load(VILLAGE_FILE).definition
    path = definition.path
    assert path is not None
    assert (path.proposed_by, path.checks) == (("night", "application"), ("village", "town"))
    assert (path.notice_days, path.decided_by, path.validity_months) == (7, "district", 12)
    assert (path.review_before_days, path.campaign_until) == (60, "01-31")
    assert definition.sources[path.basis["notice_days"]].document == "昭阳区信用村公示"
    assert definition.keeping == Keeping(month_ends=2, grace_days=90, basis="DEFAULT")


def test_the_village_gates_of_2026_are_those_of_2023():
    new, old = (
        {item.name: (item.measure, item.at_least, item.threshold, item.least_denominator) for item in gates}
        for gates in (
            Profile.load(VILLAGE_FILE).definition.criteria,
            Profile.load(POLICIES / "cq_bishan/credit_village/2023-01-01.yaml").definition.criteria,
        )
    )
    assert new == old


def test_the_town_counts_villages_that_bear_the_title():
    gate = Profile.load(TOWN_FILE).definition.criteria[-1]
    assert (gate.measure, gate.title, gate.threshold) == ("designated_village_share", "credit_village", 0.5)


def test_the_household_profile_says_what_an_appraisal_must_be():
    definition = Profile.load(HOUSEHOLD_FILE).definition
    assert definition.appraisal == AppraisalRules(
        quorum=3,
        trimmed_from=5,
        favourable_share=0.6,
        favourable_from=60,
        weight_at_most=15,
        not_above_appraisal=False,
        basis="DEFAULT",
    )
    gate = definition.criteria[-1]
    assert (gate.name, gate.threshold, gate.least_denominator) == ("appraisal", 0.6, 3)


def test_the_household_profile_of_2026_leaves_the_numbers_to_the_rules_of_appraisals():
    definition = Profile.load(NEW_HOUSEHOLD_FILE).definition
    assert (definition.appraisal, definition.appraised_by) == (None, "CQ-A-1")
    gate = definition.criteria[-1]
    assert (gate.name, gate.measure, gate.threshold) == ("appraisal", "appraisal_favourable", 1)


def household(**changes):
    sound = {
        "registered": Measure(column(1), None, "none"),
        "grade_reached": Measure(column(1), None, "none"),
        "rating_veto_count": Measure(column(0), None, "none"),
        "appraisal_favourable_share": Measure(column(3), column(5), "appraisers"),
    }
    return Profile.load(HOUSEHOLD_FILE).evaluate(sound | changes).overall[0]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, HOLDS),
        ({"appraisal_favourable_share": Measure(column(2), column(2), "appraisers")}, INSUFFICIENT),
        ({"appraisal_favourable_share": Measure(column(2), column(4), "appraisers")}, FAILS),
        ({"rating_veto_count": Measure(column(1), None, "none")}, FAILS),
        ({"grade_reached": Measure(column(0), None, "none")}, FAILS),
        ({"grade_reached": Measure(column(np.nan), None, "none")}, INSUFFICIENT),
    ],
)
def test_a_household_is_judged_like_a_place(changes, state):
    assert household(**changes) == state


@pytest.mark.parametrize(("bad", "state"), [(299, HOLDS), (300, FAILS), (301, FAILS)])
def test_below_leaves_the_average_itself_out(bad, state):
    measures = {"npl_share": Measure(column(bad), column(10_000), "loan_balance_fen")}
    found = Profile.load(RELATIVE_FILE).evaluate(measures, references={"own_bank_npl_share": 0.03})
    assert found.overall[0] == state
    assert found.gates[0].threshold[0] == 0.03


def test_every_place_may_be_held_against_a_reference_of_its_own():
    measures = {"npl_share": Measure(column(2, 2), column(100, 100), "loan_balance_fen")}
    found = Profile.load(RELATIVE_FILE).evaluate(measures, references={"own_bank_npl_share": [0.01, 0.03]})
    assert found.overall.tolist() == [FAILS, HOLDS]


def test_a_reference_is_multiplied_and_added_to():
    def twice_and_more(content):
        content["criteria"][0]["below"] |= {"factor": "2", "plus": "0.01"}

    measures = {"npl_share": Measure(column(6, 7), column(100, 100), "loan_balance_fen")}
    found = changed(RELATIVE_FILE, twice_and_more).evaluate(
        measures, references={"own_bank_npl_share": 0.028}
    )
    assert found.gates[0].threshold.tolist() == pytest.approx([0.066, 0.066])
    assert found.overall.tolist() == [HOLDS, FAILS]


@pytest.mark.parametrize("references", [{"own_bank_npl_share": np.nan}, None])
def test_a_reference_nobody_knows_or_gives_is_not_guessed(references):
    measures = {"npl_share": Measure(column(2), column(100), "loan_balance_fen")}
    assert Profile.load(RELATIVE_FILE).evaluate(measures, references=references).overall[0] == INSUFFICIENT


def test_a_share_of_something_else_than_asked_says_nothing():
    profile = Profile.load(POLICIES / "zhaoyang_2014/credit_village/2014-12-30.yaml")
    measures = dict.fromkeys(profile.definition.measures, Measure(column(1), column(1), "registered"))
    states = {gate.criterion.measure: gate.state[0] for gate in profile.evaluate(measures).gates}
    assert states["credit_household_share"] == INSUFFICIENT


def test_a_measure_nobody_gives_is_insufficient_and_what_fails_outweighs_it():
    share = Measure(column(1, 1), column(1, 100), "archived_households")
    found = Profile.load(VILLAGE_FILE).evaluate({"credit_household_share": share})
    assert [gate.state[0] for gate in found.gates if gate.criterion.measure == "npl_share"] == [INSUFFICIENT]
    assert found.overall.tolist() == [INSUFFICIENT, FAILS]


def test_a_document_that_must_be_on_file_is_counted():
    def attested(content):
        content["measures"]["committee_agreement"] = {"zh": "承诺书", "en": "agreement"}
        content["criteria"] = [
            {
                "name": "agreement",
                "label": {"zh": "承诺书", "en": "agreement"},
                "attested": "committee_agreement",
                "basis": "S3",
            }
        ]

    profile = changed(RELATIVE_FILE, lambda content: (attested(content), content.pop("references")))
    found = profile.evaluate({"committee_agreement": Measure(column(0, 1, np.nan), None, "none")})
    assert found.overall.tolist() == [FAILS, HOLDS, INSUFFICIENT]
    assert profile.definition.criteria[0].kind == "attestation"


def test_a_veto_in_force_fails_a_place():
    gate = next(item for item in Profile.load(VILLAGE_FILE).definition.criteria if item.kind == "veto")
    assert (gate.measure, gate.at_least, gate.threshold) == ("village_veto_count", False, 0)


def climbed(files, credit, *, cadres=0.0, held=None):
    measures = {
        "file_coverage": Measure(column(files), None, "registered_households"),
        "credit_household_share": Measure(column(credit), None, "archived_households"),
        "cadre_default_count": Measure(column(cadres), None, "none"),
    }
    rungs = None if held is None else np.array([held])
    return LADDER.evaluate(measures, held=rungs)


@pytest.mark.parametrize(
    ("files", "credit", "score"),
    [(0.79, 0.49, 0), (0.8, 0.5, 60), (0.89, 0.69, 60), (0.9, 0.5, 80), (0.9, 0.7, 100)],
)
def test_points_change_at_the_first_value_of_the_next_bin(files, credit, score):
    assert climbed(files, credit).ladder.score[0] == score


def test_a_rung_takes_the_score_and_the_rung_below():
    results = climbed(0.9, 0.7)
    assert [rung.state[0] for rung in results.ladder.rungs] == [HOLDS] * 3
    assert [bool(rung.open[0]) for rung in results.ladder.rungs] == [True, False, False]
    again = climbed(0.9, 0.7, held=0)
    assert [bool(rung.open[0]) for rung in again.ladder.rungs] == [True, True, False]


def test_gates_and_ladder_hold_together():
    assert climbed(0.9, 0.7).overall[0] == HOLDS
    assert climbed(0.9, 0.7, cadres=1).overall[0] == FAILS
    assert climbed(0.8, 0.5).overall[0] == FAILS


@pytest.mark.parametrize(
    ("files", "credit", "states"),
    [
        (0.9, np.nan, [INSUFFICIENT] * 3),
        (0.8, np.nan, [INSUFFICIENT, INSUFFICIENT, FAILS]),
        (0.5, np.nan, [FAILS] * 3),
        (np.nan, 0.7, [INSUFFICIENT] * 3),
    ],
)
def test_a_score_the_unknown_could_lift_is_insufficient_not_too_low(files, credit, states):
    assert [rung.state[0] for rung in climbed(files, credit).ladder.rungs] == states


def test_the_bins_of_a_ladder_say_which_value_was_unknown():
    assert {name: bins.tolist() for name, bins in climbed(0.85, np.nan).ladder.bins.items()} == {
        "files": [2],
        "credit_households": [0],
    }


@pytest.mark.parametrize(
    ("score", "states"),
    [(69, [FAILS, FAILS]), (70, [HOLDS, FAILS]), (80, [HOLDS, HOLDS]), (np.nan, [INSUFFICIENT] * 2)],
)
def test_zhejiang_climbs_from_70_to_80(score, states):
    profile = Profile.load(POLICIES / "zhejiang_2020/credit_village/2020-01-01.yaml")
    found = profile.evaluate({"assessed_score": Measure(column(score), None, "none")})
    assert found.ladder is not None
    assert [rung.state[0] for rung in found.ladder.rungs] == states


def test_a_score_that_is_not_given_is_insufficient_for_every_rung():
    profile = Profile.load(POLICIES / "zhejiang_2020/credit_town/2020-01-01.yaml")
    found = profile.evaluate({"npl_share": Measure(column(1), column(1), "loan_balance_fen")})
    assert found.ladder is not None
    assert [rung.state[0] for rung in found.ladder.rungs] == [INSUFFICIENT] * len(found.ladder.rungs)


def put(*path, value):
    """A change of one value deep in a profile."""

    def change(content):
        part = content
        for key in path[:-1]:
            part = part[key]
        if value is None:
            del part[path[-1]]
        else:
            part[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("file", "change", "complaint"),
    [
        (VILLAGE_FILE, put("path", "notice_days", value="0"), "a public notice stands for at least 1 day"),
        (VILLAGE_FILE, put("path", "validity_months", value="0"), "a title lasts at least 1 month"),
        (VILLAGE_FILE, put("path", "review_before_days", value="336"), "begins within the validity"),
        (VILLAGE_FILE, put("path", "review_before_days", value="-1"), "begins within the validity"),
        (VILLAGE_FILE, put("path", "decide_within_days", value="30"), "decide_within_days: has no basis"),
        (VILLAGE_FILE, put("path", "decide_within_days", value="0"), "on at least 1 day after its notice"),
        (VILLAGE_FILE, put("path", "proposed_by", value=[]), "path, proposed_by: nobody may propose"),
        (VILLAGE_FILE, put("path", "proposed_by", value=["bank"]), "'bank' is none of night, application"),
        (VILLAGE_FILE, put("path", "decided_by", value="village"), "'village' is none of town, district"),
        (VILLAGE_FILE, put("path", "campaign_until", value="02-29"), "'02-29' is no day of every year"),
        (VILLAGE_FILE, put("path", "basis", "notice_days", value=None), "path, notice_days: has no basis"),
        (
            VILLAGE_FILE,
            put("path", "basis", "campaign_until", value=None),
            "path, campaign_until: has no basis",
        ),
        (
            VILLAGE_FILE,
            put("path", "basis", "notice_days", value="S99"),
            "path, notice_days: the basis S99 is not declared",
        ),
        (VILLAGE_FILE, put("path", "notice_days", value="36501"), "36501: at most 36500, a hundred years"),
        (VILLAGE_FILE, put("path", "decide_within_days", value="36501"), "at most 36500, a hundred years"),
        (VILLAGE_FILE, put("path", "validity_months", value="1201"), "1201: at most 1200, a hundred years"),
        (VILLAGE_FILE, put("keeping", "month_ends", value="1201"), "1201: at most 1200, a hundred years"),
        (VILLAGE_FILE, put("keeping", "grace_days", value="36501"), "at most 36500, a hundred years"),
        (VILLAGE_FILE, put("keeping", "month_ends", value="0"), "at least 1 month-end must be breached"),
        (VILLAGE_FILE, put("keeping", "grace_days", value="-1"), "grace cannot be below 0 days"),
        (VILLAGE_FILE, put("keeping", "basis", value="S99"), "keeping: the basis S99 is not declared"),
        (HOUSEHOLD_FILE, put("appraisal", "quorum", value="0"), "at least 1 appraiser must answer"),
        (NEW_HOUSEHOLD_FILE, put("appraisal", "quorum", value="3"), "unknown keys: quorum"),
        (HOUSEHOLD_FILE, put("appraisal", "trimmed_from", value="2"), "of fewer than 3 nothing is left"),
        (HOUSEHOLD_FILE, put("appraisal", "favourable_share", value="60"), "must lie between 0 and 1"),
        (HOUSEHOLD_FILE, put("appraisal", "favourable_from", value="101"), "must lie between 0 and 100"),
        (HOUSEHOLD_FILE, put("appraisal", "weight_at_most", value="-1"), "must lie between 0 and 100"),
        (HOUSEHOLD_FILE, put("appraisal", "not_above_appraisal", value="maybe"), "is none of no, yes"),
        (
            HOUSEHOLD_FILE,
            put("appraisal", "basis", value="S99"),
            "appraisal: the basis S99 is not declared",
        ),
        (RELATIVE_FILE, put("references", value=None), "the reference own_bank_npl_share is not declared"),
        (
            RELATIVE_FILE,
            put("criteria", 0, "below", "power", value="2"),
            "unknown keys: power",
        ),
        (RELATIVE_FILE, put("criteria", value=[]), "criteria: there are none, and no ladder"),
        (
            RELATIVE_FILE,
            put("criteria", 0, "denominator", value="loans"),
            "the denominator loans is not declared",
        ),
        (
            RELATIVE_FILE,
            put("criteria", 0, "least_denominator", value="-1"),
            "the least denominator must not be below 0",
        ),
        (
            LADDER_FILE,
            put("ladder", "score", value="file_coverage"),
            "has either items that make up the score, or a measure that is the score",
        ),
        (LADDER_FILE, put("ladder", "items", 0, "measure", value="mood"), "the measure mood is not declared"),
        (
            LADDER_FILE,
            put("ladder", "items", 0, "bins", 1, "from", value="0.85"),
            "hole between 0.8 and 0.85",
        ),
        (LADDER_FILE, put("ladder", "items", 0, "bins", 1, "from", value="0.7"), "overlap with bin 1"),
        (LADDER_FILE, put("ladder", "items", 0, "bins", value=[]), "files: has no bins"),
        (LADDER_FILE, put("ladder", "items", 1, "name", value="files"), "files: the item is declared twice"),
        (LADDER_FILE, put("ladder", "items", 0, "basis", value="S99"), "files: the basis S99"),
        (LADDER_FILE, put("ladder", "basis", value="S99"), "ladder: the basis S99"),
        (LADDER_FILE, put("ladder", "rungs", value=[]), "ladder: has no rungs"),
        (
            LADDER_FILE,
            put("ladder", "rungs", 1, "at_least", value="70"),
            "takes 70 points, no more than county",
        ),
        (LADDER_FILE, put("ladder", "rungs", 1, "requires", value="moon"), "the rung moon is not declared"),
        (LADDER_FILE, put("ladder", "rungs", 0, "requires", value="city"), "nobody could ever reach it"),
        (LADDER_FILE, put("ladder", "rungs", 1, "name", value="county"), "the rung is declared twice"),
        (LADDER_FILE, put("ladder", "rungs", 1, "basis", value="S99"), "rung city: the basis S99"),
        (
            VILLAGE_FILE,
            put("criteria", 1, "name", value="file_coverage"),
            "file_coverage: the criterion is declared twice",
        ),
        (
            Path("scoring/policies/zhejiang_2020/credit_town/2020-01-01.yaml"),
            put("ladder", "score", value="mood"),
            "ladder: the measure mood is not declared",
        ),
    ],
)
def test_a_fault_in_a_profile_is_named(file, change, complaint):
    with pytest.raises(CardError) as refused:
        changed(file, change)
    assert complaint in str(refused.value)


def test_a_path_says_for_how_long_a_proposal_may_be_decided_or_it_is_a_season():
    def within(content):
        content["path"]["decide_within_days"] = "30"
        content["path"]["basis"]["decide_within_days"] = "DEFAULT"

    paths = [changed(VILLAGE_FILE, within).definition.path, Profile.load(VILLAGE_FILE).definition.path]
    assert [path.days_to_decide for path in paths if path is not None] == [30, 90]


def test_a_path_without_a_campaign_needs_no_source_for_it():
    def without(content):
        del content["path"]["campaign_until"], content["path"]["basis"]["campaign_until"]

    assert changed(VILLAGE_FILE, without).definition.path.campaign_until == ""
