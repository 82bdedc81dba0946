"""A person at the desk takes a consent back, and from then on it does not hold."""

import pytest

from app.consents.service import rating_refusers
from app.db import Session
from app.errors import Conflict, Invalid, NotFound
from app.models import ConsentKind, ConsentWithdrawal, Inquiry, Purpose
from app.rights import service
from app.rights.report import ReportConsent
from tests.app.objections.office import RAISED
from tests.app.rights.desk import PROOF, Desk, desk, office
from tests.app.rights.test_service import ON_SQLITE
from tests.district import VILLAGE_OF_OTHER_TOWN, morning
from tests.numbers import resident
from tests.office_steps import transaction

__all__ = ["desk", "office"]


def listed(desk: Desk, subject_id: int) -> list[ReportConsent]:
    """What a subject agreed to, as the desk reads it."""
    with transaction(desk.district.engine) as session:
        return service.agreements(
            session, subject_id, viewer=desk.office.viewers["clerk"], at=morning(RAISED)
        )


def withdrawn(desk: Desk, subject_id: int, consent_id: int, *, document: str = PROOF) -> ReportConsent:
    """A consent taken back at the desk."""
    with transaction(desk.district.engine) as session:
        return service.withdraw_agreement(
            session, subject_id, consent_id, document=document, viewer=desk.office.viewers["clerk"],
            at=morning(RAISED),
        )  # fmt: skip


def test_a_consent_taken_back_at_the_desk_ends_that_day_and_no_other_does(desk: Desk):
    household = desk.household()
    bank = desk.office.users["clerk"].organisation_id
    first, second = (desk.district.consent(household, bank) for _ in range(2))
    assert [(one.consent_id, one.withdrawn_on) for one in listed(desk, household)] == [
        (first, None), (second, None)
    ]  # fmt: skip
    said = withdrawn(desk, household, first)
    assert (said.consent_id, said.withdrawn_on, said.purpose_label) == (
        first, RAISED, Purpose.PRE_LOAN.label
    )  # fmt: skip
    assert [one.withdrawn_on for one in listed(desk, household)] == [RAISED, None]
    (row,) = desk.district.rows(ConsentWithdrawal)["consent_withdrawals"]
    assert {PROOF, "clerk"} <= set(row)
    assert len(desk.district.rows(Inquiry)["inquiries"]) == 3, "each look of the clerk is on record"
    with pytest.raises(Conflict, match="withdrawn already"):
        withdrawn(desk, household, first)


@ON_SQLITE
def test_whoever_takes_back_that_he_is_rated_is_not_rated_any_more(desk: Desk):
    household = desk.household()
    desk.district.agrees(household, kind=ConsentKind.RATING)
    (given,) = listed(desk, household)
    withdrawn(desk, household, given.consent_id)
    with Session(desk.district.engine) as session:
        assert rating_refusers(session, [household], on=RAISED) == {household}


@ON_SQLITE
def test_only_a_consent_of_the_person_at_the_desk_is_taken_back_and_a_refusal_is_none(desk: Desk):
    household, other = desk.household(), desk.household()
    stranger = desk.district.household(code=VILLAGE_OF_OTHER_TOWN)
    bank = desk.office.users["clerk"].organisation_id
    theirs, far = (desk.district.consent(one, bank) for one in (other, stranger))
    desk.district.agrees(household, kind=ConsentKind.RATING, agreed=False)
    (refused,) = listed(desk, household)
    for subject_id, consent_id in ((household, theirs), (household, 999_999), (stranger, far)):
        with pytest.raises(NotFound):
            withdrawn(desk, subject_id, consent_id)
    with pytest.raises(Invalid, match="nothing to withdraw"):
        withdrawn(desk, household, refused.consent_id)
    with pytest.raises(Invalid, match=r"^document: "):
        withdrawn(desk, other, theirs, document=f"身份证 {resident(1)}")
    assert desk.district.rows(ConsentWithdrawal)["consent_withdrawals"] == []
