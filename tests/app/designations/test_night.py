"""What the night does for titles: proposes once, reviews in time, bears one bad month-end, lets lapse."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.db import Session, reading, transaction
from app.designations.found import Holder
from app.designations.service import status_report, titles_of
from app.designations.service.facts import found_of
from app.designations.service.night import month_ends
from app.errors import Conflict, Forbidden
from app.models import (
    AgriEntity,
    DesignationAction,
    DesignationKind,
    DesignationState,
    EntityState,
    EntityStatus,
    EntityType,
    ObjectionChannel,
    Place,
    PlaceKind,
    RatingRun,
)
from app.objections import service as objections
from app.objections.objection import Filing, ObjectionRules
from app.places.service import place
from app.ratings.service import current_rating
from tests.app.designations.committee import NOTICE_DAYS, Committee, committee
from tests.district import DAY, GOOD_ENTITY, STREET, VILLAGE, morning

__all__ = ["committee"]
A, S = DesignationAction, DesignationState
ENTITY, TOWN_TITLE = DesignationKind.CREDIT_ENTITY, DesignationKind.CREDIT_TOWN
VILLAGE_TITLE = DesignationKind.CREDIT_VILLAGE
AWARDED = DAY + NOTICE_DAYS
BAD = dict.fromkeys(GOOD_ENTITY, 0) | {"overdue_days_now": 200, "overdue_days_max_24m": 200}
DECEMBER, JANUARY, FEBRUARY = date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)
SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def farm(committee: Committee) -> int:
    """A farm that qualifies."""
    return committee.district.entity()


@pytest.fixture
def title(committee: Committee, farm: int) -> int:
    """Its title, given on the day the notice was over."""
    committee.night()
    number = committee.numbers(ENTITY)[0]
    committee.designated(number)
    return number


def nights(committee: Committee, days: Iterable[date]) -> None:
    for day in days:
        committee.night(day)


def actions(committee: Committee, number: int) -> list[DesignationAction]:
    return [step.action for step in committee.standing(number).steps]


def test_the_night_proposes_who_qualifies_once_and_says_how_many(committee, farm):
    poor = committee.district.entity(BAD)
    summary = committee.district.night()
    assert summary.titles == {"propose": 1}
    committee.district.night(DAY + timedelta(days=1))
    found = [committee.standing(each) for each in committee.numbers(ENTITY)]
    assert [(one.designation.subject_id, one.state, one.last.user_id) for one in found] == [
        (farm, S.PROPOSED, None)
    ]
    assert poor not in {one.designation.subject_id for one in found}
    with reading(committee.district.engine) as session:
        run = session.scalars(select(RatingRun).order_by(RatingRun.run_id.desc())).first()
        assert run is not None
        assert run.known_until["designation_steps"] == found[0].last.designation_step_id


def test_who_was_refused_is_not_proposed_again_by_the_night(committee, farm):
    committee.night()
    committee.step(committee.numbers(ENTITY)[0], A.REFUSE, by="clerk")
    nights(committee, [DAY + timedelta(days=1), DAY + timedelta(days=400 - 40)])
    assert len(committee.numbers(ENTITY)) == 1


@SQLITE_ONLY
def test_a_review_begins_before_the_title_ends_and_what_is_not_renewed_lapses(
    committee, farm, title, monkeypatch
):
    until = committee.standing(title).last.valid_until
    assert until == date(2026, 12, 7)
    committee.district.observe(farm, GOOD_ENTITY, on=date(2026, 9, 1))
    committee.night(until - timedelta(days=61))
    assert committee.state(title) is S.DESIGNATED
    committee.night(until - timedelta(days=60))
    assert committee.state(title) is S.UNDER_REVIEW
    monkeypatch.setattr("app.clock.today", lambda: until)
    committee.night(until)
    assert committee.state(title) is S.LAPSED
    with reading(committee.district.engine) as session:
        holder = Holder(committee.place_of(session, farm), farm)
        assert titles_of(session, [holder], on=until) == {}
        assert titles_of(session, [holder], on=until - timedelta(days=1))[holder.key][0].kind is ENTITY


@pytest.fixture
def shown(committee: Committee, farm: int) -> int:
    """A proposal whose notice ended on the day `AWARDED` without a decision."""
    committee.night()
    number = committee.numbers(ENTITY)[0]
    committee.noticed(number)
    return number


TOO_LATE = AWARDED + timedelta(days=90)


def test_what_nobody_decides_in_time_lapses_and_is_proposed_anew(committee, farm, shown):
    committee.night(TOO_LATE - timedelta(days=1))
    assert committee.state(shown) is S.NOTICED
    committee.night(TOO_LATE)
    assert (committee.state(shown), committee.numbers(ENTITY)) == (S.LAPSED, [shown])
    committee.night(TOO_LATE + timedelta(days=1))
    assert [committee.state(each) for each in committee.numbers(ENTITY)] == [S.LAPSED, S.PROPOSED]


@pytest.mark.parametrize(("upheld", "then"), [(False, S.LAPSED), (True, S.NOTICED)])
def test_what_was_objected_to_waits_for_somebodys_answer(committee, shown, upheld, then):
    objection = committee.objected(shown)
    committee.night(TOO_LATE)
    assert committee.state(shown) is S.NOTICED
    committee.answered(objection, upheld=upheld, on=TOO_LATE)
    committee.night(TOO_LATE + timedelta(days=1))
    assert committee.state(shown) is then


@SQLITE_ONLY
def test_a_renewed_title_goes_on_for_another_year_with_a_new_certificate(committee, farm, title):
    committee.district.observe(farm, GOOD_ENTITY, on=date(2026, 9, 1))
    committee.night(date(2026, 10, 20))
    step = committee.step(title, A.RENEW, by="admin", on=date(2026, 11, 20))
    assert (step.state, step.valid_until) == (S.DESIGNATED, date(2027, 12, 7))


def test_one_bad_month_end_is_borne_and_the_second_in_a_row_begins_probation(committee, farm, title):
    committee.district.observe(farm, BAD, on=date(2025, 12, 20))
    committee.night(DECEMBER)
    assert committee.state(title) is S.DESIGNATED
    committee.night(JANUARY)
    assert committee.state(title) is S.ON_PROBATION
    assert committee.standing(title).last.user_id is None


def test_a_good_month_end_between_two_bad_ones_ends_the_row(committee, farm, title):
    committee.district.observe(farm, BAD, on=date(2025, 12, 20))
    committee.night(DECEMBER)
    committee.district.observe(farm, GOOD_ENTITY, on=date(2026, 1, 20))
    committee.night(JANUARY)
    committee.district.observe(farm, BAD, on=date(2026, 2, 20))
    committee.night(FEBRUARY)
    assert committee.state(title) is S.DESIGNATED


def test_who_is_cured_within_the_grace_is_restored_at_the_month_end(committee, farm, title):
    committee.district.observe(farm, BAD, on=date(2025, 12, 20))
    nights(committee, [DECEMBER, JANUARY])
    committee.district.observe(farm, GOOD_ENTITY, on=date(2026, 2, 10))
    committee.night(date(2026, 2, 11))
    assert committee.state(title) is S.ON_PROBATION
    committee.night(FEBRUARY)
    assert committee.state(title) is S.DESIGNATED


@SQLITE_ONLY
def test_after_the_grace_a_person_proposes_the_revocation_and_another_decides(committee, farm, title):
    committee.district.observe(farm, BAD, on=date(2025, 12, 20))
    nights(committee, [DECEMBER, JANUARY])
    over = JANUARY + timedelta(days=90)
    committee.night(over)
    assert committee.state(title) is S.ON_PROBATION
    with pytest.raises(Conflict, match="time to cure runs until"):
        committee.step(title, A.POST_REVOCATION, by="admin", on=over - timedelta(days=1))
    committee.step(title, A.POST_REVOCATION, by="admin", on=over)
    with pytest.raises(Forbidden, match="another person decides"):
        committee.step(title, A.REVOKE, by="admin", on=over + NOTICE_DAYS)
    with pytest.raises(Conflict, match="it ends on"):
        committee.step(title, A.REVOKE, by="deputy", on=over)
    assert committee.step(title, A.REVOKE, by="deputy", on=over + NOTICE_DAYS).state is S.REVOKED


@SQLITE_ONLY
def test_who_holds_again_when_it_is_decided_keeps_the_title(committee, farm, title):
    committee.district.observe(farm, BAD, on=date(2025, 12, 20))
    nights(committee, [DECEMBER, JANUARY])
    over = JANUARY + timedelta(days=90)
    committee.step(title, A.POST_REVOCATION, by="admin", on=over)
    committee.district.observe(farm, GOOD_ENTITY, on=over + timedelta(days=1))
    committee.night(over + timedelta(days=2))
    with pytest.raises(Conflict, match="only keep is left"):
        committee.step(title, A.REVOKE, by="deputy", on=over + NOTICE_DAYS)
    assert committee.step(title, A.KEEP, by="deputy", on=over + NOTICE_DAYS).state is S.DESIGNATED


def test_while_an_objection_is_open_no_downgrade_puts_on_probation(committee, farm, title):
    district = committee.district
    district.observe(farm, BAD, on=date(2025, 12, 20))
    committee.night(DECEMBER)
    with transaction(district.engine) as session:
        rating = current_rating(session, farm)
        assert rating is not None
        filing = Filing(farm, "逾期已还清。", ObjectionChannel.DESK, rating_id=rating.rating_id)
        objections.raise_at_office(
            session,
            district.cipher,
            filing,
            viewer=committee.viewers["clerk"],
            at=morning(JANUARY),
            rules=ObjectionRules(20, 5),
        )
    committee.night(JANUARY)
    assert committee.state(title) is S.DESIGNATED
    with pytest.raises(Conflict, match="an objection of the subject is open"):
        committee.step(title, A.PUT_ON_PROBATION, by="clerk", on=JANUARY)


def test_the_title_of_an_entity_that_was_struck_off_lapses_and_says_so(committee, farm, title):
    with transaction(committee.district.engine) as session:
        session.add(
            EntityState(
                subject_id=farm,
                entity_type=EntityType.FAMILY_FARM,
                status=EntityStatus.DEREGISTERED,
                recorded_at=morning(AWARDED),
            )
        )
        session.get_one(AgriEntity, farm).status = EntityStatus.DEREGISTERED
    committee.night(AWARDED)
    standing = committee.standing(title)
    assert (standing.state, "注销" in standing.last.reason) == (S.LAPSED, True)


def designated_place(committee: Committee, kind: DesignationKind, code: str, *, on: date) -> int:
    """A village or town whose gates are too few to tell, given its title by hand."""
    number = committee.apply(
        kind, place=code, by="village" if kind is VILLAGE_TITLE else "clerk", on=on,
        reason="贷款户少，逐户核实", document="区信用办〔2026〕1号",
    )  # fmt: skip
    if kind is VILLAGE_TITLE:
        committee.step(number, A.CHECK_VILLAGE, by="neighbour", on=on)
    committee.step(number, A.CHECK_TOWN, by="colleague", on=on)
    committee.step(number, A.POST_NOTICE, by="colleague", on=on)
    committee.step(number, A.AWARD, by="admin", on=on + NOTICE_DAYS, document="区信用办〔2026〕1号")
    return number


NOVEMBER = date(2026, 11, 2)


def good_village(committee: Committee) -> None:
    """A village with ten good households on file, too few borrowers to tell."""
    committee.district.village(
        {"registered_household_count": 3, "cadre_default_count": 0, "village_veto": 0},
        code=VILLAGE, on=NOVEMBER,
    )  # fmt: skip
    for _ in range(3):
        committee.district.household(on=NOVEMBER)


@SQLITE_ONLY
def test_case_k_the_title_of_a_village_that_becomes_a_community_lapses_with_the_reason(committee):
    good_village(committee)
    committee.night(NOVEMBER)
    number = designated_place(committee, VILLAGE_TITLE, VILLAGE, on=NOVEMBER)
    assert committee.state(number) is S.DESIGNATED
    changed = NOVEMBER + NOTICE_DAYS + timedelta(days=1)
    with transaction(committee.district.engine) as session:
        old = session.scalars(select(Place).where(Place.code == VILLAGE)).one()
        made = Place(
            code_system=old.code_system, code="500120104009", mca_code=None, name="大兴新社区",
            kind=PlaceKind.COMMUNITY, parent_id=old.parent_id, valid_from=changed, valid_to=None,
            successor_id=None,
        )  # fmt: skip
        session.add(made)
        session.flush()
        old.valid_to, old.successor_id = changed, made.place_id
    committee.night(changed - timedelta(days=1))
    assert committee.state(number) is S.DESIGNATED
    committee.night(changed)
    standing = committee.standing(number)
    assert (standing.state, f"自 {changed} 起" in standing.last.reason) == (S.LAPSED, True)


@SQLITE_ONLY
def test_case_c_a_street_without_villages_is_not_held_back_by_its_villages(committee):
    committee.night(NOVEMBER)
    with Session(committee.district.engine) as session:
        rules = committee.rules(TOWN_TITLE, on=NOVEMBER)
        holders = [Holder(committee.district.place_id(code)) for code in (STREET, "500120104000")]
        street, town = found_of(session, holders, rules=rules, on=NOVEMBER).values()
    assert street.facts["villages"] == 0
    assert "villages_first" not in street.blocks
    assert street.facts["gates"]["designated_village_share"] == "not_applicable"
    assert town.facts["villages"] == 2
    assert "villages_first" in town.blocks


@SQLITE_ONLY
def test_a_village_that_bears_the_title_counts_for_its_town_from_the_next_night_on(committee):
    good_village(committee)
    committee.night(NOVEMBER)
    designated_place(committee, VILLAGE_TITLE, VILLAGE, on=NOVEMBER)
    committee.night(NOVEMBER + NOTICE_DAYS)
    with Session(committee.district.engine) as session:
        town = place(session, committee.district.place_id("500120104000"))
        share = status_report(session, town).measure("designated_village_share")
    assert share is not None
    assert (share.numerator, share.denominator) == (1, 2)


@pytest.mark.parametrize(
    ("since", "until", "ends"),
    [
        (date(2025, 12, 7), date(2026, 1, 30), [DECEMBER]),
        (date(2025, 12, 7), date(2026, 1, 31), [DECEMBER, JANUARY]),
        (DECEMBER, date(2026, 1, 31), [JANUARY]),
        (DECEMBER, date(2026, 1, 30), []),
    ],
)
def test_the_month_ends_since_a_day_are_those_after_it(since, until, ends):
    assert month_ends(since, until=until) == ends
