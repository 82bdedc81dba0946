"""Whom a row is about: the head, a member, an entity; never a guess."""

import pytest

from app.db import transaction
from app.jobs.sources import waiting_rows
from app.models import Member
from tests.district import VILLAGE
from tests.jobs.sources.conftest import Desk
from tests.numbers import credit_code, resident

CARDS = """
mapping: village_returns
title: {zh: 村级统计（演示）, en: village returns}
source: construction
subject: village
find: [{by: division, columns: [区划代码]}]
observed_on: {period: year, columns: [年度]}
facts: [{name: registered_household_count, columns: [户数]}]
"""
BOTH = ["承包方代表身份证号", "户号", "登记日期", "确权面积（亩）", "权证状态"]


def member(desk: Desk, subject_id: int, number: str) -> None:
    """An adult member of a household."""
    cipher = desk.district.cipher
    with transaction(desk.district.engine) as session:
        made = Member(
            subject_id=subject_id, relation_code="10", name_cipher=b"", id_number_index=cipher.index(number)
        )
        session.add(made)
        session.flush()
        made.name_cipher = cipher.seal("李秀英", row=f"members/{made.member_id}/name")
        made.id_number_cipher = cipher.seal(number, row=f"members/{made.member_id}/id_number")


def reasons(desk: Desk) -> list[str]:
    """Why rows wait."""
    return [row.reason.split(" · ")[0] for row in waiting_rows(desk.district.engine).rows]


def test_a_member_stands_for_the_household(desk: Desk) -> None:
    household = desk.district.household({})
    member(desk, household, resident(800))
    desk.deliver(desk.csv(BOTH, [resident(800), "", "2026-06-30", "1", "有效"]), "land_right")
    assert [record[0] for record in desk.records(household)] == ["confirmed_land_mu"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_member_of_two_households_belongs_to_neither_surely(desk: Desk) -> None:
    for household in (desk.district.household({}), desk.district.household({})):
        member(desk, household, resident(800))
    desk.deliver(desk.csv(BOTH, [resident(800), "", "2026-06-30", "1", "有效"]), "land_right")
    assert (reasons(desk), desk.records()) == (["该号码属于多个主体"], [])


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_numbers_that_disagree_and_numbers_that_are_missing_wait(desk: Desk) -> None:
    one, other = desk.district.household({}), desk.district.household({})
    rows = [[resident(one), f"H{other:05d}", "2026-06-30", "1", "有效"], ["", "", "2026-06-30", "1", "有效"]]
    desk.deliver(desk.csv(BOTH, *rows), "land_right")
    assert (reasons(desk), desk.records()) == (["两个号码不是同一主体", "没有填写识别主体的号码"], [])


def test_a_village_is_found_by_its_division(desk: Desk) -> None:
    village = desk.district.village({})
    rows = [[VILLAGE, "2025", "812"], ["500120104299", "2025", "1"]]
    report = desk.deliver(desk.csv(["区划代码", "年度", "户数"], *rows), desk.mapping(CARDS))
    assert (report.added, report.quarantined) == (1, 1)
    assert [value for _, value, _, _ in desk.records(village)] == [812]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_entities_come_near_by_name_in_the_whole_district(desk: Desk) -> None:
    entity = desk.district.entity({})
    row = [credit_code(999), f"演示主体{entity}号", "G1", "2026-10", "已入库"]
    desk.deliver(
        desk.csv(["主体信用代码", "主体名称", "项目编码", "入库月份", "入库状态"], row), "green_projects"
    )
    assert waiting_rows(desk.district.engine).rows[0].candidates[0]["subject_id"] == entity
