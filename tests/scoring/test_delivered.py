"""A gate nobody could judge is found: it names the gate, the measure and what is measured."""

import copy
from pathlib import Path

import pytest

from scoring import loader
from scoring.lint.delivered import undelivered
from scoring.measured import DELIVERED, MEASURABLE

POLICIES = Path("scoring/policies")
HERE = sorted(POLICIES.glob("cq_bishan/credit_*/*.yaml")) + sorted(POLICIES.glob("cq_bishan/coverage/*.yaml"))
HOUSEHOLD, ENTITY, VILLAGE, TOWN = (
    POLICIES / "cq_bishan" / file
    for file in (
        "credit_household/2023-01-01.yaml",
        "credit_entity/2023-01-01.yaml",
        "credit_village/2026-11-01.yaml",
        "credit_town/2026-11-01.yaml",
    )
)
LADDER = Path("tests/app/designations/ladder.yaml")
WORDS = {"zh": "某", "en": "some"}


def with_gate(file: Path, measure: str, **more: str) -> list[str]:
    content = copy.deepcopy(loader.read(file))
    content["measures"][measure] = WORDS
    for name in more.values():
        content["denominators"].setdefault(name, WORDS)
    gate = {"name": "added", "label": WORDS, "measure": measure, "at_least": "0.5", "basis": "DEFAULT"}
    content["criteria"].append(gate | more)
    return [str(finding) for finding in undelivered(loader.profile(content, where="profile"))]


@pytest.mark.parametrize("file", HERE, ids=str)
def test_what_is_in_force_here_asks_only_for_what_is_measured(file):
    assert undelivered(loader.profile(loader.read(file), where=str(file))) == []


@pytest.mark.parametrize("file", [HOUSEHOLD, ENTITY, VILLAGE, TOWN], ids=lambda file: file.parent.name)
def test_a_gate_on_what_is_not_measured_names_itself_and_what_there_is(file):
    level = file.parent.name
    known = ", ".join(DELIVERED[level])
    assert with_gate(file, "assessed_score") == [
        f"added: assessed_score is not measured of a {level}; measured are {known}"
    ]


def test_a_gate_divided_by_something_else_than_here_is_found():
    assert with_gate(VILLAGE, "file_coverage", denominator="roster_entities") == [
        "added: file_coverage of a credit_village is divided by registered_households, not by roster_entities"
    ]


@pytest.mark.parametrize(
    ("file", "measure"),
    [(HOUSEHOLD, "overdue_days_now"), (ENTITY, "rating_points"), (TOWN, "designated_village_count")],
)
def test_a_gate_on_what_is_measured_is_taken(file, measure):
    assert with_gate(file, measure) == []


@pytest.mark.parametrize(("length", "faults"), [(16, 0), (17, 1)])
def test_a_rung_whose_name_cannot_be_kept_with_a_title_is_found(length, faults):
    content = copy.deepcopy(loader.read(LADDER))
    content["ladder"]["rungs"][2]["name"] = "r" * length
    found = [str(each) for each in undelivered(loader.profile(content, where="profile"))]
    assert found == [f"rung {'r' * length}: its name has 1 to 16 characters"] * faults


def test_a_grade_to_reach_takes_a_least_grade():
    content = copy.deepcopy(loader.read(HOUSEHOLD))
    del content["minimum_grade"]
    found = undelivered(loader.profile(content, where="profile"))
    assert [str(each) for each in found] == ["grade_reached: the profile names no minimum_grade to reach"]


def test_whatever_is_measured_here_is_measurable_and_so_divided():
    for measured in DELIVERED.values():
        for name, denominator in measured.items():
            assert denominator in MEASURABLE[name].denominators
