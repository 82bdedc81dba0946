"""Nobody opens a way to credit data alone but a bank for its own officers, and what was given is listed."""

from datetime import timedelta

import pytest

from app.access.accounts import open_client, revoke_client
from app.access.secrets import hash_of
from app.access.service import create_organisation
from app.db import transaction
from app.errors import Forbidden
from app.models import ApiClient, OrganisationKind, Role, User
from tests.app.access.test_accounts import SQLITE_ONLY, accounts
from tests.web.test_login import AT, now

__all__ = ["accounts", "now"]


def opened(accounts, whom):
    """Credentials of a bank's system for an account."""
    with transaction(accounts.app.state.engine) as session:
        made, secret = open_client(session, session.get_one(User, accounts.users[whom].user_id), at=AT)
        return made.client_id, secret


def sign_in(accounts, client_id, secret):
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return accounts.client.post("/v1/token", data=form).status_code


def listed(accounts, who, query=""):
    return accounts.ask(who, "GET", f"/v1/clients{query}").json()


def test_a_banks_administrator_gives_credentials_and_who_manages_the_system_does_not(accounts):
    body = {"user_id": accounts.users["officer"].user_id}
    assert accounts.ask("system", "POST", "/v1/clients", json=body).status_code == 403
    made = accounts.ask("manager", "POST", "/v1/clients", json=body)
    assert made.status_code == 201
    assert sign_in(accounts, made.json()["client_id"], made.json()["client_secret"]) == 200


def test_who_manages_the_system_gets_no_credentials_for_a_clerk(accounts):
    body = {"user_id": accounts.users["official"].user_id}
    assert accounts.ask("system", "POST", "/v1/clients", json=body).status_code == 403
    with transaction(accounts.app.state.engine) as session:
        clerk = session.get_one(User, accounts.users["official"].user_id)
        with pytest.raises(Forbidden, match="信贷员"):
            open_client(session, clerk, at=AT)


def test_credentials_given_for_a_clerk_before_sign_in_no_longer(accounts):
    with transaction(accounts.app.state.engine) as session:
        session.add(
            ApiClient(
                client_id="client-old", secret_hash=hash_of("secret"), disabled=False, failed_attempts=0,
                user_id=accounts.users["official"].user_id, created_at=AT,
            )
        )  # fmt: skip
    assert sign_in(accounts, "client-old", "secret") == 401
    with transaction(accounts.app.state.engine) as session:
        session.get_one(User, accounts.users["official"].user_id).role = Role.LOAN_OFFICER
    assert sign_in(accounts, "client-old", "secret") == 200


def test_credentials_are_listed_for_whoever_manages_the_account_without_their_secret(accounts):
    clients = {whom: opened(accounts, whom)[0] for whom in ("officer", "officer.branch", "officer.other")}
    with transaction(accounts.app.state.engine) as session:
        revoke_client(session.get_one(ApiClient, clients["officer.branch"]))
    seen = {one["username"]: one for one in listed(accounts, "manager")["items"]}
    assert set(seen) == {"officer", "officer.branch"}
    assert seen["officer"] == {
        "client_id": clients["officer"], "user_id": accounts.users["officer"].user_id, "username": "officer",
        "created_at": "2026-11-23T02:00:00Z", "revoked": False, "locked_until": None,
    }  # fmt: skip
    assert seen["officer.branch"]["revoked"]
    assert {one["username"] for one in listed(accounts, "system")["items"]} == set(clients)
    assert listed(accounts, "system.elsewhere")["items"] == []
    assert accounts.ask("officer", "GET", "/v1/clients").status_code == 403


def test_the_list_of_credentials_is_read_page_by_page(accounts):
    made = sorted(opened(accounts, "officer")[0] for _ in range(3))
    first = listed(accounts, "manager", "?limit=2")
    second = listed(accounts, "manager", f"?limit=2&after={first['next_after']}")
    assert [one["client_id"] for one in first["items"] + second["items"]] == made
    assert second["next_after"] is None


@pytest.mark.parametrize("where", ["/v1/clients?after=%00", "/v1/clients/%00"])
def test_a_name_that_no_database_holds_is_malformed(accounts, where):
    method = "GET" if "after" in where else "DELETE"
    assert accounts.ask("manager", method, where).status_code == 422


@pytest.mark.parametrize(
    "change",
    [{"oidc_subject": "me"}, {"place_id": "district"}, {"organisation_id": "office 2"},
     {"role": "town_official"}, {"disabled": False}],
    ids=str,
)  # fmt: skip
def test_who_manages_the_system_widens_no_account_alone(accounts, change):
    with transaction(accounts.app.state.engine) as session:
        kept = session.get_one(User, accounts.users["official"].user_id)
        kept.role, kept.disabled = Role.COLLECTOR, "disabled" in change
        other = create_organisation(
            session, code="office-2", name="另一部门", kind=OrganisationKind.DEPARTMENT
        )
        numbers = {"office 2": other.organisation_id, "district": accounts.places["district"]}
    sent = {name: numbers.get(value, value) for name, value in change.items()}
    refused = accounts.change("system", "official", **sent)
    assert (refused.status_code, "second person" in refused.json()["detail"]) == (403, True)


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("before", "change"),
    [({"role": Role.JOB}, {"role": "town_official"}),
     ({"role": Role.COLLECTOR, "disabled": True}, {"role": "job", "disabled": False})],
    ids=str,
)  # fmt: skip
def test_no_account_becomes_one_of_a_clerk_or_opens_again_by_way_of_a_job(accounts, before, change):
    with transaction(accounts.app.state.engine) as session:
        kept = session.get_one(User, accounts.users["official"].user_id)
        for name, value in before.items():
            setattr(kept, name, value)
    refused = accounts.change("system", "official", **change)
    assert (refused.status_code, "second person" in refused.json()["detail"]) == (403, True)


@SQLITE_ONLY
@pytest.mark.parametrize(
    "change", [{"display_name": "改名"}, {"disabled": True}, {"oidc_subject": None}, {"role": "collector"},
               {"locked": False}], ids=str,
)  # fmt: skip
def test_who_manages_the_system_narrows_and_renames_an_account_alone(accounts, now, change):
    with transaction(accounts.app.state.engine) as session:
        session.get_one(User, accounts.users["official"].user_id).oidc_subject = "person"
    now.at += timedelta(seconds=1)
    assert accounts.change("system", "official", **change).status_code == 200


@SQLITE_ONLY
def test_nobody_privileged_is_renamed_by_one_person(accounts):
    assert accounts.change("system", "manager", display_name="别名").status_code == 403
