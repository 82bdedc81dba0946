"""A night goes by the newest rules of its day that do not wait for a second person."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from app import clock
from app.approvals import effects, proposals, service
from app.db import reading, transaction
from app.errors import SetupError
from app.jobs.night.rules import Rules, rules_in_force
from app.rules.service import load_rules
from tests.app.approvals.people import AT, People, people
from tests.app.rules.test_service import validated
from tests.district import DAY, POLICIES, district

__all__ = ["district", "people"]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
FIRST, SECOND, THIRD = date(2023, 1, 1), date(2025, 11, 1), date(2025, 11, 20)
EDITS = {
    "credit_village": ("at_least: 0.9, basis: A19", "at_least: 0.8, basis: A19"),
    "agri_entity": ("{from: 1, to: 31, points: 10,", "{from: 1, to: 31, points: 9,"),
    "records": ("", ""),
}


@pytest.fixture
def policies(people: People, tmp_path: Path) -> Path:
    """The rules of a district that has published a night, to add to."""
    copied = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    people.district.policies = copied
    people.district.household()
    people.district.night(DAY)
    return copied


def add(people: People, policies: Path, kind: str, day: date) -> None:
    """Put a newer version of a kind of rules into the folder, and load it."""
    folder = policies / "cq_bishan" / kind
    text = (folder / f"{FIRST}.yaml").read_text("utf-8").replace(
        f"effective_from: {FIRST}", f"effective_from: {day}"
    )  # fmt: skip
    old, new = EDITS[kind]
    assert old in text
    (folder / f"{day}.yaml").write_text(text.replace(old, new, 1), "utf-8")
    if kind == "agri_entity":
        validated(folder / f"{day}.yaml")
    with transaction(people.district.engine) as session:
        assert load_rules(session, policies, at=clock.now()) > 0


def activate(people: People, code: str, day: date) -> None:
    """Let two persons put rules in force."""
    maker, checker = people.viewers["maker"], people.viewers["checker"]
    with transaction(people.district.engine) as session:
        wanted = proposals.activation(session, code, effective_from=day, pia="演示评估", maker=maker, on=DAY)
        asked = service.request(
            session, kind=wanted.kind, target=wanted.target, content=wanted.content, reason="演示",
            maker=maker, at=AT,
        )  # fmt: skip
        effects.decide(session, asked.approval_id, granted=True, reason="演示", checker=checker, at=AT)


def rules(people: People, policies: Path) -> Rules:
    with reading(people.district.engine) as session:
        return rules_in_force(session, policies, on=DAY)


def test_the_newest_version_that_two_persons_agreed_on_is_taken(people, policies):
    add(people, policies, "credit_village", SECOND)
    add(people, policies, "credit_village", THIRD)
    assert rules(people, policies).village.definition.effective_from == FIRST
    activate(people, rules(people, policies).village.definition.code, SECOND)
    found = rules(people, policies)
    assert found.village.definition.effective_from == SECOND
    assert [line.partition(" · ")[0] for line in found.held] == [
        f"新版本 credit_village {THIRD} 尚未经第二人批准，仍用 {SECOND}"
    ]


def test_a_card_with_versions_by_type_is_put_in_force_as_one(people, policies):
    add(people, policies, "agri_entity", SECOND)
    waiting = rules(people, policies)
    assert {card.definition.effective_from for card in waiting.entity.values()} == {FIRST}
    activate(people, "CQ-E-1", SECOND)
    found = rules(people, policies)
    assert {card.definition.effective_from for card in found.entity.values()} == {SECOND}
    assert found.held == ()


def test_the_rules_about_records_wait_too(people, policies):
    add(people, policies, "records", SECOND)
    assert rules(people, policies).records.effective_from == FIRST
    activate(people, rules(people, policies).records.code, SECOND)
    assert rules(people, policies).records.effective_from == SECOND


def test_where_no_earlier_version_is_left_the_night_says_what_to_do(people, policies):
    add(people, policies, "credit_village", SECOND)
    (policies / "cq_bishan" / "credit_village" / f"{FIRST}.yaml").unlink()
    with pytest.raises(SetupError, match=r"2025-11-01\.yaml.*credit-village approval request"):
        rules(people, policies)


def test_a_version_that_is_not_loaded_is_refused_as_before(people, policies):
    folder = policies / "cq_bishan" / "credit_village"
    text = (folder / f"{FIRST}.yaml").read_text("utf-8")
    (folder / f"{SECOND}.yaml").write_text(text.replace(f"{FIRST}", f"{SECOND}"), "utf-8")
    with pytest.raises(SetupError, match="rules not loaded"):
        rules(people, policies)
