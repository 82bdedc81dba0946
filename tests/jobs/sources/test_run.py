"""A delivery lands whole, once, and exactly; or not at all."""

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from app.db import Session
from app.errors import Invalid
from app.jobs.sources import write_faulty_rows
from app.models import AdverseRecord, Batch, QuarantinedRow, Record, SourceRow
from tests.jobs.sources.conftest import Desk
from tests.numbers import credit_code, resident

LAND = ["承包方代表身份证号", "承包方代表", "登记日期", "确权面积（亩）", "权证状态", "备注"]
PARCELS = ["承包方编码", "地块编码", "调查年月", "实测面积（平方米）", "是否确权"]
ARREARS = ["身份证号", "欠税编号", "所属月份", "清缴日期", "告知日期"]


def land(subject_id: int, **changed: str) -> list[str]:
    """A row of the form of land rights."""
    row = {
        "number": resident(subject_id), "name": "王建国", "day": "2026-06-30", "area": "3.25",
        "state": "有效", "note": "演示数据（合成）",
    }  # fmt: skip
    return list((row | changed).values())


def test_a_form_becomes_records_with_their_day_value_and_row(desk: Desk) -> None:
    one, other = desk.district.household({}), desk.district.household({})
    report = desk.deliver(desk.csv(LAND, land(one), land(other, area="１，２00.5")), "land_right")
    assert (report.error_count, report.added) == (0, 2), list(report.lines())
    assert desk.records(one) == [("confirmed_land_mu", 3.25, date(2026, 6, 30), 2)]
    assert desk.records(other) == [("confirmed_land_mu", 1200.5, date(2026, 6, 30), 3)]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_form_may_be_in_any_encoding_offices_use(desk: Desk, encoding: str) -> None:
    household = desk.district.household({})
    report = desk.deliver(desk.csv(LAND, land(household), encoding=encoding), "land_right")
    assert report.added == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_same_form_as_a_workbook_and_as_parquet_gives_the_same_records(
    desk: Desk, tmp_path: Path
) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    households = [desk.district.household({}) for _ in range(3)]
    rows = [land(household) for household in households]
    table = pyarrow.table(
        {
            "身份证号": [row[0] for row in rows],
            "登记日期": [date(2026, 6, 30)] * 3,
            "确权面积（亩）": [3.25, 0.1, 7.0],
            "权证状态": ["有效"] * 3,
        }
    )
    parquet.write_table(table, tmp_path / "form.parquet")
    assert desk.deliver(tmp_path / "form.parquet", "land_right").added == 3
    again = [
        [row[0], row[1], date(2026, 6, 30), area, *row[4:]]
        for row, area in zip(rows, [3.25, 0.1, 7], strict=True)
    ]
    report = desk.deliver(desk.xlsx(["土地承包经营权确权登记表"], LAND, *again), "land_right")
    assert (report.added, report.unchanged) == (0, 3)


def test_the_same_delivery_again_changes_nothing(desk: Desk) -> None:
    form = desk.csv(LAND, land(desk.district.household({})))
    desk.deliver(form, "land_right")
    assert desk.deliver(form, "land_right").already_imported
    assert desk.count(Record) == 1


def test_only_what_a_source_has_not_said_before_is_written(desk: Desk) -> None:
    same, changed = desk.district.household({}), desk.district.household({})
    desk.deliver(desk.csv(LAND, land(same), land(changed)), "land_right")
    report = desk.deliver(desk.csv(LAND, land(same), land(changed, area="4")), "land_right")
    assert (report.added, report.unchanged) == (1, 1)
    assert [value for _, value, _, _ in desk.records(changed)] == [3.25, 4]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_value_that_returns_to_an_older_one_is_written_again(desk: Desk) -> None:
    household = desk.district.household({})
    for area in ("3", "4", "3.0"):
        desk.deliver(desk.csv(LAND, land(household, area=area)), "land_right")
    assert [value for _, value, _, _ in desk.records(household)] == [3, 4, 3]


def test_one_wrong_cell_and_nothing_is_written(desk: Desk) -> None:
    rows = [
        land(desk.district.household({})),
        land(desk.district.household({}), area="三亩"),
        land(1, number="5001"),
    ]
    report = desk.deliver(desk.csv(LAND, *rows), "land_right")
    assert [(error.row, error.column) for error in report.errors] == [
        (3, "确权面积（亩）"),
        (4, "承包方代表证件号码"),
    ]
    assert desk.count(Record) == desk.count(Batch) - 2 == 0


def test_an_error_in_the_last_block_takes_back_the_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.jobs.sources.delivery.BLOCK_ROWS", 2)
    rows = [land(desk.district.household({})) for _ in range(6)]
    report = desk.deliver(desk.csv(LAND, *rows, land(1, area="-1")), "land_right")
    assert report.error_count == 1
    assert desk.count(Record) == 0


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_second_row_of_a_subject_is_an_error_across_blocks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.jobs.sources.delivery.BLOCK_ROWS", 2)
    household = desk.district.household({})
    rows = [land(household), *(land(desk.district.household({})) for _ in range(4)), land(household)]
    report = desk.deliver(desk.csv(LAND, *rows), "land_right")
    assert [(error.row, "第 2 行" in error.reason) for error in report.errors] == [(7, True)]


def test_a_dry_run_reports_the_same_and_writes_nothing(desk: Desk) -> None:
    form = desk.csv(LAND, land(desk.district.household({})), land(999))
    trial = desk.deliver(form, "land_right", dry_run=True)
    assert desk.count(Record) == desk.count(QuarantinedRow) == 0
    real = desk.deliver(form, "land_right")
    assert (trial.added, trial.quarantined) == (real.added, real.quarantined) == (1, 1)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_rows_the_mapping_does_not_count_leave_no_trace(desk: Desk) -> None:
    report = desk.deliver(desk.csv(LAND, land(desk.district.household({}), state="注销")), "land_right")
    assert (report.left_out, report.added) == (1, 0)


def test_parcels_of_another_form_are_summed_up_and_every_row_is_kept(desk: Desk) -> None:
    household, other = desk.district.household({}), desk.district.household({})
    rows = [
        [f"H{household:05d}", "P1", "2026年6月", "1000", "是"],
        [f"H{other:05d}", "P2", "202606", "600", "是"],
        [f"H{household:05d}", "P3", "2026-06", "2000", "是"],
        [f"H{household:05d}", "P4", "2026-06", "9000", "否"],
    ]
    desk.deliver(desk.csv(PARCELS, *rows), "land_right_parcels")
    assert desk.records(household) == [("confirmed_land_mu", 4.5, date(2026, 6, 30), 2)]
    assert desk.records(other) == [("confirmed_land_mu", 0.9, date(2026, 6, 30), 3)]
    with Session(desk.district.engine) as session:
        assert [(row.row_no, row.source_row_no) for row in session.query(SourceRow)] == [(2, 2), (2, 4)]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_same_document_twice_is_not_counted_twice(desk: Desk) -> None:
    household = f"H{desk.district.household({}):05d}"
    rows = [[household, "P1", "2026-06", "1000", "是"], [household, "P1", "2026-06", "1000", "是"]]
    report = desk.deliver(desk.csv(PARCELS, *rows), "land_right_parcels")
    assert [(error.row, error.column) for error in report.errors] == [(3, "地块编码")]


def test_an_adverse_value_keeps_when_it_ended_and_when_the_person_was_told(desk: Desk) -> None:
    told, untold = desk.district.household({}), desk.district.household({})
    rows = [
        [resident(told), "Q1", "2026-10", "2026-11-05", "2026-09-01"],
        [resident(told), "Q2", "2026-10", "2026-11-20", "2026-09-03"],
        [resident(untold), "Q3", "2026-10", "2026-11-05", "2026-09-01"],
        [resident(untold), "Q4", "2026-10", "", ""],
    ]
    report = desk.deliver(desk.csv(ARREARS, *rows), "tax_arrears")
    assert report.adverse == 2
    with Session(desk.district.engine) as session:
        found = {row.subject_id: (row.ended_on, row.noticed_on) for row in session.query(AdverseRecord)}
    assert found == {told: (date(2026, 11, 20), date(2026, 9, 3)), untold: (None, None)}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_of_people_without_a_file_a_public_list_leaves_nothing_behind(desk: Desk) -> None:
    listed = desk.district.household({})
    rows = [[resident(listed), "2026-01-02"], [resident(900), "2026-01-02"]]
    report = desk.deliver(desk.csv(["身份证号码", "发布时间"], *rows), "judgment_defaulters")
    assert (report.added, report.left, desk.count(QuarantinedRow)) == (1, 1, 0)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_slipped_row_is_not_recorded_of_another_household(desk: Desk) -> None:
    household = desk.district.household({}, name="王建国")
    header = ["户号", "承包方代表", "登记日期", "确权面积（亩）", "权证状态"]
    report = desk.deliver(
        desk.csv(header, [f"H{household:05d}", "李四", "2026-06-30", "3", "有效"]), "land_right"
    )
    assert (report.added, report.quarantined) == (0, 1)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_unquoted_comma_is_found(desk: Desk) -> None:
    report = desk.deliver(desk.csv(LAND, [*land(desk.district.household({})), "滑出"]), "land_right")
    assert [(error.row, error.column) for error in report.errors] == [(2, "")]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_unknown_column_is_refused(desk: Desk) -> None:
    form = desk.csv([*LAND, "血型"], [*land(desk.district.household({})), "A"])
    report = desk.deliver(form, "land_right")
    assert "第十四条" in report.errors[0].reason


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_faulty_rows_come_back_corrected_and_the_file_lands_whole(desk: Desk, tmp_path: Path) -> None:
    right, wrong = desk.district.household({}), desk.district.household({})
    form = desk.csv(LAND, land(right), land(wrong, area="三亩"))
    report = desk.deliver(form, "land_right")
    write_faulty_rows(report, tmp_path / "faulty.xlsx")
    book = openpyxl.load_workbook(tmp_path / "faulty.xlsx")
    sheet = book.active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][:2] == ["3", report_reason(report.errors[0].reason)]
    sheet.cell(2, 4 + LAND.index("确权面积（亩）")).value = "3"
    book.save(tmp_path / "corrected.xlsx")
    again = desk.deliver(form, "land_right", corrections=tmp_path / "corrected.xlsx")
    assert again.added == 2, list(again.lines())
    assert desk.records(wrong) == [("confirmed_land_mu", 3, date(2026, 6, 30), 3)]


def report_reason(reason: str) -> str:
    """The reason of one error as the workbook shows it."""
    return f"「确权面积（亩）」{reason}"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_form_without_a_day_needs_one_with_the_command(desk: Desk) -> None:
    entity = desk.district.entity({})
    form = desk.csv(["统一社会信用代码", "成立日期", "成员数"], [credit_code(entity), "2020-12-01", "12"])
    with pytest.raises(Invalid, match="give the day"):
        desk.deliver(form, "market_register")
    desk.deliver(form, "market_register", observed_on=date(2026, 12, 1))
    assert [(name, value) for name, value, _, _ in desk.records(entity)] == [
        ("member_count", 12),
        ("operating_years", 6),
    ]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("field", ["file_name", "sender", "by"])
def test_neither_the_name_of_a_file_nor_who_sent_or_brought_it_is_a_number_of_a_person(
    desk: Desk, field: str
) -> None:
    household = desk.district.household({})
    name = "13800138000.csv" if field == "file_name" else "form.csv"
    given = {} if field == "file_name" else {field: "李某 13800138000"}
    with pytest.raises(Invalid, match=f"^{field}: 内含手机号码"):
        desk.deliver(desk.csv(LAND, land(household), name=name), "land_right", **given)
    assert desk.records(household) == []
