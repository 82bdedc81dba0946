"""A rating is compared with its village and with those who just passed, never with a few people."""

from datetime import timedelta

import pytest

from app.db import reading
from app.ratings.service import current_rating, explained
from tests.district import DAY, GOOD, VILLAGE, VILLAGE_OF_OTHER_TOWN

# 60 points are the least credit grade: with these facts a household has 62.
JUST_PASSED: dict[str, float] = {
    "debt_fen": 0, "annual_income_fen": 6_000_000, "guarantee_fen": 0, "annual_net_income_fen": 4_500_000,
    "household_size": 3, "labourer_count": 1, "income_source_count": 1, "income_source_years": 4,
    "operated_land_mu": 2, "net_assets_fen": 9_000_000, "confirmed_right_count": 3,
}  # fmt: skip


def line(district, subject_id, name):
    with reading(district.engine) as session:
        found = current_rating(session, subject_id)
        assert found is not None
        told = explained(session, found)
        return told, next(line for line in told.explanation.lines if line.name == name)


def test_points_are_lost_against_the_mean_of_the_village(district):
    poor = dict(GOOD) | {"confirmed_right_count": 0}
    weak = district.household(poor)
    for _ in range(9):
        district.household()
    district.night()
    told, rights = line(district, weak, "confirmed_rights")
    # Nine have 6 points and one has none: the mean is 5.4.
    assert (rights.points, rights.lost_to_full, rights.lost_to_village) == (0, 6, 5.4)
    assert told.explanation.lines[0].lost_to_village == 0


@pytest.mark.parametrize(("neighbours", "expected"), [(8, None), (9, 0.0)])
def test_fewer_than_ten_are_not_compared(district, neighbours, expected):
    first = district.household()
    for _ in range(neighbours):
        district.household()
    for _ in range(10):
        district.household(code=VILLAGE_OF_OTHER_TOWN)
    district.night()
    _, rights = line(district, first, "confirmed_rights")
    assert rights.lost_to_village == expected


def test_those_who_just_passed_are_compared_in_the_whole_district(district):
    weak = district.household(dict(GOOD) | {"confirmed_right_count": 0})
    for code in (VILLAGE, VILLAGE_OF_OTHER_TOWN):
        for _ in range(5):
            district.household(JUST_PASSED, code=code)
    district.night()
    _, rights = line(district, weak, "confirmed_rights")
    assert rights.lost_to_passing == 6
    passed, _ = line(district, weak + 1, "confirmed_rights")
    assert passed.explanation.score == 62


def test_a_rating_is_compared_as_on_its_own_night(district):
    weak = district.household(dict(GOOD) | {"confirmed_right_count": 0})
    others = [district.household() for _ in range(9)]
    district.night()
    next_day = DAY + timedelta(days=1)
    for other in others:
        district.observe(other, {"confirmed_right_count": 1}, on=next_day)
    district.night(next_day)
    _, rights = line(district, weak, "confirmed_rights")
    assert rights.lost_to_village == 5.4
    _, now = line(district, others[0], "confirmed_rights")
    assert (now.points, now.lost_to_village) == (2, 0)


def test_every_point_names_the_records_it_comes_from(district):
    subject_id = district.household()
    district.night()
    told, income = line(district, subject_id, "income_per_head")
    assert income.inputs == ("annual_net_income_fen", "household_size")
    assert set(told.record_ids) == set(GOOD)
    assert len(set(told.record_ids.values())) == len(GOOD)
