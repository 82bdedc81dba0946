"""Observations: empty is unknown, money is exact, and what the law restricts needs a consent."""

import shutil
from datetime import date

import pytest
from sqlalchemy import select

from app.db import Session, make_engine
from app.models import Consent, Fact, Household, Record, Subject, SubjectKind, WrittenConsent
from tests.jobs.imports.conftest import (
    ENTITY_HEADER,
    HOUSEHOLD_HEADER,
    VILLAGE,
    VILLAGE_NAME,
    Desk,
    entity,
    household,
)
from tests.numbers import credit_code, resident

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def file_some(desk):
    """Put two households and an entity on file."""
    desk.bring([HOUSEHOLD_HEADER, household(1), household(2)], "households")
    desk.bring([ENTITY_HEADER, entity(1)], "entities")
    desk.agree("H00001", "授 1", "授 3", "授权书 1", "授权书 2026-1")
    desk.agree("H00002", "授 2", "授权书 2026-2")
    return desk


@pytest.fixture(scope="module")
def sqlite_filed(sqlite_reference, cipher, tmp_path_factory):
    """A SQLite file with two households and an entity on file, to copy."""
    folder = tmp_path_factory.mktemp("filed")
    shutil.copyfile(sqlite_reference, folder / "filed.db")
    engine = make_engine(f"sqlite:///{folder / 'filed.db'}")
    file_some(Desk(engine, cipher, folder))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "filed.db"


@pytest.fixture
def filed(backend, request, tmp_path):
    """A desk with two households and an entity on file."""
    desk = request.getfixturevalue("desk")
    if backend != "sqlite":
        return file_some(desk)
    desk.engine.dispose()
    shutil.copyfile(request.getfixturevalue("sqlite_filed"), tmp_path / "desk.db")
    return desk


def recorded(desk):
    """Every record as (fact, value, day), in the order recorded."""
    with Session(desk.engine) as session:
        rows = select(Fact.name, Record.value, Record.observed_on).join_from(Record, Fact)
        return [tuple(row) for row in session.execute(rows.order_by(Record.record_id))]


def one(desk, header, value, *, kind="household"):
    """Import one cell of one household or entity, with a consent."""
    key, number = {"household": ("户号", "H00001"), "entity": ("统一社会信用代码", credit_code(1))}[kind]
    extra = [("书面同意编号", "授 1")] if kind == "household" else []
    headers = [key, "观察日期", *(name for name, _ in extra), header]
    return desk.bring(
        [headers, [number, "2026-11-01", *(given for _, given in extra), value]], "observations"
    )


def test_values_become_records_and_an_empty_cell_does_not(filed):
    header = ["户号", "观察日期", "书面同意编号", "家庭年收入（万元）", "劳动力人数（人）", "参加农业保险"]
    rows = [
        ["H00001", "2026年11月1日", "授权书 1", 3.14, 0, "是"],
        ["H00002", date(2026, 11, 1), "", "", "", "否"],
    ]
    report = filed.bring([header, *rows], "observations")
    assert (report.errors, report.accepted, report.added) == ([], 2, 2)
    day = date(2026, 11, 1)
    assert recorded(filed) == [
        ("annual_income_fen", 3_140_000, day),
        ("labourer_count", 0, day),
        ("agricultural_insurance", 1, day),
        ("agricultural_insurance", 0, day),
    ]


def consents(desk):
    """Every written consent as (household, row of the file, reference)."""
    with Session(desk.engine) as session:
        rows = (
            select(Household.household_no, WrittenConsent.row_no, Consent.reference)
            .join_from(WrittenConsent, Household, Household.subject_id == WrittenConsent.subject_id)
            .join(Consent, Consent.consent_id == WrittenConsent.consent_id)
        )
        return sorted(tuple(row) for row in session.execute(rows))


def test_every_row_that_carried_a_written_consent_keeps_its_number(filed):
    header = ["户号", "观察日期", "书面同意编号", "负债总额（元）", "家庭人口数"]
    rows = [
        ["H00001", "2026-11-01", "授权书 2026-1", 100, 3],
        ["H00002", "2026-11-01", "", "", 2],
        ["H00002", "2026-11-02", "授权书 2026-2", 0, ""],
    ]
    assert filed.bring([header, *rows], "observations").errors == []
    assert consents(filed) == [("H00001", 2, "授权书 2026-1"), ("H00002", 4, "授权书 2026-2")]


@on_sqlite
@pytest.mark.parametrize(
    ("reference", "day", "reason"),
    [
        ("授 2", "2026-11-01", "没有登记这份授权书"),
        ("授 1", "2025-12-31", "当日未生效"),
        ("授 1", "2026-11-01", None),
    ],
)
def test_a_restricted_value_needs_a_consent_of_the_subject_itself_in_force_that_day(
    filed, reference, day, reason
):
    header = ["户号", "观察日期", "书面同意编号", "负债总额（元）"]
    errors = filed.bring([header, ["H00001", day, reference, 100]], "observations").errors
    assert [error.column for error in errors] == ([] if reason is None else ["书面同意编号"])
    assert reason is None or reason in errors[0].reason
    assert len(recorded(filed)) == (1 if reason is None else 0)


@on_sqlite
def test_the_same_row_of_two_sheets_may_be_about_two_households_but_not_about_one_twice(filed):
    header = ["户号", "观察日期", "书面同意编号", "负债总额（元）"]
    first = [header, ["H00001", "2026-11-01", "授 1", 100]]
    sheets = {"一社": first, "二社": [header, ["H00002", "2026-11-01", "授 2", 100]]}
    assert filed.run(filed.workbook(sheets), "observations").errors == []
    assert consents(filed) == [("H00001", 2, "授 1"), ("H00002", 2, "授 2")]
    sheets = {"一社": first, "二社": [header, ["H00001", "2026-11-02", "授 3", 100]]}
    [error] = filed.run(filed.workbook(sheets), "observations").errors
    assert (error.sheet, error.row, error.column) == ("二社", 2, "书面同意编号")
    assert len(consents(filed)) == 2


def test_the_same_value_again_changes_nothing_and_another_one_replaces_it(filed):
    header = ["户号", "观察日期", "家庭人口数"]
    filed.bring([header, ["H00001", "2026-11-01", 4]], "observations")
    same = filed.bring([[*header, "劳动力人数"], ["H00001", "2026/11/1", 4, None]], "observations")
    assert (same.accepted, same.added, same.changed, len(recorded(filed))) == (1, 0, 0, 1)
    mended = filed.bring([header, ["H00001", "2026-11-01", 5]], "observations")
    assert (mended.added, mended.changed) == (0, 1)
    assert [value for _, value, _ in recorded(filed)] == [4, 5]


def test_a_village_gets_a_file_with_its_first_observation_and_only_one(desk):
    header = ["区划代码", "村（社区）", "观察日期", "在册农户数（户）"]
    desk.bring([header, [VILLAGE, VILLAGE_NAME, "2026-10-01", 500]], "observations")
    desk.bring([header, [VILLAGE, "长隆村", "2026-11-01", 501]], "observations")
    with Session(desk.engine) as session:
        assert [subject.kind for subject in session.scalars(select(Subject))] == [SubjectKind.VILLAGE]
    assert [value for _, value, _ in recorded(desk)] == [500, 501]


@on_sqlite
def test_a_household_is_found_by_its_head_or_an_adult_member(filed):
    members = [["户号", "与户主关系", "姓名", "身份证号"], ["H00002", "子", "王明", resident(7)]]
    filed.run(filed.workbook({"成员": members}), "households")
    rows = [
        ["身份证号", "观察日期", "家庭人口数"],
        [resident(1), "2026-11-01", 3],
        [resident(7), "2026-11-01", 4],
    ]
    assert filed.bring(rows, "observations").added == 2


@on_sqlite
@pytest.mark.parametrize(
    ("header", "value", "stored"),
    [
        ("家庭年收入（元）", "12,000.05", 1_200_005),
        ("家庭年收入(万元)", "１.２", 1_200_000),
        ("家庭净资产（元）", -300, -30_000),
        ("违约事项", "2 利息", 2),
        ("违约事项", "利息", 2),
        ("违约事项", 2, 2),
        ("违约事项（代码）", "3", 3),
        ("荣誉级别", "无", 0),
        ("参加农业保险", "无", 0),
        ("参加农业保险", True, 1),
        ("村级评议得分（分值）", 100, 100),
        ("违约结清至今天数（-1 为未结清）", -1, -1),
    ],
)
def test_a_value_is_stored_as_it_was_meant(filed, header, value, stored):
    assert one(filed, header, value).errors == []
    assert [record[1] for record in recorded(filed)] == [stored]


@on_sqlite
@pytest.mark.parametrize(("value", "stored"), [("12%", 0.12), (0.12, 0.12), ("１００％", 1.0), (0, 0.0)])
def test_a_share_may_be_written_in_per_cent(filed, value, stored):
    assert one(filed, "农业收入占比", value, kind="entity").errors == []
    assert [record[1] for record in recorded(filed)] == [stored]


@on_sqlite
@pytest.mark.parametrize(
    ("header", "value", "reason"),
    [
        ("家庭年收入（元）", -1, "超出范围"),
        ("家庭年收入（元）", 0.001, "精确到分"),
        ("家庭年收入（万元）", "3万", "不是数值"),
        ("家庭年收入（元）", 1e15, "超出范围"),
        ("村级评议得分", 100.5, "超出范围"),
        ("劳动力人数", 1.5, "应为整数"),
        ("参加农业保险", "不详", "“是”或“否”"),
        ("违约事项", 4, "不在可选范围内"),
        ("违约事项", "2 本息", "不在可选范围内"),
        ("家庭年收入", 1, "不认识的列"),
        ("家庭年收入（千元）", 1, "不认识的列"),
        ("年营业收入（元）", 1, "不认识的列"),
        ("残疾人数", 1, "第十四条"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused(filed, header, value, reason):
    report = one(filed, header, value)
    assert [reason in error.reason for error in report.errors] == [True]
    assert recorded(filed) == []


@on_sqlite
def test_a_share_above_one_is_refused(filed):
    assert "超出范围" in one(filed, "农业收入占比", 12, kind="entity").errors[0].reason


@on_sqlite
def test_the_same_fact_in_two_units_is_a_repeated_column(filed):
    rows = [["户号", "观察日期", "家庭净资产（元）", "家庭净资产（万元）"], ["H00001", "2026-11-01", "", ""]]
    assert "出现两次" in filed.bring(rows, "observations").errors[0].reason


@on_sqlite
@pytest.mark.parametrize("consent_column", [[], ["书面同意编号"]])
def test_income_debt_and_assets_are_refused_without_a_written_consent(filed, consent_column):
    header = ["户号", "观察日期", *consent_column, "负债总额（元）", "家庭人口数"]
    rows = [
        ["H00001", "2026-11-01", *[""] * len(consent_column), 5, 3],
        ["H00002", "2026-11-01", *[""] * len(consent_column), "", 3],
    ]
    report = filed.bring([header, *rows], "observations")
    assert [(error.row, error.column) for error in report.errors] == [(2, "负债总额（元）")]
    assert "书面同意" in report.errors[0].reason
    assert recorded(filed) == []


@on_sqlite
@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (["H00003", "", "", "2026-11-01"], "户号", "查无此主体"),
        (["", resident(8), "", "2026-11-01"], "身份证号", "查无此主体"),
        (["", "", "", "2026-11-01"], "户号", "都是空的"),
        (["H00001", resident(2), "", "2026-11-01"], "身份证号", "可能错行"),
        (["H00001", "", "李四", "2026-11-01"], "户主姓名", "可能错行"),
        (["H00001", "", "", "2026-12-02"], "观察日期", "晚于今天"),
        (["H00001", "", "", ""], "观察日期", "必填"),
        (["H00002", "", "", "2026-11-01"], "家庭人口数（人）", "第 2 行重复"),
        (["", resident(2), "王建国", "2026-11-01"], "家庭人口数（人）", "第 2 行重复"),
    ],
)
def test_a_row_about_nobody_or_twice_about_the_same_is_refused(filed, row, column, reason):
    header = ["户号", "身份证号", "户主姓名", "观察日期", "家庭人口数"]
    first = ["H00002", "", "王建国", "2026-11-01", 3]
    report = filed.bring([header, first, [*row, 3]], "observations")
    assert [(error.row, error.column) for error in report.errors] == [(3, column)]
    assert reason in report.errors[0].reason
