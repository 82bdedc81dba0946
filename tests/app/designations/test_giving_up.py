"""Nobody takes a title or a proposal away by withdrawing it: it is given up by its holder, or refused."""

from datetime import date, timedelta

import pytest

from app.certificates.service import plaques
from app.db import Session, transaction
from app.errors import AppError, Conflict, Forbidden, Invalid
from app.models import (
    AgriEntity,
    DesignationAction,
    DesignationKind,
    DesignationState,
    EntityState,
    EntityStatus,
)
from tests.app.designations.committee import NOTICE_DAYS, Committee, committee
from tests.district import DAY, DISTRICT, morning

__all__ = ["committee"]
A, S = DesignationAction, DesignationState
ENTITY = DesignationKind.CREDIT_ENTITY
DECLARED = "放弃声明 2026-3"
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def farm(committee: Committee) -> int:
    """A farm that qualifies."""
    return committee.district.entity()


@pytest.fixture
def nightly(committee: Committee, farm: int) -> int:
    """What the night proposed."""
    committee.night()
    return committee.numbers(ENTITY)[0]


@pytest.fixture
def applied(committee: Committee, farm: int) -> int:
    """What an official of the town applied for."""
    committee.night(proposes=False)
    return committee.apply(ENTITY, subject_id=farm, by="clerk")


def tried(committee: Committee, number: int, *, by: str, on: date = DAY, document: str = "") -> str:
    """Where a title stands after somebody withdrew it, or the code of the refusal."""
    try:
        return committee.step(number, A.WITHDRAW, by=by, on=on, document=document).state
    except AppError as refusal:
        assert committee.state(number) is not S.WITHDRAWN
        return refusal.code


HELD = {
    "village": "forbidden", "clerk": "forbidden", "colleague": "forbidden", "admin": "forbidden",
    "deputy": S.WITHDRAWN,
}  # fmt: skip


@pytest.mark.parametrize(("by", "outcome"), HELD.items())
def test_a_held_title_is_given_up_at_the_level_that_decides_before_another_person(
    committee, nightly, by, outcome
):
    on = committee.designated(nightly)
    assert tried(committee, nightly, by=by, on=on, document=DECLARED) == outcome


@pytest.mark.parametrize("state", [S.UNDER_REVIEW, S.ON_PROBATION])
def test_so_is_one_that_is_reviewed_or_on_probation(committee, nightly, state):
    on = committee.designated(nightly)
    action = {S.UNDER_REVIEW: A.BEGIN_REVIEW, S.ON_PROBATION: A.PUT_ON_PROBATION}[state]
    on += timedelta(days=330)
    committee.step(nightly, action, by="deputy", on=on, document="核查记录")
    assert tried(committee, nightly, by="clerk", on=on, document=DECLARED) == "forbidden"
    assert tried(committee, nightly, by="deputy", on=on, document=DECLARED) is S.WITHDRAWN


def test_to_give_a_title_up_takes_the_holders_declaration(committee, nightly):
    on = committee.designated(nightly)
    with pytest.raises(Invalid, match="name the document"):
        committee.step(nightly, A.WITHDRAW, by="deputy", on=on)


def test_a_certificate_of_what_was_given_up_says_so_and_not_that_it_was_taken(committee, nightly):
    on = committee.designated(nightly)
    committee.step(nightly, A.WITHDRAW, by="deputy", on=on, document=DECLARED)
    with Session(committee.district.engine) as session:
        [found], _ = plaques(session, DISTRICT, on=on, after=0, limit=9)
    assert (found.standing.label, found.standing.holds) == ("已由本人放弃，证书作废", False)


@pytest.mark.parametrize("by", ["village", "clerk", "deputy"])
def test_what_the_night_proposed_is_refused_and_not_withdrawn(committee, nightly, by):
    kind = Invalid if by == "deputy" else Forbidden
    with pytest.raises(kind, match="不予认定"):
        committee.step(nightly, A.WITHDRAW, by=by)
    assert committee.step(nightly, A.REFUSE, by="mayor").state is S.REFUSED


BY_LEVEL = {"village": "forbidden", "clerk": S.WITHDRAWN, "mayor": S.WITHDRAWN, "admin": S.WITHDRAWN}


@pytest.mark.parametrize(("by", "outcome"), BY_LEVEL.items())
def test_an_application_is_taken_back_at_the_level_that_made_it(committee, applied, by, outcome):
    assert tried(committee, applied, by=by) == outcome


@pytest.mark.parametrize("checked", [False, True])
def test_what_its_holder_does_not_want_is_withdrawn_by_the_decider_on_a_declaration(
    committee, nightly, checked
):
    if checked:
        committee.step(nightly, A.CHECK_TOWN, by="admin")
        assert tried(committee, nightly, by="admin", document=DECLARED) == "forbidden"
    assert tried(committee, nightly, by="deputy") == "invalid_value"
    assert tried(committee, nightly, by="deputy", document=DECLARED) is S.WITHDRAWN


@pytest.mark.parametrize("by", ["village", "clerk", "colleague"])
def test_nobody_below_the_decider_kills_what_is_on_a_notice(committee, applied, by):
    committee.noticed(applied)
    assert tried(committee, applied, by=by, document=DECLARED) == "forbidden"


def test_what_is_on_a_notice_is_withdrawn_by_the_decider_on_a_declaration(committee, applied):
    committee.noticed(applied)
    assert tried(committee, applied, by="deputy") == "invalid_value"
    assert tried(committee, applied, by="deputy", document=DECLARED) is S.WITHDRAWN


def test_while_a_revocation_is_announced_nothing_is_given_up(committee, nightly):
    on = committee.designated(nightly)
    committee.step(nightly, A.PUT_ON_PROBATION, by="colleague", on=on, document="核查记录")
    on += timedelta(days=120)
    committee.step(nightly, A.POST_REVOCATION, by="colleague", on=on)
    with pytest.raises(Conflict, match="cannot take the step withdraw"):
        committee.step(nightly, A.WITHDRAW, by="deputy", on=on, document=DECLARED)


def test_the_night_still_withdraws_what_is_on_a_notice_of_who_is_no_more(committee, nightly, farm):
    committee.noticed(nightly)
    with transaction(committee.district.engine) as session:
        kept = session.get_one(AgriEntity, farm)
        kept.status = EntityStatus.DEREGISTERED
        session.add(
            EntityState(
                subject_id=farm, entity_type=kept.entity_type, status=kept.status, recorded_at=morning(DAY)
            )
        )
    committee.night(DAY + NOTICE_DAYS)
    assert committee.state(nightly) is S.WITHDRAWN
