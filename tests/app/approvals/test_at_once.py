"""Two approvals of one thing at the same moment: exactly one of them is carried out, the other is told."""

from pathlib import Path

from app.access.terms import Terms
from app.approvals import effects, privileged
from app.approvals.proposals import bulk_export
from app.db import Session, transaction
from app.errors import Conflict
from app.exports.service import export_granted
from app.models import Role, SubjectKind
from tests.app.approvals.people import AT, People, people
from tests.app.approvals.test_effects import ask, filed, newer, recipient
from tests.at_once import Step, refusal_of_second
from tests.district import DAY, DISTRICT, TOWN, district

__all__ = ["district", "newer", "people"]


def grants(people: People, *numbers: int) -> BaseException | None:
    """What the second of two grants is refused with."""

    def granted(number: int, by: str) -> Step:
        def step(session: Session) -> None:
            checker = people.viewers[by]
            effects.decide(session, number, granted=True, reason="演示", checker=checker, at=AT)

        return step

    first, second = numbers
    return refusal_of_second(people.district.engine, granted(first, "checker"), granted(second, "third"))


def test_of_two_activations_of_one_version_granted_at_once_one_is_carried_out(people: People, newer: Path):
    refused = grants(people, ask(people), ask(people, pia="另一份影响评估（演示）"))
    assert isinstance(refused, Conflict)
    assert "activated already" in refused.detail
    assert people.district.counts()["approval_uses"] == 1


def test_of_two_admissions_of_one_bank_granted_at_once_one_is_carried_out(people: People):
    refused = grants(people, recipient(people, people.bank_id), recipient(people, people.bank_id))
    assert isinstance(refused, Conflict)
    assert "admitted as a recipient already" in refused.detail
    assert people.district.counts()["approval_uses"] == 1


def test_of_two_accounts_of_one_name_opened_at_once_one_is_opened(people: People):
    terms = Terms(
        display_name="新人", role=Role.AUDITOR, organisation_id=people.viewers["maker"].organisation_id,
        place_id=people.district.place_id(DISTRICT), disabled=False, oidc_subject=None,
    )  # fmt: skip
    numbers = []
    for _ in range(2):
        with transaction(people.district.engine) as session:
            wanted = privileged.opening(session, terms, username="new.one", maker=people.viewers["system"])
            numbers.append(filed(session, people, wanted, by="system"))
        people.decided(numbers[-1])
    assert carried_out(people, *numbers) == "there is already a user new.one; choose another username"


def test_of_two_changes_of_one_account_carried_out_at_once_one_is_made(people: People):
    auditor = people.users["auditor"].user_id
    numbers = []
    for _ in range(2):
        with transaction(people.district.engine) as session:
            wanted = privileged.reset(session, auditor, maker=people.viewers["system"])
            numbers.append(filed(session, people, wanted, by="system"))
        people.decided(numbers[-1])
    assert "carry out exactly that, or ask anew" in carried_out(people, *numbers)


def carried_out(people: People, first: int, second: int) -> str:
    """What is told to the second of two who carry out what was granted."""
    maker = people.viewers["system"]
    refused = refusal_of_second(
        people.district.engine,
        lambda session: privileged.carry_out(session, first, viewer=maker, at=AT),
        lambda session: privileged.carry_out(session, second, viewer=maker, at=AT),
    )
    assert isinstance(refused, Conflict), refused
    assert people.district.counts()["approval_uses"] == 1
    return refused.detail


def test_of_two_files_taken_on_one_approval_at_once_one_is_made(people: People):
    people.district.household()
    people.district.night(DAY)
    maker = people.viewers["maker"]
    with transaction(people.district.engine) as session:
        wanted = bulk_export(session, TOWN, subjects=SubjectKind.HOUSEHOLD, form="csv", maker=maker, on=DAY)
        number = filed(session, people, wanted)
    people.decided(number)

    def take(session: Session) -> None:
        export_granted(session, people.district.cipher, number, viewer=maker, at=AT)

    refused = refusal_of_second(people.district.engine, take, take)
    assert isinstance(refused, Conflict), refused
    counts = people.district.counts()
    assert (counts["exports"], counts["approval_uses"]) == (1, 1)
