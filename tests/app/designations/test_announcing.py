"""Nobody stands on a notice against his will, and no person in full."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.db import Session
from app.designations.service.announcing import name_of
from app.errors import Conflict
from app.models import ConsentKind, DesignationAction, DesignationKind, EntityType, Notice, NoticeEntry
from app.notices.notice import UNNAMED
from app.notices.service import public_notice
from app.subjects.service import public_name, subject
from tests.app.designations.committee import NOTICE_DAYS, Committee, committee
from tests.app.designations.test_night import BAD, DECEMBER, JANUARY, nights
from tests.district import DAY

__all__ = ["committee"]
A = DesignationAction
ENTITY = DesignationKind.CREDIT_ENTITY
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("name", "kind", "shown", "of_person"),
    [
        ("王建国", EntityType.LARGE_GROWER, "王**", True),
        ("璧山区王建国种养大户", EntityType.LARGE_GROWER, "璧山区王**种养大户", True),
        ("王建国家庭农场", EntityType.FAMILY_FARM, "王**家庭农场", True),
        ("李秀英", EntityType.LARGE_GROWER, "李**", True),
        ("禾丰合作社", EntityType.COOPERATIVE, "禾丰合作社", False),
        ("禾丰", EntityType.COOPERATIVE, "禾丰", False),
    ],
)
def test_a_person_whose_name_an_entity_bears_is_masked(committee, name, kind, shown, of_person):
    made = committee.district.entity(name=name, kind=kind, representative="王建国")
    with Session(committee.district.engine) as session:
        found = public_name(session, committee.district.cipher, subject(session, made))
    assert (found.name, found.of_person) == (shown, of_person)


@pytest.fixture
def farm(committee: Committee) -> int:
    """A farm that bears the name of its owner."""
    return committee.district.entity(name="王建国家庭农场", representative="王建国")


def checked(committee: Committee) -> int:
    """Its title, up to the notice."""
    committee.night()
    number = committee.numbers(ENTITY)[0]
    committee.step(number, A.CHECK_TOWN, by="colleague")
    return number


def shown(committee: Committee) -> list[str]:
    """The names of every notice, in the order they were posted."""
    with Session(committee.district.engine) as session:
        return list(session.scalars(select(NoticeEntry.shown_name).order_by(NoticeEntry.notice_entry_id)))


@pytest.mark.parametrize("said", [[], [True, False]], ids=["nothing", "withdrawn"])
def test_without_the_persons_own_consent_no_notice_is_posted(committee, farm, said):
    for agreed in said:
        committee.district.agrees(farm, kind=ConsentKind.PUBLICATION, agreed=agreed)
    number = checked(committee)
    with pytest.raises(Conflict, match="本人未单独同意公示"):
        committee.step(number, A.POST_NOTICE, by="colleague")
    assert shown(committee) == []
    committee.district.agrees(farm, kind=ConsentKind.PUBLICATION)
    committee.step(number, A.POST_NOTICE, by="colleague")
    assert shown(committee) == ["王**家庭农场"]


def test_a_consent_to_something_else_is_none_to_a_notice(committee, farm):
    committee.district.agrees(farm, kind=ConsentKind.RATING)
    number = checked(committee)
    with pytest.raises(Conflict, match="本人未单独同意公示"):
        committee.step(number, A.POST_NOTICE, by="colleague")


def test_of_many_those_without_consent_are_named(committee, farm):
    other = committee.district.entity()
    committee.night()
    numbers = committee.numbers(ENTITY)
    committee.all_or_none(numbers, A.CHECK_TOWN, by="colleague")
    taken = committee.all_or_none(numbers, A.POST_NOTICE, by="colleague")
    holders = {number: committee.standing(number).designation.subject_id for number in numbers}
    assert [holders[each.designation_id] for each in taken.refusals] == [farm]
    assert other in holders.values()


def test_whoever_withdraws_does_not_keep_a_title_by_it_and_is_not_named(committee, farm):
    committee.district.agrees(farm, kind=ConsentKind.PUBLICATION)
    committee.night()
    number = committee.numbers(ENTITY)[0]
    awarded = committee.designated(number)
    committee.district.observe(farm, BAD, on=awarded)
    nights(committee, [DECEMBER, JANUARY])
    committee.district.agrees(farm, kind=ConsentKind.PUBLICATION, agreed=False, first=JANUARY)
    over = JANUARY.replace(month=6, day=1)
    committee.step(number, A.POST_REVOCATION, by="colleague", on=over)
    assert shown(committee) == ["王**家庭农场", UNNAMED]


def on_the_page(committee: Committee, on: date) -> list[str]:
    """The names everybody reads on the newest notice on a day."""
    with Session(committee.district.engine) as session:
        number = session.scalars(select(Notice.number).order_by(Notice.notice_id.desc())).first()
        assert number is not None
        return [line.shown_name for line in public_notice(session, number, on=on).entries]


@pytest.mark.parametrize(("days", "given"), [(3, False), (7, True)], ids=["while it ran", "afterwards"])
def test_whoever_withdraws_is_named_no_more_and_gets_no_title_by_a_notice_cut_short(
    committee, farm, days, given
):
    committee.district.agrees(farm, kind=ConsentKind.PUBLICATION)
    number = checked(committee)
    committee.step(number, A.POST_NOTICE, by="colleague")
    begins = DAY + timedelta(days=1)
    assert on_the_page(committee, begins) == ["王**家庭农场"]
    withdrawn = begins + timedelta(days=days)
    committee.district.agrees(farm, kind=ConsentKind.PUBLICATION, agreed=False, first=withdrawn)
    assert on_the_page(committee, withdrawn) == [UNNAMED]
    after = DAY + NOTICE_DAYS
    if given:
        committee.step(number, A.AWARD, by="admin", on=after)
    else:
        with pytest.raises(Conflict, match="公示期内本人撤回了公示同意"):
            committee.step(number, A.AWARD, by="admin", on=after)
    assert (committee.state(number) == "designated") == given


def test_a_consent_that_ends_while_the_notice_would_run_is_none_to_it(committee, farm):
    end = DAY + NOTICE_DAYS - timedelta(days=1)
    committee.district.agrees(farm, kind=ConsentKind.PUBLICATION, end=end)
    number = checked(committee)
    with pytest.raises(Conflict, match=f"只在 {end} 以前有效，公示要到 {end} 期满"):
        committee.step(number, A.POST_NOTICE, by="colleague")
    assert shown(committee) == []
    committee.district.agrees(farm, kind=ConsentKind.PUBLICATION, end=end + timedelta(days=1))
    committee.step(number, A.POST_NOTICE, by="colleague")
    assert committee.step(number, A.AWARD, by="admin", on=DAY + NOTICE_DAYS).state == "designated"


def test_a_consent_that_ended_is_not_said_to_have_been_taken_back(committee, farm):
    committee.district.agrees(farm, kind=ConsentKind.PUBLICATION)
    number = checked(committee)
    committee.step(number, A.POST_NOTICE, by="colleague")
    end = DAY + timedelta(days=3)
    committee.district.agrees(farm, kind=ConsentKind.PUBLICATION, end=end)
    with pytest.raises(Conflict, match=f"公示期内本人的公示同意到期（{end} 起失效）"):
        committee.step(number, A.AWARD, by="admin", on=DAY + NOTICE_DAYS)


def test_officials_see_the_masked_name_too(committee, farm):
    number = checked(committee)
    with Session(committee.district.engine) as session:
        made = committee.standing(number).designation
        assert name_of(session, committee.district.cipher, made) == "王**家庭农场"
