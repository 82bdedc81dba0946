"""Signing in at an outside provider: a real one, that this project did not write."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import transaction
from app.main import create_app
from app.models import User
from app.settings import Settings
from tests.district import KEY
from tests.web.provider import CLIENT, CLIENT_SECRET, is_installed, running_provider
from tests.web.test_login import add_user

CALLBACK = "http://testserver/login/oidc/callback"


@pytest.fixture(scope="session")
def provider(tmp_path_factory):
    if not is_installed():
        pytest.skip("no glewlwyd: install Debian's glewlwyd to test signing in at an outside provider")
    with running_provider(tmp_path_factory.mktemp("provider"), redirect_uri=CALLBACK) as running:
        yield running


@pytest.fixture
def backend():
    return "sqlite"


@pytest.fixture
def client(migrated_url, provider):
    settings = Settings(
        database_url=migrated_url,
        master_key=KEY.hex(),
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=CLIENT_SECRET,
    )
    with TestClient(create_app(settings), follow_redirects=False) as client:
        add_user(client.app)
        yield client


def bind(client, subject):
    with transaction(client.app.state.engine) as session:
        session.scalars(select(User)).one().oidc_subject = subject


@pytest.fixture
def subject(client, provider):
    """Who the person is at the provider, as our log of a first refused sign-in cannot tell: asked by code."""
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.web.login.access.sign_in_subject", lambda _session, who: seen.append(who))
        patch.setattr("app.web.login.open_session", lambda *_given, **_named: None)
        come_back(client, provider)
    return seen[0]


def come_back(client, provider, **changes):
    """Leave for the provider, sign in there, and come back with its answer."""
    away = client.get("/login/oidc?next=/account")
    back = provider.sign_in(away.headers["location"]) | changes
    return client.get("/login/oidc/callback", params=back)


def test_the_browser_is_sent_away_with_a_challenge_and_fresh_secrets(client, provider):
    first, second = (client.get("/login/oidc").headers["location"] for _ in range(2))
    asked = parse_qs(urlsplit(first).query)
    assert first.startswith(f"{provider.issuer}/auth?")
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [CALLBACK]
    for name in ("state", "nonce", "code_challenge"):
        assert parse_qs(urlsplit(second).query)[name] != asked[name]


def test_who_signs_in_at_the_provider_is_in_the_account_bound_to_that_person(client, provider, subject):
    bind(client, subject)
    answer = come_back(client, provider)
    assert answer.status_code == 200
    assert 'content="0; url=/account"' in answer.text
    assert "officer.nsh" in client.get("/account").text


def test_somebody_without_an_account_is_not_given_one(client, provider):
    answer = come_back(client, provider)
    assert answer.status_code == 403
    assert "没有与之绑定的可用账号" in answer.text
    assert client.get("/account").status_code == 303


def test_a_disabled_account_stays_closed(client, provider, subject):
    bind(client, subject)
    with transaction(client.app.state.engine) as session:
        session.scalars(select(User)).one().disabled = True
    assert come_back(client, provider).status_code == 403


@pytest.mark.parametrize(
    "changes", [{"state": "another"}, {"code": ""}, {"iss": "https://evil.example"}, {"code": "x" * 32}]
)
def test_an_answer_that_does_not_fit_what_was_asked_signs_nobody_in(client, provider, subject, changes):
    bind(client, subject)
    assert come_back(client, provider, **changes).status_code in {401, 502}
    assert client.get("/account").status_code == 303


def test_an_answer_without_the_browser_that_asked_signs_nobody_in(client, provider, subject):
    bind(client, subject)
    away = client.get("/login/oidc").headers["location"]
    back = provider.sign_in(away)
    client.cookies.clear()
    assert client.get("/login/oidc/callback", params=back).status_code == 401


def test_a_code_is_good_for_one_sign_in_with_its_own_verifier(client, provider, subject):
    bind(client, subject)
    back = provider.sign_in(client.get("/login/oidc").headers["location"])
    other = provider.sign_in(client.get("/login/oidc").headers["location"])
    assert client.get("/login/oidc/callback", params=other | {"code": back["code"]}).status_code == 502


def test_whoever_is_bound_needs_no_second_factor_here(client, provider, subject):
    bind(client, subject)
    with transaction(client.app.state.engine) as session:
        user = session.scalars(select(User)).one()
        user.must_change_password, user.totp_confirmed_at = True, datetime(2026, 1, 1, tzinfo=UTC)
    come_back(client, provider)
    assert client.get("/").status_code != 303


def test_the_sign_in_page_offers_the_provider_only_where_there_is_one(client, migrated_url):
    assert "统一身份认证登录" in client.get("/login").text
    with TestClient(create_app(Settings(database_url=migrated_url, master_key=KEY.hex()))) as without:
        assert "统一身份认证登录" not in without.get("/login").text
        assert without.get("/login/oidc").status_code == 404
