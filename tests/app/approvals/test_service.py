"""One person asks, another one decides, and exactly what was granted is carried out, once."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from app.approvals import store
from app.approvals.approval import fingerprint_of
from app.approvals.service import decide
from app.db import transaction
from app.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.models import Approval, ApprovalDecision, ApprovalKind, ApprovalUse
from tests.app.approvals.people import AT, CONTENT, People, people
from tests.district import district

__all__ = ["district", "people"]

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
TERM = timedelta(days=14)
SECOND = timedelta(seconds=1)


def at_once(steps: list[Callable[[], object]]) -> list[str]:
    """What became of steps begun at the same moment: "done", or the code of the refusal."""
    start, outcomes = threading.Barrier(len(steps)), []

    def run(step: Callable[[], object]) -> None:
        start.wait()
        try:
            step()
        except AppError as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(outcomes)


def test_what_another_person_has_granted_is_carried_out(people: People):
    number = people.granted()
    assert people.used(number).reason == "演示申请"
    rows = people.district.rows(ApprovalDecision, ApprovalUse)
    assert rows["approval_decisions"][0][3] == people.users["checker"].user_id
    assert rows["approval_uses"][0][1] == people.users["maker"].user_id


@sqlite
def test_of_some_approvals_only_their_own_decisions_and_uses_are_read(people: People):
    first, second = people.granted(), people.granted(target="rating/8")
    people.used(first)
    people.used(second, target="rating/8")
    with transaction(people.district.engine) as session:
        assert set(store.decisions(session, [first])) == {first}
        assert set(store.uses(session, [second])) == {second}


@sqlite
def test_what_has_expired_waits_for_nobody(people: People):
    number = people.asked()
    assert set(people.waiting("checker", at=AT + TERM - SECOND)) == {number}
    assert people.waiting("checker", at=AT + TERM) == {}


@sqlite
def test_the_maker_is_never_the_checker(people: People):
    for kind in ApprovalKind:
        number = people.asked(kind=kind, by=people.maker_of(kind))
        with pytest.raises(Forbidden, match="由您申请，须由另一人决定"):
            people.decided(number, by=people.maker_of(kind))
        people.decided(number, by="checker")


@sqlite
def test_only_a_district_admin_is_a_second_person(people: People):
    for kind in ApprovalKind:
        number = people.asked(kind=kind, by=people.maker_of(kind))
        for by in {"system", "auditor", "officer", "clerk", "colleague"} - {people.maker_of(kind)}:
            with pytest.raises(Forbidden, match="may not decide"):
                people.decided(number, by=by)
    assert people.district.counts()["approval_decisions"] == 0


@pytest.mark.parametrize("by", ["admin_of_town", "admin_of_other_town"])
@sqlite
def test_whoever_answers_for_a_part_only_cannot_decide_for_the_district(people: People, by: str):
    number = people.asked()
    with pytest.raises(NotFound, match="no approval"):
        people.decided(number, by=by)
    assert number not in people.waiting(by)


@pytest.mark.parametrize("by", ["clerk", "system", "auditor", "officer"])
@sqlite
def test_a_town_asks_for_exports_and_documents_and_who_manages_accounts_for_an_account_and_for_nothing_else(
    people: People, by: str
):
    allowed = [kind for kind in ApprovalKind if _may_ask(people, kind, by)]
    assert allowed == {
        "clerk": [ApprovalKind.BULK_EXPORT, ApprovalKind.ATTESTATION],
        "system": [ApprovalKind.PRIVILEGED_ACCOUNT],
    }.get(by, [])


@pytest.mark.parametrize("name", ["maker", " Maker ", "ｍａｋｅｒ", "ma ker"])
@sqlite
def test_a_second_account_of_the_same_name_in_the_same_office_is_no_second_person(people: People, name: str):
    number = people.asked()
    people.viewers["checker"] = replace(people.viewers["checker"], display_name=name)
    with pytest.raises(Forbidden, match="同单位同姓名"):
        people.decided(number)
    people.decided(number, by="third")


@sqlite
def test_somebody_of_the_same_name_in_another_office_is_another_person(people: People):
    number = people.asked()
    people.viewers["checker"] = replace(
        people.viewers["checker"], display_name="maker", organisation_id=people.bank_id
    )
    people.decided(number)


def _may_ask(people: People, kind: ApprovalKind, by: str) -> bool:
    try:
        people.asked(kind=kind, by=by)
    except Forbidden:
        return False
    return True


@sqlite
def test_the_list_of_a_division_shows_what_waits_there_and_who_may_decide(people: People):
    own = people.asked()
    town = people.asked(kind=ApprovalKind.BULK_EXPORT, by="clerk")
    refused = people.asked()
    people.decided(refused, granted=False)
    assert people.waiting("maker") == {own: False, town: True}
    assert people.waiting("checker") == {own: True, town: True}
    assert people.waiting("colleague") == {town: False}
    assert people.waiting("admin_of_town") == {town: True}
    assert people.waiting("admin_of_other_town") == {}
    assert people.waiting("system") == people.waiting("auditor") == {}


@sqlite
def test_a_grant_stays_on_the_list_until_it_is_used(people: People):
    number = people.granted()
    assert people.waiting("checker") == {number: False}
    people.used(number)
    assert people.waiting("checker") == {}


@pytest.mark.parametrize("granted", [True, False])
@sqlite
def test_what_is_decided_stays_decided(people: People, granted: bool):
    number = people.asked()
    people.decided(number, granted=granted)
    with pytest.raises(Conflict, match=f"approval {number} is {'granted' if granted else 'refused'}"):
        people.decided(number, granted=not granted, by="third")


@sqlite
def test_nothing_undecided_or_refused_is_carried_out(people: People):
    number = people.asked()
    with pytest.raises(Conflict, match="is waiting: a second person has to grant it"):
        people.used(number)
    people.decided(number, granted=False)
    with pytest.raises(Conflict, match="is refused: ask anew"):
        people.used(number)


@sqlite
def test_a_grant_is_used_once(people: People):
    number = people.granted()
    people.used(number)
    with pytest.raises(Conflict, match="is used: a grant holds for one use"):
        people.used(number)


@sqlite
def test_an_approval_holds_until_its_fourteenth_day_has_passed(people: People):
    decided, used, late = people.asked(), people.granted(), people.granted()
    people.decided(decided, at=AT + TERM - SECOND)
    people.used(used, at=AT + TERM - SECOND)
    with pytest.raises(Conflict, match=r"期限至 2025-12-14 10:00.*is expired"):
        people.used(late, at=AT + TERM)
    with pytest.raises(Conflict, match="is expired"):
        people.decided(people.asked(), at=AT + TERM)


@pytest.mark.parametrize(
    "other",
    [
        {"kind": ApprovalKind.OVERRIDE},
        {"target": "rating/8"},
        {"content": {**CONTENT, "grade": "AA"}},
        {"content": {**CONTENT, "members": ["乙", "甲"]}},
        {"content": {**CONTENT, "note": None}},
        {"content": {}},
    ],
)
@sqlite
def test_nothing_but_exactly_what_was_granted_is_carried_out(people: People, other: dict[str, Any]):
    number = people.granted()
    with pytest.raises(Conflict, match="carry out exactly that"):
        people.used(number, **other)
    people.used(number)


def test_of_two_decisions_at_the_same_moment_one_is_taken(people: People):
    number = people.asked()
    outcomes = at_once(
        [
            lambda: people.decided(number, granted=True, by="checker"),
            lambda: people.decided(number, granted=False, by="third"),
        ]
    )
    assert outcomes == ["conflict", "done"]
    assert people.district.counts()["approval_decisions"] == 1


def test_of_many_uses_at_the_same_moment_one_is_taken(people: People):
    number = people.granted()
    assert at_once([lambda: people.used(number)] * 4) == ["conflict"] * 3 + ["done"]


@sqlite
def test_what_is_not_carried_out_after_all_can_be_carried_out_later(people: People):
    number = people.granted()
    with transaction(people.district.engine) as session:
        people.use(session, number)
        session.rollback()
    people.used(number)


@sqlite
def test_a_request_that_was_altered_in_the_database_is_neither_granted_nor_used(people: People):
    waiting, granted = people.asked(), people.granted()
    with transaction(people.district.engine) as session:
        session.execute(update(Approval).values(content={**CONTENT, "grade": "AAA"}))
    with pytest.raises(Conflict, match="not what was asked for"):
        people.decided(waiting)
    with pytest.raises(Conflict, match="not what was asked for"):
        people.used(granted)


@pytest.mark.parametrize("number", [0, 99, 2**40])
@sqlite
def test_an_approval_nobody_asked_for_cannot_be_decided_or_used(people: People, number: int):
    with pytest.raises(NotFound):
        people.decided(number)
    with pytest.raises(NotFound):
        people.used(number)


@pytest.mark.parametrize("reason", ["", "  \n", "长" * 501])
@sqlite
def test_a_decision_says_why(people: People, reason: str):
    number = people.asked()
    with pytest.raises(Invalid, match="reason: "), transaction(people.district.engine) as session:
        decide(session, number, granted=True, reason=reason, checker=people.viewers["checker"], at=AT)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), _JSON), st.permutations(range(8)))
def test_the_fingerprint_does_not_depend_on_the_order_of_names(content: dict[str, Any], order: list[int]):
    names = sorted(content, key=lambda name: order[hash(name) % len(order)])
    assert fingerprint_of({name: content[name] for name in names}) == fingerprint_of(content)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), _JSON), st.text(), _JSON)
def test_the_fingerprint_of_another_content_is_another_one(content: Mapping[str, Any], name: str, value: Any):
    other = {**content, name: [value]}
    assert (fingerprint_of(other) == fingerprint_of(content)) == (repr(other) == repr(dict(content)))
