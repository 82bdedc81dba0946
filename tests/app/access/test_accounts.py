"""Who manages whose accounts, that no change is lost, and what is told about it."""

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.access.service import create_organisation
from app.access.tokens import issue_token
from app.db import transaction
from app.models import OrganisationKind, Place, PlaceKind, Role, User
from tests.web.test_login import AT, PASSWORD, application, now

__all__ = ["now"]

SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PLACES = {
    "district": ("500120000000", "璧山区", PlaceKind.DISTRICT),
    "town": ("500120104000", "大兴镇", PlaceKind.TOWN),
    "elsewhere": ("500119000000", "南川区", PlaceKind.DISTRICT),
}
ORGANISATIONS = {
    "bank": (OrganisationKind.BANK, ""),
    "branch": (OrganisationKind.BANK, "bank"),
    "other bank": (OrganisationKind.BANK, ""),
    "office": (OrganisationKind.DEPARTMENT, ""),
}
USERS = {
    # username: (role, organisation, place)
    "system": (Role.SYSTEM_ADMIN, "office", "district"),
    "system2": (Role.SYSTEM_ADMIN, "office", "district"),
    "system.elsewhere": (Role.SYSTEM_ADMIN, "office", "elsewhere"),
    "manager": (Role.BANK_ADMIN, "bank", "district"),
    "manager.town": (Role.BANK_ADMIN, "bank", "town"),
    "officer": (Role.LOAN_OFFICER, "bank", "district"),
    "officer.branch": (Role.LOAN_OFFICER, "branch", "town"),
    "officer.other": (Role.LOAN_OFFICER, "other bank", "district"),
    "official": (Role.TOWN_OFFICIAL, "office", "town"),
}


@dataclass
class Accounts:
    """The interface, and everybody by name."""

    app: FastAPI
    client: TestClient
    users: dict[str, User]
    organisations: dict[str, int]
    places: dict[str, int]

    def ask(self, who, method, path, *, json=None, **headers):
        """A request as somebody sends it."""
        token = issue_token(self.users[who], key=self.app.state.token_key, at=AT, minutes=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(
            method, path, json=json, headers={"Authorization": f"Bearer {token}", **named}
        )

    def path(self, whom, more=""):
        """The address of an account."""
        return f"/v1/users/{self.users[whom].user_id}{more}"

    def change(self, who, whom, etag="*", **changes):
        """Change an account on the state of an ETag."""
        return self.ask(who, "PATCH", self.path(whom), json=changes, If_Match=etag)

    def order(self, **changes):
        """A new loan officer of the bank."""
        return {
            "username": "new.officer",
            "display_name": "新人",
            "role": "loan_officer",
            "organisation_id": self.organisations["bank"],
            "place_id": self.places["town"],
        } | changes


@pytest.fixture
def accounts(migrated_url, now):
    app = application(migrated_url)
    with transaction(app.state.engine) as session:
        places = {name: add_place(session, *said) for name, said in PLACES.items()}
        organisations: dict[str, int] = {}
        for code, (kind, parent) in ORGANISATIONS.items():
            made = create_organisation(
                session, code=code, name=code, kind=kind, parent_id=organisations.get(parent)
            )
            organisations[code] = made.organisation_id
        users = {
            name: User(
                username=name, display_name=name, password_hash="none", role=role, disabled=False,
                organisation_id=organisations[office], place_id=places[place], failed_attempts=0,
            )
            for name, (role, office, place) in USERS.items()
        }  # fmt: skip
        session.add_all(users.values())
        session.flush()
    with TestClient(app) as client:
        yield Accounts(app, client, users, organisations, places)


def add_place(session, code, name, kind):
    made = Place(code_system="NBS", code=code, name=name, kind=kind, valid_from=date(2020, 6, 30))
    session.add(made)
    session.flush()
    return made.place_id


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("system", {"system2", "manager", "manager.town", "officer", "officer.branch", "officer.other",
                    "official"}),
        ("system.elsewhere", set()),
        ("manager", {"officer", "officer.branch"}),
        ("manager.town", {"officer.branch"}),
    ],
)  # fmt: skip
def test_an_administrator_sees_the_accounts_it_manages_and_no_others(accounts, who, seen):
    listed = {one["username"] for one in accounts.ask(who, "GET", "/v1/users").json()["items"]}
    assert listed == seen
    for name in set(USERS) - seen - {who}:
        for method, path in (("GET", ""), ("POST", "/sign-out"), ("POST", "/password")):
            assert accounts.ask(who, method, accounts.path(name, path), If_Match="*").status_code == 404, name
        assert accounts.change(who, name, disabled=True).status_code == 404, name


@SQLITE_ONLY
@pytest.mark.parametrize("who", ["officer", "official"])
def test_whoever_is_no_administrator_manages_nobody(accounts, who):
    assert accounts.ask(who, "GET", "/v1/users").status_code == 403
    assert accounts.ask(who, "POST", "/v1/users", json=accounts.order()).status_code == 403


@SQLITE_ONLY
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.LOAN_OFFICER])
def test_a_banks_administrator_raises_nobody_above_a_loan_officer(accounts, role):
    assert accounts.change("manager", "officer", role=role).status_code == 403
    assert accounts.ask("manager", "POST", "/v1/users", json=accounts.order(role=role)).status_code == 403


@SQLITE_ONLY
@pytest.mark.parametrize("who", ["system", "manager"])
def test_nobody_changes_the_own_account(accounts, who):
    for change in ({"role": "district_admin"}, {"display_name": "我"}):
        assert accounts.change(who, who, **change).status_code in {403, 404}
    assert accounts.ask(who, "POST", accounts.path(who, "/password"), If_Match="*").status_code in {403, 404}


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"organisation_id": "other bank"}, 404),
        ({"organisation_id": "branch"}, 200),
        ({"place_id": "town"}, 200),
        ({"place_id": "elsewhere"}, 404),
    ],
)
def test_a_banks_administrator_moves_officers_inside_its_bank_and_division_only(accounts, change, status):
    ((field, name),) = change.items()
    number = (accounts.organisations if field == "organisation_id" else accounts.places)[name]
    assert accounts.change("manager", "officer", **{field: number}).status_code == status


@SQLITE_ONLY
@pytest.mark.parametrize(("role", "organisation"), [("loan_officer", "office"), ("auditor", "bank")])
def test_a_role_of_banks_is_given_in_banks_only(accounts, role, organisation):
    order = accounts.order(role=role, organisation_id=accounts.organisations[organisation])
    assert accounts.ask("system", "POST", "/v1/users", json=order).status_code == 422


def test_a_new_account_signs_in_with_the_password_handed_over_and_has_to_change_it(accounts):
    made = accounts.ask("manager", "POST", "/v1/users", json=accounts.order())
    assert made.status_code == 201
    password = made.json()["one_time_password"]
    tokens = accounts.client.post("/v1/token", data={"username": "new.officer", "password": password})
    headers = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
    assert accounts.client.get("/v1/cards", headers=headers).json()["code"] == "account_not_ready"
    body = {"old": password, "new": PASSWORD}
    changed = accounts.client.post("/v1/me/password", json=body, headers=headers).json()
    headers = {"Authorization": f"Bearer {changed['access_token']}"}
    assert accounts.client.get("/v1/cards", headers=headers).status_code == 200


def test_a_reset_password_lifts_the_lock_and_ends_the_sessions(accounts, now):
    for _ in range(5):
        accounts.client.post("/v1/token", data={"username": "officer", "password": "wrong horses"})
    now.at = AT.replace(second=1)
    reset = accounts.ask("manager", "POST", accounts.path("officer", "/password"), If_Match="*")
    assert accounts.ask("officer", "GET", "/v1/me").status_code == 401
    form = {"username": "officer", "password": reset.json()["one_time_password"]}
    assert accounts.client.post("/v1/token", data=form).status_code == 200


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("who", "change"), [("officer", {"disabled": True}), ("official", {"role": "collector"})]
)
def test_whoever_is_disabled_or_given_another_role_is_out_at_once(accounts, now, who, change):
    now.at = AT.replace(second=1)
    assert accounts.change("system", who, **change).status_code == 200
    assert accounts.ask(who, "GET", "/v1/me").status_code == 401


@SQLITE_ONLY
def test_a_lock_is_lifted_by_a_change(accounts):
    for _ in range(5):
        accounts.client.post("/v1/token", data={"username": "officer", "password": "wrong horses"})
    locked = accounts.ask("manager", "GET", accounts.path("officer")).json()
    assert locked["locked_until"] is not None
    assert accounts.change("manager", "officer", locked=False).json()["locked_until"] is None


@SQLITE_ONLY
def test_a_change_names_the_state_it_was_made_on(accounts):
    etag = accounts.ask("manager", "GET", accounts.path("officer")).headers["etag"]
    body = {"display_name": "王"}
    assert accounts.ask("manager", "PATCH", accounts.path("officer"), json=body).status_code == 428
    changed = accounts.change("manager", "officer", etag, **body)
    assert changed.status_code == 200
    assert changed.json()["display_name"] == "王"
    assert accounts.change("system", "officer", etag, display_name="李").status_code == 412
    assert accounts.change("system", "officer", changed.headers["etag"], display_name="李").status_code == 200


def test_of_a_hundred_writers_on_one_state_one_is_accepted_and_the_others_are_told(accounts):
    etag = accounts.ask("system", "GET", accounts.path("officer")).headers["etag"]
    accounts.app.state.account_limiter.take = lambda *_given, **_named: None

    def write(number):
        return accounts.change("system", "officer", etag, display_name=f"{number}").status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = Counter(pool.map(write, range(100)))
    assert statuses == {200: 1, 412: 99}


def test_writers_who_read_again_lose_no_update(accounts):
    path = accounts.path("officer")
    accounts.app.state.account_limiter.take = lambda *_given, **_named: None

    def write(number):
        while True:
            etag = accounts.ask("system", "GET", path).headers["etag"]
            if accounts.change("system", "officer", etag, display_name=f"{number}").status_code == 200:
                return etag

    with ThreadPoolExecutor(4) as pool:
        started_from = set(pool.map(write, range(20)))
    assert len(started_from) == 20
    assert accounts.ask("system", "GET", path).json()["revision"] == 21


@SQLITE_ONLY
def test_a_person_of_the_provider_is_bound_to_one_account(accounts):
    assert accounts.change("manager", "officer", oidc_subject="abc").status_code == 200
    assert accounts.change("manager", "officer.branch", oidc_subject="abc").status_code == 409
    assert accounts.change("system", "officer", oidc_subject=None).json()["oidc_subject"] is None


@SQLITE_ONLY
def test_every_change_leaves_a_line_in_the_log_without_a_secret(accounts, caplog):
    caplog.set_level(logging.INFO, logger="app.access")
    order = accounts.order(username="logged.officer")
    made = accounts.ask("manager", "POST", "/v1/users", json=order).json()
    number, password = made["user_id"], made["one_time_password"]
    client = accounts.ask("manager", "POST", "/v1/clients", json={"user_id": number}).json()
    accounts.ask("system", "PATCH", f"/v1/users/{number}", json={"disabled": True}, If_Match="*")
    accounts.ask("system", "POST", f"/v1/users/{number}/sign-out")
    accounts.ask("manager", "DELETE", f"/v1/users/{number}/second-factor", If_Match="*")
    accounts.ask("system", "DELETE", f"/v1/clients/{client['client_id']}")
    told = [record.getMessage() for record in caplog.records if record.name == "app.access.accounts"]
    assert [line.removeprefix(f"account {number}: ").split(" as ")[0] for line in told] == [
        "opened", f"{client['client_id']} opened", "changed: disabled", "signed out everywhere",
        "second factor taken off", f"{client['client_id']} revoked",
    ]  # fmt: skip
    assert password not in caplog.text
    assert client["client_secret"] not in caplog.text


@SQLITE_ONLY
def test_a_list_is_read_page_by_page(accounts):
    def page(after):
        return accounts.ask("system", "GET", f"/v1/users?limit=4&after={after}").json()

    first = page(0)
    second = page(first["next_after"])
    assert second["next_after"] is None
    names = {one["username"] for one in first["items"] + second["items"]}
    assert (len(first["items"]), len(second["items"]), len(names)) == (4, 3, 7)


@SQLITE_ONLY
def test_organisations_are_opened_by_who_manages_the_system_and_seen_by_the_own_bank(accounts):
    bank = accounts.organisations["bank"]
    order = {"code": "branch-2", "name": "第二支行", "kind": "bank", "parent_id": bank}
    assert accounts.ask("manager", "POST", "/v1/organisations", json=order).status_code == 403
    made = accounts.ask("system", "POST", "/v1/organisations", json=order)
    assert (made.status_code, made.json()["admitted_at"]) == (201, None)
    assert accounts.ask("system", "POST", "/v1/organisations", json=order).status_code == 409
    wrong = order | {"code": "x-1", "kind": "department"}
    assert accounts.ask("system", "POST", "/v1/organisations", json=wrong).status_code == 422
    seen = accounts.ask("manager", "GET", "/v1/organisations").json()["items"]
    assert {one["code"] for one in seen} == {"bank", "branch", "branch-2"}
