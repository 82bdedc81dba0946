"""What makes a profile questionable is found; the shipped profiles have no error."""

import copy
from pathlib import Path

import pytest

from scoring import loader
from scoring.lint.profiles import lint_profile_content, lint_profile_file
from tests.scoring.test_profiles import LADDER_FILE, RELATIVE_FILE, TOWN_FILE, VILLAGE_FILE, put

SHIPPED = sorted(
    file
    for file in Path("scoring/policies").rglob("*.yaml")
    if file.parent.name.startswith("credit_") or file.parent.name == "coverage"
)
COUNTS = {"zh": "计数", "en": "a count"}


def findings(file, change):
    content = copy.deepcopy(loader.read(file))
    change(content)
    return [str(finding) for finding in lint_profile_content(content, where="profile")]


@pytest.mark.parametrize("file", SHIPPED, ids=str)
def test_a_shipped_profile_has_no_error(file):
    assert [str(finding) for finding in lint_profile_file(file) if finding.error] == []


def test_sound_profiles_pass_without_a_word():
    for file in (LADDER_FILE, RELATIVE_FILE, VILLAGE_FILE, TOWN_FILE):
        assert findings(file, lambda content: None) == []


@pytest.mark.parametrize(
    ("file", "change", "finding"),
    [
        (
            VILLAGE_FILE,
            put("criteria", 0, "at_least", value="90"),
            "file_coverage: can never hold: file_coverage runs from 0 to 1",
        ),
        (
            VILLAGE_FILE,
            put("criteria", 0, "at_least", value="0"),
            "file_coverage: always holds: file_coverage runs from 0 to 1",
        ),
        (
            VILLAGE_FILE,
            put("criteria", 3, "at_most", value="1"),
            "npl_share: always holds: npl_share runs from 0 to 1",
        ),
        (
            VILLAGE_FILE,
            put("criteria", 5, "at_most", value="-1"),
            "cadre_default_count: can never hold: cadre_default_count runs from 0 to inf",
        ),
        (
            VILLAGE_FILE,
            put("criteria", 5, "least_denominator", value="3"),
            "cadre_default_count: cadre_default_count has no denominator to be at least anything",
        ),
        (
            VILLAGE_FILE,
            lambda content: (
                content["measures"].update(mood=COUNTS),
                content["criteria"][0].update(measure="mood"),
            ),
            "file_coverage: nothing measures mood",
        ),
        (
            VILLAGE_FILE,
            put("criteria", 0, "denominator", value="archived_households"),
            (
                "file_coverage: file_coverage is divided by registered_households or roster_entities, "
                "not by archived_households"
            ),
        ),
        (
            VILLAGE_FILE,
            put("denominators", "loan_balance_fen", value=None),
            "npl_share: loan_balance_fen has no label under denominators",
        ),
        (
            VILLAGE_FILE,
            put("sources", "S99", value={"document": "x", "article": "y", "dated": "z"}),
            "source S99: no number answers to it",
        ),
        (
            VILLAGE_FILE,
            put("criteria", 0, "basis", value="S99"),
            "file_coverage: the basis S99 is not declared",
        ),
        (
            RELATIVE_FILE,
            put("references", "county_median", value=COUNTS),
            "county_median: nothing is held against it",
        ),
        (
            TOWN_FILE,
            put("requires", 0, "title", value="credit_town"),
            "designated_village_share: credit_town is asked for before itself",
        ),
        (
            TOWN_FILE,
            put("requires", 0, "title", value="credit_street"),
            "designated_village_share: there is no lower title credit_street",
        ),
        (
            TOWN_FILE,
            put("requires", 0, "measure", value="npl_share"),
            (
                "designated_village_share: credit_village is counted by designated_village_share or "
                "designated_village_count, not by npl_share"
            ),
        ),
        (
            LADDER_FILE,
            put("ladder", "maximum", value="90"),
            "ladder: its items give 100 together, declared are 90",
        ),
        (
            LADDER_FILE,
            put("ladder", "rungs", 2, "at_least", value="101"),
            "rung province: takes 101 points, full marks are 100",
        ),
        (
            LADDER_FILE,
            put("ladder", "rungs", 0, "at_least", value="0"),
            "rung county: is reached by every place",
        ),
        (
            LADDER_FILE,
            put("ladder", "items", 0, "bins", 1, "points", value="50"),
            "files, bin 3: points go from 50 to 40: not up",
        ),
        (
            LADDER_FILE,
            put("ladder", "items", 0, "direction", value="down"),
            "files, bin 2: points go from 0 to 20: not down",
        ),
        (
            LADDER_FILE,
            put("ladder", "items", 0, "direction", value=None),
            "files: declares no direction: up, down or free",
        ),
        (
            LADDER_FILE,
            lambda content: content["ladder"]["items"][0].update(bins=[{"points": "0"}]),
            "files: gives 0 points whatever the value",
        ),
        (
            LADDER_FILE,
            lambda content: content["ladder"]["items"][0].update(
                bins=[{"to": "0", "points": "0"}, {"from": "0", "points": "40"}]
            ),
            "files, bin 1 (< 0): no value falls into it: file_coverage runs from 0 to 1",
        ),
        (
            LADDER_FILE,
            lambda content: (
                content["measures"].update(mood=COUNTS),
                content["ladder"]["items"][0].update(measure="mood"),
            ),
            "files: nothing measures mood",
        ),
        (
            Path("scoring/policies/zhejiang_2020/credit_village/2020-01-01.yaml"),
            lambda content: (content["measures"].update(mood=COUNTS), content["ladder"].update(score="mood")),
            "ladder: nothing measures mood",
        ),
    ],
)
def test_what_is_wrong_with_a_profile_is_told(file, change, finding):
    assert finding in findings(file, change)


@pytest.mark.parametrize(
    ("operator", "threshold", "told"),
    [
        ("above", "1", "can never hold"),
        ("above", "0", ""),
        ("below", "0", "can never hold"),
        ("below", "1", ""),
        ("at_least", "1", ""),
        ("at_most", "0", ""),
        ("above", "-0.1", "always holds"),
    ],
)
def test_a_strict_gate_leaves_its_threshold_out(operator, threshold, told):
    def change(content):
        del content["criteria"][0]["at_least"]
        content["criteria"][0][operator] = threshold

    found = findings(VILLAGE_FILE, change)
    assert len(found) == bool(told)
    assert all(told in finding for finding in found)


def test_an_attested_document_needs_no_measure_of_the_night():
    def attested(content):
        del content["criteria"][0]["measure"], content["criteria"][0]["at_least"]
        content["criteria"][0]["attested"] = "file_coverage"

    assert findings(VILLAGE_FILE, attested) == []


def test_what_cannot_be_read_is_one_finding(tmp_path):
    file = tmp_path / "2026-01-01.yaml"
    file.write_text("profile: X\n", encoding="utf-8")
    assert [str(finding) for finding in lint_profile_file(file)] == [f"{file}: level: is missing"]
    assert "cannot be read" in str(lint_profile_file(tmp_path / "2027-01-01.yaml")[0])


def laid_out(folder, *, village_asks_for=""):
    """The village and the town profile of a district beside each other."""
    for level, file in (("credit_village", VILLAGE_FILE), ("credit_town", TOWN_FILE)):
        (folder / level).mkdir()
        text = file.read_text("utf-8")
        if village_asks_for and level == "credit_village":
            text = text.replace(
                "\npath:",
                "\nrequires:\n  - {name: town_first, label: {zh: 镇, en: town}, title: "
                + village_asks_for
                + ", measure: file_coverage, at_least: 0.5, basis: S1}\npath:",
            )
        (folder / level / "2026-11-01.yaml").write_text(text, encoding="utf-8")
    (folder / "credit_household").mkdir()
    return folder / "credit_town" / "2026-11-01.yaml"


def test_titles_that_ask_for_one_another_are_a_cycle(tmp_path):
    found = [
        str(finding) for finding in lint_profile_file(laid_out(tmp_path, village_asks_for="credit_town"))
    ]
    assert found == ["credit_town: asks for credit_village first, which asks for credit_town"]


def test_titles_in_order_are_no_cycle(tmp_path):
    assert lint_profile_file(laid_out(tmp_path)) == []
    assert lint_profile_file(laid_out_village(tmp_path)) == []


def laid_out_village(folder):
    return folder / "credit_village" / "2026-11-01.yaml"
