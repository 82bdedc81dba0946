"""Every card and every criterion that is added to a running district waits for a second person."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from app import clock
from app.approvals import effects, proposals, service
from app.db import reading, transaction
from app.errors import Forbidden
from app.jobs.night.rules import Rules, rules_in_force
from app.rules.service import load_rules
from scoring import Scorecard
from tests.app.approvals.people import AT, People, people
from tests.district import DAY, POLICIES, district

__all__ = ["district", "people"]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
OLD, NEW = date(2023, 1, 1), date(2025, 11, 1)
CARDS = {"household": "CQ-H-1", "agri_entity": "CQ-E-1"}
CRITERIA = {
    "credit_village": "cq-bishan-2023-village",
    "credit_town": "cq-bishan-2023-town",
    "coverage": "cq-bishan-2023-coverage",
}
RULES = CARDS | CRITERIA | {"records": "R-1"}


def fingerprints(card: Path) -> list[str]:
    """The fingerprints of a card and of its versions by type."""
    whole = Scorecard.load(card)
    parts = [whole, *(whole.overlay(variant) for variant in whole.definition.overlays)]
    return [part.definition.fingerprint for part in parts]


def add(policies: Path, kind: str) -> None:
    """The same rules once more, in force from another day on; a card with its validation."""
    folder = policies / "cq_bishan" / kind
    old, new = folder / f"{OLD}.yaml", folder / f"{NEW}.yaml"
    text = old.read_text("utf-8")
    assert text.count(f"effective_from: {OLD}") == 1
    new.write_text(text.replace(f"effective_from: {OLD}", f"effective_from: {NEW}"), "utf-8")
    if kind in CARDS:
        evidence = old.with_suffix(".validation.json").read_text("utf-8")
        for before, after in zip(fingerprints(old), fingerprints(new), strict=True):
            evidence = evidence.replace(before, after)
        new.with_suffix(".validation.json").write_text(evidence, "utf-8")


def first_day(rules: Rules, kind: str) -> date:
    """Since when the rules of a kind that a night goes by are in force."""
    if kind == "records":
        return rules.records.effective_from
    card = {"household": rules.household, "agri_entity": next(iter(rules.entity.values()))}.get(kind)
    if card is not None:
        return card.definition.effective_from
    profiles = {"credit_village": rules.village, "credit_town": rules.town, "coverage": rules.coverage}
    return profiles[kind].definition.effective_from


@pytest.mark.parametrize("kind", RULES)
def test_a_newer_version_rates_nobody_before_another_person_agrees(people: People, tmp_path: Path, kind: str):
    district = people.district
    district.policies = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    district.household()
    district.night(DAY)
    add(district.policies, kind)
    with transaction(district.engine) as session:
        assert load_rules(session, district.policies, at=clock.now()) > 0

    def in_force() -> date:
        with reading(district.engine) as session:
            return first_day(rules_in_force(session, district.policies, on=DAY), kind)

    assert in_force() == OLD
    assert [held for held in district.night(DAY).rules_held if f"{kind} {NEW}" in held]
    with transaction(district.engine) as session:
        wanted = proposals.activation(
            session, RULES[kind], effective_from=NEW, pia="评估（演示）", maker=people.viewers["maker"],
            on=DAY,
        )  # fmt: skip
        number = service.request(
            session, kind=wanted.kind, target=wanted.target, content=wanted.content, reason="演示",
            maker=people.viewers["maker"], at=AT,
        ).approval_id  # fmt: skip
    with pytest.raises(Forbidden, match="须由另一人决定"), transaction(district.engine) as session:
        effects.decide(session, number, granted=True, reason="演示", checker=people.viewers["maker"], at=AT)
    assert in_force() == OLD
    with transaction(district.engine) as session:
        effects.decide(session, number, granted=True, reason="演示", checker=people.viewers["checker"], at=AT)
    assert in_force() == NEW
