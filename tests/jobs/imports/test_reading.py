"""Files that cannot be read are refused in one sentence, and nothing in a cell is silently lost."""

import io
import zipfile

import pytest
import xlsxwriter

from app.errors import Invalid
from app.jobs.imports.reading import file_content, read_sheets
from app.jobs.imports.workbook_scan import BrokenCell

COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.xls", COMPOUND, "只能导入"),
        ("a.txt", b"x", "只能导入"),
        ("a.xlsx", COMPOUND + "EncryptedPackage".encode("utf-16-le"), "文件有密码"),
        ("a.xlsx", COMPOUND + bytes(600), "旧的 .xls"),
        ("a.xlsx", b"<html></html>", "不是 .xlsx"),
        ("a.xlsx", b"PK\x03\x04" + bytes(60), "文件已损坏"),
        ("a.csv", b"PK\x03\x04" + bytes(60), "改为 .xlsx"),
        ("a.csv", b"\xff\xfe" + b"\x00\xd8\x00", "文字编码"),
        ("a.csv", b"a,b\n\xff\xff,\x80", "文字编码"),
        ("a.csv", '户号\n"1'.encode(), "引号不成对"),
    ],
)
def test_an_unreadable_file_is_refused_with_the_way_out(name, content, reason):
    with pytest.raises(Invalid, match=reason):
        read_sheets(content, name=name)


def test_a_missing_and_an_empty_file_are_refused(tmp_path):
    (tmp_path / "empty.csv").write_bytes(b" \n")
    with pytest.raises(Invalid, match="空文件"):
        file_content(tmp_path / "empty.csv")
    with pytest.raises(Invalid, match="打不开"):
        file_content(tmp_path / "missing.csv")
    with pytest.raises(Invalid, match="打不开"):
        file_content(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_is_read_as_excel_in_china_writes_it(encoding, delimiter):
    content = f"{delimiter.join(['户号', '户主'])}\n\n1{delimiter}王龑".encode(encoding)
    (sheet,) = read_sheets(content, name="名册.CSV")
    assert sheet.rows == [["户号", "户主"], [], ["1", "王龑"]]


def workbook(fill):
    """The bytes of a workbook whose first sheet `fill` has filled in."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    fill(book.add_worksheet("表 & 一"))
    book.add_worksheet("说明").write_string(0, 0, "读我")
    book.close()
    return content.getvalue()


def test_every_sheet_but_the_guide_is_read_from_its_first_row():
    (sheet,) = read_sheets(workbook(lambda sheet: sheet.write_string(2, 1, "户号")), name="a.xlsx")
    assert (sheet.name, sheet.rows[2]) == ("表 & 一", ["", "户号"])


def test_errors_and_formulas_without_a_result_are_not_taken_for_empty():
    def fill(sheet):
        sheet.write_formula(0, 0, "=1/0", None, "#DIV/0!")
        sheet.write_formula(0, 1, "=1+1", None, 2)
        sheet.write_string(0, 2, "x")

    content = workbook(fill)
    (sheet,) = read_sheets(content, name="a.xlsx")
    assert sheet.rows[0] == [BrokenCell("#DIV/0!"), 2, "x"]
    (sheet,) = read_sheets(_without_results(content), name="a.xlsx")
    assert isinstance(sheet.rows[0][1], BrokenCell)


def _without_results(content):
    """The workbook as programs write it that do not calculate."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<v>2</v>", b"<v></v>"))
    return changed.getvalue()


def test_a_stray_cell_far_to_the_right_is_named_instead_of_filling_the_memory():
    with pytest.raises(Invalid, match="XFD1"):
        read_sheets(workbook(lambda sheet: sheet.write_string(0, 16383, "x")), name="a.xlsx")
