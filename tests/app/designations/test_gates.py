"""What households, entities and towns are asked for is read from the profile, gate by gate."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from app.cli import app
from app.db import Session, transaction
from app.designations.found import Block, Found, Holder
from app.designations.service import status_report
from app.designations.service.facts import found_of
from app.designations.service.shown import shown_path
from app.errors import Conflict, SetupError
from app.models import DesignationKind, DesignationState, EntityStatus, EntityType, GateState, RuleVersion
from app.places.service import place_by_code
from app.rules.service import activation_of, load_rules
from scoring import Profile
from tests.app.designations.committee import Committee, committee_over
from tests.district import DAY, GOOD_ENTITY, POLICIES, VILLAGE, District, morning
from tests.numbers import credit_code

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ENTITY = DesignationKind.CREDIT_ENTITY
NEWER = date(2025, 11, 29)
WORDS = "label: {zh: 某, en: some}"


def with_gate(policies: Path, level: str, gate: str, measure: str, *, day: str = "2023-01-01") -> Path:
    """A copy of a profile that asks for one thing more."""
    file = policies / "cq_bishan" / level / f"{day}.yaml"
    text = file.read_text("utf-8").replace(
        "measures:\n", f"measures:\n  {measure}: {{zh: 某, en: some}}\n", 1
    )
    text = text.replace(
        "criteria:\n", f"criteria:\n  - {{name: added, {WORDS}, {gate}, basis: DEFAULT}}\n", 1
    )
    if "\n  none:" not in text:
        text = text.replace("denominators:\n", "denominators:\n  none: {zh: 计数, en: a count}\n", 1)
    file.write_text(text, "utf-8")
    return file


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def found(committee: Committee, kind: DesignationKind, subject_id: int) -> Found:
    with Session(committee.district.engine) as session:
        rules = committee.rules(kind)
        holder = Holder(committee.place_of(session, subject_id), subject_id)
        return found_of(session, [holder], rules=rules, on=DAY)[holder.key]


def reloaded(district: District, policies: Path) -> None:
    with transaction(district.engine) as session:
        load_rules(session, policies, at=morning(DAY))
    district.policies = policies


@pytest.mark.parametrize(
    ("gate", "facts", "blocks"),
    [
        ("measure: overdue_days_now, at_most: 0", {"overdue_days_now": 0}, ()),
        ("measure: overdue_days_now, at_most: 0", {"overdue_days_now": 1}, (Block.GATES_FAIL,)),
        ("measure: overdue_days_now, at_most: 0", {"overdue_days_now": None}, (Block.GATES_INSUFFICIENT,)),
        ("measure: rating_points, at_least: 101", {}, (Block.GATES_FAIL,)),
        ("measure: rating_points, at_least: 50", {}, ()),
    ],
)
def test_a_gate_added_to_the_file_is_judged(district, policies, gate, facts, blocks):
    measure = gate.split(",")[0].removeprefix("measure: ")
    with_gate(policies, "credit_entity", gate, measure)
    reloaded(district, policies)
    committee = committee_over(district)
    known = {name: value for name, value in {**GOOD_ENTITY, **facts}.items() if value is not None}
    farm = district.entity(known)
    summary = district.night()
    one = found(committee, ENTITY, farm)
    assert one.blocks == blocks
    assert one.facts["gates"]["added"] == {
        (): "holds", (Block.GATES_FAIL,): "fails", (Block.GATES_INSUFFICIENT,): "insufficient",
    }[blocks]  # fmt: skip
    assert summary.titles == ({} if blocks else {"propose": 1})


def test_a_title_whose_added_gate_fails_at_two_month_ends_is_put_on_probation(district, policies):
    with_gate(policies, "credit_entity", "measure: overdue_days_now, at_most: 0", "overdue_days_now")
    reloaded(district, policies)
    committee = committee_over(district)
    farm = district.entity()
    committee.night()
    number = committee.numbers(ENTITY)[0]
    committee.designated(number)
    assert committee.state(number) is DesignationState.DESIGNATED
    district.observe(farm, {"overdue_days_now": 3}, on=DAY + timedelta(days=20))
    for days in (31, 62):
        committee.night(DAY + timedelta(days=days))
    assert committee.state(number) is DesignationState.ON_PROBATION


def test_an_entity_the_newest_roster_does_not_name_is_not_registered(district):
    committee = committee_over(district)
    named, unnamed = district.entity(), district.entity()
    district.night()
    assert found(committee, ENTITY, unnamed).blocks == ()
    district.roster([(credit_code(named), EntityType.FAMILY_FARM, VILLAGE, None)])
    assert found(committee, ENTITY, named).blocks == ()
    assert found(committee, ENTITY, unnamed).blocks == (Block.NOT_REGISTERED,)


def test_an_entity_that_is_suspended_is_not_in_existence(district):
    committee = committee_over(district)
    farm = district.entity(status=EntityStatus.SUSPENDED)
    district.night()
    assert Block.NOT_IN_EXISTENCE in found(committee, ENTITY, farm).blocks


@pytest.mark.parametrize(
    ("level", "day"), [("credit_household", "2023-01-01"), ("credit_town", "2026-11-01")]
)
def test_a_gate_nobody_judges_is_refused_when_loaded_and_when_linted(district, policies, level, day):
    file = with_gate(policies, level, "measure: assessed_score, at_least: 70", "assessed_score", day=day)
    with pytest.raises(SetupError, match=f"added: assessed_score is not measured of a {level}; measured are"):
        reloaded(district, policies)
    linted = CliRunner().invoke(app, ["card", "lint", str(file)])
    assert linted.exit_code == 1
    assert f"added: assessed_score is not measured of a {level}; measured are" in linted.output


def keep_unfit(district: District, file: Path) -> None:
    """A version from before the check, in the place of the one of its day."""
    definition = Profile.load(file).definition
    with transaction(district.engine) as session:
        changed = {"content": definition.content, "fingerprint": definition.fingerprint}
        mine = (RuleVersion.code == definition.code, RuleVersion.effective_from == definition.effective_from)
        session.execute(update(RuleVersion).where(*mine).values(changed))
    district.policies = file.parents[2]


UNFIT = ("measure: assessed_score, at_least: 70", "assessed_score")


def test_what_nobody_measures_is_insufficient_under_a_version_that_is_kept_already(district, policies):
    committee = committee_over(district)
    district.entity()
    committee.night()
    number = committee.numbers(ENTITY)[0]
    committee.designated(number)
    new = district.entity()
    keep_unfit(district, with_gate(policies, "credit_entity", *UNFIT))
    assert district.night(DAY + timedelta(days=1)).titles == {}
    one = found(committee, ENTITY, new)
    assert (one.blocks, one.facts["gates"]["added"]) == ((Block.GATES_INSUFFICIENT,), "insufficient")
    with Session(district.engine) as session:
        shown = shown_path(session, district.cipher, committee.standing(number), on=DAY)
    assert (shown.title.title, shown.title.last.state) == (ENTITY.label, DesignationState.DESIGNATED)


def test_a_village_is_insufficient_under_a_kept_version_that_asks_for_what_nobody_measures(
    district, policies
):
    keep_unfit(district, with_gate(policies, "credit_village", *UNFIT))
    district.village({"registered_household_count": 1, "cadre_default_count": 0, "village_veto": 0})
    district.household()
    district.night()
    with Session(district.engine) as session:
        report = status_report(session, place_by_code(session, VILLAGE, on=DAY))
    [added] = [gate for gate in report.gates if gate.name == "added"]
    assert (added.state, added.value) == (GateState.INSUFFICIENT, None)


def add_newer(district: District, policies: Path) -> None:
    """A version of what entities are asked for that waits for a second person."""
    district.household()
    district.night()
    file = policies / "cq_bishan/credit_entity/2023-01-01.yaml"
    newer = file.with_name(f"{NEWER}.yaml")
    newer.write_text(file.read_text("utf-8").replace("2023-01-01", f"{NEWER}"), "utf-8")
    with transaction(district.engine) as session:
        load_rules(session, policies, at=morning(date(2099, 1, 1)))


def refuse_activation(district: District, *, told: str) -> None:
    with Session(district.engine) as session, pytest.raises(Conflict, match=told):
        activation_of(session, "cq-bishan-2023-entity", effective_from=NEWER)


def test_a_kept_version_that_asks_for_what_nobody_measures_is_not_activated(district, policies):
    add_newer(district, policies)
    keep_unfit(district, with_gate(policies, "credit_entity", *UNFIT, day=f"{NEWER}"))
    refuse_activation(district, told="assessed_score is not measured")


def test_a_town_is_judged_by_the_number_of_its_villages_with_the_title(district, policies):
    file = policies / "cq_bishan/credit_town/2023-01-01.yaml"
    count = "designated_village_count"
    requires = (
        f"requires:\n  - {{name: villages, title: credit_village, {WORDS}, measure: {count}, at_least: 1, "
        "basis: S1}\n"
    )
    text = with_gate(policies, "credit_town", f"measure: {count}, at_least: 2", count).read_text("utf-8")
    file.write_text(text + requires, "utf-8")
    reloaded(district, policies)
    district.village({"registered_household_count": 3, "cadre_default_count": 0, "village_veto": 0})
    district.night()
    gates = {row[1:5] for row in district.rows()["place_gates"] if row[2] == count}
    assert gates == {
        ("added", count, GateState.FAILS, 2.0),
        ("villages", count, GateState.FAILS, 1.0),
    }
