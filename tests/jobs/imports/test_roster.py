"""Rosters: frozen, and every exclusion documented."""

from datetime import date

import pytest
from sqlalchemy import select

from app.db import Session
from app.models import ExclusionReason, Roster, RosterEntry
from tests.jobs.imports.conftest import VILLAGE
from tests.numbers import credit_code, resident

HEADER = [
    "名录名称",
    "来源",
    "基准日",
    "名称",
    "统一社会信用代码",
    "类型",
    "区划代码",
    "剔除原因",
    "剔除文件",
]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def entry(number, **changed):
    """A row of a roster."""
    row = {
        "roster": "家庭农场名录",
        "source": "区农业农村委",
        "as_of": "2026-06-30",
        "name": f"演示家庭农场{number}",
        "uscc": credit_code(number),
        "type": "家庭农场",
        "place": VILLAGE,
        "exclusion": "",
        "document": "",
    }
    return list((row | changed).values())


def test_a_roster_lands_with_its_exclusions(desk):
    report = desk.bring([HEADER, entry(1), entry(2, exclusion="注销", document="注销通知 7 号")], "roster")
    assert (report.errors, report.added) == ([], 2)
    with Session(desk.engine) as session:
        roster = session.scalars(select(Roster)).one()
        entries = session.scalars(select(RosterEntry).order_by(RosterEntry.row_no)).all()
    assert (roster.name, roster.source, roster.as_of) == ("家庭农场名录", "区农业农村委", date(2026, 6, 30))
    assert [each.exclusion for each in entries] == [None, ExclusionReason.DEREGISTERED]


@on_sqlite
@pytest.mark.parametrize(
    ("changed", "column", "reason"),
    [
        ({"exclusion": "注销"}, "剔除文件", "文件依据"),
        ({"document": "注销通知 7 号"}, "剔除原因", "没有剔除原因"),
        ({"exclusion": "注销", "document": f"经营者 {resident(9)}"}, "剔除文件", "内含居民身份证号"),
        ({"exclusion": "搬家", "document": "x"}, "剔除原因", "不在可选范围内"),
        ({"as_of": "2026-07-01"}, "基准日", "与第 2 行不同"),
        ({"uscc": credit_code(1)}, "统一社会信用代码", "第 2 行重复"),
        ({"place": "500120199201"}, "区划代码", "没有这个村"),
    ],
)
def test_a_bad_entry_is_reported(desk, changed, column, reason):
    report = desk.bring([HEADER, entry(1), entry(9, **changed)], "roster")
    assert [(error.row, error.column) for error in report.errors] == [(3, column)]
    assert reason in report.errors[0].reason


@on_sqlite
def test_a_frozen_roster_is_not_replaced(desk):
    desk.bring([HEADER, entry(1)], "roster")
    report = desk.bring([HEADER, entry(1), entry(2)], "roster")
    assert "已导入" in report.errors[0].reason
    assert desk.counts()["roster_entries"] == 1
