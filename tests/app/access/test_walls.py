"""Each check of an account and of a token by itself: what another one would refuse as well is let through."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import Request
from sqlalchemy import select

from app.access import accounts as managed
from app.access import routes, service, store
from app.access.refresh import end_session, open_session, renew
from app.access.store import clear_attempts
from app.access.tokens import SignedInBy, issue_token
from app.db import transaction
from app.errors import NotSignedIn
from app.models import RefreshToken, Role, User
from tests.app.access.test_accounts import accounts
from tests.web.test_login import AT, application, now

__all__ = ["accounts", "application", "now"]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def opened(accounts, who="officer"):
    """A session of somebody: its refresh token."""
    with transaction(accounts.app.state.engine) as session:
        user = session.get_one(User, accounts.users[who].user_id)
        return open_session(session, user, session_id=f"session-{who}", at=AT)


def renewed(accounts, token):
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return accounts.client.post("/v1/token", data=form).status_code


def alter(accounts, who, **changes):
    with transaction(accounts.app.state.engine) as session:
        user = session.get_one(User, accounts.users[who].user_id)
        for name, value in changes.items():
            setattr(user, name, value)


def test_nobody_closes_or_signs_out_the_own_account_as_an_administrator(accounts):
    assert accounts.ask("system", "POST", accounts.path("system", "/sign-out")).status_code == 403
    refused = accounts.change("system", "system", disabled=True)
    assert (refused.status_code, "another administrator" in refused.json()["detail"]) == (403, True)


def test_a_refresh_token_from_before_signing_out_buys_nothing_even_where_it_was_not_revoked(accounts):
    token = opened(accounts)
    alter(accounts, "officer", signed_out_at=AT + timedelta(seconds=1))
    assert renewed(accounts, token) == 401
    alter(accounts, "officer", signed_out_at=AT)
    assert renewed(accounts, token) == 200


def test_only_a_request_of_whoever_reads_the_log_lets_the_database_show_every_inquiry(accounts):
    with transaction(accounts.app.state.engine) as session:
        official = service.viewer(session, accounts.users["official"].user_id)
    reading = set()
    for role in Role:
        viewer = replace(official, role=role)
        scope = routes._row_scope(Request({"type": "http", "state": {"viewer": viewer}}))
        assert scope is not None
        reading |= {role} if scope.reads_log else set()
    assert reading == {Role.AUDITOR}


def test_of_the_tokens_of_a_moment_only_what_they_name_is_read(accounts):
    officer, other = (accounts.users[who].user_id for who in ("officer", "official"))
    with transaction(accounts.app.state.engine) as session:
        clients = [managed.open_client(session, session.get_one(User, officer), at=AT)[0] for _ in range(2)]
        asked, unasked = (each.client_id for each in clients)
        for number, name in enumerate((asked, unasked)):
            end_session(session, name, ends_at=AT + timedelta(hours=1), at=AT + timedelta(minutes=number))
        assert set(store.present(session, [officer])) == {officer}
        assert set(store.present(session, [officer, other])) == {officer, other}
        assert store.revoked(session, [asked]) == {asked}
        assert store.clients_in_use(session, [asked]) == {(asked, officer)}


def test_signing_one_out_leaves_the_sessions_of_others(accounts):
    mine, others = (opened(accounts, who) for who in ("officer", "official"))
    with transaction(accounts.app.state.engine) as session:
        user = session.get_one(User, accounts.users["officer"].user_id)
        managed.sign_out(session, user, at=AT + timedelta(minutes=1))
    assert [renewed(accounts, token) for token in (mine, others)] == [401, 200]


def test_what_was_revoked_once_keeps_the_moment_it_was_revoked(accounts):
    opened(accounts)
    for minutes in (1, 2):
        with transaction(accounts.app.state.engine) as session:
            user = session.get_one(User, accounts.users["officer"].user_id)
            managed.sign_out(session, user, at=AT + timedelta(minutes=minutes))
            service_end = session.scalars(select(RefreshToken.revoked_at)).one()
    assert service_end == AT + timedelta(minutes=1)


def test_a_token_of_a_client_speaks_for_the_user_of_that_client_alone(accounts):
    with transaction(accounts.app.state.engine) as session:
        other = session.get_one(User, accounts.users["officer.branch"].user_id)
        made, _ = managed.open_client(session, other, at=AT)
    statuses = []
    for who in ("officer.branch", "officer"):
        token = issue_token(
            accounts.users[who], key=accounts.app.state.token_key, at=AT, minutes=30,
            signed_in_by=SignedInBy.CLIENT, client_id=made.client_id,
        )  # fmt: skip
        headers = {"Authorization": f"Bearer {token}"}
        statuses.append(accounts.client.get("/v1/me", headers=headers).status_code)
    assert statuses == [200, 401]


def test_a_client_of_somebody_whose_account_is_closed_does_not_sign_in(accounts):
    with transaction(accounts.app.state.engine) as session:
        user = session.get_one(User, accounts.users["officer"].user_id)
        made, secret = managed.open_client(session, user, at=AT)
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": secret}
    assert accounts.client.post("/v1/token", data=form).status_code == 200
    alter(accounts, "officer", disabled=True)
    assert accounts.client.post("/v1/token", data=form).status_code == 401


@pytest.mark.parametrize(
    "header", ["Basic {token}", "Token {token}", "Bearer", "Bearer ", "{token}"], ids=str.split
)
def test_a_token_is_sent_as_a_bearer_token(accounts, header):
    token = issue_token(accounts.users["officer"], key=accounts.app.state.token_key, at=AT, minutes=30)
    answer = accounts.client.get("/v1/me", headers={"Authorization": header.format(token=token)})
    assert (answer.status_code, answer.json()["detail"].startswith("no access token")) == (401, True)


def test_who_signs_in_forgets_the_failures_of_nobody_else(accounts):
    alter(accounts, "officer", failed_attempts=4)
    alter(accounts, "official", failed_attempts=4)
    with transaction(accounts.app.state.engine) as session:
        clear_attempts(session, "official")
    with transaction(accounts.app.state.engine) as session:
        counts = dict(session.execute(select(User.username, User.failed_attempts)).all())
    assert (counts["officer"], counts["official"]) == (4, 0)


def test_a_closed_account_is_finished_by_no_code_and_by_no_word_of_the_provider(accounts):
    cipher = accounts.app.state.cipher
    alter(accounts, "officer", oidc_subject="person", totp_confirmed_at=AT, disabled=True)
    engine = accounts.app.state.engine
    with pytest.raises(NotSignedIn, match="no account is bound"), transaction(engine) as session:
        service.sign_in_subject(session, "person")
    # `official` is open, and has no second factor to finish with.
    for who in ("officer", "official"):
        with pytest.raises(NotSignedIn, match="has ended"), transaction(engine) as session:
            service.sign_in_with_code(session, who, "123456", at=AT, sealing=cipher)


def test_a_viewer_with_a_password_that_was_given_is_not_ready(accounts):
    alter(accounts, "officer", must_change_password=True)
    with transaction(accounts.app.state.engine) as session:
        ready = {
            who: service.viewer(session, accounts.users[who].user_id).ready for who in ("officer", "official")
        }
    assert ready == {"officer": False, "official": True}


def test_a_refresh_token_buys_nothing_from_the_moment_its_session_ends(accounts):
    tokens = [opened(accounts, who) for who in ("officer", "official")]
    ends = AT + timedelta(hours=12)
    for token, at in zip(tokens, (ends - timedelta(seconds=1), ends), strict=True):
        if at < ends:
            with transaction(accounts.app.state.engine) as session:
                assert renew(session, token, at=at).user.username == "officer"
        else:
            with pytest.raises(NotSignedIn), transaction(accounts.app.state.engine) as session:
                renew(session, token, at=at)


def test_revoking_a_second_token_leaves_the_first_revoked(accounts):
    key = accounts.app.state.token_key
    tokens = [issue_token(accounts.users["officer"], key=key, at=AT, minutes=30) for _ in range(2)]
    for token in tokens:
        accounts.client.post("/v1/token/revoke", data={"token": token})
    headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
    assert [accounts.client.get("/v1/me", headers=each).status_code for each in headers] == [401, 401]


def test_a_session_that_ended_keeps_the_moment_it_ended(accounts):
    opened(accounts)
    for minutes in (1, 2):
        with transaction(accounts.app.state.engine) as session:
            at = AT + timedelta(minutes=minutes)
            end_session(session, "session-officer", ends_at=AT + timedelta(hours=12), at=at)
            ended = session.scalars(select(RefreshToken.revoked_at)).one()
    assert ended == AT + timedelta(minutes=1)


def test_an_account_that_rests_is_told_so_whoever_else_may_sign_in(accounts):
    alter(accounts, "official", failed_attempts=5, locked_until=AT + timedelta(minutes=10))
    form = {"username": "official", "password": "not this horse"}
    answer = accounts.client.post("/v1/token", data=form)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "600")
