"""What a report tells whoever sent a file."""

from datetime import date
from pathlib import Path

import pytest

from app.errors import Invalid
from app.jobs.imports.report import ERRORS_SHOWN_MAX, RowError
from app.jobs.sources.report import SourceReport
from tests.jobs.sources.conftest import Desk
from tests.numbers import resident

LAND = ["承包方代表身份证号", "登记日期", "确权面积（亩）", "权证状态"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_success_is_told_with_everything_that_was_set_aside(desk: Desk) -> None:
    household = desk.district.household({})
    rows = [
        [resident(household), "2026-06-30", "1", "有效"],
        [resident(700), "2026-06-30", "1", "有效"],
        [resident(household), "2026-06-30", "1", "注销"],
    ]
    form = desk.csv(LAND, *rows)
    assert [line.split(" · ")[1] for line in desk.deliver(form, "land_right").lines()] == [
        "3 rows: 1 records added, 0 as on file",
        "1 rows do not count by the mapping",
        "1 rows fit no subject and wait for a decision",
    ]
    assert "nothing changed" in next(desk.deliver(form, "land_right").lines())


def test_no_number_of_a_person_stands_in_a_report(desk: Desk) -> None:
    wrong = resident(1)[:17] + ("1" if resident(1)[17] != "1" else "2")
    report = desk.deliver(desk.csv(LAND, [wrong, "2026-06-30", "1", "有效"]), "land_right")
    assert report.error_count == 1
    assert wrong not in "".join(report.lines())


def test_of_very_many_errors_all_are_counted(backend: str) -> None:
    report = SourceReport("form.csv", "演示", dry_run=False)
    for row in range(20_000):
        report.refuse(RowError("CSV", row, "列", "", "错", "改"), ["值"])
    assert (report.error_count, len(report.errors), len(report.faulty)) == (20_000, 10_000, 10_000)
    assert len(list(report.lines())) == ERRORS_SHOWN_MAX + 2


@pytest.mark.parametrize(
    ("header", "row", "complaint"),
    [
        (["登记日期", "确权面积（亩）", "权证状态"], ["2026-06-30", "1", "有效"], "缺少识别主体的列"),
        (LAND[:2] + LAND[3:], [resident(1), "2026-06-30", "有效"], "缺少此列"),
        (["甲", "乙"], ["1", "2"], "找不到表头"),
    ],
)
def test_a_header_that_cannot_be_used_is_told(
    desk: Desk, header: list[str], row: list[str], complaint: str
) -> None:
    report = desk.deliver(desk.csv(header, row), "land_right")
    assert complaint in report.errors[0].reason


def test_a_form_without_rows_is_refused(desk: Desk) -> None:
    with pytest.raises(Invalid, match="no rows of data"):
        desk.deliver(desk.csv(LAND), "land_right")


def test_a_row_without_a_day_is_an_error(desk: Desk) -> None:
    row = [resident(desk.district.household({})), "", "1", "有效"]
    report = desk.deliver(desk.csv(LAND, row), "land_right")
    assert [(error.row, error.column) for error in report.errors] == [(2, "登记日期")]


def test_corrections_have_to_belong_to_the_file(desk: Desk, tmp_path: Path) -> None:
    form = desk.csv(LAND, [resident(1), "2026-06-30", "一", "有效"])
    with pytest.raises(Invalid, match="the one that was written for it"):
        desk.deliver(form, "land_right", corrections=desk.xlsx(["行号", "面积"], [2, 3], name="other.xlsx"))
    changed = desk.xlsx(
        ["原文件行号", *LAND], ["二", resident(1), "2026-06-30", "1", "有效"], name="changed.xlsx"
    )
    with pytest.raises(Invalid, match="its row number was changed"):
        desk.deliver(form, "land_right", corrections=changed)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"sender": ""}, "1 to 64 characters"),
        ({"observed_on": date(2026, 6, 30)}, "give none"),
    ],
)
def test_what_does_not_fit_the_form_is_refused(
    desk: Desk, changed: dict[str, object], complaint: str
) -> None:
    with pytest.raises(Invalid, match=complaint):
        desk.deliver(desk.csv(LAND, [resident(1), "2026-06-30", "1", "有效"]), "land_right", **changed)
