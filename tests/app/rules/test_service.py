"""Rules are kept as they were; one that has rated anybody is never edited."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from app.db import reading, transaction
from app.errors import Conflict, NotFound, SetupError
from app.jobs.population import Part
from app.jobs.validate import keep_evidence, validate_card
from app.models import GateState, RuleVersion
from app.rules.service import card_of, card_version, cards, load_rules, profile_in_force
from scoring import Scorecard
from tests.district import DAY, GOOD, OTHER_VILLAGE, POLICIES, District, morning
from tests.district import VILLAGE as VILLAGE_CODE

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
HOUSEHOLD = "cq_bishan/household/2023-01-01.yaml"
ENTITY = "cq_bishan/agri_entity/2023-01-01.yaml"
VILLAGE = "cq_bishan/credit_village/2023-01-01.yaml"
TOWN = "cq_bishan/credit_town/2023-01-01.yaml"
COVERAGE = "cq_bishan/coverage/2023-01-01.yaml"
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A copy of the rules, to edit."""
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def load(district: District, policies: Path, *, on: date = DAY) -> int:
    with transaction(district.engine) as session:
        return load_rules(session, policies, at=morning(on))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def validated(file: Path) -> None:
    """Validate a card on a few synthetic subjects and keep the evidence; a profile needs none."""
    if "profile:" in file.read_text("utf-8"):
        return
    card = Scorecard.load(file)
    rows = np.ones(20, dtype=np.bool_)
    facts = {item.name: np.full(20, item.minimum) for item in card.definition.inputs}
    parts = [Part(variant, facts, {}, rows) for variant in card.definition.overlays or ("",)]
    keep_evidence(
        validate_card(file, parts, description="演示数据（合成）", synthetic=True, cut=None, on=DAY)
    )


def kept(district: District) -> list[tuple[object, ...]]:
    return district.rows(RuleVersion)["rule_versions"]


def test_loading_again_adds_nothing(district, policies):
    before = kept(district)
    assert load(district, policies) == 0
    assert kept(district) == before
    assert len(before) == 21


def test_a_comment_or_another_order_of_words_is_no_other_rule(district, policies):
    edit(policies / HOUSEHOLD, "# The household card", "# The card of households")
    assert load(district, policies) == 0


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (HOUSEHOLD, "{from: 1, to: 31, points: 14,", "{from: 1, to: 31, points: 13,"),
        (ENTITY, "{from: 1, to: 31, points: 10,", "{from: 1, to: 31, points: 9,"),
        (VILLAGE, "at_least: 0.9, basis: A19", "at_least: 0.8, basis: A19"),
        (TOWN, "at_least: 0.5,", "at_least: 0.4,"),
        (COVERAGE, "mandatory_known_share: 0.8", "mandatory_known_share: 0.7"),
    ],
)
def test_an_edited_rule_is_taken_before_its_first_night_and_refused_after_it(
    district, policies, file, old, new
):
    edit(policies / file, old, new)
    validated(policies / file)
    assert load(district, policies) >= 1
    district.policies = policies
    district.household()
    district.entity()
    district.night()
    before = kept(district)
    edit(policies / file, new, old)
    with pytest.raises(Conflict, match=r"2023-01-01\.yaml: has changed, but it has rated subjects already"):
        load(district, policies)
    assert kept(district) == before


def test_the_next_dated_file_rates_from_its_first_day_on(district, policies):
    household = district.household(dict(GOOD, overdue_days_max_24m=1))
    district.policies = policies
    district.night()
    shutil.copy(policies / HOUSEHOLD, policies / "cq_bishan/household/2025-12-01.yaml")
    newer = policies / "cq_bishan/household/2025-12-01.yaml"
    edit(newer, "effective_from: 2023-01-01", f"effective_from: {NEXT_DAY}")
    edit(newer, "{from: 1, to: 31, points: 14,", "{from: 1, to: 31, points: 13,")
    validated(newer)
    assert load(district, policies) == 1
    assert district.night().changed == 0
    assert district.night(NEXT_DAY).changed == 1
    ratings = district.rows()["ratings"]
    assert [(row[1], row[5]) for row in ratings] == [(household, 95), (household, 94)]
    with reading(district.engine) as session:
        versions = [rule.effective_from for rule in cards(session) if rule.code == "CQ-H-1"]
    assert versions == [date(2023, 1, 1), NEXT_DAY]


def test_a_broken_file_is_refused_with_its_name(district, policies):
    edit(policies / HOUSEHOLD, "{from: 31, to: 61, points: 8, reason: R02}", "{from: 32, to: 61, points: 8}")
    with pytest.raises(SetupError, match=r"household.2023-01-01\.yaml"):
        load(district, policies)


def test_a_kept_card_is_the_card_of_its_file(district):
    with reading(district.engine) as session:
        for rule in cards(session):
            assert card_of(rule).definition.fingerprint == rule.fingerprint
        rule = card_version(session, "CQ-E-1", version="2023-01-01", variant="cooperative")
        assert card_of(rule).definition.variant == "cooperative"
        for unknown in (
            {"version": "2023-01-02", "variant": ""},
            {"version": "2023-01-01", "variant": "bank"},
        ):
            with pytest.raises(NotFound, match="there is no such card"):
                card_version(session, "CQ-E-1", **unknown)


def test_a_profile_is_in_force_from_its_first_day(district):
    with reading(district.engine) as session:
        assert profile_in_force(session, "coverage", on=date(2023, 1, 1)).code == "cq-bishan-2023-coverage"
        with pytest.raises(NotFound, match="no coverage profile is in force"):
            profile_in_force(session, "coverage", on=date(2022, 12, 31))


def test_every_version_has_its_own_fingerprint(district):
    with reading(district.engine) as session:
        marks = session.scalars(select(RuleVersion.fingerprint)).all()
    assert len(set(marks)) == len(marks)


def test_a_card_that_is_not_validated_is_not_put_in_force(district, policies):
    (policies / HOUSEHOLD).with_suffix(".validation.json").unlink()
    edit(policies / HOUSEHOLD, "{from: 1, to: 31, points: 14,", "{from: 1, to: 31, points: 13,")
    with pytest.raises(SetupError, match=r"CQ-H-1 is not validated, so it cannot be put in force; run "):
        load(district, policies)


def test_the_validation_of_another_version_is_no_evidence(district, policies):
    edit(policies / ENTITY, "{from: 1, to: 31, points: 10,", "{from: 1, to: 31, points: 9,")
    with pytest.raises(SetupError, match=r"is about another version of CQ-E-1 family_farm"):
        load(district, policies)


def test_a_validation_that_cannot_be_read_is_no_evidence(district, policies):
    edit(policies / HOUSEHOLD, "{from: 1, to: 31, points: 14,", "{from: 1, to: 31, points: 13,")
    (policies / HOUSEHOLD).with_suffix(".validation.json").write_text("{}", "utf-8")
    with pytest.raises(SetupError, match=r"2023-01-01\.validation\.json: is no readable validation"):
        load(district, policies)


def test_a_card_with_an_error_the_linter_finds_is_not_put_in_force(district, policies):
    edit(policies / HOUSEHOLD, "{from: 1, to: 31, points: 14,", "{from: 1, to: 31, points: 25,")
    validated(policies / HOUSEHOLD)
    with pytest.raises(SetupError, match="points go from 20 to 25 at 1: not down"):
        load(district, policies)


def test_the_evidence_is_kept_with_the_rule(district):
    with reading(district.engine) as session:
        for rule in cards(session):
            common_part = rule.code == "CQ-E-1" and not rule.variant
            assert (rule.validation is None) == common_part
            if rule.validation is not None:
                assert rule.validation["report"]["card"]["fingerprint"] == rule.fingerprint
                assert rule.validation["report"]["synthetic"] is True


def with_reference(policies, name):
    """The village profile of the district with one gate held against a reference."""
    file = policies / "cq_bishan/credit_village/2023-01-01.yaml"
    edit(file, "\ncriteria:", f"\nreferences:\n  {name}: {{zh: 参考值, en: reference}}\ncriteria:")
    edit(file, "measure: npl_share, at_most: 0.03", f"measure: npl_share, at_most: {{reference: {name}}}")


def test_a_profile_may_be_held_against_the_median_of_the_county(district, policies):
    with_reference(policies, "county_median_npl_share")
    assert load(district, policies) == 1
    district.policies = policies
    household = district.household()
    district.loan(household, date(2025, 10, 31), balance=100, code=3)
    district.night()
    gates = {row[3:6] for row in district.rows()["place_gates"] if row[1] == "npl_share"}
    # The village is the only one with loans; the town is held to its own profile.
    assert {gate for gate in gates if gate[2] == 1} == {(GateState.HOLDS, 1, 1), (GateState.FAILS, 0.03, 1)}


def test_a_profile_may_be_held_against_the_average_of_the_banks_of_the_village(district, policies):
    edit(
        policies / VILLAGE,
        "criteria:\n",
        "references:\n  own_bank_npl_share: {zh: 本行平均不良贷款率, en: average of its banks}\ncriteria:\n",
    )
    edit(
        policies / VILLAGE,
        "measure: npl_share, at_most: 0.03",
        "measure: npl_share, below: {reference: own_bank_npl_share}",
    )
    assert load(district, policies) == 1
    district.policies = policies
    # Its own bank has 10 of 100 bad in the village and 90 of 400 in the district; the other one, 100 of 100.
    month, homes = date(2025, 10, 31), {VILLAGE_CODE: [(10, 3), (90, 1)], OTHER_VILLAGE: [(80, 3), (220, 1)]}
    for code, loans in homes.items():
        for balance, quality in loans:
            district.loan(district.household(code=code), month, balance=balance, code=quality)
    district.loan(district.household(code=OTHER_VILLAGE), month, balance=100, code=5, lender="村镇银行")
    district.night()
    gates = {row[0]: row[3:6] for row in district.rows()["place_gates"] if row[1] == "npl_share"}
    villages = sorted(gate for gate in gates.values() if gate[1] != 0.03)
    other = 300 / 400 * 90 / 400 + 100 / 400 * 1
    assert (GateState.HOLDS, 0.225, 0.1) in villages
    assert [gate[1:] for gate in villages if gate[0] is GateState.FAILS] == [(other, 180 / 400)]


@pytest.mark.parametrize("name", ["own_bank_profit", "county_median_mood"])
def test_a_reference_the_night_does_not_deliver_is_refused(district, policies, name):
    with_reference(policies, name)
    with pytest.raises(SetupError, match=f"{name}: .*the night delivers no such reference"):
        load(district, policies)


def test_a_profile_with_an_error_is_not_put_in_force(district, policies):
    edit(policies / VILLAGE, "at_least: 0.6, basis: S2", "at_least: 60, basis: S2")
    with pytest.raises(SetupError, match="credit_household_share: can never hold"):
        load(district, policies)


def test_profiles_of_other_jurisdictions_are_not_kept(district):
    codes = {row[1] for row in district.rows(RuleVersion)["rule_versions"]}
    assert {"cq-bishan-2023-household", "cq-bishan-2026-town"} <= codes
    assert not any(code.startswith(("zhaoyang", "autonomous", "zhejiang")) for code in codes)


TITLE_OF_HOUSEHOLD = "cq_bishan/credit_household/2023-01-01.yaml"


def numbers_of_its_own(policies: Path, old: str = "", new: str = "") -> None:
    """A later profile of households that writes what an appraisal must be, as that of 2023 does."""
    text = (policies / TITLE_OF_HOUSEHOLD).read_text("utf-8").replace("2023", "2027")
    later = policies / "cq_bishan/credit_household/2027-01-01.yaml"
    later.write_text(text.replace(old, new) if old else text, "utf-8")


def test_a_profile_may_repeat_the_numbers_of_the_rules_of_appraisals(district, policies):
    numbers_of_its_own(policies)
    assert load(district, policies) == 1


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("quorum: 3", "quorum: 4", "quorum: .* 4 here, 3 in the rules of appraisals CQ-A-1"),
        ("favourable_share: 0.6", "favourable_share: 0.5", "favourable_share: .* 0.5 here, 0.6 in"),
        ("trimmed_from: 5", "trimmed_from: 6", "trimmed_from: .* 6 here, 5 in"),
    ],
)
def test_a_profile_that_contradicts_the_rules_of_appraisals_is_refused(
    district, policies, old, new, complaint
):
    numbers_of_its_own(policies, old, new)
    with pytest.raises(SetupError, match=complaint):
        load(district, policies)


def test_a_profile_names_rules_of_appraisals_that_there_are(district, policies):
    edit(policies / "cq_bishan/credit_household/2026-11-01.yaml", "rules: CQ-A-1", "rules: CQ-A-9")
    with pytest.raises(SetupError, match=r"CQ-A-9 .*known are CQ-A-1"):
        load(district, policies)
