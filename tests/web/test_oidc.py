"""Signing in at an outside provider: a real one, that this project did not write."""

import re
import threading
import time
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import clock
from app.access.totp import new_secret
from app.db import transaction
from app.errors import NotSignedIn
from app.main import create_app
from app.models import User
from app.settings import Settings
from tests.district import KEY
from tests.web.provider import CLIENT, CLIENT_SECRET, is_installed, running_provider
from tests.web.test_login import add_user, code_of

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


def relying_on(provider, url, **changes):
    """A client of the service with this provider and these settings."""
    settings = Settings(
        database_url=url,
        master_key=KEY.hex(),
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=CLIENT_SECRET,
        **changes,
    )
    return TestClient(create_app(settings), follow_redirects=False)


@pytest.fixture
def client(migrated_url, provider):
    with relying_on(provider, migrated_url) as client:
        add_user(client.app)
        yield client


def bind(client, subject):
    with transaction(client.app.state.engine) as session:
        session.scalars(select(User)).one().oidc_subject = subject


@pytest.fixture
def subject(client, provider):
    """Who the person is at the provider, as our log of a first refused sign-in cannot tell: asked by code."""
    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.web.login.access.sign_in_subject", lambda _session, who: refused(seen, who))
        come_back(client, provider)
    return seen[0]


def refused(seen, who):
    seen.append(who)
    raise NotSignedIn("nobody")


def leave(client, **form):
    """The address the browser is sent to when the button of the sign-in page was pressed."""
    shown = client.post("/login/oidc", data=form).text
    (url,) = re.findall(r'content="0; url=([^"]+)"', shown)
    return unescape(url)


def come_back(client, provider, **changes):
    """Leave for the provider, sign in there, and come back with its answer."""
    back = provider.sign_in(leave(client, next="/account")) | changes
    return client.get("/login/oidc/callback", params=back)


def test_the_browser_is_sent_away_with_a_challenge_and_fresh_secrets(client, provider):
    first, second = (leave(client) for _ in range(2))
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
    back = provider.sign_in(leave(client))
    client.cookies.clear()
    assert client.get("/login/oidc/callback", params=back).status_code == 401


def test_a_code_is_good_for_one_sign_in_with_its_own_verifier(client, provider, subject):
    bind(client, subject)
    back, other = (provider.sign_in(leave(client)) for _ in range(2))
    assert client.get("/login/oidc/callback", params=other | {"code": back["code"]}).status_code == 502


def with_second_factor(client):
    """Give the account an authenticator app; its secret."""
    secret = new_secret()
    with transaction(client.app.state.engine) as session:
        user = session.scalars(select(User)).one()
        user.totp_cipher = client.app.state.cipher.seal(secret, row=f"users/{user.user_id}/totp")
        user.totp_confirmed_at = datetime(2026, 1, 1, tzinfo=UTC)
    return secret


def test_whoever_has_a_second_factor_gives_its_code_after_the_sign_in_there(client, provider, subject):
    bind(client, subject)
    secret = with_second_factor(client)
    answer = come_back(client, provider)
    assert 'content="0; url=/login/code"' in answer.text
    assert client.get("/account").status_code == 303, "the word of the provider alone opens nothing"
    assert client.post("/login/code", data={"code": "000000"}).status_code == 401
    answer = client.post("/login/code", data={"code": code_of(secret, clock.now())})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert client.get("/account").status_code == 200


def test_where_a_second_factor_is_required_a_weak_sign_in_there_can_only_enrol_one(
    client, migrated_url, provider, subject
):
    bind(client, subject)
    with relying_on(provider, migrated_url, second_factor="required") as strict:
        come_back(strict, provider)
        assert strict.get("/").headers["location"] == "/account"


def test_a_sign_in_there_that_counts_as_strong_needs_no_code_here(client, migrated_url, provider, subject):
    bind(client, subject)
    with_second_factor(client)
    with relying_on(provider, migrated_url, oidc_amr_values="session", second_factor="required") as trusting:
        assert 'content="0; url=/account"' in come_back(trusting, provider).text
        assert trusting.get("/").headers.get("location") != "/account"


def test_where_a_sign_in_has_to_be_fresh_a_provider_that_does_not_know_since_when_is_not_believed(
    client, migrated_url, provider, subject
):
    # This one answers auth_time 0 for a session it has kept.
    bind(client, subject)
    with relying_on(provider, migrated_url, oidc_max_age_seconds=300) as strict:
        assert come_back(strict, provider).status_code == 502
        assert strict.get("/account").status_code == 303


def test_a_link_of_another_site_begins_no_sign_in(client):
    assert client.get("/login/oidc").status_code == 405
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = client.post("/login/oidc", headers=headers)
        assert answer.status_code == 403
        assert "credit_village_provider" not in client.cookies


def test_the_sign_in_page_offers_the_provider_only_where_there_is_one(client, migrated_url):
    assert "统一身份认证登录" in client.get("/login").text
    with TestClient(create_app(Settings(database_url=migrated_url, master_key=KEY.hex()))) as without:
        assert "统一身份认证登录" not in without.get("/login").text
        assert without.post("/login/oidc").status_code == 404


def test_the_button_of_the_sign_in_page_leads_a_real_browser_to_the_provider(browser, client, provider):
    server = uvicorn.Server(uvicorn.Config(client.app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        page = browser.new_page(base_url=f"http://127.0.0.1:{port}")
        page.goto("/login?next=/account")
        with page.expect_request(lambda request: request.url.startswith(f"{provider.issuer}/auth?")) as sent:
            page.get_by_role("button", name="统一身份认证登录").click()
        assert "code_challenge_method=S256" in sent.value.url
        assert sent.value.is_navigation_request()
        page.close()
    finally:
        server.should_exit = True
        thread.join()
