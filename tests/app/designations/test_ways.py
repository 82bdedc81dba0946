"""What a village or town lacks, told over a night: the least work, whom it is about, and who may see that."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from app.db import reading, transaction
from app.designations.path import Level
from app.designations.service.ways import named, town_way, village_way
from app.designations.way_words import town_words, village_words
from app.errors import NotFound
from app.models import DesignationAction as Action
from app.models import DesignationKind, Inquiry, Place, Rating
from app.models import DesignationState as State
from app.places.service import place
from scoring.titles import UNKNOWN
from tests.app.designations.committee import committee
from tests.district import COMMUNITY, GOOD, OTHER_VILLAGE, STREET, TOWN, VILLAGE, morning

__all__ = ["committee"]
SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
DAY, MONTH_END = date(2026, 11, 20), date(2026, 10, 31)
YEAR_AGO = date(2025, 10, 31)
FINE = {"cadre_default_count": 0, "village_veto": 0}
# Below A, and no veto: nothing but points is lacking.
POOR = dict(
    GOOD, overdue_days_max_24m=95, annual_income_fen=2_000_000, annual_net_income_fen=500_000,
    net_assets_fen=0, operated_land_mu=0, confirmed_right_count=0, appraisal_score=50,
    agricultural_insurance=0, credit_relation_years=0, income_source_years=0, labourer_count=1,
)  # fmt: skip
BETTER = dict(POOR, appraisal_score=70, confirmed_right_count=1)
WAN = 1_000_000


def settle(district, *, good=0, poor=(), code=VILLAGE, registered=None, borrowers=10, late=(), bad=()):
    """A village: good households first, then poor ones; the first of all borrow, some late, some bad."""
    facts = [GOOD] * good + list(poor)
    found = [district.household(one, code=code, on=DAY) for one in facts]
    for number, subject in enumerate(found[:borrowers]):
        district.loan(subject, YEAR_AGO, balance=10 * WAN)
        district.loan(
            subject,
            MONTH_END,
            balance=10 * WAN,
            overdue=5 if number in late else 0,
            code=3 if number in bad else 1,
        )
    counted = len(found) if registered is None else registered
    district.village(dict(FINE, registered_household_count=counted), code=code, on=DAY)
    return found


def of_village(district, code=VILLAGE):
    with reading(district.engine) as session:
        return village_way(session, place(session, district.place_id(code)), on=DAY)


def of_town(district, code=TOWN):
    with reading(district.engine) as session:
        return town_way(session, place(session, district.place_id(code)), on=DAY)


def scores(district):
    with reading(district.engine) as session:
        return dict(session.execute(select(Rating.subject_id, Rating.score)).all())


def test_the_nearest_household_is_the_one_that_lacks_the_fewest_points(district):
    found = settle(district, good=5, poor=[POOR, BETTER, POOR, BETTER, POOR])
    district.night(DAY)
    way = of_village(district).way
    score = scores(district)
    assert (way.household_count, way.file_count, way.musts) == (1, 0, ())
    [nearest] = way.nearest
    assert nearest.subject_id == found[6]
    assert nearest.lacking == 60 - score[found[6]] < 60 - score[found[5]]


def test_missing_files_and_late_loans_are_part_of_the_way(district):
    found = settle(district, good=10, registered=12, late={0, 1}, bad={1})
    district.night(DAY)
    way = of_village(district).way
    assert (way.file_count, way.household_count, way.work) == (1, 0, 2)
    [loan] = way.loans
    assert (loan.subject_id, loan.bad, loan.balance_fen) == (found[1], True, 10 * WAN)


def test_households_with_the_grade_and_no_file_are_named_to_be_opened_first(district):
    # A file is good for a year: what was recorded before still gives points.
    outdated = [district.household(on=DAY - timedelta(days=400)) for _ in range(2)]
    settle(district, good=10, registered=14)
    district.night(DAY)
    village = of_village(district)
    way = village.way
    assert (way.file_count, way.graded, way.household_count) == (3, tuple(outdated), 0)
    assert "新建 3 户档案（先建评级已达标的 2 户）" in village_words(village).zh
    assert "3 files opened (first 2 of households that have the grade)" in village_words(village).en
    with reading(district.engine) as session:
        seen = named(session, district.cipher, village.about, most=1)
    assert [(one.subject_id, one.name) for one in seen.files] == [(outdated[0], "王**")]


@SQLITE_ONLY
def test_a_town_names_the_villages_somebody_could_decide_over(district):
    settle(district, good=9)
    settle(district, good=3, poor=[BETTER] * 7, code=OTHER_VILLAGE)
    district.night(DAY)
    words = town_words(of_town(district))
    assert words.zh.endswith("；长隆村只待人工认定，认定后可少做上述工作")
    assert words.en.endswith("; 长隆村 wait only for a decision by hand")


@SQLITE_ONLY
def test_a_title_counts_from_the_day_it_is_given_not_from_the_next_night(committee):
    district = committee.district
    settle(district, good=10)
    settle(district, good=3, poor=[BETTER] * 7, code=OTHER_VILLAGE)
    district.night(DAY)
    assert (of_village(district).titled, of_town(district).way.village_count) == (False, 1)
    number = committee.numbers(DesignationKind.CREDIT_VILLAGE)[0]
    committee.step(number, Action.CHECK_VILLAGE, by="neighbour", on=DAY)
    committee.step(number, Action.CHECK_TOWN, by="colleague", on=DAY)
    committee.step(number, Action.POST_NOTICE, by="colleague", on=DAY)
    awarded = DAY + timedelta(days=7)
    committee.step(number, Action.AWARD, by="admin", on=awarded)
    with reading(district.engine) as session:
        village = village_way(session, place(session, district.place_id(VILLAGE)), on=awarded)
        town = town_way(session, place(session, district.place_id(TOWN)), on=awarded)
    assert (village.titled, town.way.village_count) == (True, 0)


def test_few_borrowers_are_for_a_person_to_decide(district):
    settle(district, good=9)
    district.night(DAY)
    found = of_village(district)
    assert [(must.criterion.name, must.why) for must in found.way.musts] == [
        ("on_time_borrower_share", UNKNOWN)
    ]
    assert "数据不足，须人工认定" in village_words(found).zh


def test_a_return_that_came_after_the_night_is_not_counted(district):
    settle(district, good=10)
    other = district.household(on=DAY)
    district.night(DAY)
    before = of_village(district)
    district.loan(other, MONTH_END, overdue=9, code=4, recorded=morning(DAY + timedelta(days=1)))
    assert of_village(district).way == before.way
    assert before.way.loans == ()


def test_a_community_bears_no_title(district):
    district.household(code=COMMUNITY, on=DAY)
    district.night(DAY)
    found = of_village(district, COMMUNITY)
    assert found.way is None
    assert "bears no village title" in village_words(found).en


def test_case_c_a_street_with_0_villages_needs_none(district):
    district.household(code=COMMUNITY, on=DAY)
    district.night(DAY)
    found = of_town(district, STREET)
    assert (found.way.village_count, found.way.units) == (0, ())


def test_a_town_chooses_its_cheapest_village_and_says_so(district):
    settle(district, good=5, poor=[BETTER] * 5)
    settle(district, good=3, poor=[BETTER] * 7, code=OTHER_VILLAGE)
    district.night(DAY)
    found = of_town(district)
    [unit] = found.way.units
    assert (found.way.village_count, unit.place_id) == (1, district.place_id(VILLAGE))
    words = town_words(found)
    assert words.en.startswith("大兴镇 lacks 1 village: 长隆村 needs 1 more credit household (")
    assert words.zh.startswith("大兴镇还差 1 个信用村：长隆村还需 1 户成为信用户（")


def test_a_village_that_holds_every_gate_only_waits_for_the_next_step(district):
    settle(district, good=10)
    settle(district, good=3, poor=[BETTER] * 7, code=OTHER_VILLAGE)
    district.night(DAY)
    found = of_town(district)
    assert (found.way.village_count, found.way.work) == (1, 0)
    assert "holds every gate (proposed, next check_village" in town_words(found).en
    assert "holds every gate; title 1 is proposed since" in village_words(of_village(district)).en


@SQLITE_ONLY
def test_under_the_profile_of_2023_villages_count_as_they_stand(district):
    early = date(2025, 11, 30)
    for number in range(10):
        subject = district.household(on=early)
        district.loan(subject, date(2024, 11, 30), balance=WAN)
        district.loan(subject, early, balance=WAN, overdue=9 if number == 0 else 0)
    district.village(dict(FINE, registered_household_count=10), on=early)
    district.night(early)
    with reading(district.engine) as session:
        found = town_way(session, place(session, district.place_id(TOWN)), on=early)
    assert found.report.profile.code == "cq-bishan-2023-town"
    assert (found.way.village_count, found.way.units) == (0, ())
    assert town_words(found) == town_words(found).__class__("大兴镇各项已达标", "大兴镇 holds every gate")


@SQLITE_ONLY
def test_those_who_lived_in_a_place_that_is_gone_are_found_in_its_heir(district):
    settle(district, good=5, poor=[BETTER] * 5, code=OTHER_VILLAGE)
    settle(district, good=1, borrowers=0)
    with transaction(district.engine) as session:
        session.execute(
            update(Place)
            .where(Place.code == OTHER_VILLAGE)
            .values(valid_to=DAY, successor_id=district.place_id(VILLAGE))
        )
    district.night(DAY)
    assert len(of_village(district).way.nearest) == of_village(district).way.household_count > 0


@SQLITE_ONLY
def test_whom_a_way_is_about_is_masked_and_comes_with_a_way_up(district):
    settle(district, good=5, poor=[BETTER] * 5, late={0, 1}, bad={0})
    district.night(DAY)
    found = of_village(district)
    with reading(district.engine) as session:
        seen = named(session, district.cipher, found.about, most=5)
        nobody = named(session, district.cipher, found.about, most=0)
    [household] = seen.households
    assert (household.name, household.lacking) == ("王**", found.way.nearest[0].lacking)
    assert household.way_up is not None
    assert [one.name for one in seen.loans] == ["王**"]
    assert nobody.households == []


@SQLITE_ONLY
def test_before_the_first_night_there_is_no_way(district):
    with pytest.raises(NotFound, match="no night has judged"):
        of_village(district)


def inquiries(demonstration):
    with reading(demonstration.engine) as session:
        return session.scalar(select(func.count()).select_from(Inquiry))


WAY = "/v1/towns/500120104000/way-to-title"


def test_an_official_sees_whom_it_is_about_and_every_look_is_on_record(get, demonstration):
    before = inquiries(demonstration)
    body = get("town.daxing", WAY, most=3).json()
    assert body["named"]
    assert all(one["name"].endswith("*") for one in body["households"])
    assert body["households"] or body["loans"]
    seen = {("h", one["rating_id"]) for one in body["households"]}
    assert inquiries(demonstration) - before >= len(seen)


@pytest.mark.parametrize("username", ["officer.nsh", "collector.daxing"])
def test_who_may_see_no_person_gets_the_numbers_alone(get, demonstration, username):
    before = inquiries(demonstration)
    body = get(username, WAY).json()
    official = get("town.daxing", WAY, most=0).json()
    assert (body["named"], body["households"], body["loans"]) == (False, [], [])
    without = [{**one, "work": {**one["work"], "loans_fen": None}} for one in official["units"]]
    assert body["units"] == without
    assert any(one["work"]["loans_fen"] for one in official["units"])
    assert ("万元" in body["text"]["zh"], "万元" in official["text"]["zh"]) == (False, True)
    assert "*" not in get(username, WAY).text
    assert inquiries(demonstration) - before == len({one["borrower"] for one in official["loans"]})


def test_the_parts_of_a_towns_way_are_those_of_its_villages(get):
    body = get("admin.bishan", WAY, most=0).json()
    assert sum(unit["chosen"] for unit in body["units"]) == body["villages_lacking"]
    for unit in body["units"]:
        village = get("admin.bishan", f"/v1/villages/{unit['place']['code']}/way-to-title", most=0).json()
        if unit["chosen"]:
            assert unit["work"]["files"] == village["work"]["files"]
            assert unit["work"]["households"] == village["work"]["households"]
            assert unit["work"]["loans"] >= village["work"]["loans"]


def test_outside_the_own_division_there_is_no_way(get):
    assert get("town.daxing", "/v1/towns/500120100000/way-to-title").status_code == 404
    assert get("town.daxing", "/v1/villages/500120100200/way-to-title").status_code == 404
    assert get("admin.bishan", "/v1/villages/500120104000/way-to-title").status_code == 404
    assert get("admin.bishan", WAY, most=101).status_code == 422


def test_the_day_after_changes_nothing(district):
    settle(district, good=5, poor=[BETTER] * 5)
    district.night(DAY)
    before = of_village(district)
    district.night(DAY + timedelta(days=1))
    assert of_village(district).way == before.way


def test_a_way_says_how_far_the_title_has_come_and_who_is_next(committee):
    district = committee.district
    settle(district, good=10)
    district.night(DAY)
    proposed = of_village(district)
    assert (proposed.case.state, proposed.case.next_action) == (State.PROPOSED, Action.CHECK_VILLAGE)
    assert village_words(proposed).zh == (
        f"长隆村各项已达标；信用村自 {DAY} 起创建（已提名），下一步由村（社区）村级初核，最迟 2027-01-31"
    )
    number = committee.numbers(DesignationKind.CREDIT_VILLAGE)[0]
    committee.step(number, Action.CHECK_VILLAGE, by="neighbour", on=DAY)
    committee.step(number, Action.CHECK_TOWN, by="colleague", on=DAY)
    committee.step(number, Action.POST_NOTICE, by="colleague", on=DAY)
    committee.objected(number, on=DAY)
    case = of_village(district).case
    ends = DAY + timedelta(days=7)
    assert (case.next_action, case.level, case.open_objections) == (Action.AWARD, Level.DISTRICT, 1)
    assert (case.waits_until, case.due_on) == (ends, date(2027, 1, 31))
    assert "next award at the level district, from 2026-11-27 on, by 2027-01-31" in case.words.en
    town = of_town(district)
    assert town.case is None
    assert town.villages[district.place_id(VILLAGE)].case == case
    assert "待提名" not in town_words(town).zh


@SQLITE_ONLY
def test_a_title_that_is_held_is_told_until_when(committee):
    district = committee.district
    settle(district, good=10)
    district.night(DAY)
    assert of_village(district, OTHER_VILLAGE).case is None
    number = committee.numbers(DesignationKind.CREDIT_VILLAGE)[0]
    committee.step(number, Action.CHECK_VILLAGE, by="neighbour", on=DAY)
    committee.step(number, Action.CHECK_TOWN, by="colleague", on=DAY)
    committee.step(number, Action.POST_NOTICE, by="colleague", on=DAY)
    committee.step(number, Action.AWARD, by="admin", on=DAY + timedelta(days=7))
    case = of_village(district).case
    assert (case.state, case.next_action, case.due_on) == (State.DESIGNATED, None, None)
    assert case.words.zh.endswith("有效至 2027-11-27 前")
