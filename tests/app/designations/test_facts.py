"""What a step keeps of a village: the figures it was taken on, the newest night, and what a refusal names."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.db import Session, transaction
from app.designations.found import NIGHT_DAYS_MAX, fingerprint_of
from app.errors import Conflict
from app.models import AttestationKind, DesignationKind, DesignationStep, PlaceMeasure
from app.models import DesignationAction as A
from tests.app.attestations.desk import Desk
from tests.app.designations.committee import committee
from tests.app.designations.test_ways import DAY, POOR, settle
from tests.district import VILLAGE

__all__ = ["committee"]
SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
LIMIT = timedelta(days=NIGHT_DAYS_MAX)
DECREE = {"document_sha256": "cd" * 32, "decided_on": DAY, "valid_until": DAY + timedelta(days=300)}


def proposed(committee, **settled):
    settle(committee.district, **(settled or {"good": 10}))
    committee.night(DAY, proposes=False)
    return committee.apply(DesignationKind.CREDIT_VILLAGE, place=VILLAGE, on=DAY)


def kept(committee, number):
    return committee.standing(number).last.facts


def vetoed(committee, on=DAY) -> None:
    Desk(committee).recorded(AttestationKind.VETO, "village_veto_count", on=on, **DECREE)


@SQLITE_ONLY
def test_the_refusal_names_the_gate_that_changed_and_no_other(committee):
    number = proposed(committee)
    vetoed(committee)
    with pytest.raises(Conflict) as refused:
        committee.step(number, A.CHECK_VILLAGE, by="village", on=DAY)
    told = refused.value.detail
    assert "无一票否决事项 no veto: 达标 holds → 未达标 fails" in told
    assert "证明与否决 documents: + veto 1 village_veto_count" in told
    assert "无一票否决事项：现为 1，须 ≤ 0" in told
    assert "no veto: 1, must be ≤ 0" in told
    assert "60" not in told, "the share of credit households is what it was"


@SQLITE_ONLY
def test_a_refused_proposal_names_the_gates_with_their_numbers_and_how_to_mend_them(committee):
    with pytest.raises(Conflict) as refused:
        proposed(committee, good=5, poor=[POOR] * 5)
    told = refused.value.detail
    assert "信用户占建档户不低于60%：现为 50% (5/10)，须 ≥ 60%" in told
    assert "at least 60 % credit households: 50% (5/10), must be ≥ 60%" in told
    assert f"credit-village designations way {VILLAGE}" in told
    assert "建档率" not in told, "every household is on file"


def test_the_fingerprint_of_a_step_seals_the_figures_of_every_gate(committee):
    number = proposed(committee)
    facts = kept(committee, number)
    assert facts["figures"].keys() == facts["gates"].keys()
    assert facts["figures"]["credit_household_share"] == {
        "value": 1, "numerator": 10, "denominator": 10, "threshold": 0.6,
    }  # fmt: skip
    with transaction(committee.district.engine) as session:
        mine = (PlaceMeasure.name == "credit_household_share", PlaceMeasure.numerator == 10)
        session.execute(update(PlaceMeasure).where(*mine).values(numerator=9))
    committee.step(number, A.CHECK_VILLAGE, by="village", on=DAY)
    checked = committee.standing(number).last
    assert checked.facts["gates"] == facts["gates"]
    assert checked.fingerprint == fingerprint_of(checked.facts) != fingerprint_of(facts)


@SQLITE_ONLY
def test_a_figure_that_moves_and_decides_nothing_is_kept_and_refuses_no_step(committee):
    number = proposed(committee)
    committee.district.household(POOR, on=DAY)
    committee.night(DAY + timedelta(days=1), proposes=False)
    committee.step(number, A.CHECK_VILLAGE, by="village", on=DAY + timedelta(days=1))
    assert kept(committee, number)["figures"]["credit_household_share"]["denominator"] == 11


def test_a_step_from_before_the_figures_were_kept_is_compared_by_its_states(committee):
    number = proposed(committee)
    new = ("figures", "newest_night")
    before = {name: value for name, value in kept(committee, number).items() if name not in new}
    with transaction(committee.district.engine) as session:
        changed = {"facts": before, "fingerprint": fingerprint_of(before)}
        session.execute(update(DesignationStep).values(changed))
    vetoed(committee)
    with pytest.raises(Conflict) as refused:
        committee.step(number, A.CHECK_VILLAGE, by="village", on=DAY)
    assert "无一票否决事项 no veto: 达标 holds → 未达标 fails" in refused.value.detail
    assert not {"figures", "newest_night"} & set(refused.value.detail.replace(":", " ").split())
    with Session(committee.district.engine) as session:
        first = session.scalars(select(DesignationStep)).one()
        assert first.fingerprint == fingerprint_of(first.facts)


@SQLITE_ONLY
def test_the_facts_name_the_newest_night_however_long_nothing_has_changed(committee):
    number = proposed(committee)
    committee.night(DAY + timedelta(days=5), proposes=False)
    committee.step(number, A.CHECK_VILLAGE, by="village", on=DAY + timedelta(days=6))
    facts = kept(committee, number)
    assert (facts["night"], facts["newest_night"]) == (f"{DAY}", f"{DAY + timedelta(days=5)}")


@SQLITE_ONLY
@pytest.mark.parametrize(("late", "taken"), [(0, True), (1, False)])
def test_no_step_rests_on_a_night_that_is_too_old(committee, late, taken):
    number = proposed(committee)
    on = DAY + LIMIT + timedelta(days=late)
    if taken:
        committee.step(number, A.CHECK_VILLAGE, by="village", on=on)
        return
    with pytest.raises(Conflict, match=f"newest night is of {DAY}.*run `credit-village rescore` first"):
        committee.step(number, A.CHECK_VILLAGE, by="village", on=on)
    committee.step(number, A.REFUSE, by="village", on=on)


@SQLITE_ONLY
def test_nobody_is_proposed_on_a_night_that_is_too_old(committee):
    settle(committee.district, good=10)
    committee.night(DAY, proposes=False)
    on = DAY + LIMIT + timedelta(days=1)
    with pytest.raises(Conflict, match="rescore"):
        committee.apply(DesignationKind.CREDIT_VILLAGE, place=VILLAGE, on=on)
    with pytest.raises(Conflict, match="rescore"):
        committee.propose_all(DesignationKind.CREDIT_VILLAGE, on=on)
