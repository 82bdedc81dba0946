"""What a night compares dates and grades with."""

from datetime import date

import numpy as np
import pytest

from app.jobs.night.rating import RatingColumns, changes
from app.records.current import months_before

GRADES = ("AAA", "AA", "A", "B", "N")


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2025, 11, 30), 12, date(2024, 11, 30)),
        (date(2025, 1, 15), 1, date(2024, 12, 15)),
        (date(2025, 12, 31), 12, date(2024, 12, 31)),
        (date(2025, 3, 31), 1, date(2025, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2025, 2, 28), 12, date(2024, 2, 28)),
    ],
)
def test_some_months_before_a_day_is_that_day_of_the_month_or_its_last(day, months, before):
    assert months_before(day, months) == before


def columns(grades: list[str], *, on_file: bool = True) -> RatingColumns:
    rows = len(grades)
    ranks = np.array([GRADES.index(grade) if grade else -1 for grade in grades], dtype=np.int8)
    numbers = np.zeros(rows, dtype=np.int64)
    return RatingColumns(
        np.arange(rows), numbers, ranks, numbers.astype(np.int16), numbers, numbers, numbers.astype(np.int16),
        numbers.astype(np.int8), np.full(rows, on_file), numbers.astype(np.int16),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "changed", "upgraded", "downgraded"),
    [
        ("B", "AAA", 1, 1, 0),
        ("AAA", "AA", 1, 0, 1),
        ("A", "A", 0, 0, 0),
        ("N", "AAA", 1, 0, 0),
        ("AAA", "N", 1, 0, 0),
        ("", "AAA", 1, 0, 0),
        ("", "N", 1, 0, 0),
    ],
)
def test_a_grade_moves_up_or_down_only_between_grades(before, after, changed, upgraded, downgraded):
    found = changes(columns([after]), columns([before]), grades=GRADES)
    assert (int(found.rows.sum()), found.upgraded, found.downgraded) == (changed, upgraded, downgraded)


def test_a_file_that_is_no_longer_valid_is_a_change_of_the_rating():
    found = changes(columns(["A"], on_file=False), columns(["A"]), grades=GRADES)
    assert (found.rows.tolist(), found.upgraded, found.downgraded) == ([True], 0, 0)
