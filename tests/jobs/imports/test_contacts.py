"""Phones and addresses in the lists of households and entities: sealed, compared, never shown in full."""

import pytest
from sqlalchemy import select

from app.db import Session
from app.models import AgriEntity, Contact, ContactKind, Household
from app.subjects.contacts import newest_contacts
from tests.jobs.imports.conftest import ENTITY_HEADER, HOUSEHOLD_HEADER, entity, household

HEADER = [*HOUSEHOLD_HEADER, "联系电话", "家庭住址"]
PHONE, ADDRESS = "15400000001", "大兴镇长隆村3组12号"
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def on_file(desk, table=Household) -> list[dict[ContactKind, str]]:
    """The contacts that hold, by subject."""
    with Session(desk.engine) as session:
        ids = session.scalars(select(table.subject_id).order_by(table.subject_id)).all()
        found = newest_contacts(session, desk.cipher, ids)
    return [found.get(subject_id, {}) for subject_id in ids]


def test_they_land_sealed_and_in_one_spelling(desk) -> None:
    rows = [
        [*household(1), "+86 154 0000 0001", ADDRESS],
        [*household(2), "", ""],
        [*household(3), 15400000003, ""],
    ]
    report = desk.bring([HEADER, *rows], "households")
    assert (report.errors, report.added) == ([], 3)
    assert on_file(desk) == [
        {ContactKind.PHONE: PHONE, ContactKind.ADDRESS: ADDRESS}, {}, {ContactKind.PHONE: "15400000003"}
    ]  # fmt: skip
    with Session(desk.engine) as session:
        values = session.scalars(select(Contact)).all()
    assert {each.recorded_by for each in values} == {"test"}
    assert not any(PHONE.encode() in each.value_cipher for each in values)


def test_an_entity_has_them_too(desk) -> None:
    header = [*ENTITY_HEADER, "联系电话", "经营地址"]
    report = desk.bring([header, [*entity(1), "023-41421234", ADDRESS]], "entities")
    assert report.errors == []
    expected = {ContactKind.PHONE: "023-41421234", ContactKind.ADDRESS: ADDRESS}
    assert on_file(desk, AgriEntity) == [expected]
    again = desk.bring([header, [*entity(1), "02341421234", ""]], "entities")
    assert (again.errors, again.changed) == ([], 0)
    moved = desk.bring([header, [*entity(1), "", "大兴镇狮子村1组1号"]], "entities")
    assert moved.changed == 1
    assert on_file(desk, AgriEntity) == [expected | {ContactKind.ADDRESS: "大兴镇狮子村1组1号"}]


@on_sqlite
def test_only_what_is_new_is_a_change_and_an_empty_cell_takes_nothing_away(desk) -> None:
    desk.bring([HEADER, [*household(1), PHONE, ADDRESS]], "households")
    same = desk.bring([HEADER, [*household(1), "154-0000-0001", ""]], "households")
    assert (same.errors, same.changed) == ([], 0)
    changed = desk.bring([HEADER, [*household(1), "15400000009", ADDRESS]], "households")
    assert changed.changed == 1
    assert on_file(desk) == [{ContactKind.PHONE: "15400000009", ContactKind.ADDRESS: ADDRESS}]
    assert desk.counts()["contacts"] == 3


@on_sqlite
@pytest.mark.parametrize(
    ("phone", "address", "column", "shown"),
    [
        ("1540000001", ADDRESS, "联系电话", "154***0001"),
        (2341421234, ADDRESS, "联系电话", "234***1234"),
        (PHONE, "王建国", "地址", "王***"),
        (PHONE, "41421234567", "地址", "41421***"),
    ],
)
def test_a_wrong_one_is_refused_masked_and_says_how_to_mend_it(desk, phone, address, column, shown) -> None:
    report = desk.bring([HEADER, [*household(1), phone, address]], "households")
    (error,) = report.errors
    assert (error.column, error.value) == (column, shown)
    assert "填 11 位手机号" in error.fix or "写到村民小组" in error.fix
    assert desk.counts() == {}
