"""How much of a roster is on file and rated: who counts, and from when on."""

from datetime import date, timedelta

import pytest

from app.coverage.service import By, CoverageReport, coverage
from app.db import reading
from app.models import CoverageCount, EntityStatus, ExclusionReason
from app.models import EntityType as Type
from tests.district import (
    COMMUNITY,
    DAY,
    DISTRICT,
    GOOD_ENTITY,
    OTHER_TOWN,
    TOWN,
    VILLAGE,
    VILLAGE_OF_OTHER_TOWN,
    District,
    morning,
)
from tests.numbers import credit_code

SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
LATER = DAY + timedelta(days=31)
STRANGER = credit_code(9_000_000)


def report(district: District, *, on: date = DAY, by: By = By.TYPE, scope: str = DISTRICT) -> CoverageReport:
    with reading(district.engine) as session:
        return coverage(session, scope, on=on, by=by)


def line(found: CoverageReport, key: str) -> tuple[int, int, int, int]:
    """On the roster, excluded, on file and rated."""
    one = next(line for line in (*found.lines, found.total) if line.key == key)
    return one.roster_count, one.excluded_count, one.on_file_count, one.rated_count


def listed(subject_id: int, kind: Type = Type.FAMILY_FARM, code: str = VILLAGE, *, out: bool = False):
    """An entry of the roster for an entity made here."""
    return credit_code(subject_id), kind, code, ExclusionReason.SHELL if out else None


def test_an_entity_counts_by_its_file_its_rating_and_its_place_on_the_roster(district):
    full, thin = district.entity(), district.entity({"operating_years": 3})
    idle = district.entity(status=EntityStatus.SUSPENDED)
    excluded = district.entity()
    unlisted = district.entity()
    assert unlisted
    district.roster(
        [
            listed(full),
            listed(thin),
            listed(idle),
            listed(excluded, out=True),
            (STRANGER, Type.FAMILY_FARM, VILLAGE, None),
            (credit_code(9_000_001), Type.COOPERATIVE, COMMUNITY, ExclusionReason.DEREGISTERED),
        ]
    )
    summary = district.night()
    found = report(district)
    assert line(found, "family_farm") == (4, 1, 1, 1)
    assert line(found, "cooperative") == (0, 1, 0, 0)
    assert line(found, "total") == (4, 2, 1, 1)
    assert summary.coverage_changed == 2
    by_type = {one.key: one.reaches(found.goal) for one in found.lines}
    assert (by_type["family_farm"], by_type["cooperative"]) == (False, None)


@SQLITE_ONLY
def test_an_entity_counts_where_and_as_what_the_roster_names_it(district):
    entity = district.entity(code=VILLAGE)
    district.roster([listed(entity, Type.COOPERATIVE, VILLAGE_OF_OTHER_TOWN)])
    district.night()
    assert line(report(district), "cooperative") == (1, 0, 1, 1)
    towns = report(district, by=By.TOWN)
    assert (line(towns, OTHER_TOWN), line(towns, TOWN)) == ((1, 0, 1, 1), (0, 0, 0, 0))


@SQLITE_ONLY
def test_a_roster_may_name_the_town_itself(district):
    district.roster([listed(district.entity(), code=TOWN)])
    district.night()
    assert line(report(district, by=By.TOWN), TOWN) == (1, 0, 1, 1)


@SQLITE_ONLY
@pytest.mark.parametrize(("age_months", "on_file"), [(11, 1), (12, 0)])
def test_a_file_is_valid_for_less_than_twelve_months(district, age_months, on_file):
    observed = date(2024, 12, 1) if age_months == 11 else date(2024, 11, 30)
    district.roster([listed(district.entity(on=observed))])
    district.night()
    assert line(report(district), "total") == (1, 0, on_file, 1)


@SQLITE_ONLY
@pytest.mark.parametrize(("known", "on_file"), [(8, 1), (7, 0)])
def test_a_file_needs_eight_of_ten_mandatory_facts(district, known, on_file):
    mandatory = (
        "operating_years", "revenue_fen", "asset_fen", "liability_fen", "net_profit_fen",
        "scale_index", "lease_years_left", "accounts_kept", "annual_report_filed", "households_led_count",
    )  # fmt: skip
    entity = district.entity({name: GOOD_ENTITY[name] for name in mandatory[:known]})
    district.roster([listed(entity)])
    district.night()
    assert line(report(district), "total")[2] == on_file


def test_a_newer_roster_counts_from_its_day_on_and_the_day_before_still_sees_the_old_one(district):
    farm, cooperative = district.entity(), district.entity(kind=Type.COOPERATIVE)
    old = district.roster([listed(farm), listed(cooperative, Type.COOPERATIVE)])
    new = district.roster([listed(farm)], as_of=LATER, recorded=morning(DAY))
    for night in (DAY, LATER - timedelta(days=1), LATER):
        district.night(night)
    before, after = report(district, on=LATER - timedelta(days=1)), report(district, on=LATER)
    assert (before.roster and before.roster.roster_id, after.roster and after.roster.roster_id) == (old, new)
    assert (line(before, "cooperative"), line(after, "cooperative")) == ((1, 0, 1, 1), (0, 0, 0, 0))
    assert (line(before, "total"), line(after, "total")) == ((2, 0, 2, 2), (1, 0, 1, 1))


@SQLITE_ONLY
def test_a_roster_delivered_after_the_day_does_not_count_that_day(district):
    district.roster([(STRANGER, Type.FAMILY_FARM, VILLAGE, None)], recorded=morning(LATER))
    district.night()
    assert report(district).roster is None
    assert line(report(district), "total") == (0, 0, 0, 0)
    district.night(LATER)
    assert line(report(district, on=LATER), "total") == (1, 0, 0, 0)
    assert line(report(district), "total") == (0, 0, 0, 0)


@SQLITE_ONLY
def test_of_two_rosters_of_one_day_the_later_one_counts_and_an_older_one_sent_late_does_not(district):
    district.roster([(STRANGER, Type.FAMILY_FARM, VILLAGE, None)])
    counted = district.roster([(STRANGER, Type.COOPERATIVE, VILLAGE, None)])
    district.roster(
        [(STRANGER, Type.COLLECTIVE, VILLAGE, None)], as_of=date(2023, 12, 31), recorded=morning(DAY)
    )
    district.night()
    found = report(district)
    assert (found.roster and found.roster.roster_id) == counted
    assert line(found, "cooperative") == (1, 0, 0, 0)
    assert line(found, "total") == (1, 0, 0, 0)


@SQLITE_ONLY
def test_the_roster_told_is_the_one_that_counts_also_when_it_was_registered_earlier(district):
    ahead = district.roster([(STRANGER, Type.FAMILY_FARM, VILLAGE, None)], as_of=LATER, recorded=morning(DAY))
    district.roster([(STRANGER, Type.COOPERATIVE, VILLAGE, None)], as_of=DAY - timedelta(days=2))
    district.roster([(STRANGER, Type.FAMILY_FARM, VILLAGE, None)])
    for night in (DAY - timedelta(days=1), DAY, LATER):
        district.night(night)
    found = report(district, on=LATER)
    assert (found.roster and found.roster.roster_id) == ahead


@SQLITE_ONLY
def test_a_roster_that_names_nobody_of_the_district_leaves_nobody_to_count(district):
    district.roster([(STRANGER, Type.FAMILY_FARM, VILLAGE, None)])
    district.night()
    district.roster([(STRANGER, Type.FAMILY_FARM, DISTRICT, None)], as_of=LATER)
    district.night(LATER)
    assert line(report(district, on=LATER), "total") == (0, 0, 0, 0)


def test_coverage_that_did_not_change_is_not_written_again(district):
    district.roster([listed(district.entity())])
    district.night()
    before = district.rows(CoverageCount)
    assert district.night(LATER).coverage_changed == 0
    assert district.rows(CoverageCount) == before


@SQLITE_ONLY
def test_towns_and_types_come_to_the_same_total(district):
    for kind in Type:
        entity = district.entity(kind=kind)
        district.household()
        assert entity
    ids = [row[0] for row in district.rows()["agri_entities"]]
    codes = (VILLAGE, COMMUNITY, VILLAGE_OF_OTHER_TOWN)
    district.roster(
        [
            listed(one, kind, codes[at % 3], out=at == 4)
            for at, (one, kind) in enumerate(zip(ids, Type, strict=True))
        ]
    )
    district.night()
    by_town, by_type = report(district, by=By.TOWN), report(district, by=By.TYPE)
    assert by_town.total == by_type.total
    for found in (by_town, by_type):
        sums = tuple(sum(line(found, one.key)[at] for one in found.lines) for at in range(4))
        assert sums == line(found, "total") == (5, 1, 5, 5)
    town = report(district, by=By.TOWN, scope=TOWN)
    assert [one.key for one in town.lines] == [TOWN]
    assert line(town, "total") == line(by_town, TOWN)
