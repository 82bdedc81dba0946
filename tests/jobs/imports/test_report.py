"""What an official reads after an import."""

import openpyxl
import pytest

from app.errors import Invalid
from app.jobs.imports import write_error_workbook
from app.jobs.imports.entities import ENTITY_COLUMNS
from app.jobs.imports.households import HOUSEHOLD_COLUMNS, MEMBER_COLUMNS
from app.jobs.imports.observations import KEYS
from app.jobs.imports.roster import ROSTER_COLUMNS
from app.settings import ROOT
from tests.jobs.imports.conftest import HOUSEHOLD_HEADER, household
from tests.numbers import resident

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

GUIDE = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")


def test_the_errors_in_the_guide_are_what_is_printed(desk):
    rows = [
        household(1),
        household(2, id_number=500120197001010019),
        household(3, place_name="狮子村"),
        household(1, name="李四", id_number=resident(4)[:-1] + "0"),
    ]
    member = ["H00001", "子", "王小明", resident(5, born="20150101")]
    sheets = {
        "农户": [[*HOUSEHOLD_HEADER, "宗教信仰"], *([*row, ""] for row in rows)],
        "成员": [["户号", "与户主关系", "姓名", "身份证号"], member],
    }
    report = desk.run(desk.workbook(sheets, name="大兴镇农户.xlsx"), "households")
    assert [line for line in report.lines() if line not in GUIDE.splitlines()] == []


def test_every_column_is_in_the_guide(backend):
    layouts = [HOUSEHOLD_COLUMNS, MEMBER_COLUMNS, ENTITY_COLUMNS, ROSTER_COLUMNS, *KEYS.values()]
    names = {column.name for layout in layouts for column in layout}
    assert {name for name in names if f"`{name}`" not in GUIDE} == set()


def test_a_line_tells_sheet_row_column_value_reason_and_fix(desk):
    report = desk.bring([HOUSEHOLD_HEADER, household(1, place="5001")], "households")
    lines = list(report.lines())
    assert lines[0].startswith("file.xlsx: 1 处错误，没有写入任何数据")
    assert lines[1].startswith("[表] 第2行 row 2 「区划代码」 = 5001: 区划代码应为 12 位数字 · ")
    assert " → 填村" in lines[1]


@pytest.mark.parametrize(("bad_rows", "lines"), [(50, 51), (51, 52), (80, 52)])
def test_at_most_fifty_errors_are_printed_with_the_total(desk, bad_rows, lines):
    rows = [household(number, name="") for number in range(bad_rows)]
    report = desk.bring([HOUSEHOLD_HEADER, *rows], "households")
    printed = list(report.lines())
    assert (len(report.errors), len(printed)) == (bad_rows, lines)
    assert bad_rows <= 50 or f"共 {bad_rows} 处" in printed[-1]


def test_success_tells_how_much_is_new_changed_and_the_same(desk):
    desk.bring([HOUSEHOLD_HEADER, household(1), household(2)], "households")
    rows = [household(1), household(2, name="王军"), household(3)]
    (line,) = desk.bring([HOUSEHOLD_HEADER, *rows], "households").lines()
    assert "接受 3 行，新增 1，变更 1，不变 1" in line
    assert "accepted 3 rows: 1 added, 1 changed, 1 as on file" in line


def test_all_errors_go_into_a_workbook_as_plain_text(desk):
    rows = [household(number, place="=1+1" if number else "x") for number in range(60)]
    path = desk.folder / "in.csv"
    path.write_text("\n".join(",".join(row) for row in [HOUSEHOLD_HEADER, *rows]))
    report = desk.run(path, "households")
    write_error_workbook(report, desk.folder / "errors.xlsx")
    sheet = openpyxl.load_workbook(desk.folder / "errors.xlsx")["错误"]
    assert sheet.max_row == 61
    assert [cell.value for cell in sheet[3]][:4] == ["CSV", "3", "区划代码", "=1+1"]
    assert sheet["D3"].data_type == "s"


def test_a_file_with_nothing_but_a_header_is_refused(desk):
    path = desk.folder / "in.csv"
    path.write_text(",".join(HOUSEHOLD_HEADER))
    with pytest.raises(Invalid, match="没有数据行"):
        desk.run(path, "households")
