"""How the gates of a place stood at month-ends: what the newest night up to each of them said."""

from datetime import date

import pytest

from app.db import reading
from app.designations.service.trends import month_ends, trend_of
from app.places.service import place
from tests.district import VILLAGE


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (date(2026, 3, 31), [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]),
        (date(2026, 3, 30), [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)]),
        (date(2024, 2, 29), [date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29)]),
    ],
)
def test_month_ends_are_the_last_days_of_months_that_are_over(until, expected):
    assert month_ends(until, months=3) == expected


def coverage_by_month(district, *, until, months):
    with reading(district.engine) as session:
        points = trend_of(session, place(session, district.place_id(VILLAGE)), until=until, months=months)
        return [
            (point.on, None if point.report is None else point.report.kept["file_coverage"].numerator)
            for point in points
        ]


def test_a_month_end_shows_what_its_newest_night_said(district):
    district.household(on=date(2026, 1, 5))
    district.village({"registered_household_count": 10}, on=date(2026, 1, 5))
    district.night(date(2026, 1, 10))
    district.night(date(2026, 2, 20))
    district.household(on=date(2026, 3, 1))
    district.night(date(2026, 3, 31))
    district.household(on=date(2026, 4, 1))
    district.night(date(2026, 4, 2))
    assert coverage_by_month(district, until=date(2026, 4, 2), months=4) == [
        (date(2025, 12, 31), None),
        (date(2026, 1, 31), 1),
        (date(2026, 2, 28), 1),
        (date(2026, 3, 31), 2),
    ]


def test_a_trend_has_36_months_with_every_gate(get):
    body = get("officer.nsh", "/v1/villages/500120104200/trend").json()
    assert len(body["months"]) == 36
    assert body["months"][0]["month_end"] < body["months"][-1]["month_end"] <= body["as_of"]
    town = get("officer.nsh", "/v1/towns/500120104000/trend", months=1).json()
    assert len(town["months"]) == 1
    assert get("officer.nsh", "/v1/towns/500120104000/trend", months=0).status_code == 422
