"""The rules about notices: read strictly, each number with its source, not edited once one was posted."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.db import reading, transaction
from app.errors import Conflict, SetupError
from app.rules.notice_rules import load_notice_rules, parse_notice_rules
from app.rules.service import load_rules, notice_rules_in_force, rule_files
from scoring import CardError
from tests.app.notices.village import village
from tests.district import DAY, POLICIES, district, morning
from tests.district_databases import district_url, postgres_district, sqlite_district

__all__ = ["district", "district_url", "postgres_district", "sqlite_district", "village"]
FILE = "cq_bishan/notices/2023-01-01.yaml"


@pytest.fixture
def backend() -> str:
    """What is read here does not depend on the database."""
    return "sqlite"


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A copy of the rules, to edit."""
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def edited(policies: Path, old: str, new: str) -> Path:
    file = policies / FILE
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    return file


def test_every_number_has_its_source_and_what_is_kept_reads_the_same():
    rules = load_notice_rules(POLICIES / FILE)
    numbers = (rules.days_least, rules.shown_days_after_end, rules.objection_days)
    assert numbers == (7, 30, 20)
    assert set(rules.bases.values()) <= set(rules.sources)
    assert parse_notice_rules(rules.content) == rules


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("basis: S2", "basis: S3", "is none of S2"),
        ("days_least: 7", "days_least: 0", "from 1 to 36500"),
        ("days_least: 7", "days_least: 36501", "from 1 to 36500"),
        ("days_least: 7", "days: 7", "days_least"),
        ("objection:", "objections:", "objection"),
        ("days_after_end: 30}", "days_after_end: 30, more: 1}", "more"),
    ],
)
def test_a_fault_is_named(policies, old, new, complaint):
    file = edited(policies, old, new)
    with pytest.raises(CardError, match=complaint):
        load_notice_rules(file)
    with pytest.raises(SetupError):
        rule_files(policies)


def test_before_there_are_rules_nothing_is_noticed(district):
    with (
        reading(district.engine) as session,
        pytest.raises(SetupError, match="no rules about public"),
    ):
        notice_rules_in_force(session, on=date(2022, 12, 31))


def test_rules_a_notice_was_posted_by_are_not_edited_and_a_later_version_takes_over(village, policies):
    edited(policies, "days_least: 7", "days_least: 10")
    engine = village.district.engine
    with transaction(engine) as session:
        assert load_rules(session, policies, at=morning(DAY)) == 1
    with pytest.raises(Exception, match="at least 10 days"):
        village.post()
    village.post(days=10)
    edited(policies, "days_least: 10", "days_least: 3")
    with pytest.raises(Conflict, match="has changed"), transaction(engine) as session:
        load_rules(session, policies, at=morning(DAY))
    edited(policies, "days_least: 3", "days_least: 10")
    later = DAY + timedelta(days=30)
    text = (policies / FILE).read_text("utf-8").replace("days_least: 10", "days_least: 5")
    (policies / FILE).with_name(f"{later}.yaml").write_text(text.replace("2023-01-01", f"{later}"), "utf-8")
    with transaction(engine) as session:
        load_rules(session, policies, at=morning(DAY))
        days = (later - timedelta(days=1), later)
        found = [notice_rules_in_force(session, on=on).days_least for on in days]
    assert found == [10, 5]
