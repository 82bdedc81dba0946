"""Tokens over HTTP: how a session goes on, and how nothing of it holds once it was revoked."""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.access import accounts
from app.access.totp import matching_step
from app.db import transaction
from app.models import ApiClient, RefreshToken, RevokedToken, User
from tests.web.test_login import AT, NEXT_PASSWORD, PASSWORD, add_user, application, code_of, now

__all__ = ["now"]

SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def client(migrated_url, now):
    with TestClient(application(migrated_url)) as client:
        add_user(client.app)
        yield client


def ask(client, **form):
    return client.post("/v1/token", data=form)


def sign_in(client, **form):
    return ask(client, username="officer.nsh", password=PASSWORD, **form)


def renew(client, refresh_token):
    return ask(client, grant_type="refresh_token", refresh_token=refresh_token)


def holds(client, tokens):
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return client.get("/v1/me", headers=headers).status_code == 200


def post(client, tokens, path, **body):
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return client.post(path, json=body, headers=headers)


def alter(client, **changes):
    with transaction(client.app.state.engine) as session:
        user = session.scalars(select(User)).one()
        for name, value in changes.items():
            setattr(user, name, value)


def test_a_refresh_token_buys_the_next_access_token_and_its_successor(client, now):
    first = sign_in(client).json()
    now.at += timedelta(minutes=30)
    assert not holds(client, first)
    second = renew(client, first["refresh_token"]).json()
    assert holds(client, second)
    assert second["refresh_token"] != first["refresh_token"]


def test_a_refresh_token_shown_twice_ends_the_whole_session_and_no_other(client):
    other = sign_in(client).json()
    first = sign_in(client).json()
    second = renew(client, first["refresh_token"]).json()
    assert renew(client, first["refresh_token"]).status_code == 401
    assert not holds(client, first)
    assert not holds(client, second)
    assert renew(client, second["refresh_token"]).status_code == 401
    assert holds(client, other)
    assert renew(client, other["refresh_token"]).status_code == 200


def test_of_many_uses_at_the_same_moment_at_most_one_is_answered(client):
    token = sign_in(client).json()["refresh_token"]
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(lambda _: renew(client, token).status_code, range(6)))
    assert statuses == [200, 401, 401, 401, 401, 401]


@SQLITE_ONLY
def test_a_session_ends_twelve_hours_after_the_password_however_often_it_was_renewed(client, now):
    tokens = sign_in(client).json()
    for _ in range(23):
        now.at += timedelta(minutes=30)
        tokens = renew(client, tokens["refresh_token"]).json()
    now.at += timedelta(minutes=29)
    tokens = renew(client, tokens["refresh_token"]).json()
    assert tokens["expires_in"] == 60
    now.at = AT + timedelta(hours=12)
    assert not holds(client, tokens)
    assert renew(client, tokens["refresh_token"]).status_code == 401


@SQLITE_ONLY
def test_only_the_hash_of_a_refresh_token_is_kept(client):
    token = sign_in(client).json()["refresh_token"]
    assert len(token) >= 43
    with transaction(client.app.state.engine) as session:
        kept = session.scalars(select(RefreshToken)).one()
        assert token.encode() not in kept.token_hash
        assert len(kept.token_hash) == 32


def test_revoking_a_refresh_token_ends_its_session_at_once(client):
    tokens = sign_in(client).json()
    assert client.post("/v1/token/revoke", data={"token": tokens["refresh_token"]}).status_code == 200
    assert not holds(client, tokens)
    assert renew(client, tokens["refresh_token"]).status_code == 401


def test_revoking_an_access_token_ends_that_one_only(client):
    tokens = sign_in(client).json()
    for _ in range(2):
        assert client.post("/v1/token/revoke", data={"token": tokens["access_token"]}).status_code == 200
    assert not holds(client, tokens)
    assert holds(client, renew(client, tokens["refresh_token"]).json())


@SQLITE_ONLY
@pytest.mark.parametrize("token", ["nothing", "a.b.c"])
def test_revoking_what_is_no_token_tells_nothing(client, token):
    assert client.post("/v1/token/revoke", data={"token": token}).status_code == 200


@SQLITE_ONLY
def test_what_has_expired_is_not_kept_as_revoked(client, now):
    for _ in range(3):
        client.post("/v1/token/revoke", data={"token": sign_in(client).json()["access_token"]})
        now.at += timedelta(minutes=31)
    with transaction(client.app.state.engine) as session:
        assert session.scalar(select(func.count()).select_from(RevokedToken)) == 1


def test_changing_the_password_ends_what_was_open_and_answers_new_tokens(client, now):
    before = [sign_in(client).json() for _ in range(2)]
    now.at += timedelta(microseconds=1)
    answer = post(client, before[0], "/v1/me/password", old=PASSWORD, new=NEXT_PASSWORD)
    assert answer.status_code == 200
    assert holds(client, answer.json())
    for tokens in before:
        assert not holds(client, tokens)
        assert renew(client, tokens["refresh_token"]).status_code == 401
    assert ask(client, username="officer.nsh", password=NEXT_PASSWORD).status_code == 200


@SQLITE_ONLY
def test_guessing_the_present_password_with_a_stolen_token_locks_the_account(client):
    tokens = sign_in(client).json()
    guesses = [
        post(client, tokens, "/v1/me/password", old="wrong horses", new=NEXT_PASSWORD).status_code
        for _ in range(6)
    ]
    assert guesses == [422] * 5 + [429]


@SQLITE_ONLY
def test_a_disabled_account_gets_no_further_token(client):
    tokens = sign_in(client).json()
    alter(client, disabled=True)
    assert not holds(client, tokens)
    assert renew(client, tokens["refresh_token"]).status_code == 401


@SQLITE_ONLY
def test_an_account_that_is_not_ready_may_look_at_itself_and_change_its_password(client):
    alter(client, must_change_password=True)
    tokens = sign_in(client).json()
    assert holds(client, tokens)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    refused = client.get("/v1/cards", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "account_not_ready")
    changed = post(client, tokens, "/v1/me/password", old=PASSWORD, new=NEXT_PASSWORD).json()
    headers = {"Authorization": f"Bearer {changed['access_token']}"}
    assert client.get("/v1/cards", headers=headers).status_code == 200


def enrolled(client, now):
    """Enrol a second factor over the interface; its secret."""
    tokens = sign_in(client).json()
    secret = post(client, tokens, "/v1/me/second-factor", password=PASSWORD).json()["secret"]
    confirm = "/v1/me/second-factor/confirm"
    assert post(client, tokens, confirm, code="000000").status_code == 422
    assert post(client, tokens, confirm, code=code_of(secret, now.at)).status_code == 204
    return secret


def test_a_code_of_the_second_factor_is_accepted_once(client, now):
    secret = enrolled(client, now)
    missing = sign_in(client)
    assert (missing.status_code, missing.json()["code"]) == (401, "second_factor_needed")
    code = code_of(secret, now.at)
    assert sign_in(client, totp=code).status_code == 401, "it confirmed the enrolment"
    now.at += timedelta(seconds=30)
    code = code_of(secret, now.at)
    with ThreadPoolExecutor(3) as pool:
        statuses = sorted(pool.map(lambda _: sign_in(client, totp=code).status_code, range(3)))
    assert statuses == [200, 401, 401]


@SQLITE_ONLY
def test_the_secret_of_the_second_factor_is_sealed_for_its_row_and_shown_once(client, now):
    secret = enrolled(client, now)
    with transaction(client.app.state.engine) as session:
        user = session.scalars(select(User)).one()
        assert user.totp_cipher is not None
        assert secret.encode() not in user.totp_cipher
        opened = client.app.state.cipher.open(user.totp_cipher, row=f"users/{user.user_id}/totp")
    assert matching_step(opened, code_of(secret, AT), at=AT)
    now.at += timedelta(seconds=60)
    tokens = sign_in(client, totp=code_of(secret, now.at)).json()
    assert post(client, tokens, "/v1/me/second-factor", password=PASSWORD).status_code == 409


@pytest.fixture
def credentials(client):
    """A bank's system that signs in for the loan officer."""
    with transaction(client.app.state.engine) as session:
        made, secret = accounts.open_client(session, session.scalars(select(User)).one(), at=AT)
        return made.client_id, secret


def by_header(client, client_id, secret):
    header = {"Authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()}
    return client.post("/v1/token", data={"grant_type": "client_credentials"}, headers=header)


def test_a_banks_system_signs_in_with_its_secret_in_the_header_or_the_form(client, credentials):
    client_id, secret = credentials
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    for answer in (by_header(client, *credentials), ask(client, **form)):
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()
        assert holds(client, answer.json())


def test_a_client_taken_back_is_out_at_once(client, credentials):
    tokens = by_header(client, *credentials).json()
    with transaction(client.app.state.engine) as session:
        accounts.revoke_client(session.scalars(select(ApiClient)).one())
    assert not holds(client, tokens)
    assert by_header(client, *credentials).status_code == 401


@SQLITE_ONLY
def test_a_client_rests_after_five_wrong_secrets(client, credentials, now):
    client_id, _secret = credentials
    statuses = [by_header(client, client_id, "wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    now.at += timedelta(minutes=15)
    assert by_header(client, *credentials).status_code == 200


@SQLITE_ONLY
@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic /w==", "Basic bm9ib2R5OnNlY3JldA=="])
def test_a_client_that_is_none_is_refused(client, header):
    form = {"grant_type": "client_credentials"}
    assert client.post("/v1/token", data=form, headers={"Authorization": header}).status_code == 401


@SQLITE_ONLY
def test_a_banks_system_needs_no_second_factor_where_persons_do(migrated_url, now):
    app = application(migrated_url, second_factor="required")
    with TestClient(app) as client:
        add_user(app)
        with transaction(app.state.engine) as session:
            made, secret = accounts.open_client(session, session.scalars(select(User)).one(), at=AT)
        tokens = by_header(client, made.client_id, secret).json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert client.get("/v1/cards", headers=headers).status_code == 200
        person = {"Authorization": f"Bearer {sign_in(client).json()['access_token']}"}
        assert client.get("/v1/cards", headers=person).status_code == 403
