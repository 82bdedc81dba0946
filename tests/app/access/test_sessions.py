"""Persons see where they are signed in, and end it."""

import logging
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.access import accounts
from app.db import transaction
from app.models import User, UserSession
from tests.app.access.test_refresh import ask, by_header, enrolled, holds, post, sign_in
from tests.web.test_login import AT, NEXT_PASSWORD, PASSWORD, add_user, application, code_of, now

__all__ = ["now"]

END = "/v1/me/sessions/end"


@pytest.fixture
def backend():
    return "sqlite"


@pytest.fixture
def client(migrated_url, now):
    with TestClient(application(migrated_url)) as client:
        add_user(client.app)
        yield client


def sessions(client, tokens):
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return client.get("/v1/me/sessions", headers=headers).json()["items"]


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
def test_a_person_sees_the_own_sessions_and_ends_one_of_them(client, now):
    other = sign_in(client).json()
    now.at += timedelta(minutes=1)
    mine = sign_in(client).json()
    seen = sessions(client, mine)
    assert [one["is_this_one"] for one in seen] == [True, False]
    assert {one["place"] for one in seen} == {"interface"}
    answer = post(client, mine, END, password=PASSWORD, user_session_id=seen[1]["user_session_id"])
    assert answer.status_code == 204
    assert not holds(client, other)
    assert holds(client, mine)
    assert len(sessions(client, mine)) == 1


def test_all_but_the_one_that_asks_are_ended_at_once(client):
    others = [sign_in(client).json() for _ in range(3)]
    mine = sign_in(client).json()
    assert post(client, mine, END, password=PASSWORD).status_code == 204
    assert [holds(client, one) for one in (*others, mine)] == [False, False, False, True]


def test_ending_takes_the_password_and_finds_no_session_of_another_account(client):
    other, mine = sign_in(client).json(), sign_in(client).json()
    assert post(client, mine, END, password="wrong horses").status_code == 422
    assert post(client, mine, END, password=PASSWORD, user_session_id=10**6).status_code == 404
    assert holds(client, other)


def test_what_has_ended_is_listed_no_longer_and_kept_no_longer_than_a_day(client, now):
    first = sign_in(client).json()
    client.post("/v1/token/revoke", data={"token": first["refresh_token"]})
    mine = sign_in(client).json()
    assert len(sessions(client, mine)) == 1
    now.at += timedelta(hours=24)
    sign_in(client)
    with transaction(client.app.state.engine) as session:
        assert session.scalar(select(func.count()).select_from(UserSession)) == 1


def test_enrolling_a_second_factor_ends_every_other_session(client, now):
    other = sign_in(client).json()
    enrolled(client, now)
    assert not holds(client, other)


def test_where_there_is_a_second_factor_the_password_alone_changes_no_password(client, now):
    secret = enrolled(client, now)
    now.at += timedelta(seconds=30)
    tokens = sign_in(client, totp=code_of(secret, now.at)).json()
    change = {"old": PASSWORD, "new": NEXT_PASSWORD}
    for wrong in ("", "000000", code_of(secret, now.at)):
        refused = post(client, tokens, "/v1/me/password", **change, totp=wrong)
        assert refused.status_code == 422
        assert "totp" in refused.json()["detail"]
    now.at += timedelta(seconds=30)
    right = code_of(secret, now.at)
    assert post(client, tokens, "/v1/me/password", **change, totp=right).status_code == 200


def test_a_reset_password_leaves_the_second_factor_on(client, now):
    secret = enrolled(client, now)
    with transaction(client.app.state.engine) as session:
        handed_over = accounts.reset_password(session, session.scalars(select(User)).one(), at=now.at)
    missing = ask(client, username="officer.nsh", password=handed_over)
    assert (missing.status_code, missing.json()["code"]) == (401, "second_factor_needed")
    now.at += timedelta(seconds=30)
    code = code_of(secret, now.at)
    assert ask(client, username="officer.nsh", password=handed_over, totp=code).status_code == 200


def test_a_second_factor_that_was_taken_off_leaves_a_line_and_no_session(client, now, caplog):
    caplog.set_level(logging.INFO)
    enrolled(client, now)
    now.at += timedelta(seconds=30)
    with transaction(client.app.state.engine) as session:
        user = session.scalars(select(User)).one()
        accounts.reset_second_factor(session, user, at=now.at)
    assert f"account {user.user_id}: second factor taken off" in caplog.messages
    assert sign_in(client).status_code == 200


@pytest.fixture
def credentials(client):
    with transaction(client.app.state.engine) as session:
        made, secret = accounts.open_client(session, session.scalars(select(User)).one(), at=AT)
        return made.client_id, secret


@pytest.mark.parametrize(
    "proof", [{}, {"client_id": "client-other", "client_secret": "x"}, {"client_secret": "x"}]
)
def test_a_token_of_a_banks_system_is_revoked_by_that_system_only(client, credentials, proof):
    client_id, secret = credentials
    tokens = by_header(client, client_id, secret).json()
    revoke = {"token": tokens["access_token"]}
    given = {"client_id": client_id} | proof if "client_secret" in proof else proof
    assert client.post("/v1/token/revoke", data=revoke | given).status_code == 401
    assert holds(client, tokens)
    right = {"client_id": client_id, "client_secret": secret}
    assert client.post("/v1/token/revoke", data=revoke | right).status_code == 200
    assert not holds(client, tokens)


def test_another_banks_system_revokes_no_token_with_its_own_secret(client, credentials):
    tokens = by_header(client, *credentials).json()
    with transaction(client.app.state.engine) as session:
        other, secret = accounts.open_client(session, session.scalars(select(User)).one(), at=AT)
        proof = {"client_id": other.client_id, "client_secret": secret}
    answer = client.post("/v1/token/revoke", data={"token": tokens["access_token"]} | proof)
    assert (answer.status_code, holds(client, tokens)) == (401, True)


@pytest.mark.parametrize("grant", ["demonstration", "off"])
def test_a_program_signs_nobody_in_with_a_password_unless_the_operator_lets_it(migrated_url, now, grant):
    app = application(migrated_url, password_grant=grant)
    with TestClient(app) as client:
        add_user(app)
        refused = sign_in(client)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert "CREDIT_VILLAGE_PASSWORD_GRANT" in refused.json()["detail"]


def test_every_sign_in_leaves_a_line_with_the_account_and_the_factors(client, now, caplog, credentials):
    caplog.set_level(logging.INFO)
    with transaction(client.app.state.engine) as session:
        user_id = session.scalars(select(User.user_id)).one()
    sign_in(client)
    ask(client, username="officer.nsh", password="wrong horses")
    ask(client, username="nobody.here", password="wrong horses")
    by_header(client, *credentials)
    secret = enrolled(client, now)
    now.at += timedelta(seconds=30)
    sign_in(client, totp=code_of(secret, now.at))
    sign_in(client, totp="000000")
    for _ in range(6):
        ask(client, username="officer.nsh", password="wrong horses")
    wanted = [
        f"account {user_id}: signed in with password",
        f"account {user_id}: refused, wrong password",
        "sign-in refused: no account of the name that was given",
        f"account {user_id}: {credentials[0]} signed in with its secret",
        f"account {user_id}: signed in with password and code",
        f"account {user_id}: refused, wrong code or one used before",
        "sign-in refused: one of users rests after too many failures",
    ]
    assert [line for line in wanted if line not in caplog.messages] == []
    told = " ".join(caplog.messages)
    assert "officer.nsh" not in told
    assert "nobody.here" not in told
    assert PASSWORD not in told


def test_a_refused_request_leaves_a_line_with_its_account(client, caplog):
    tokens = sign_in(client).json()
    seen = []

    class Listening(logging.Handler):
        def emit(self, record):
            seen.append(formatter.format(record))

    from app.logs import JsonFormatter

    formatter, handler = JsonFormatter(), Listening()
    logging.getLogger("app.access.request_id").addHandler(handler)
    try:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        caplog.set_level(logging.INFO)
        assert client.get("/v1/users", headers=headers).status_code == 403
    finally:
        logging.getLogger("app.access.request_id").removeHandler(handler)
    (line,) = seen
    assert '"status": 403' in line
    assert '"user_id": 1' in line
    assert '"route": "/v1/users"' in line
