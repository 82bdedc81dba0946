"""Villages and towns: what their measures count, and which gates hold."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from app.db import reading, transaction
from app.designations.service import StatusReport, status_report
from app.models import EntityType as Type
from app.models import ExclusionReason, GateState, Place, PlaceStatus, Subject
from app.places.service import place
from tests.district import (
    COMMUNITY,
    DAY,
    GOOD,
    OTHER_TOWN,
    OTHER_VILLAGE,
    STREET,
    TOWN,
    VILLAGE,
    District,
    morning,
)
from tests.numbers import credit_code

SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
YEAR_AGO = date(2024, 11, 30)
FINE = {"registered_household_count": 11, "cadre_default_count": 0, "village_veto": 0}


def report(district: District, code: str) -> StatusReport:
    with reading(district.engine) as session:
        return status_report(session, place(session, district.place_id(code)))


def numbers(found: StatusReport) -> dict[str, tuple[float | None, float | None]]:
    return {line.name: (line.numerator, line.denominator) for line in found.measures}


def states(found: StatusReport) -> dict[str, str]:
    return {line.name: line.state.value for line in found.gates}


def borrowers(district: District, how_many: int, *, code: str = VILLAGE, late: int = 0, bad: int = 0) -> None:
    """Credit households with a loan; of these the first are late, and the first loans bad."""
    for number in range(how_many):
        household = district.household(code=code)
        district.loan(household, YEAR_AGO)
        overdue, loan_class = 3 if number < late else 0, 3 if number < bad else 1
        district.loan(household, DAY, overdue=overdue, code=loan_class)


def test_a_village_that_holds_every_gate_and_its_town(district):
    borrowers(district, 10)
    district.household(dict(GOOD, judgment_defaulter=1))
    district.village(FINE)
    district.night()
    found = report(district, VILLAGE)
    assert found.state is GateState.HOLDS
    assert set(states(found).values()) == {"holds"}
    assert numbers(found) == {
        "file_coverage": (11, 11),
        "credit_household_share": (10, 11),
        "credit_household_share_registered": (10, 11),
        "on_time_borrower_share": (10, 10),
        "npl_share": (0, 1000),
        "npl_increment": (0, None),
        "cadre_default_count": (0, None),
        "village_veto_count": (0, None),
    }
    assert found.grade_counts == {"household": {"AAA": 10, "B": 1}}
    town = report(district, TOWN)
    assert numbers(town)["credit_village_share"] == (1, 2)
    assert states(town)["credit_village_share"] == "holds"
    assert town.grade_counts == found.grade_counts


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("how_many", "late", "state"),
    [(9, 0, "insufficient"), (10, 0, "holds"), (10, 1, "holds"), (10, 2, "fails"), (0, 0, "insufficient")],
)
def test_borrowers_on_time_are_judged_from_ten_borrowers_on(district, how_many, late, state):
    borrowers(district, how_many, late=late)
    district.village(FINE)
    district.night()
    found = report(district, VILLAGE)
    assert states(found)["on_time_borrower_share"] == state
    assert numbers(found)["on_time_borrower_share"] == (how_many - late, how_many)


@SQLITE_ONLY
def test_a_village_without_borrowers_is_insufficient_and_not_failing(district):
    for _ in range(11):
        district.household()
    district.village(FINE)
    district.night()
    found = report(district, VILLAGE)
    gates = states(found)
    assert found.state is GateState.INSUFFICIENT
    assert {name for name, state in gates.items() if state != "holds"} == {
        "on_time_borrower_share", "npl_share", "npl_increment",
    }  # fmt: skip
    assert {gates[name] for name in ("on_time_borrower_share", "npl_share", "npl_increment")} == {
        "insufficient"
    }


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("facts", "gate", "state"),
    [
        ({"cadre_default_count": 1}, "cadre_default_count", "fails"),
        ({"village_veto": 1}, "village_veto_count", "fails"),
        ({"registered_household_count": 12}, "file_coverage", "holds"),
        ({"registered_household_count": 13}, "file_coverage", "fails"),
        (None, "file_coverage", "insufficient"),
        (None, "cadre_default_count", "insufficient"),
        (None, "village_veto_count", "insufficient"),
    ],
)
def test_what_the_village_reports_of_itself_is_judged_and_unknown_is_not_zero(district, facts, gate, state):
    for _ in range(11):
        district.household()
    if facts is not None:
        district.village(FINE | facts)
    district.night()
    assert states(report(district, VILLAGE))[gate] == state


@SQLITE_ONLY
def test_a_repaid_loan_is_no_borrower_and_one_late_loan_makes_a_household_late(district):
    repaid, late = district.household(), district.household()
    district.loan(repaid, DAY, balance=0, overdue=9)
    district.loan(late, DAY, balance=100)
    district.loan(late, DAY, balance=300, overdue=1, code=3)
    entity = district.entity()
    district.loan(entity, DAY, balance=600, overdue=5)
    district.night()
    found = numbers(report(district, VILLAGE))
    assert (found["on_time_borrower_share"], found["npl_share"]) == ((0, 1), (300, 1000))


@SQLITE_ONLY
def test_a_loan_return_that_came_after_the_day_does_not_count(district):
    household = district.household()
    district.loan(household, date(2025, 10, 31), balance=100)
    late = morning(DAY + timedelta(days=1))
    district.loan(household, DAY, balance=500, code=5, recorded=late)
    district.night()
    assert numbers(report(district, VILLAGE))["npl_share"] == (0, 100)


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("now", "year_ago"),
    [(DAY, YEAR_AGO), (date(2025, 2, 28), date(2024, 2, 29)), (date(2024, 2, 29), date(2023, 2, 28))],
)
def test_the_increment_compares_with_the_same_month_end_a_year_ago(district, now, year_ago):
    household = district.household(on=now)
    month_before = year_ago.replace(day=1) - timedelta(days=1)
    district.loan(household, month_before, balance=100)
    district.loan(household, year_ago, balance=50, code=3)
    district.loan(household, year_ago, balance=50)
    district.loan(household, now, balance=60, code=3)
    district.loan(household, now, balance=40)
    district.night(now)
    assert numbers(report(district, VILLAGE))["npl_increment"][0] == pytest.approx(0.6 - 0.5)


@SQLITE_ONLY
@pytest.mark.parametrize(("before", "now", "state"), [(3, 4, "holds"), (0, 1, "holds"), (300, 401, "fails")])
def test_one_point_more_of_bad_loans_still_holds(district, before, now, state):
    household = district.household()
    whole = 100 if now < 100 else 10_000
    for month_end, bad in ((YEAR_AGO, before), (DAY, now)):
        district.loan(household, month_end, balance=bad, code=3)
        district.loan(household, month_end, balance=whole - bad)
    district.night()
    assert states(report(district, VILLAGE))["npl_increment"] == state


@SQLITE_ONLY
def test_without_a_return_of_a_year_ago_the_increment_is_unknown(district):
    household = district.household()
    district.loan(household, DAY, balance=100)
    district.night()
    found = report(district, VILLAGE)
    assert numbers(found)["npl_increment"] == (None, None)
    assert states(found)["npl_increment"] == "insufficient"


@SQLITE_ONLY
def test_a_village_without_loans_a_year_ago_had_no_bad_ones(district):
    elsewhere = district.household(code=OTHER_VILLAGE)
    district.loan(elsewhere, YEAR_AGO)
    district.loan(district.household(), DAY, balance=100)
    district.night()
    assert states(report(district, VILLAGE))["npl_increment"] == "holds"


@SQLITE_ONLY
def test_a_street_without_villages_is_not_judged_by_its_villages(district):
    district.household(code=COMMUNITY)
    district.roster([(credit_code(1), Type.FAMILY_FARM, COMMUNITY, ExclusionReason.SHELL)])
    district.night()
    street = report(district, STREET)
    gates = states(street)
    assert gates["credit_village_share"] == "not_applicable"
    assert gates["entity_file_coverage"] == "not_applicable"
    assert gates["npl_share"] == "insufficient"
    assert street.state is GateState.INSUFFICIENT
    assert street.grade_counts == {"household": {"AAA": 1}}


@SQLITE_ONLY
def test_a_community_is_measured_but_holds_no_title(district):
    borrowers(district, 2, code=COMMUNITY, late=1, bad=1)
    district.night()
    found = report(district, COMMUNITY)
    assert (found.state, found.gates) == (GateState.NOT_APPLICABLE, ())
    assert numbers(found)["on_time_borrower_share"] == (1, 2)
    assert numbers(found)["npl_share"] == (100, 200)
    assert found.grade_counts == {"household": {"AAA": 2}}


@SQLITE_ONLY
def test_the_loans_of_a_town_are_those_of_its_villages_and_no_others(district):
    borrowers(district, 2, late=1, bad=1)
    borrowers(district, 3, code=OTHER_VILLAGE)
    borrowers(district, 1, code=COMMUNITY, bad=1)
    district.night()
    town = numbers(report(district, TOWN))
    assert (town["on_time_borrower_share"], town["npl_share"]) == ((4, 5), (100, 500))
    assert numbers(report(district, OTHER_TOWN))["npl_share"] == (0, 0)


@SQLITE_ONLY
def test_the_households_of_a_village_that_is_gone_count_for_its_successor(district):
    district.household(code=OTHER_VILLAGE)
    district.village({"registered_household_count": 5}, code=OTHER_VILLAGE)
    district.night()
    heir = district.place_id(VILLAGE)
    with transaction(district.engine) as session:
        session.execute(
            update(Place).where(Place.code == OTHER_VILLAGE).values(valid_to=DAY, successor_id=heir)
        )
    later = DAY + timedelta(days=1)
    district.household(on=later)
    district.night(later)
    assert numbers(report(district, VILLAGE))["credit_household_share"] == (2, 2)
    assert report(district, VILLAGE).since == later
    with reading(district.engine) as session:
        gone = select(PlaceStatus).join(Place, Place.place_id == PlaceStatus.place_id)
        assert len(session.scalars(gone.where(Place.code == OTHER_VILLAGE)).all()) == 1
        assert len(set(session.scalars(select(Subject.place_id)))) == 2
