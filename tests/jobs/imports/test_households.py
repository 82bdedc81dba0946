"""Households and members: what lands, what changes, and every row that is refused."""

import pytest
from sqlalchemy import select

from app.db import Session
from app.models import Household, Member, Subject
from tests.jobs.imports.conftest import HOUSEHOLD_HEADER, VILLAGE, household
from tests.numbers import resident

MEMBER_HEADER = ["户号", "与户主关系", "姓名", "身份证号"]
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def both_sheets(desk, households, members):
    return desk.workbook({"农户": [HOUSEHOLD_HEADER, *households], "成员": [MEMBER_HEADER, *members]})


def test_a_household_lands_sealed_with_its_adult_members(desk, cipher):
    members = [["H00001", "配偶", "李秀英", resident(2)], ["H00001", "28", "赵强", resident(3)]]
    report = desk.run(both_sheets(desk, [household(1)], members), "households")
    assert (report.errors, report.accepted, report.added) == ([], 3, 3)
    with Session(desk.engine) as session:
        stored, subject = session.execute(select(Household, Subject).join_from(Household, Subject)).one()
        spouse = session.scalars(select(Member).where(Member.relation_code == "10")).one()
    assert cipher.open(stored.head_name_cipher, row=f"households/{subject.subject_id}/head_name") == "王建国"
    assert stored.head_id_number_index == cipher.index(resident(1))
    assert cipher.open(spouse.id_number_cipher, row=f"members/{spouse.member_id}/id_number") == resident(2)
    assert not subject.synthetic


@on_sqlite
def test_the_same_file_twice_changes_nothing(desk):
    path = desk.workbook({"农户": [HOUSEHOLD_HEADER, household(1)]})
    desk.run(path, "households")
    before = desk.counts()
    again = desk.run(path, "households")
    assert again.already_imported
    assert desk.counts() == before


@on_sqlite
def test_an_identical_row_changes_nothing_and_a_changed_one_is_counted(desk):
    desk.bring([HOUSEHOLD_HEADER, household(1), household(2), household(3)], "households")
    moved = household(2, place="500120104201", place_name="狮子村")
    report = desk.bring([HOUSEHOLD_HEADER, household(1), moved, household(3, name="王建军")], "households")
    assert (report.errors, report.accepted, report.added, report.changed) == ([], 3, 0, 2)
    assert desk.counts()["households"] == 3


@on_sqlite
def test_a_dry_run_writes_nothing(desk):
    path = desk.workbook({"农户": [HOUSEHOLD_HEADER, household(1)]})
    assert desk.run(path, "households", dry_run=True).added == 1
    assert desk.counts() == {}


@on_sqlite
def test_one_bad_row_keeps_the_whole_file_out(desk):
    report = desk.bring(
        [HOUSEHOLD_HEADER, household(1), household(2, id_number=resident(2)[:-1])], "households"
    )
    assert [(error.row, error.column) for error in report.errors] == [(3, "户主身份证号")]
    assert desk.counts() == {}


@on_sqlite
@pytest.mark.parametrize(
    ("changed", "column", "reason"),
    [
        ({"id_number": 500120197001010019}, "户主身份证号", "末尾几位已丢失"),
        ({"id_number": "5.0012E+17"}, "户主身份证号", "末尾几位已丢失"),
        ({"id_number": resident(9)[:-1] + "Y"}, "户主身份证号", "只能是数字"),
        ({"id_number": resident(9)[:-2]}, "户主身份证号", "位数不是 18 位"),
        ({"id_number": resident(9, born="19701301")}, "户主身份证号", "不是出生日期"),
        ({"id_number": resident(9, born="20270101")}, "户主身份证号", "将来"),
        ({"id_number": ""}, "户主身份证号", "必填"),
        ({"name": "王" * 41}, "户主姓名", "超过 40 个字"),
        ({"no": "户 12/3"}, "户号", "户号只能用"),
        ({"no": 12345678901234567}, "户号", "末尾几位已丢失"),
        ({"no": "H00001"}, "户号", "第 2 行重复"),
        ({"id_number": resident(1)}, "户主身份证号", "第 2 行重复"),
        ({"place": "500120104"}, "区划代码", "12 位数字"),
        ({"place": "500120104999"}, "区划代码", "没有这个村"),
        ({"place": "500120104000"}, "区划代码", "没有这个村"),
        ({"place_name": "狮子村"}, "村（社区）", "与区划代码不符，该代码是大兴镇长隆村"),
    ],
)
def test_a_bad_cell_is_reported_with_its_place_and_its_mending(desk, changed, column, reason):
    report = desk.bring([HOUSEHOLD_HEADER, household(1), household(9, **changed)], "households")
    assert len(report.errors) == 1
    error = report.errors[0]
    assert (error.sheet, error.row, error.column) == ("表", 3, column)
    assert reason in error.reason
    assert error.fix


@on_sqlite
@pytest.mark.parametrize("name", ["长隆村", "长隆村村委会", "大兴镇长隆村", "长隆村村民委员会"])
def test_a_village_is_known_by_the_names_people_use(desk, name):
    assert desk.bring([HOUSEHOLD_HEADER, household(1, place_name=name)], "households").errors == []


@on_sqlite
@pytest.mark.parametrize("place", [int(VILLAGE), float(VILLAGE), "５００１２０１０４２００", f" {VILLAGE}\n"])
def test_a_code_without_lost_digits_is_taken_as_it_was_meant(desk, place):
    assert desk.bring([HOUSEHOLD_HEADER, household(1, place=place)], "households").errors == []


@on_sqlite
@pytest.mark.parametrize(
    ("member", "column", "reason"),
    [
        (["H00001", "子", "王小明", resident(2, born="20081202")], "身份证号", "未满 18 周岁"),
        (["H00002", "子", "王明", resident(2)], "户号", "没有这个户号"),
        (["H00001", "邻居", "王明", resident(2)], "与户主关系", "不在可选范围内"),
        (["H00001", "子", "王建国", resident(1)], "身份证号", "本户户主"),
        (["H00001", "子", "王明", ""], "身份证号", "必填"),
    ],
)
def test_a_bad_member_is_refused(desk, member, column, reason):
    report = desk.run(both_sheets(desk, [household(1)], [member]), "households")
    assert [(error.sheet, error.row, error.column) for error in report.errors] == [("成员", 2, column)]
    assert reason in report.errors[0].reason


@on_sqlite
def test_a_member_is_an_adult_from_the_eighteenth_birthday_on(desk):
    member = ["H00001", "子", "王小明", resident(2, born="20081201")]
    assert desk.run(both_sheets(desk, [household(1)], [member]), "households").errors == []


@on_sqlite
def test_a_household_number_never_goes_to_another_head(desk):
    desk.bring([HOUSEHOLD_HEADER, household(1)], "households")
    report = desk.bring(
        [HOUSEHOLD_HEADER, household(1, id_number=resident(2)), household(2, id_number=resident(1))],
        "households",
    )
    assert ["户主是另一人" in report.errors[0].reason, "另一个户号" in report.errors[1].reason] == [
        True,
        True,
    ]


def test_members_may_come_later_and_a_moved_member_is_changed_with_a_warning(desk):
    member = ["H00001", "子", "王明", resident(3)]
    desk.run(both_sheets(desk, [household(1), household(2)], [member]), "households")
    report = desk.run(
        desk.workbook({"成员": [MEMBER_HEADER, ["H00002", "女婿", "王明", resident(3)]]}), "households"
    )
    assert (report.errors, report.changed) == ([], 1)
    assert "另一户" in report.warnings[0].reason
    assert desk.counts()["members"] == 1


@on_sqlite
def test_no_full_number_or_name_is_ever_shown(desk):
    wrong = resident(9)[:-1] + ("0" if resident(9)[-1] != "0" else "1")
    rows = [household(1, id_number=wrong), household(2, no=resident(8)), household(2, name="欧阳" * 30)]
    report = desk.bring([HOUSEHOLD_HEADER, *rows, household(3, id_number="欧阳明")], "households")
    text = "\n".join(report.lines())
    assert len(report.errors) >= 3
    assert not any(secret in text for secret in (wrong, resident(8), "欧阳", "王建国"))
