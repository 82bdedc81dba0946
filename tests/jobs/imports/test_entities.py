"""Entities: what lands, what changes, and every row that is refused."""

from datetime import date

import pytest
from sqlalchemy import select

from app.db import Session
from app.models import AgriEntity, EntityStatus, EntityType, Subject, SubjectKind
from tests.jobs.imports.conftest import ENTITY_HEADER, entity
from tests.numbers import credit_code, resident

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def stored(desk):
    """The one entity on file and its subject."""
    with Session(desk.engine) as session:
        return session.execute(select(AgriEntity, Subject).join_from(AgriEntity, Subject)).one()


def test_an_entity_lands_with_its_representative_sealed(desk, cipher):
    row = entity(1, representative_number=resident(5), level="市级")
    assert desk.bring([ENTITY_HEADER, row], "entities").errors == []
    farm, subject = stored(desk)
    assert (subject.kind, farm.entity_type, farm.recognition_level) == (
        SubjectKind.AGRI_ENTITY,
        EntityType.FAMILY_FARM,
        2,
    )
    assert farm.registered_on == date(2019, 3, 1)
    bound = f"agri_entities/{subject.subject_id}/legal_representative"
    assert cipher.open(farm.legal_representative_name_cipher, row=f"{bound}_name") == "张桂芳"
    assert cipher.open(farm.legal_representative_number_cipher, row=f"{bound}_number") == resident(5)
    assert farm.legal_representative_index == cipher.index(resident(5))


@on_sqlite
def test_a_changed_status_updates_the_row_and_an_empty_cell_takes_nothing_away(desk, cipher):
    desk.bring([ENTITY_HEADER, entity(1, representative_number=resident(5))], "entities")
    same = desk.bring([ENTITY_HEADER, [*entity(1)], entity(2)], "entities")
    assert (same.accepted, same.added, same.changed) == (2, 1, 0)
    report = desk.bring([ENTITY_HEADER, entity(1, status="注销", registered_on="")], "entities")
    assert (report.added, report.changed) == (0, 1)
    with Session(desk.engine) as session:
        farm = session.scalars(select(AgriEntity).where(AgriEntity.uscc == credit_code(1))).one()
    assert (farm.status, farm.registered_on) == (EntityStatus.DEREGISTERED, date(2019, 3, 1))
    assert farm.legal_representative_index == cipher.index(resident(5))


@on_sqlite
@pytest.mark.parametrize(
    ("changed", "column", "reason"),
    [
        ({"uscc": credit_code(9)[:-1] + "I"}, "统一社会信用代码", "不用的字符"),
        (
            {"uscc": credit_code(9)[:17] + ("0" if credit_code(9)[17] != "0" else "1")},
            "统一社会信用代码",
            "校验码不对",
        ),
        ({"uscc": credit_code(1)}, "统一社会信用代码", "第 2 行重复"),
        ({"type": "合伙企业"}, "类型", "不在可选范围内"),
        ({"status": ""}, "状态", "必填"),
        ({"registered_on": "2026-12-02"}, "成立日期", "晚于今天"),
        ({"level": "县级"}, "认定级别", "不在可选范围内"),
        ({"representative_number": "123"}, "法定代表人身份证号", "18 位"),
        ({"name": "=1+"}, "名称", "公式"),
    ],
)
def test_a_bad_cell_is_reported(desk, changed, column, reason):
    report = desk.bring([ENTITY_HEADER, entity(1), entity(9, **changed)], "entities")
    assert [(error.row, error.column) for error in report.errors] == [(3, column)]
    assert reason in report.errors[0].reason


@on_sqlite
@pytest.mark.parametrize(
    ("department", "kind", "warnings"),
    [("93", "农民合作社", 0), ("91", "农民合作社", 1), ("93", "家庭农场", 1), ("92", "家庭农场", 0)],
)
def test_a_type_that_disagrees_with_the_code_is_a_warning_only(desk, department, kind, warnings):
    report = desk.bring(
        [ENTITY_HEADER, entity(1, uscc=credit_code(1, department=department), type=kind)], "entities"
    )
    assert (report.errors, len(report.warnings), report.added) == ([], warnings, 1)
