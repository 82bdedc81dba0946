"""The path of a title: nothing is skipped, nobody does two steps of one, an objection blocks."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select

from app.db import Session
from app.designations.found import Block
from app.designations.path import Level, PathRules, transitions
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import Certificate, DesignationAction, DesignationKind, DesignationState
from tests.app.designations.committee import NOTICE_DAYS, Committee, committee
from tests.district import DAY, GOOD_ENTITY, VILLAGE_OF_OTHER_TOWN

__all__ = ["committee"]
A, S = DesignationAction, DesignationState
ENTITY = DesignationKind.CREDIT_ENTITY
OVER = DAY + NOTICE_DAYS


@pytest.fixture
def farm(committee: Committee) -> int:
    """A rated farm of the village."""
    made = committee.district.entity()
    committee.night(proposes=False)
    return made


@pytest.fixture
def proposed(committee: Committee, farm: int) -> int:
    """An application for it; its number."""
    return committee.apply(ENTITY, subject_id=farm, by="clerk")


VILLAGE_PATH = PathRules(
    DesignationKind.CREDIT_VILLAGE,
    True,
    True,
    (Level.VILLAGE, Level.TOWN),
    7,
    Level.DISTRICT,
    12,
    60,
    90,
    None,
)


def test_the_document_has_every_step_with_who_takes_it_and_what_must_hold():
    text = (Path(__file__).resolve().parents[3] / "docs" / "designations.md").read_text()
    documented = set()
    for line in text.splitlines():
        cells = [re.findall(r"`(\w+)`", cell) for cell in line.strip().strip("|").split("|")]
        if len(cells) == 5 and all(len(cell) == 1 for cell in cells[:3]):
            documented.add((*(cell[0] for cell in cells[:3]), frozenset(cells[3]), frozenset(cells[4])))
    assert documented == {
        (
            before.value,
            action.value,
            step.after.value,
            frozenset([*([step.duty.value] if step.duty else []), *(["night"] if step.by_night else [])]),
            frozenset(condition.value for condition in step.conditions),
        )
        for (before, action), step in transitions(VILLAGE_PATH).items()
    }
    assert {block.value for block in Block if f"`{block}`" not in text} == set()


def test_a_title_goes_from_proposal_to_certificate_step_by_step(committee, proposed):
    committee.noticed(proposed)
    step = committee.step(proposed, A.AWARD, by="admin", on=OVER)
    assert (step.state, step.valid_until) == (S.DESIGNATED, OVER.replace(year=OVER.year + 1))
    with Session(committee.district.engine) as session:
        certificate = session.scalars(select(Certificate)).one()
    assert certificate.designation_step_id == step.designation_step_id
    standing = committee.standing(proposed)
    assert [each.sequence for each in standing.steps] == [1, 2, 3, 4]
    assert [each.action for each in standing.steps] == [A.PROPOSE, A.CHECK_TOWN, A.POST_NOTICE, A.AWARD]
    assert all(len(each.fingerprint) == 64 and each.facts["grade"] == "AAA" for each in standing.steps)


@pytest.mark.parametrize("action", [A.POST_NOTICE, A.AWARD, A.RENEW, A.REVOKE, A.CHECK_VILLAGE])
def test_no_step_is_skipped(committee, proposed, action):
    with pytest.raises(Conflict, match="cannot take the step"):
        committee.step(proposed, action, by="admin", on=OVER)
    assert committee.state(proposed) is S.PROPOSED


def test_nobody_checks_his_own_proposal(committee, proposed):
    with pytest.raises(Forbidden, match="another person takes check_town"):
        committee.step(proposed, A.CHECK_TOWN, by="clerk")


def test_whoever_checked_does_not_decide(committee, farm):
    number = committee.apply(ENTITY, subject_id=farm, by="clerk")
    committee.step(number, A.CHECK_TOWN, by="admin")
    committee.step(number, A.POST_NOTICE, by="admin")
    with pytest.raises(Forbidden, match="another person takes award"):
        committee.step(number, A.AWARD, by="admin", on=OVER)
    assert committee.step(number, A.AWARD, by="deputy", on=OVER).state is S.DESIGNATED


@pytest.mark.parametrize("by", ["clerk", "mayor", "officer", "village"])
def test_only_the_level_the_profile_names_decides(committee, proposed, by):
    committee.noticed(proposed)
    with pytest.raises(Forbidden):
        committee.step(proposed, A.AWARD, by=by, on=OVER)


def test_a_title_of_another_division_does_not_exist(committee, proposed):
    with pytest.raises(NotFound):
        committee.step(proposed, A.CHECK_TOWN, by="stranger")


@pytest.mark.parametrize(("days", "given"), [(6, False), (7, True)])
def test_a_title_is_given_only_after_the_notice_has_run_its_days(committee, proposed, days, given):
    committee.noticed(proposed)
    on = DAY + timedelta(days=days)
    if given:
        assert committee.step(proposed, A.AWARD, by="admin", on=on).state is S.DESIGNATED
        return
    with pytest.raises(Conflict, match="it ends on"):
        committee.step(proposed, A.AWARD, by="admin", on=on)


def test_case_g_an_objection_to_the_notice_blocks_naming_until_it_is_answered(committee, proposed):
    committee.noticed(proposed)
    objection = committee.objected(proposed)
    with pytest.raises(Conflict, match="1 objections to the notice are open"):
        committee.step(proposed, A.AWARD, by="admin", on=OVER)
    committee.answered(objection, upheld=False)
    assert committee.step(proposed, A.AWARD, by="admin", on=OVER).state is S.DESIGNATED


def test_a_decision_that_comes_too_early_names_the_open_objections_too(committee, proposed):
    committee.noticed(proposed)
    committee.objected(proposed)
    with pytest.raises(Conflict, match=r"it ends on .*1 objections to the notice are open"):
        committee.step(proposed, A.AWARD, by="admin", on=OVER - timedelta(days=1))


@pytest.mark.parametrize(("days", "given"), [(89, True), (90, False)])
def test_a_title_is_given_only_while_its_notice_is_not_too_old(committee, proposed, days, given):
    committee.noticed(proposed)
    on = OVER + timedelta(days=days)
    if given:
        committee.night(on, proposes=False)
        assert committee.step(proposed, A.AWARD, by="admin", on=on).state is S.DESIGNATED
        return
    with pytest.raises(Conflict, match=r"more than 90 days ago: it can no longer be given"):
        committee.step(proposed, A.AWARD, by="admin", on=on)
    assert committee.step(proposed, A.REFUSE, by="admin", on=on).state is S.REFUSED


def test_case_g_an_upheld_objection_leaves_only_the_refusal(committee, proposed):
    committee.noticed(proposed)
    committee.answered(committee.objected(proposed), upheld=True)
    with pytest.raises(Conflict, match="only refuse is left"):
        committee.step(proposed, A.AWARD, by="admin", on=OVER)
    assert committee.step(proposed, A.REFUSE, by="admin", on=OVER).state is S.REFUSED


def test_a_refusal_says_why(committee, proposed):
    with pytest.raises(Invalid, match="say why"):
        committee.step(proposed, A.REFUSE, by="colleague", reason=" ")


def test_at_the_award_the_facts_are_taken_anew_and_what_changed_is_named(committee, farm, proposed):
    committee.noticed(proposed)
    committee.district.observe(farm, dict.fromkeys(GOOD_ENTITY, 0) | {"overdue_days_now": 200}, on=OVER)
    committee.night(OVER, proposes=False)
    with pytest.raises(Conflict, match=r"grade_too_low.*effective_grade: \"AAA\" → "):
        committee.step(proposed, A.AWARD, by="admin", on=OVER)
    assert committee.state(proposed) is S.NOTICED


def test_nobody_is_proposed_twice(committee, farm, proposed):
    with pytest.raises(Conflict, match="proposed_already"):
        committee.apply(ENTITY, subject_id=farm, by="mayor")


def test_who_was_refused_comes_back_only_by_an_application(committee, farm, proposed):
    committee.step(proposed, A.REFUSE, by="colleague")
    again = committee.propose_all(ENTITY)
    assert again.designation_ids == []
    assert again.reasons == {"only_by_application": 1}
    assert committee.state(committee.apply(ENTITY, subject_id=farm)) is S.PROPOSED


def test_everybody_who_qualifies_is_proposed_at_once_and_the_others_are_named_with_the_reason(committee):
    good, poor = committee.district.entity(), committee.district.entity({"overdue_days_now": 400})
    committee.district.entity(code=VILLAGE_OF_OTHER_TOWN)
    committee.night(proposes=False)
    made = committee.propose_all(ENTITY)
    assert [committee.standing(each).designation.subject_id for each in made.designation_ids] == [good]
    left = {one.holder.subject_id: one.blocks for one in made.left_out}
    assert left.keys() == {poor}
    assert left[poor]


def test_many_titles_take_a_step_together_or_none_does(committee):
    farms = [committee.district.entity() for _ in range(3)]
    committee.night(proposes=False)
    numbers = [committee.apply(ENTITY, subject_id=each) for each in farms[:2]]
    numbers.append(committee.apply(ENTITY, subject_id=farms[2], by="colleague"))
    refused = committee.all_or_none(numbers, A.CHECK_TOWN, by="colleague")
    assert [(each.designation_id, each.error.code) for each in refused.refusals] == [
        (numbers[2], "forbidden")
    ]
    assert {committee.state(each) for each in numbers} == {S.PROPOSED}
    assert len(committee.all_or_none(numbers, A.CHECK_TOWN, by="mayor").steps) == 3
    committee.all_or_none(numbers, A.POST_NOTICE, by="mayor")
    assert len({committee.standing(each).notice_id for each in numbers}) == 1


def test_a_review_begins_in_the_weeks_before_the_end_and_not_at_once(committee, proposed):
    given_on = committee.designated(proposed)
    with pytest.raises(Conflict, match="review begins"):
        committee.step(proposed, A.BEGIN_REVIEW, by="admin", on=given_on)
    until = committee.standing(proposed).last.valid_until
    days = committee.rules(ENTITY).path.review_before_days
    with pytest.raises(Conflict, match="review begins"):
        committee.step(proposed, A.BEGIN_REVIEW, by="admin", on=until - timedelta(days=days + 1))
    committee.step(proposed, A.BEGIN_REVIEW, by="admin", on=until - timedelta(days=days))
    assert committee.state(proposed) is S.UNDER_REVIEW


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("fails", "document"), [(False, "核查记录"), (True, "")])
def test_a_probation_begun_by_hand_rests_on_a_gate_that_fails_or_on_a_document(
    committee, farm, proposed, fails, document
):
    on = committee.designated(proposed)
    if fails:
        committee.district.observe(farm, dict.fromkeys(GOOD_ENTITY, 0) | {"overdue_days_now": 200}, on=on)
        committee.night(on, proposes=False)
    else:
        with pytest.raises(Invalid, match="现各项达标，限期整改须写明依据文件"):
            committee.step(proposed, A.PUT_ON_PROBATION, by="clerk", on=on)
    step = committee.step(proposed, A.PUT_ON_PROBATION, by="clerk", on=on, document=document)
    assert step.state is S.ON_PROBATION


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_certificates_given_together_are_numbered_by_one_look(committee):
    for _ in range(3):
        committee.district.entity()
    committee.night()
    numbers = committee.numbers(ENTITY)
    for action in (A.CHECK_TOWN, A.POST_NOTICE):
        committee.all_or_none(numbers, action, by="colleague")
    asked = []
    event.listen(
        committee.district.engine, "before_cursor_execute", lambda *said: asked.append(said[2]), named=False
    )
    committee.all_or_none(numbers, A.AWARD, by="admin", on=OVER)
    assert len([each for each in asked if "count(*)" in each and "certificates" in each]) == 1
    with Session(committee.district.engine) as session:
        made = session.scalars(select(Certificate.number).order_by(Certificate.certificate_id)).all()
    assert [each.rsplit("-", 1)[0][-6:] for each in made] == ["000001", "000002", "000003"]
