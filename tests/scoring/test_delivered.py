"""A gate nobody could judge is found: it names the gate, the measure and what is measured."""

import copy
from pathlib import Path

import pytest

from scoring import loader
from scoring.lint.delivered import undelivered, ungraded
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
COVERAGE = POLICIES / "cq_bishan/coverage/2023-01-01.yaml"
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


@pytest.mark.parametrize(
    ("file", "gates"),
    [
        (HOUSEHOLD, ["grade_reached"]),
        (ENTITY, ["grade_reached"]),
        (VILLAGE, ["credit_household_share"]),
        (LADDER, ["credit_households"]),
    ],
    ids=lambda value: value.parent.name if isinstance(value, Path) else "",
)
def test_a_grade_to_reach_takes_a_least_grade(file, gates):
    content = copy.deepcopy(loader.read(file))
    content.pop("minimum_grade", None)
    found = [str(each) for each in undelivered(loader.profile(content, where="profile"))]
    assert found == [f"{gate}: the profile names no minimum_grade to reach" for gate in gates]


@pytest.mark.parametrize(("grades", "faults"), [(("AAA", "A"), 0), (("AAA", "B"), 1)])
def test_a_least_grade_is_one_a_card_gives(grades, faults):
    profile = loader.profile(loader.read(HOUSEHOLD), where="profile")
    told = "minimum_grade: A is no grade of a card here; there are AAA, B"
    assert [str(each) for each in ungraded(profile, grades)] == [told] * faults
    assert profile.least_rank(grades) == (None if faults else 1)


def test_a_profile_that_names_no_least_grade_names_none_a_card_does_not_give():
    assert ungraded(loader.profile(loader.read(TOWN), where="profile"), ["AAA"]) == []


@pytest.mark.parametrize(("length", "faults"), [(64, 0), (65, 1)])
@pytest.mark.parametrize(("key", "told"), [("name", "its name"), ("attested", "the name of its measure")])
def test_a_name_that_cannot_be_kept_with_a_place_is_found(key, told, length, faults):
    content = copy.deepcopy(loader.read(VILLAGE))
    gate = {"name": "added", "label": WORDS, "attested": "signed", "basis": "DEFAULT", key: "w" * length}
    content["measures"][gate["attested"]] = WORDS
    content["criteria"].append(gate)
    found = [str(each) for each in undelivered(loader.profile(content, where="profile"))]
    assert found == [f"{gate['name']}: {told} has 1 to 64 characters"] * faults


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("mandatory_known_share", {"0": 0, "1": 0, "-0.1": 1, "1.1": 1, None: 1}, "from 0 to 1"),
        ("file_months_maximum", {"0": 0, "1200": 0, "-1": 1, "1201": 1, "inf": 1, None: 1}, "from 0 to 1200"),
        ("goal_year", {"1900": 0, "9999": 0, "1899": 1, "10000": 1, None: 1}, "from 1900 to 9999"),
    ],
)
def test_a_profile_of_coverage_tells_which_files_count_and_by_when(name, values, told):
    for value, faults in values.items():
        content = copy.deepcopy(loader.read(COVERAGE))
        del content["parameters"][name]
        content["parameters"] |= {} if value is None else {name: value}
        found = [str(each) for each in undelivered(loader.profile(content, where="profile"))]
        assert found == [f"{name}: is to be a number {told} under parameters"] * faults, value


@pytest.mark.parametrize("kind", ["household", "agri_entity"])
def test_a_profile_of_coverage_names_what_the_files_of_each_kind_hold(kind):
    content = copy.deepcopy(loader.read(COVERAGE))
    del content["mandatory"][kind]
    found = [str(each) for each in undelivered(loader.profile(content, where="profile"))]
    assert found == [f"mandatory: names no facts a file of the kind {kind} holds"]


def test_whatever_is_measured_here_is_measurable_and_so_divided():
    for measured in DELIVERED.values():
        for name, denominator in measured.items():
            assert denominator in MEASURABLE[name].denominators
