"""docs/privacy-impact-assessment.md has every activity and restricted fact, and names tests that exist."""

import re

import pytest

from app.consents.activities import Activity, read_activities
from app.models import Sensitivity
from app.records.catalogue import read_catalogue
from app.settings import ROOT
from tests.named_tests import missing, named

TEXT = (ROOT / "docs" / "privacy-impact-assessment.md").read_text(encoding="utf-8")
PROCESSING = read_activities(ROOT / "seed_data" / "processing.yaml")
CATALOGUE = read_catalogue(ROOT / "seed_data" / "facts.yaml")


@pytest.mark.parametrize("activity", Activity)
def test_every_activity_is_assessed_with_its_purpose_and_recipients(activity: Activity) -> None:
    found = PROCESSING[activity]
    name, label, purpose, *_, recipients = _rows(2)[activity.value]
    assert (name, label, purpose) == (activity.value, activity.label, found.purpose)
    assert recipients == found.recipients.partition("（")[0]


def test_no_activity_is_assessed_that_there_is_not() -> None:
    assert set(_rows(2)) == set(Activity)


def test_every_restricted_fact_is_named_with_its_protection() -> None:
    restricted = {
        fact.name: fact.label for fact in CATALOGUE.facts if fact.sensitivity is Sensitivity.RESTRICTED
    }
    assert {name: cells[1] for name, cells in _rows(3).items()} == restricted
    assert all(f" `{level}` |" in TEXT for level in Sensitivity)


def test_what_may_not_be_collected_is_named() -> None:
    assert [each.name for each in CATALOGUE.prohibited if each.label.zh not in _section(3)] == []


def test_every_term_the_file_states_is_told() -> None:
    months = {found.retention_months for found in PROCESSING.values() if found.retention_months}
    told = _section(8)
    assert {term for term in months if f"{term} 个月" not in told and f"{term // 12} 年" not in told} == set()


def test_every_risk_has_its_measure_and_the_test_that_shows_it() -> None:
    rows = [line.strip("| ").split(" | ") for line in _section(6).splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 10
    for risk, likelihood, severity, measure, shown_by, remaining in rows:
        assert {likelihood, severity, remaining[:1]} <= set("高中低"), risk
        assert measure
        assert named(shown_by), risk


def test_every_test_that_is_named_exists() -> None:
    names = named(TEXT)
    assert len(names) > 40
    assert missing(names) == set()


def test_the_district_has_a_place_to_sign() -> None:
    signed = _section(10)
    assert all(word in signed for word in ("`pia`", "评估人", "日期", "决定"))


def _section(number: int) -> str:
    found = re.search(rf"^## {number}\. .*?\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, number
    return found.group(1)


def _rows(section: int) -> dict[str, list[str]]:
    """The rows of a section that begin with a name of the code, by that name."""
    lines = re.findall(r"^\| `(\w+)` \| (.*) \|$", _section(section), re.MULTILINE)
    return {name: [name, *(cell.strip() for cell in cells.split(" | "))] for name, cells in lines}
