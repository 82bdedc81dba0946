"""Phones and addresses come with a source's form, checked and sealed as those of the town offices are."""

import json

import pytest
from sqlalchemy import select

from app.db import Session
from app.errors import Invalid
from app.jobs.sources import Mapping
from app.models import Contact, ContactKind, QuarantinedRow
from app.subjects.contacts import newest_contacts
from tests.jobs.sources.conftest import Desk
from tests.numbers import resident

ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
FORM = """
mapping: training_{name}
title: {{zh: 农民培训名册, en: training}}
source: land_transfer
subject: {subject}
find: [{{by: {by}, columns: [编号]}}]
observed_on: {{period: day, columns: [日期]}}
{facts}
phone: [联系电话, 手机]
address: [住址]
"""
FACT = "facts: [{name: training_certificate, columns: [合格], words: {是: 1}, required: no}]"
HEAD = ["编号", "日期", "合格", "手机", "住址"]
PHONE, ADDRESS, OTHER = "15400000001", "大兴镇长隆村3组12号", "023-41421234"


@pytest.fixture
def training(desk: Desk) -> Mapping:
    """A form of trainings with the phone and the address of whoever was trained."""
    return desk.mapping(FORM.format(name="a", subject="household", by="id_number", facts=FACT))


def row(household: int, *, phone: str = "", address: str = "", passed: str = "是") -> list[str]:
    return [resident(household), "2026-03-01", passed, phone, address]


def known(desk: Desk, household: int) -> dict[ContactKind, str]:
    with Session(desk.district.engine) as session:
        return newest_contacts(session, desk.district.cipher, [household]).get(household, {})


def test_a_phone_and_an_address_are_kept_sealed_beside_the_records(desk: Desk, training: Mapping) -> None:
    household = desk.district.household({})
    given = row(household, phone="154-0000-0001", address=f" {ADDRESS[:3]} {ADDRESS[3:]}")
    report = desk.deliver(desk.csv(HEAD, given), training)
    assert (report.error_count, report.added, report.contacts) == (0, 1, 2), list(report.lines())
    assert known(desk, household) == {ContactKind.PHONE: PHONE, ContactKind.ADDRESS: ADDRESS}
    assert "新的电话和地址 2 项" in "".join(report.lines())
    plain = json.dumps(desk.district.rows(), default=str, ensure_ascii=False)
    assert PHONE not in plain
    assert ADDRESS not in plain


@ON_SQLITE
def test_what_is_on_file_is_not_kept_twice_and_a_blank_takes_nothing_away(desk: Desk, training) -> None:
    household = desk.district.household({})
    desk.deliver(desk.csv(HEAD, row(household, phone=PHONE, address=ADDRESS)), training)
    again = desk.deliver(desk.csv(HEAD, row(household, phone=PHONE), name="2.csv"), training)
    assert (again.contacts, desk.count(Contact)) == (0, 2)
    moved = desk.deliver(desk.csv(HEAD, row(household, phone=OTHER), name="3.csv"), training)
    assert (moved.contacts, desk.count(Contact)) == (1, 3)
    assert known(desk, household) == {ContactKind.PHONE: OTHER, ContactKind.ADDRESS: ADDRESS}


@ON_SQLITE
@pytest.mark.parametrize(
    ("wrong", "column", "shown"),
    [({"phone": "1540000000"}, "联系电话", "154***0000"), ({"address": "123456"}, "住址", "123***")],
)
def test_what_is_none_refuses_the_whole_form_and_is_shown_masked(desk: Desk, training, wrong, column, shown):
    good, bad = desk.district.household({}), desk.district.household({})
    report = desk.deliver(desk.csv(HEAD, row(good, phone=PHONE), row(bad, **wrong)), training)
    [error] = report.errors
    assert (error.row, error.column, error.value) == (3, column, shown)
    assert (desk.count(Contact), report.contacts) == (0, 0)


@ON_SQLITE
def test_a_trial_counts_and_writes_nothing(desk: Desk, training: Mapping) -> None:
    household = desk.district.household({})
    report = desk.deliver(desk.csv(HEAD, row(household, phone=PHONE)), training, dry_run=True)
    assert (report.contacts, desk.count(Contact)) == (1, 0)


@ON_SQLITE
def test_nothing_plain_is_kept_of_a_row_that_fits_nobody(desk: Desk, training: Mapping) -> None:
    report = desk.deliver(desk.csv(HEAD, row(900, phone=PHONE, address=ADDRESS)), training)
    assert (report.quarantined, report.contacts, desk.count(Contact)) == (1, 0, 0)
    with Session(desk.district.engine) as session:
        waiting = session.scalars(select(QuarantinedRow)).one()
        assert PHONE in desk.district.cipher.open(
            waiting.content_cipher, row=f"quarantined_rows/{waiting.quarantined_row_id}/content"
        )
    assert PHONE not in json.dumps(desk.district.rows(), default=str)


@ON_SQLITE
def test_a_form_may_bring_nothing_but_contacts(desk: Desk) -> None:
    household = desk.district.household({})
    only = desk.mapping(FORM.format(name="b", subject="household", by="id_number", facts="facts: []"))
    head = [name for name in HEAD if name != "合格"]
    given = [resident(household), "2026-03-01", PHONE, ""]
    assert desk.deliver(desk.csv(head, given), only).contacts == 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FORM.format(name="c", subject="village", by="division", facts="facts: []"), "a village has none"),
        (
            FORM.format(name="d", subject="household", by="id_number", facts="facts: []").replace(
                "[住址]", "[手机]"
            ),
            "two different columns",
        ),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(desk: Desk, text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        desk.mapping(text)
