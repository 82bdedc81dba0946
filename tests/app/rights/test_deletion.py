"""Data go when no purpose is left for them: not before, wholly, and without harm to anybody else's."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from app.access.looks import record_looks
from app.access.scope import Viewer
from app.access.service import create_organisation, viewer
from app.approvals.service import decide, request
from app.corrections.service import Act, state
from app.db import Session
from app.errors import AppError, Conflict, Forbidden, NotFound
from app.jobs.progress import quiet
from app.jobs.replay import replay
from app.models import (
    ApprovalKind,
    ApprovalUse,
    Base,
    Consent,
    Erasure,
    IdempotencyKey,
    Inquiry,
    OrganisationKind,
    Rating,
    Record,
    Role,
    Statement,
    User,
)
from app.records.rules import RecordRules
from app.rights.right import ERASED
from app.rights.service import erase_approved, erasure_content, erasure_target
from app.rules.service import record_rules_in_force
from app.subjects.lineage import merge
from app.subjects.service import find_by_number
from tests.app.rights.desk import ASKED, PHONE, SPOUSE, Desk, desk, office
from tests.app.rights.test_service import ON_SQLITE, refuse
from tests.at_once import refusal_of_second
from tests.district import DAY, DISTRICT, OTHER_TOWN, morning
from tests.numbers import credit_code, resident
from tests.office_steps import transaction

__all__ = ["desk", "office"]

LATER = DAY + timedelta(days=40)
SAID = "当时住院，没有按时还款。"
SEALED = {
    "households": ("head_name", "head_id_number"),
    "members": ("name", "id_number"),
    "contacts": ("value",),
    "review_requests": ("text",),
    "review_answers": ("text",),
}


def bank(desk: Desk) -> int:
    with transaction(desk.district.engine) as session:
        made = create_organisation(session, code="nsh", name="农商行", kind=OrganisationKind.BANK)
        return made.organisation_id


def asks_for_review(desk: Desk, household: int) -> None:
    desk.district.night()
    desk.asks_for_review(household)


def objects(desk: Desk, household: int) -> None:
    desk.office.raised(desk.office.filing(household))


def owes(desk: Desk, household: int) -> None:
    desk.district.loan(household, DAY, balance=1)


def lets_a_bank_ask(desk: Desk, household: int) -> None:
    desk.district.consent(household, bank(desk))


def will_let_a_bank_ask(desk: Desk, household: int) -> None:
    desk.district.consent(household, bank(desk), first=LATER + timedelta(days=5))


@ON_SQLITE
@pytest.mark.parametrize(
    ("purpose", "words"),
    [
        (owes, "贷款 1 尚未结清"),
        (lets_a_bank_ask, "查询授权 2 仍有效"),
        (will_let_a_bank_ask, "查询授权 2 仍有效"),
        (objects, "异议 1 尚未办结"),
        (asks_for_review, "复核申请 1 尚未答复"),
    ],
)
def test_whatever_purpose_is_left_stands_in_the_way_and_is_named(
    desk: Desk, purpose: Callable[[Desk, int], None], words: str
) -> None:
    household = desk.household()
    refuse(desk, household)
    purpose(desk, household)
    before = desk.texts()
    with pytest.raises(Conflict, match=words):
        desk.erased(household)
    assert desk.texts() == before


@ON_SQLITE
def test_who_has_not_refused_the_rating_is_not_erased(desk: Desk) -> None:
    household = desk.household()
    with pytest.raises(Conflict, match="尚未拒绝或撤回"):
        desk.erased(household)


@ON_SQLITE
def test_what_is_over_stands_in_nobodys_way(desk: Desk) -> None:
    household = desk.household()
    refuse(desk, household)
    desk.district.consent(household, bank(desk), withdrawn_on=DAY)
    desk.district.loan(household, DAY, balance=0)
    assert desk.erased(household).counts["records"] > 0


def test_nothing_personal_is_left_and_what_the_audit_needs_stays(desk: Desk) -> None:
    household, district = desk.household(), desk.district
    district.observe(household, {"overdue_days_max_24m": 40}, on=DAY)
    district.night()
    desk.report(household)
    number = desk.asks_for_review(household).request.review_request_id
    desk.reviewed(number)
    says(desk, household)
    refuse(desk, household)
    kept = district.rows(Rating, Inquiry, Consent)
    names = {"王建国", SPOUSE, PHONE, ASKED, SAID, resident(household), resident(household + 500)}
    assert opened(desk) >= names
    made = desk.erased(household, on=LATER)
    assert opened(desk) & names == set()
    assert desk.opens(household) == ERASED
    with Session(district.engine) as session:
        values = session.scalars(select(Record.value).where(Record.subject_id == household)).all()
        assert set(values) == {0}
        for sought in (resident(household), resident(household + 500)):
            with pytest.raises(NotFound):
                find_by_number(session, district.cipher, sought, on=LATER)
    assert (made.counts["members"], made.counts["contacts"], made.counts["statements"]) == (1, 1, 1)
    assert made.counts["records"] == len(values)
    assert district.rows(Rating, Inquiry, Consent) == kept


@ON_SQLITE
def test_whose_data_are_gone_gets_no_report_and_is_not_erased_twice(desk: Desk) -> None:
    household = desk.household()
    refuse(desk, household)
    desk.erased(household)
    with pytest.raises(Conflict, match="已于 2025-12-01 删除"):
        desk.report(household)
    with pytest.raises(Conflict, match="已于 2025-12-01 删除"):
        desk.erased(household)


@ON_SQLITE
def test_a_village_is_no_person_to_be_forgotten(desk: Desk) -> None:
    village = desk.district.village({"registered_household_count": 4})
    with pytest.raises(NotFound):
        desk.erased(village)


@ON_SQLITE
def test_without_an_approval_nothing_is_deleted(desk: Desk) -> None:
    household = desk.household()
    refuse(desk, household)
    before = desk.texts()

    def refused(_content: object, _outcome: object) -> None:
        raise Forbidden("未经批准 · not granted")

    with pytest.raises(Forbidden):
        desk.erased(household, approve=refused)
    assert desk.texts() == before


@ON_SQLITE
def test_two_persons_approve_exactly_the_deletion_that_is_carried_out_once(desk: Desk) -> None:
    household = desk.household()
    refuse(desk, household)
    number = approved(desk, household, maker="admin", checker="second")
    before = desk.texts()
    wrongs: list[dict[str, Any]] = [{"ground": "别的理由"}, {"by": "nobody"}, {"approval_id": 99}]
    for wrong in wrongs:
        with pytest.raises(AppError):
            erased_by_approval(desk, household, **({"approval_id": number} | wrong))
    assert desk.texts() == before
    made = erased_by_approval(desk, household, approval_id=number)
    assert (made.ground, made.erased_by) == ("撤回同意", "admin")
    [use] = desk.district.rows(ApprovalUse)["approval_uses"]
    assert use[-1] == made.counts
    other = desk.household()
    refuse(desk, other)
    with pytest.raises(AppError):
        erased_by_approval(desk, other, approval_id=number)


def test_of_two_granted_deletions_of_one_household_at_once_one_is_carried_out(desk: Desk) -> None:
    household = desk.household()
    refuse(desk, household)
    numbers = [approved(desk, household, maker="admin", checker=each) for each in ("second", "third")]
    refused = refusal_of_second(
        desk.district.engine,
        *(partial(erase_in, desk=desk, household=household, approval_id=each) for each in numbers),
    )
    assert isinstance(refused, Conflict), refused
    assert "已于 2026-01-09 删除" in refused.detail
    assert (desk.district.counts()["erasures"], desk.district.counts()["approval_uses"]) == (1, 1)


@ON_SQLITE
def test_another_district_cannot_approve(desk: Desk) -> None:
    household = desk.household()
    refuse(desk, household)
    number = approved(desk, household, maker="far", checker="farther", code=OTHER_TOWN)
    with pytest.raises(Forbidden, match="辖区"):
        erased_by_approval(desk, household, approval_id=number)
    assert desk.opens(household) == "王建国"


@ON_SQLITE
def test_the_ratings_of_others_are_worked_out_again_as_they_were(desk: Desk) -> None:
    gone, others = desk.household(), {desk.household(name="陈平") for _ in range(3)}
    desk.district.night()
    refuse(desk, gone)
    desk.erased(gone)
    again = replay(desk.district.engine, as_of=DAY, sample=100, seed=1, progress=quiet)
    with Session(desk.district.engine) as session:
        differing = {session.get_one(Rating, each.rating_id).subject_id for each in again.differences}
    assert differing <= {gone}
    assert again.replayed == 1 + len(others)
    assert {desk.opens(each) for each in others} == {"陈平"}
    assert desk.district.night(LATER).published


@ON_SQLITE
def test_those_merged_into_a_household_go_with_it_and_not_alone(desk: Desk) -> None:
    son, father = desk.household(name="王小明"), desk.household()
    with transaction(desk.district.engine) as session:
        merge(
            session, son, father, happened_on=DAY, document="户口簿", on=DAY, at=morning(DAY), by="clerk"
        )  # fmt: skip
    refuse(desk, father)
    with pytest.raises(Conflict, match=f"已并入 {father}"):
        desk.erased(son)
    assert desk.erased(father).counts["subjects"] == 2
    assert desk.opens(son) == ERASED
    with Session(desk.district.engine) as session:
        assert set(session.scalars(select(Erasure.subject_id))) == {son, father}


@ON_SQLITE
def test_an_entity_loses_its_name_and_code(desk: Desk) -> None:
    farm, other = desk.district.entity(), desk.district.entity()
    refuse(desk, farm)
    desk.erased(farm)
    with Session(desk.district.engine) as session:
        with pytest.raises(NotFound):
            find_by_number(session, desk.district.cipher, credit_code(farm), on=LATER)
        assert find_by_number(session, desk.district.cipher, credit_code(other), on=LATER).subject_id == other
    assert f"演示主体{farm}" not in desk.texts()


def approved(desk: Desk, household: int, *, maker: str, checker: str, code: str = DISTRICT) -> int:
    """A deletion one district administrator asks for and another grants; the number of the approval."""
    content = erasure_content(household, ground="撤回同意", document="删除申请")
    with transaction(desk.district.engine) as session:
        viewers = [administrator(desk, session, name, code=code) for name in (maker, checker)]
        asked = request(
            session, kind=ApprovalKind.ERASURE, target=erasure_target(household), content=content,
            reason="本人申请", maker=viewers[0], at=morning(LATER),
        )  # fmt: skip
        decide(session, asked.approval_id, granted=True, reason="同意", checker=viewers[1], at=morning(LATER))
        return asked.approval_id


def administrator(desk: Desk, session: Session, name: str, *, code: str) -> Viewer:
    if name in desk.office.viewers:
        return desk.office.viewers[name]
    office = desk.office.viewers["admin"].organisation_id
    user = User(
        username=name, display_name=name, password_hash="none", role=Role.DISTRICT_ADMIN, disabled=False,
        organisation_id=office, place_id=desk.district.place_id(code), failed_attempts=0,
    )  # fmt: skip
    session.add(user)
    session.flush()
    return viewer(session, user.user_id)


def erased_by_approval(
    desk: Desk, household: int, *, approval_id: int, ground: str = "撤回同意", by: str = "admin"
) -> Erasure:
    with transaction(desk.district.engine) as session:
        return erase_in(
            session, desk=desk, household=household, approval_id=approval_id, ground=ground, by=by
        )


def erase_in(
    session: Session,
    *,
    desk: Desk,
    household: int,
    approval_id: int,
    ground: str = "撤回同意",
    by: str = "admin",
) -> Erasure:
    return erase_approved(
        session, desk.district.cipher, household, ground=ground, document="删除申请", needs_consent=False,
        approval_id=approval_id, by=by, at=morning(LATER),
    )  # fmt: skip


def says(desk: Desk, household: int) -> None:
    """The subject says something of its last record."""
    with transaction(desk.district.engine) as session:
        rules = record_rules_in_force(session, on=DAY)
        assert isinstance(rules, RecordRules)
        act = Act(DAY, morning(DAY), "clerk", "本人说明")
        record_id = desk.office.record_id(household, last=True)
        state(session, desk.district.cipher, record_id, text=SAID, rules=rules, act=act)


def opened(desk: Desk) -> set[str]:
    """Every text a sealed column opens to with the key."""
    found = set()
    for table, names in SEALED.items():
        columns = list(Base.metadata.tables[table].columns.keys())
        for row in desk.district.rows()[table]:
            for name in names:
                sealed = row[columns.index(f"{name}_cipher")]
                found.add(desk.district.cipher.open(sealed, row=f"{table}/{row[0]}/{name}"))
    with Session(desk.district.engine) as session:
        for said in session.scalars(select(Statement)):
            bound = f"records/{said.record_id}/statement"
            found.add(desk.district.cipher.open(said.text_cipher, row=bound))
    return found


def test_no_answer_that_was_kept_to_be_repeated_is_left(desk: Desk) -> None:
    household, neighbour = desk.household(), desk.household()
    refuse(desk, household)
    asker, minute = desk.office.viewers["clerk"], timedelta(minutes=1)
    at = morning(DAY + timedelta(days=1))
    told = {"of it": (household, 1), "of another": (neighbour, 2), "too old": (neighbour, 10)}
    with transaction(desk.district.engine) as session:
        for key, (subject_id, minutes) in told.items():
            then = at - minutes * minute
            record_looks(session, [(subject_id, None)], viewer=asker, at=then)
            session.add(repeatable(desk, key, user_id=asker.user_id, at=then))
    desk.erased(household)
    with Session(desk.district.engine) as session:
        assert session.scalars(select(IdempotencyKey.key)).all() == ["of another"]


def repeatable(desk: Desk, key: str, *, user_id: int, at: datetime) -> IdempotencyKey:
    """An answer that is kept to be repeated."""
    answer = desk.district.cipher.seal("{}", row=f"idempotency_keys/{user_id}/{key}")
    return IdempotencyKey(
        user_id=user_id, key=key, fingerprint="f" * 64, status=200, answer_cipher=answer, created_at=at
    )
