"""A document about a household that was merged into another stands for the other, and is not shed by it."""

from datetime import date, timedelta

from app.db import Session, transaction
from app.designations.found import Block, Found, Holder
from app.designations.service.facts import found_of
from app.designations.service.steps import step_row
from app.designations.standing import Act
from app.designations.store import titles as store
from app.models import AttestationKind, DesignationAction, DesignationKind, DesignationState
from app.subjects.lineage import merge, undo_merge
from tests.app.attestations.desk import DAY, Desk, desk, policies
from tests.district import morning

__all__ = ["desk", "policies"]
HOUSEHOLD, VETO = DesignationKind.CREDIT_HOUSEHOLD, AttestationKind.VETO
LONG = DAY + timedelta(days=300)


def merged(desk: Desk, gone: int, heir: int, *, on: date = DAY) -> int:
    with transaction(desk.district.engine) as session:
        return merge(
            session, gone, heir, happened_on=on, document="户口簿", on=on, at=morning(on), by="clerk"
        ).lineage_id


def found(desk: Desk, heir: int, *, on: date = DAY) -> Found:
    with Session(desk.district.engine) as session:
        holder = Holder(desk.committee.place_of(session, heir), heir)
        return found_of(session, [holder], rules=desk.committee.rules(HOUSEHOLD, on=on), on=on)[holder.key]


def test_a_merge_does_not_shed_a_veto_and_its_undoing_gives_it_back(desk: Desk):
    heir, gone = desk.district.household(on=DAY), desk.district.household(on=DAY)
    desk.committee.night(DAY, proposes=False)
    desk.recorded(VETO, "rating_veto_count", subject_id=gone)
    assert (Block.VETO in found(desk, heir).blocks, "documents" in found(desk, heir).facts) == (False, False)
    number = merged(desk, gone, heir)
    one = found(desk, heir)
    assert (Block.VETO in one.blocks, one.facts["gates"]["rating_veto_count"]) == (True, "fails")
    assert [each["attestation_id"] for each in one.facts["documents"]] == [1]
    with transaction(desk.district.engine) as session:
        undo_merge(session, number, document="更正", at=morning(DAY), by="clerk")
    assert Block.VETO not in found(desk, heir).blocks


def test_the_night_looks_at_whoever_a_vetoed_household_was_merged_into(desk: Desk, monkeypatch):
    december = DAY.replace(month=12, day=31)
    monkeypatch.setattr("app.clock.today", lambda: december)
    heir, gone = desk.district.household(on=DAY), desk.district.household(on=DAY)
    number = bearing(desk, heir)
    desk.recorded(VETO, "rating_veto_count", subject_id=gone, valid_until=LONG)
    merged(desk, gone, heir)
    for day in (DAY.replace(day=30), december):
        desk.committee.night(day, proposes=False)
    assert desk.committee.state(number) is DesignationState.ON_PROBATION


def bearing(desk: Desk, subject_id: int) -> int:
    """A title that is held, as if it had been given that day."""
    rules = desk.committee.rules(HOUSEHOLD, on=DAY)
    act = Act(DesignationAction.AWARD, at=morning(DAY), on=DAY)
    with transaction(desk.district.engine) as session:
        row = {
            "kind": HOUSEHOLD, "rung": "", "holder": f"s{subject_id}", "attempt": 1, "subject_id": subject_id,
            "place_id": desk.committee.place_of(session, subject_id), "opened_at": act.at,
            "opened_by": "test",
        }  # fmt: skip
        numbers = store.add_designations(session, [row])
        assert numbers is not None
        (number,) = numbers.values()
        step = step_row(
            number, sequence=1, act=act, state=DesignationState.DESIGNATED,
            rule_version_id=rules.rule_version_id, facts={}, valid_until=LONG,
        )  # fmt: skip
        assert store.add_steps(session, [step])
    return number
