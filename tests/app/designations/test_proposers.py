"""Who may propose whom: each check by itself."""

from dataclasses import replace
from datetime import date

import pytest

from app.db import reading, transaction
from app.designations.path import Level
from app.designations.service import proposing
from app.designations.service.reforms import what_if
from app.designations.service.steps import act_of
from app.designations.standing import refused_to_person
from app.designations.store.titles import count_open
from app.errors import Forbidden, NotFound
from app.models import DesignationAction, DesignationKind
from app.models import DesignationState as State
from app.places.service import subtree_prefix
from scoring import Profile
from tests.app.designations.committee import committee
from tests.district import DAY, DISTRICT, POLICIES, TOWN, VILLAGE, VILLAGE_OF_OTHER_TOWN, morning

__all__ = ["committee"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ENTITY, HOUSEHOLD = DesignationKind.CREDIT_ENTITY, DesignationKind.CREDIT_HOUSEHOLD
CREDIT_TOWN = DesignationKind.CREDIT_TOWN


def test_a_village_proposes_no_town_and_nobody_for_it(committee):
    # Since November 2026 towns have a title of their own.
    on = date(2026, 11, 20)
    committee.night(on, proposes=False)
    with pytest.raises(Forbidden, match="提名信用镇（街道）须由镇街"):
        committee.propose_all(CREDIT_TOWN, within=VILLAGE, by="village", on=on)
    with pytest.raises(Forbidden, match="提名信用镇（街道）须由镇街"):
        committee.apply(CREDIT_TOWN, place=TOWN, by="village", on=on)


def test_a_profile_that_knows_no_application_takes_none(committee):
    farm = committee.district.entity()
    committee.night(proposes=False)
    rules = committee.rules(ENTITY)
    by_night_only = replace(rules, path=replace(rules.path, by_application=False))
    with transaction(committee.district.engine) as session:
        act = act_of(
            committee.viewers["clerk"], DesignationAction.PROPOSE, session=session, at=morning(DAY),
            reason="", document="",
        )  # fmt: skip
        [holder] = proposing.holders_of(session, [farm])
        with pytest.raises(Forbidden, match="不接受申请"):
            proposing.apply(session, holder, act, rules=by_night_only, by="clerk")


def test_an_entity_is_no_credit_household(committee):
    farm = committee.district.entity()
    committee.night(proposes=False)

    def propose(kind):
        with transaction(committee.district.engine) as session:
            return proposing.propose_one(
                session, kind, subject_id=farm, place_code=None, viewer=committee.viewers["clerk"],
                at=morning(DAY), reason="", document="",
            )  # fmt: skip

    with pytest.raises(NotFound, match="there is no such subject"):
        propose(HOUSEHOLD)
    assert committee.state(propose(ENTITY)) is State.PROPOSED


def test_the_night_checks_nothing_and_nobody_lets_a_title_lapse_in_its_place(committee):
    farm = committee.district.entity()
    committee.night(proposes=False)
    number, rules = committee.apply(ENTITY, subject_id=farm), committee.rules(ENTITY)

    def refused(action, *, user_id, level):
        return refused_to_person(
            committee.standing(number), action, user_id=user_id, level=level, rules=rules
        )

    by_night = refused(DesignationAction.CHECK_TOWN, user_id=None, level=None)
    assert isinstance(by_night, Forbidden)
    assert "the night does not check_town" in str(by_night)
    for action in (DesignationAction.CHECK_TOWN, DesignationAction.POST_NOTICE):
        committee.step(number, action, by="colleague")
    by_hand = refused(
        DesignationAction.LAPSE, user_id=committee.viewers["admin"].user_id, level=Level.DISTRICT
    )
    assert isinstance(by_hand, Forbidden)
    assert "only the night takes the step lapse" in str(by_hand)


def test_the_calendar_of_a_town_counts_its_own_proposals(committee):
    for code in (VILLAGE, VILLAGE_OF_OTHER_TOWN):
        committee.district.entity(code=code)
    committee.night()
    with reading(committee.district.engine) as session:
        found = [count_open(session, subtree_prefix(code), kind=ENTITY) for code in (TOWN, DISTRICT)]
    assert found == [1, 2]


def test_before_the_first_night_nothing_is_reckoned_of_new_criteria(committee):
    new = Profile.load(POLICIES / "cq_bishan/credit_village/2026-11-01.yaml")
    on = date(2026, 11, 20)
    with reading(committee.district.engine) as session, pytest.raises(NotFound, match="no night has judged"):
        what_if(session, new, district_code=DISTRICT, on=on)
    committee.night(on, proposes=False)
    with reading(committee.district.engine) as session, pytest.raises(NotFound, match="no night has judged"):
        what_if(session, new, district_code="500999000000", on=on)
