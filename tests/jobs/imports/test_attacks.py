"""Files made to harm, and files that spreadsheets have harmed, are recognised and explained."""

import io
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest
import xlsxwriter

from app.errors import Invalid
from app.jobs.imports import write_error_workbook
from app.jobs.imports.cells import BadCell, day, number, text
from app.jobs.imports.reading import read_sheets
from tests.jobs.imports.conftest import HOUSEHOLD_HEADER, TODAY, household

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def workbook(rows=(("户号", "户主"), ("1", "王")), *, merged: str = "", options=None) -> bytes:
    """The bytes of a workbook with one sheet."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, options or {})
    sheet = book.add_worksheet("农户")
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    if merged:
        sheet.merge_range(merged, "合并")
    book.close()
    return content.getvalue()


def changed(content: bytes, **parts: bytes | None) -> bytes:
    """The package with some parts replaced, added or (None) left out."""
    made = io.BytesIO()
    wanted = {name.replace("__", "/").replace("_dot_", "."): value for name, value in parts.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            value = wanted.pop(name, old.read(name))
            if value is not None:
                new.writestr(name, value)
        for name, value in wanted.items():
            new.writestr(name, value or b"")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (changed(workbook(), xl__media__a_dot_bin=bytes(80_000_000)), "压缩炸弹"),
        (changed(workbook(), xl__vbaProject_dot_bin=b"x"), "含有宏"),
        (changed(workbook(), xl__externalLinks__externalLink1_dot_xml=b"<a/>"), "链接到其他文件"),
        (changed(workbook(), xl__workbook_dot_xml=None), "文件已损坏"),
        (
            changed(
                workbook(), xl__workbook_dot_xml=b'<!DOCTYPE a [<!ENTITY b "bb">]><workbook>&b;</workbook>'
            ),
            "文件已损坏",
        ),
    ],
    ids=["bomb", "macro", "link", "missing part", "entity"],
)
def test_a_harmful_package_is_refused_with_the_way_out(content, reason):
    with pytest.raises(Invalid, match=reason):
        read_sheets(content, name="a.xlsx")


def test_a_part_that_lies_about_its_size_is_counted_while_it_is_unpacked():
    content = bytearray(changed(workbook(), xl__media__a_dot_bin=bytes(60_000_000)))
    size = (60_000_000).to_bytes(4, "little")
    while (place := content.find(size)) >= 0:
        content[place : place + 4] = (10).to_bytes(4, "little")
    with pytest.raises(Invalid, match=r"压缩炸弹|文件已损坏"):
        read_sheets(bytes(content), name="a.xlsx")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("XFD1", "XFD1"), ("A1048576", "第 1048576 行"), ("ZZ900000", "第 900000 行"), ("AAA2", "AAA2")],
)
def test_a_sheet_that_reaches_too_far_is_named_instead_of_filling_the_memory(cell, reason):
    row = int("".join(filter(str.isdigit, cell)))
    far = f'<row r="{row}"><c r="{cell}" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'.encode()
    with zipfile.ZipFile(io.BytesIO(workbook())) as package:
        xml = package.read("xl/worksheets/sheet1.xml").replace(b"</sheetData>", far)
    with pytest.raises(Invalid, match=reason):
        read_sheets(changed(workbook(), xl__worksheets__sheet1_dot_xml=xml), name="a.xlsx")


def test_a_sheet_that_only_claims_to_be_huge_is_read():
    with zipfile.ZipFile(io.BytesIO(workbook())) as package:
        xml = package.read("xl/worksheets/sheet1.xml").replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')
    (sheet,) = read_sheets(changed(workbook(), xl__worksheets__sheet1_dot_xml=xml), name="a.xlsx")
    assert sheet.rows == [["户号", "户主"], ["1", "王"]]


@on_sqlite
@pytest.mark.parametrize(("merged", "place"), [("A1:B1", "A1:B1"), ("B2:B3", "B2:B3")])
def test_merged_cells_in_or_below_the_header_are_named(desk, merged, place):
    path = desk.folder / "merged.xlsx"
    path.write_bytes(workbook((HOUSEHOLD_HEADER, household(1), household(2)), merged=merged))
    errors = desk.run(path, "households").errors
    assert any("合并单元格" in error.reason and error.column == place for error in errors)


@on_sqlite
def test_a_merged_title_above_the_header_does_no_harm(desk):
    path = desk.folder / "title.xlsx"
    path.write_bytes(workbook((["大兴镇农户"], HOUSEHOLD_HEADER, household(1)), merged="A1:E1"))
    assert desk.run(path, "households").errors == []


def test_lines_of_two_encodings_in_one_file_are_told_by_their_numbers():
    content = "户号,户主\n1,王建国\n".encode() + "2,李秀英\n".encode("gb18030")
    with pytest.raises(Invalid, match="第 1 行是 UTF-8，第 3 行是另一种编码"):
        read_sheets(content, name="a.csv")


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_excel_dates_of_both_calendars_are_the_days_people_see(epoch_1904):
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"date_1904": epoch_1904})
    sheet = book.add_worksheet("表")
    sheet.write_datetime(
        0,
        0,
        datetime(2026, 11, 1, tzinfo=UTC).replace(tzinfo=None),
        book.add_format({"num_format": "yyyy-mm-dd"}),
    )
    book.close()
    (read,) = read_sheets(content.getvalue(), name="a.xlsx")
    assert day(read.rows[0][0], TODAY) == date(2026, 11, 1)


@pytest.mark.parametrize(
    "written", ["=cmd|' /C calc'!A0", "+SUM(A1)", "-2+3", "@SUM(1)", '=HYPERLINK("http://x")']
)
def test_a_text_that_would_become_a_formula_is_refused(written):
    with pytest.raises(BadCell, match="像是公式"):
        text(written, TODAY)


@pytest.mark.parametrize(
    ("written", "value"), [("-3", "-3"), ("＋１２．５", "12.5"), ("-1,200.50", "-1200.50")]
)
def test_a_signed_number_is_no_formula(written, value):
    assert str(number(written)) == value


@on_sqlite
def test_an_attack_in_a_cell_comes_back_as_text_in_the_error_workbook(desk):
    path = desk.workbook({"农户": [HOUSEHOLD_HEADER, household(1, name="=1+1"), household(2, no="@x")]})
    report = desk.run(path, "households")
    assert {error.column for error in report.errors} == {"户主姓名", "户号"}
    write_error_workbook(report, desk.folder / "errors.xlsx")
    cells = [
        cell
        for row in openpyxl.load_workbook(desk.folder / "errors.xlsx")["错误"].iter_rows()
        for cell in row
    ]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
