"""What is refused counts like what is answered, and nobody is locked out by calls in his name."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from app.access.routes import COOKIE
from app.access.tokens import issue_token
from tests.app.access.test_accounts import accounts
from tests.web.test_login import AT, now

__all__ = ["accounts", "now"]

BURST = 120


def forged(accounts, whom="officer"):
    """A token in somebody's name that this service has not signed."""
    return issue_token(accounts.users[whom], key=b"another key of 32 bytes, not ours", at=AT, minutes=30)


def many(accounts, path, *, method="GET", **headers):
    """The statuses of one request more than is let through at once."""
    client = accounts.client
    client.follow_redirects = False
    return [client.request(method, path, headers=headers).status_code for _ in range(BURST + 1)]


@pytest.mark.parametrize(
    ("who", "method", "path"),
    [
        ("officer", "GET", "/v1/users"),
        ("official", "POST", "/v1/inquiries"),
        ("officer", "GET", "/v1/ratings/7"),
    ],
)
def test_what_an_account_is_refused_counts_for_it_and_for_nobody_else(accounts, who, method, path):
    token = issue_token(accounts.users[who], key=accounts.app.state.token_key, at=AT, minutes=30)
    refused = many(accounts, path, method=method, Authorization=f"Bearer {token}")
    assert refused == [403] * BURST + [429]
    assert accounts.ask(who, "GET", "/v1/me").headers["ratelimit-policy"].startswith('"account"')
    assert accounts.ask("manager", "GET", "/v1/me").status_code == 200
    assert accounts.client.get("/login").status_code == 200


def test_calls_with_a_token_that_does_not_hold_count_for_their_address(accounts):
    refused = many(accounts, "/v1/me", Authorization=f"Bearer {forged(accounts)}")
    assert refused == [401] * BURST + [429]
    headers = {"Authorization": "Bearer x"}
    answer = accounts.client.post("/v1/inquiries", headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.headers["ratelimit-policy"].startswith('"address"')
    assert accounts.client.get("/v1/me").status_code == 429
    with TestClient(accounts.app, client=("192.0.2.9", 1)) as elsewhere:
        assert elsewhere.get("/v1/me", headers=headers).status_code == 401


def test_bad_tokens_in_somebodys_name_lock_nobody_out_not_even_from_the_same_address(accounts):
    many(accounts, "/v1/me", Authorization=f"Bearer {forged(accounts)}")
    own = issue_token(accounts.users["officer"], key=accounts.app.state.token_key, at=AT, minutes=30)
    answered = many(accounts, "/v1/me", Authorization=f"Bearer {own}")
    assert answered == [200] * BURST + [429]


def test_a_token_that_was_revoked_counts_for_its_address_and_not_for_its_account(accounts, now):
    token = issue_token(accounts.users["officer"], key=accounts.app.state.token_key, at=AT, minutes=30)
    now.at += timedelta(seconds=1)
    assert accounts.ask("manager", "POST", accounts.path("officer", "/sign-out")).status_code == 204
    assert many(accounts, "/v1/me", Authorization=f"Bearer {token}") == [401] * BURST + [429]
    fresh = issue_token(accounts.users["officer"], key=accounts.app.state.token_key, at=now.at, minutes=30)
    answer = accounts.client.get("/v1/me", headers={"Authorization": f"Bearer {fresh}"})
    assert answer.status_code == 200


def test_a_made_up_session_of_the_pages_counts_for_its_address(accounts):
    refused = many(accounts, "/account", Cookie=f"{COOKIE}=x")
    assert refused == [303] * BURST + [429]


@pytest.mark.parametrize("path", ["/login", "/healthz"])
def test_what_everybody_may_ask_is_not_free_with_a_made_up_token(accounts, path):
    assert many(accounts, path, Authorization="Bearer x") == [200] * BURST + [429]


def test_a_call_without_a_token_counts_once(accounts):
    assert many(accounts, "/v1/me") == [401] * BURST + [429]
