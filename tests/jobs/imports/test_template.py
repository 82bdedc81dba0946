"""A template that was filled in imports cleanly; an empty one says that it is empty."""

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from app.errors import Invalid, SetupError
from app.jobs.imports import ImportKind, write_template
from tests.jobs.imports.conftest import VILLAGE, VILLAGE_NAME, entity, household
from tests.jobs.imports.test_roster import entry
from tests.numbers import credit_code, resident

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
OBSERVED = {
    "户号*": "H00001", "户号": "H00001", "统一社会信用代码*": credit_code(1), "区划代码*": VILLAGE,
    "村（社区）*": VILLAGE_NAME, "观察日期*": "2026-11-01", "书面同意编号": "授权书 1",
}  # fmt: skip


def fill(path, rows):
    """Write these rows below the headers of a template, as a town office would."""
    book = openpyxl.load_workbook(path)
    for title, row in rows.items():
        book[title].append(row)
    book.save(path)
    return path


@on_sqlite
def test_a_filled_template_of_each_kind_imports_cleanly(desk):
    member = ["H00001", "儿媳", "李秀英", resident(2)]
    filled = {
        "households": {"农户": household(1), "成员": member},
        "entities": {"经营主体": entity(1)},
        "roster": {"名录": entry(1)},
    }
    for kind, rows in filled.items():
        path = desk.folder / f"{kind}.xlsx"
        write_template(ImportKind(kind), path)
        report = desk.run(fill(path, rows), kind)
        assert (report.errors, report.warnings, report.added) == ([], [], len(rows))


@on_sqlite
def test_every_fact_of_every_kind_of_subject_can_be_filled_in_the_template(desk):
    desk.bring([["户号", "户主姓名", "户主身份证号", "区划代码", "村（社区）"], household(1)], "households")
    desk.run(_filled_entities(desk), "entities")
    path = desk.folder / "observations.xlsx"
    write_template(ImportKind.OBSERVATIONS, path)
    book = openpyxl.load_workbook(path)
    facts = 0
    for title in ("农户", "经营主体", "村"):
        lists = {
            str(each.sqref).split("2:")[0]: each.formula1.strip('"').split(",")[0]
            for each in book[title].data_validations.dataValidation
        }
        for place, cell in enumerate(book[title][1], start=1):
            header = str(cell.value)
            known = header in OBSERVED or header in ("身份证号", "户主姓名", "名称")
            choice = lists.get(get_column_letter(place), 1)
            book[title].cell(2, place).value = OBSERVED.get(header) if known else choice
            facts += not known
    book.save(path)
    desk.agree("H00001", "授权书 1")
    report = desk.run(path, "observations")
    assert (report.errors, report.accepted) == ([], 3)
    assert desk.counts()["records"] == facts == 75


def _filled_entities(desk):
    path = desk.folder / "entities.xlsx"
    write_template(ImportKind.ENTITIES, path)
    return fill(path, {"经营主体": entity(1)})


@on_sqlite
@pytest.mark.parametrize("kind", list(ImportKind))
def test_an_empty_template_has_no_rows_to_import(desk, kind):
    path = desk.folder / "empty.xlsx"
    write_template(kind, path)
    with pytest.raises(Invalid, match="没有数据行"):
        desk.run(path, kind)


def test_number_columns_are_text_and_the_example_stands_in_the_guide_only(tmp_path):
    path = tmp_path / "households.xlsx"
    write_template(ImportKind.HOUSEHOLDS, path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["农户", "成员", "说明"]
    assert [book["农户"].column_dimensions[letter].number_format for letter in "ACD"] == ["@"] * 3
    assert book["农户"].max_row == 1
    assert book["农户"]["C1"].comment is not None
    assert "11010519491231002X" in [cell.value for row in book["说明"].rows for cell in row]


def test_a_template_that_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(Invalid, match=r"must end in \.xlsx"):
        write_template(ImportKind.ROSTER, tmp_path / "roster.csv")
    with pytest.raises(SetupError, match="cannot write"):
        write_template(ImportKind.ROSTER, tmp_path / "missing" / "roster.xlsx")
