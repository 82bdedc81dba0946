"""Accounts that read credit data, decide, read the logs or give accounts take two persons."""

from typing import Any

import pytest

from app.access.policy import GIVES, TAKES_TWO
from app.db import transaction
from app.models import Role, User
from tests.app.approvals.people import People, people
from tests.app.approvals.test_routes import GRANT, Office, office
from tests.district import DISTRICT, TOWN, district

__all__ = ["district", "office", "people"]

BANK_ROLES = {Role.BANK_ADMIN, Role.LOAN_OFFICER}


@pytest.fixture
def backend() -> str:
    """What is decided here does not depend on the database."""
    return "sqlite"


def order(people: People, role: Role = Role.AUDITOR, **changed: Any) -> dict[str, Any]:
    """A new account of a role."""
    works_for = people.bank_id if role in BANK_ROLES else people.viewers["maker"].organisation_id
    return {
        "username": "new.one", "display_name": "新人", "role": role, "organisation_id": works_for,
        "place_id": people.district.place_id(DISTRICT), **changed,
    }  # fmt: skip


def asked(office: Office, *, by: str = "system", **what: Any) -> Any:
    body = {"kind": "privileged_account", "reason": "换届（演示）", **what}
    return office.send("POST", "/v1/approvals", by=by, json=body)


def carried_out(office: Office, number: int, *, by: str = "system") -> Any:
    return office.send("POST", f"/v1/approvals/{number}/account", by=by)


def granted(office: Office, **what: Any) -> int:
    made = asked(office, **what)
    assert made.status_code == 201, made.text
    number = made.json()["approval_id"]
    assert office.decided(number).status_code == 200
    return int(number)


def user(office: Office, name: str) -> User:
    with transaction(office.people.district.engine) as session:
        found = session.query(User).filter_by(username=name).one()
        session.expunge(found)
        return found


def changed(office: Office, name: str, **changes: Any) -> Any:
    path = f"/v1/users/{office.people.users[name].user_id}"
    return office.send("PATCH", path, by="system", if_match="*", json=changes)


def test_the_privileged_roles_are_those_that_decide_audit_or_give_accounts():
    assert set(GIVES) | {Role.DISTRICT_ADMIN, Role.AUDITOR} == TAKES_TWO


@pytest.mark.parametrize("role", sorted(Role))
def test_who_manages_the_system_opens_alone_no_account_but_of_a_job(office: Office, role: Role):
    made = office.send("POST", "/v1/users", by="system", json=order(office.people, role))
    assert made.status_code == (201 if role is Role.JOB else 403)
    if role is not Role.JOB:
        assert "takes a second person" in made.json()["detail"]
        assert "new.one" not in str(office.people.district.rows(User))


@pytest.mark.parametrize("role", sorted(Role))
def test_two_persons_open_it_and_its_password_is_handed_to_who_asked(office: Office, role: Role):
    number = granted(office, account=order(office.people, role))
    assert "new.one" not in str(office.people.district.rows(User))
    made = carried_out(office, number)
    assert (made.status_code, made.json()["role"], made.json()["must_change_password"]) == (200, role, True)
    form = {"username": "new.one", "password": made.json()["one_time_password"]}
    assert office.client.post("/v1/token", data=form).status_code == 200
    assert carried_out(office, number).status_code == 409


@pytest.mark.parametrize("by", ["maker", "checker", "clerk", "auditor", "officer"])
def test_only_who_manages_accounts_asks_for_one_and_carries_it_out(office: Office, by: str):
    assert asked(office, by=by, account=order(office.people)).status_code == 403
    number = granted(office, account=order(office.people))
    assert carried_out(office, number, by=by).status_code == 403


def test_another_administrator_of_accounts_does_not_carry_it_out(office: Office):
    number = granted(office, account=order(office.people))
    with transaction(office.people.district.engine) as session:
        session.get_one(User, office.people.users["auditor"].user_id).role = Role.SYSTEM_ADMIN
    refused = carried_out(office, number, by="auditor")
    assert (refused.status_code, "carries it out" in refused.json()["detail"]) == (403, True)


def test_nothing_is_opened_before_it_is_granted_nor_after_it_was_refused(office: Office):
    number = asked(office, account=order(office.people)).json()["approval_id"]
    assert carried_out(office, number).status_code == 409
    office.decided(number, json={**GRANT, "granted": False})
    assert carried_out(office, number).status_code == 409
    assert "new.one" not in str(office.people.district.rows(User))


def test_who_asked_for_an_account_does_not_grant_it_by_another_role(office: Office):
    number = asked(office, account=order(office.people)).json()["approval_id"]
    with transaction(office.people.district.engine) as session:
        session.get_one(User, office.people.users["system"].user_id).role = Role.DISTRICT_ADMIN
    assert office.decided(number, by="system").status_code == 403


@pytest.mark.parametrize(
    "changes",
    [{"role": "auditor"}, {"role": "district_admin", "disabled": True}, {"role": "system_admin"}],
)
def test_nobody_is_raised_to_a_privileged_role_by_one_person(office: Office, changes: dict[str, Any]):
    refused = changed(office, "clerk", **changes)
    assert (refused.status_code, user(office, "clerk").role) == (403, Role.TOWN_OFFICIAL)


@pytest.mark.parametrize(
    "changes", [{"display_name": "别名"}, {"oidc_subject": "me"}, {"place": TOWN}, {"role": "auditor"}]
)
def test_a_privileged_account_is_changed_by_two(office: Office, changes: dict[str, Any]):
    if "place" in changes:
        changes = {"place_id": office.people.district.place_id(changes["place"])}
    assert changed(office, "checker", **changes).status_code == 403
    target = office.people.users["third"].user_id
    number = granted(office, user_id=target, change=changes)
    done = carried_out(office, number)
    assert (done.status_code, done.json()["one_time_password"]) == (200, None)
    assert done.json() | changes == done.json()


def test_one_person_closes_a_privileged_account_and_two_open_it_again(office: Office):
    assert changed(office, "third", disabled=True).status_code == 200
    assert changed(office, "third", disabled=False).status_code == 403
    assert changed(office, "third", locked=False).status_code == 200
    number = granted(office, user_id=office.people.users["third"].user_id, change={"disabled": False})
    assert carried_out(office, number).json()["disabled"] is False


def test_one_person_takes_a_privileged_role_away(office: Office):
    assert changed(office, "third", role="town_official").status_code == 200


@pytest.mark.parametrize("whom", ["third", "clerk", "officer"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/password"), ("DELETE", "/second-factor")])
def test_one_person_gets_no_way_to_sign_in_as_somebody_else(
    office: Office, method: str, path: str, whom: str
):
    whole = f"/v1/users/{office.people.users[whom].user_id}{path}"
    refused = office.send(method, whole, by="system", if_match="*")
    assert (refused.status_code, "second person" in refused.json()["detail"]) == (403, True)


@pytest.mark.parametrize("whom", ["third", "clerk", "officer"])
def test_who_manages_the_system_gives_no_credentials_of_a_banks_system(office: Office, whom: str):
    body = {"user_id": office.people.users[whom].user_id}
    assert office.send("POST", "/v1/clients", by="system", json=body).status_code == 403


@pytest.mark.parametrize("whom", ["third", "clerk"])
def test_two_persons_give_an_account_a_new_password(office: Office, whom: str):
    number = granted(office, user_id=office.people.users[whom].user_id)
    done = carried_out(office, number)
    form = {"username": whom, "password": done.json()["one_time_password"]}
    assert office.client.post("/v1/token", data=form).status_code == 200
    assert done.json()["must_change_password"] is True


def test_an_account_that_changed_since_it_was_asked_for_is_asked_for_anew(office: Office):
    number = granted(office, user_id=office.people.users["third"].user_id)
    assert changed(office, "third", disabled=True).status_code == 200
    refused = carried_out(office, number)
    assert (refused.status_code, "ask anew" in refused.json()["detail"]) == (409, True)


def test_an_account_outside_the_division_or_of_the_wrong_kind_of_office_is_not_asked_for(office: Office):
    people = office.people
    office_id = people.viewers["maker"].organisation_id
    wrong = order(people, Role.BANK_ADMIN, organisation_id=office_id)
    assert asked(office, account=wrong).status_code == 422
    with transaction(people.district.engine) as session:
        session.get_one(User, people.users["system"].user_id).place_id = people.district.place_id(TOWN)
    assert asked(office, account=order(people)).status_code == 404
    assert asked(office, user_id=people.users["third"].user_id).status_code == 404


@pytest.mark.parametrize(
    "what", [{}, {"account": True, "user_id": 1}, {"account": True, "change": {}}, {"change": {}}]
)
def test_a_request_is_about_one_thing(office: Office, what: dict[str, Any]):
    if what.get("account"):
        what = {**what, "account": order(office.people)}
    assert asked(office, **what).json()["code"] == "malformed_request"
