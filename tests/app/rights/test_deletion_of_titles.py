"""A title is ended before its holder is forgotten, and what is kept of it afterwards names nobody."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db import Session
from app.errors import Conflict
from app.jobs.sealed import sealed_tables
from app.models import (
    Certificate,
    ConsentKind,
    DesignationAction,
    DesignationKind,
    DesignationState,
    DesignationStep,
    NoticeEntry,
    ObjectionChannel,
)
from app.notices import service as notices
from app.notices.service import Finding, Protest
from app.rights import service
from app.rights.right import ERASED
from tests.app.designations.committee import NOTICE_DAYS, Committee, committee
from tests.district import DAY, morning
from tests.numbers import credit_code
from tests.office_steps import transaction

__all__ = ["committee"]
A = DesignationAction
PERSON, SAID, TOLD = "王建国", "王建国还欠我两千元。", "13800002222"
AWARDED = DAY + NOTICE_DAYS
LATER = DAY + timedelta(days=40)
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def farm(committee: Committee) -> int:
    """A farm that bears the name of its owner, who agrees to a notice."""
    made = committee.district.entity(name=f"{PERSON}家庭农场", representative=PERSON)
    committee.district.agrees(made, kind=ConsentKind.PUBLICATION)
    committee.night()
    return made


@pytest.fixture
def objected(committee: Committee, farm: int) -> tuple[str, str]:
    """Its title on its notice, and what somebody objects to its line."""
    number = committee.numbers(DesignationKind.CREDIT_ENTITY)[0]
    committee.step(number, A.CHECK_TOWN, by="colleague", reason=f"{PERSON}材料齐全")
    committee.step(number, A.POST_NOTICE, by="colleague")
    with transaction(committee.district.engine) as session:
        notice = session.scalars(select(NoticeEntry)).one()
        posted = notices.standings(session, [notice.notice_id], on=DAY)[notice.notice_id].notice.number
        made = notices.object_at_office(
            session,
            committee.district.cipher,
            posted,
            Protest(SAID, 1, TOLD, channel=ObjectionChannel.DESK),
            viewer=committee.viewers["mayor"],
            at=morning(DAY),
        )
    return posted, made.objection.notice_objection_uid


@pytest.fixture
def held(committee: Committee, objected: tuple[str, str]) -> int:
    """Its title, given after the objection was answered."""
    with transaction(committee.district.engine) as session:
        notices.answer(
            session, committee.district.cipher, *objected,
            Finding(False, f"{PERSON}已还清。", f"{PERSON}收据"), viewer=committee.viewers["deputy"],
            at=morning(DAY),
        )  # fmt: skip
    number = committee.numbers(DesignationKind.CREDIT_ENTITY)[0]
    committee.step(number, A.AWARD, by="admin", on=AWARDED)
    return number


def given_up(committee: Committee, number: int) -> None:
    committee.step(
        number, A.WITHDRAW, by="deputy", on=LATER, reason=f"{PERSON}不再经营", document=f"{PERSON}声明"
    )


def refuses(committee: Committee, farm: int) -> None:
    committee.district.agrees(farm, kind=ConsentKind.RATING, agreed=False)


def erase(committee: Committee, farm: int) -> dict[str, int]:
    with transaction(committee.district.engine) as session:
        return service.erase(
            session, committee.district.cipher, farm, ground="处理目的已实现", document="删除申请 3 号",
            needs_consent=False, approve=lambda _content, _outcome: None, by="admin", at=morning(LATER),
        ).counts  # fmt: skip


def readable(committee: Committee) -> str:
    """Everything the database says to whoever has its keys."""
    return json.dumps(committee.district.rows(), default=str, ensure_ascii=False) + "".join(opened(committee))


def opened(committee: Committee) -> Iterator[str]:
    with Session(committee.district.engine) as session:
        for each in sealed_tables():
            for row in session.execute(select(*each.read)).mappings():
                for column, place in each.sealed.items():
                    if row[column]:
                        yield committee.district.cipher.open(row[column], row=place.format(**row))


@ON_SQLITE
def test_a_title_that_is_held_stands_in_the_way_and_is_named(committee, farm, held):
    refuses(committee, farm)
    with pytest.raises(Conflict, match=f"信用新型农业经营主体称号 {held}（已授牌）尚未结束"):
        erase(committee, farm)
    given_up(committee, held)
    assert committee.state(held) is DesignationState.WITHDRAWN
    assert erase(committee, farm)["designation_steps"] == 5


@ON_SQLITE
def test_an_objection_to_the_notice_is_answered_first(committee, farm, objected):
    refuses(committee, farm)
    number = committee.numbers(DesignationKind.CREDIT_ENTITY)[0]
    given_up(committee, number)
    with pytest.raises(Conflict, match="对其公示的异议 1 件尚未答复"):
        erase(committee, farm)


def test_nothing_that_is_kept_of_a_title_names_the_person(committee, farm, held):
    refuses(committee, farm)
    given_up(committee, held)
    sought = (PERSON, PERSON[1:], "王**", SAID, TOLD, credit_code(farm))
    before = readable(committee)
    assert [each for each in sought if each not in before] == []
    erase(committee, farm)
    after = readable(committee)
    assert [each for each in sought if each in after] == []
    with Session(committee.district.engine) as session:
        assert session.scalars(select(NoticeEntry.shown_name)).all() == [ERASED]
        assert ERASED in session.scalars(select(Certificate.payload)).one()
        actions = session.scalars(select(DesignationStep.action).order_by(DesignationStep.sequence)).all()
    assert actions == [A.PROPOSE, A.CHECK_TOWN, A.POST_NOTICE, A.AWARD, A.WITHDRAW]


@ON_SQLITE
def test_the_titles_of_others_stay_as_they_are(committee, farm, held):
    refuses(committee, farm)
    given_up(committee, held)
    other = committee.district.entity(name="李秀英家庭农场", representative="李秀英")
    committee.district.agrees(other, kind=ConsentKind.PUBLICATION)
    committee.night(LATER)
    number = committee.numbers(DesignationKind.CREDIT_ENTITY)[-1]
    committee.step(number, A.CHECK_TOWN, by="colleague", on=LATER, reason="李秀英材料齐全")
    committee.step(number, A.POST_NOTICE, by="colleague", on=LATER)
    erase(committee, farm)
    kept = readable(committee)
    assert "李秀英材料齐全" in kept
    assert "李**家庭农场" in kept
