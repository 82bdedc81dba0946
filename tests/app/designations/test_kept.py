"""A version that is kept from before a check never stops a night: what it lacks is insufficient and noted."""

import logging
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.coverage.service import By, coverage
from app.db import Session, transaction
from app.designations.found import Block
from app.designations.service import status_report
from app.designations.service.rules import rules_in_force
from app.designations.service.shown import shown_titles
from app.designations.service.titles import calendar, listed
from app.errors import SetupError
from app.models import (
    AgriEntity,
    CoverageCount,
    DesignationKind,
    DesignationState,
    EntityState,
    EntityStatus,
    EntityType,
    GateState,
    Rating,
    RuleVersion,
)
from app.places.service import place_by_code
from scoring import loader
from tests.app.designations.committee import committee_over
from tests.app.designations.test_gates import (
    NEWER,
    add_newer,
    found,
    keep_unfit,
    policies,
    refuse_activation,
    reloaded,
    with_gate,
)
from tests.district import DAY, TOWN, VILLAGE, District, morning
from tests.numbers import credit_code

__all__ = ["policies"]
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ENTITY = DesignationKind.CREDIT_ENTITY
COUNTS = {"registered_household_count": 1, "cadre_default_count": 0, "village_veto": 0}
LEAST = "minimum_grade: A\n"
UNUSABLE = ("notice_days: 7\n", "notice_days: 0\n")
NEXT = DAY + timedelta(days=1)


def changed(policies: Path, level: str, old: str, new: str, *, day: str = "2023-01-01") -> Path:
    """A profile of the folder with something else in it."""
    file = policies / "cq_bishan" / level / f"{day}.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    return file


def state_of(district: District, gate: str, *, code: str = VILLAGE) -> GateState:
    """How a gate of the village, or of another place, stands by the newest night."""
    with Session(district.engine) as session:
        report = status_report(session, place_by_code(session, code, on=DAY))
    return next(each.state for each in report.gates if each.name == gate)


@sqlite
@pytest.mark.parametrize(
    ("least", "noted"),
    [
        ("", "grade_reached: the profile names no minimum_grade to reach"),
        ("minimum_grade: Z\n", "minimum_grade: Z is no grade of a card here; there are AAA, AA, A, B, N"),
    ],
)
def test_nobody_gains_or_loses_a_title_whose_kept_version_names_no_grade_to_reach(
    district, policies, caplog, least, noted
):
    committee = committee_over(district)
    district.entity()
    committee.night()
    number = committee.numbers(ENTITY)[0]
    committee.designated(number)
    new = district.entity()
    keep_unfit(district, changed(policies, "credit_entity", LEAST, least))
    with caplog.at_level(logging.WARNING, logger="app.jobs.night.titles"):
        for days in (1, 31, 62):
            assert district.night(DAY + timedelta(days=days)).titles == {}
    assert noted in caplog.text
    assert committee.state(number) is DesignationState.DESIGNATED
    assert found(committee, ENTITY, new).blocks == (Block.GATES_INSUFFICIENT,)


@sqlite
def test_the_other_titles_go_on_where_one_kept_version_names_no_grade_to_reach(district, policies):
    district.household()
    district.entity()
    keep_unfit(district, changed(policies, "credit_household", LEAST, ""))
    assert district.night().titles == {"propose": 1}


@sqlite
@pytest.mark.parametrize("least", ["", "minimum_grade: Z\n"])
def test_no_village_is_judged_by_credit_households_nobody_can_count(district, policies, least):
    keep_unfit(district, changed(policies, "credit_village", LEAST, least))
    district.village(COUNTS)
    district.household()
    district.night()
    assert state_of(district, "credit_household_share") is GateState.INSUFFICIENT
    assert state_of(district, "file_coverage") is GateState.HOLDS


@sqlite
@pytest.mark.parametrize("level", ["credit_household", "credit_entity", "credit_village"])
@pytest.mark.parametrize(
    ("least", "told"),
    [
        ("", "the profile names no minimum_grade to reach"),
        ("minimum_grade: Z\n", "Z is no grade of a card here"),
    ],
)
def test_a_new_version_that_names_no_grade_to_reach_is_not_loaded(district, policies, level, least, told):
    changed(policies, level, LEAST, least)
    with pytest.raises(SetupError, match=told):
        reloaded(district, policies)


@sqlite
def test_a_kept_version_that_names_an_unknown_grade_is_not_activated(district, policies):
    add_newer(district, policies)
    file = changed(policies, "credit_entity", LEAST, "minimum_grade: Z\n", day=f"{NEWER}")
    keep_unfit(district, file)
    refuse_activation(district, told="Z is no grade of a card here")


def keep_unusable(district: District, file: Path) -> None:
    """A version in the place of the one of its day that a check refuses which came later."""
    definition = loader.unchecked_profile(loader.read(file), where=file.name)
    with transaction(district.engine) as session:
        mine = (RuleVersion.code == definition.code, RuleVersion.effective_from == definition.effective_from)
        session.execute(update(RuleVersion).where(*mine).values(content=definition.content))


@sqlite
def test_a_kept_version_nobody_can_go_by_is_not_activated(district, policies):
    add_newer(district, policies)
    keep_unusable(district, changed(policies, "credit_entity", *UNUSABLE, day=f"{NEWER}"))
    refuse_activation(district, told="notice_days: 0: a public notice stands for at least 1 day")


def deregistered(district: District, farm: int, *, on: date) -> None:
    """An entity that is struck off the register."""
    with transaction(district.engine) as session:
        session.get_one(AgriEntity, farm).status = EntityStatus.DEREGISTERED
        session.add(
            EntityState(
                subject_id=farm, entity_type=EntityType.FAMILY_FARM, status=EntityStatus.DEREGISTERED,
                recorded_at=morning(on),
            )
        )  # fmt: skip


@sqlite
def test_the_others_go_on_where_nobody_can_go_by_one_kept_version(district, policies, caplog):
    district.entity()
    keep_unusable(district, changed(policies, "credit_household", *UNUSABLE))
    assert district.night().titles == {"propose": 1}
    assert "credit_household: no step is taken tonight: cq-bishan-2023-household" in caplog.text
    assert "path, notice_days: 0: a public notice stands for at least 1 day" in caplog.text


@sqlite
def test_a_title_whose_kept_version_nobody_can_go_by_stands_still(district, policies):
    committee = committee_over(district)
    farm = district.entity()
    district.night()
    number = committee.numbers(ENTITY)[0]
    keep_unusable(district, changed(policies, "credit_entity", *UNUSABLE))
    deregistered(district, farm, on=DAY)
    assert district.night(NEXT).titles == {}
    assert committee.state(number) is DesignationState.PROPOSED
    with Session(district.engine) as session:
        viewer = committee.viewers["clerk"]
        rows = listed(session, viewer=viewer, within=None, kind=None, state=None, after=0, limit=9)
        assert [one.title for one in shown_titles(session, district.cipher, rows)] == [ENTITY.label]
        assert ENTITY not in {round_.kind for round_ in calendar(session, viewer=viewer, on=NEXT)}
        with pytest.raises(SetupError, match="put a new one in force"):
            rules_in_force(session, ENTITY, on=NEXT)


@sqlite
def test_a_proposal_waits_where_nobody_can_go_by_the_version_it_was_made_by(district, policies, caplog):
    committee = committee_over(district)
    newer = policies / f"cq_bishan/credit_entity/{NEXT}.yaml"
    text = newer.with_stem("2023-01-01").read_text("utf-8")
    newer.write_text(text.replace("2023-01-01\nminimum", f"{NEXT}\nminimum", 1), "utf-8")
    reloaded(district, policies)
    farms = [district.entity() for _ in range(2)]
    district.night()
    first, second = committee.numbers(ENTITY)
    committee.designated(second)
    district.entity()
    keep_unusable(district, changed(policies, "credit_entity", *UNUSABLE))
    for farm in farms:
        deregistered(district, farm, on=DAY)
    assert district.night(NEXT).titles == {"lapse": 1, "propose": 1}
    assert committee.state(first) is DesignationState.PROPOSED
    assert f"title {first} waits: cq-bishan-2023-entity" in caplog.text


FILES = [
    (("  mandatory_known_share: 0.8\n", ""), "mandatory_known_share: is to be a number from 0 to 1"),
    (("share: 0.8\n", "share: 80\n"), "mandatory_known_share: is to be a number from 0 to 1"),
    (("  file_months_maximum: 12\n", ""), "file_months_maximum: is to be a number from 0 to 1200"),
    (("maximum: 12\n", "maximum: inf\n"), "file_months_maximum: is to be a number from 0 to 1200"),
    (("  agri_entity: [", "  other: ["), "mandatory: names no facts a file of the kind agri_entity holds"),
    (("[household_size, ", "[mood, "), "mandatory: the catalogue of facts has no mood of the kind household"),
]


@sqlite
@pytest.mark.parametrize(("change", "noted"), FILES)
def test_where_a_kept_version_does_not_tell_which_files_count_coverage_is_unknown(
    district, policies, caplog, change, noted
):
    district.village(COUNTS)
    household, farm = district.household(), district.entity()
    district.roster([(credit_code(farm), EntityType.FAMILY_FARM, VILLAGE, None)])
    district.night()
    before = district.rows(CoverageCount, Rating)
    assert state_of(district, "file_coverage") is GateState.HOLDS
    assert state_of(district, "entity_file_coverage", code=TOWN) is GateState.HOLDS
    keep_unfit(district, changed(policies, "coverage", *change))
    district.household()
    district.night(NEXT)
    assert state_of(district, "file_coverage") is GateState.INSUFFICIENT
    assert state_of(district, "credit_household_share") is GateState.INSUFFICIENT
    assert state_of(district, "entity_file_coverage", code=TOWN) is GateState.INSUFFICIENT
    after = district.rows(CoverageCount, Rating)
    assert after["coverage_counts"] == before["coverage_counts"]
    assert after["ratings"][: len(before["ratings"])] == before["ratings"]
    with Session(district.engine) as session:
        [new] = session.scalars(select(Rating).where(Rating.subject_id.not_in([household, farm])))
    assert (len(after["ratings"]), new.on_file) == (len(before["ratings"]) + 1, False)
    assert noted in caplog.text


GOAL = [
    (("  goal_year: 2023\n", ""), "goal_year: is to be a number from 1900 to 9999"),
    (("measure: rating_coverage", "measure: file_coverage"), "rating_coverage: no gate asks for it"),
    (("  A19: ", "  A20: "), "sources: A19, the article the goal answers to, is missing"),
]


@sqlite
@pytest.mark.parametrize(("change", "told"), GOAL)
def test_coverage_says_that_a_kept_version_does_not_tell_the_goal(district, policies, change, told):
    district.village(COUNTS)
    district.night()
    keep_unfit(district, changed(policies, "coverage", *change))
    with Session(district.engine) as session, pytest.raises(SetupError, match=f"请启用新版本.*{told}"):
        coverage(session, TOWN, on=DAY, by=By.TOWN)


@sqlite
def test_whoever_asks_by_a_version_nobody_can_go_by_is_told_what_to_do(district, policies):
    district.village(COUNTS)
    district.night()
    keep_unusable(district, changed(policies, "coverage", "  DEFAULT: ", "  OTHER: "))
    keep_unusable(district, changed(policies, "credit_village", "  S2: ", "  S9: "))
    told = "已存版本无法使用，请启用新版本"
    with Session(district.engine) as session:
        with pytest.raises(SetupError, match=f"{told}.*the basis DEFAULT is not declared"):
            coverage(session, TOWN, on=DAY, by=By.TOWN)
        with pytest.raises(SetupError, match=f"{told}.*the basis S2 is not declared"):
            status_report(session, place_by_code(session, VILLAGE, on=DAY))


@sqlite
@pytest.mark.parametrize(("change", "told"), [*FILES, *GOAL])
def test_a_new_version_that_does_not_tell_which_files_count_is_not_loaded(district, policies, change, told):
    changed(policies, "coverage", *change)
    with pytest.raises(SetupError, match=told):
        reloaded(district, policies)


def test_a_gate_whose_name_is_too_long_to_keep_counts_without_being_kept(district, policies):
    gate, measure = "g" * 65, "m" * 65
    for name, asked in ((gate, "agreement"), ("agreement", measure)):
        kept = with_gate(policies, "credit_village", f"attested: {asked}", asked)
        kept.write_text(kept.read_text("utf-8").replace("name: added", f"name: {name}"), "utf-8")
    keep_unfit(district, kept)
    district.village(COUNTS)
    district.household()
    district.night()
    with Session(district.engine) as session:
        report = status_report(session, place_by_code(session, VILLAGE, on=DAY))
    assert (report.state, {gate, "agreement"} & {each.name for each in report.gates}) == (
        GateState.FAILS,
        set(),
    )


@sqlite
@pytest.mark.parametrize(("length", "refused"), [(64, False), (65, True)])
@pytest.mark.parametrize("what", ["name", "measure"])
def test_a_new_version_with_a_name_too_long_to_keep_is_not_loaded(district, policies, what, length, refused):
    word = "w" * length
    file = with_gate(
        policies, "credit_village", f"attested: {word if what == 'measure' else 'agreement'}", word
    )
    text = file.read_text("utf-8").replace("measures:\n", "measures:\n  agreement: {zh: 某, en: some}\n", 1)
    name = word if what == "name" else "added"
    file.write_text(text.replace("name: added", f"name: {name}"), "utf-8")
    if refused:
        with pytest.raises(SetupError, match="has 1 to 64 characters"):
            reloaded(district, policies)
    else:
        reloaded(district, policies)
