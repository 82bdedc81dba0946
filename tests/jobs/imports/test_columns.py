"""The header of a sheet: found where it is, and every wrong column named."""

import pytest

from tests.jobs.imports.conftest import HOUSEHOLD_HEADER, household

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_the_header_is_found_below_a_title_with_blanks_stars_and_full_width(desk):
    header = ["＊户 号", "户主\n姓名*", "户主身份证号　", "区划代码", "村(社区)*"]
    rows = [["大兴镇农户名册"], [], header, household(1), ["", None, "", " ", ""]]
    report = desk.bring(rows, "households")
    assert (report.errors, report.accepted) == ([], 1)


def test_columns_may_come_in_any_order(desk):
    assert desk.bring([HOUSEHOLD_HEADER[::-1], household(1)[::-1]], "households").added == 1


@pytest.mark.parametrize(
    ("header", "row", "column", "words"),
    [
        (HOUSEHOLD_HEADER[:-1], household(1)[:-1], "村（社区）", ("缺少此列", "加上此列")),
        ([*HOUSEHOLD_HEADER, "户号"], [*household(1), "x"], "户号", ("出现两次", "只保留一列")),
        ([*HOUSEHOLD_HEADER, "微信号"], [*household(1), "1"], "微信号", ("不认识的列", "删除此列")),
        (["户号码", *HOUSEHOLD_HEADER], ["x", *household(1)], "户号码", ("不认识的列", "户号")),
        ([*HOUSEHOLD_HEADER, ""], [*household(1), "备注"], "第6列", ("没有列名", "补上列名")),
    ],
)
def test_a_wrong_column_is_named_in_the_row_of_the_header(desk, header, row, column, words):
    report = desk.bring([["标题"], header, row], "households")
    assert [(error.row, error.column) for error in report.errors] == [(2, column)]
    assert (words[0] in report.errors[0].reason, words[1] in report.errors[0].fix) == (True, True)


@pytest.mark.parametrize(
    "header", ["主要疾病", "既往病史", "残疾等级", "宗教信仰", "基因信息", "指 纹", "血型"]
)
def test_a_prohibited_column_is_refused_with_the_law_even_when_empty(desk, header):
    report = desk.bring([[*HOUSEHOLD_HEADER, header], household(1)], "households")
    assert "第十四条" in report.errors[0].reason
    assert desk.counts() == {}


def test_a_sheet_without_a_header_is_told_which_columns_to_write(desk):
    report = desk.run(
        desk.workbook({"农户": [HOUSEHOLD_HEADER, household(1)], "草稿": [["abc"]]}), "households"
    )
    assert [(error.sheet, "户主姓名" in error.fix) for error in report.errors] == [("草稿", True)]
