"""Signing in on the pages: password, code, the session and how it ends, and the pages of the own account."""

import re
import threading
import time
from base64 import b32decode
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
import segno
import uvicorn
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import clock
from app.access.service import create_organisation, create_user
from app.db import transaction
from app.main import create_app
from app.models import OrganisationKind, Place, PlaceKind, Role, User
from app.settings import Settings
from tests.district import KEY

PASSWORD, NEXT_PASSWORD = "correct horse", "another horse entirely"
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def add_user(app):
    """A loan officer of the district, with a password."""
    with transaction(app.state.engine) as session:
        place = Place(code_system="NBS", code="500120000000", name="璧山区", kind=PlaceKind.DISTRICT,
                      valid_from=date(2020, 6, 30))  # fmt: skip
        session.add(place)
        bank = create_organisation(session, code="nsh", name="农商行", kind=OrganisationKind.BANK)
        create_user(session, username="officer.nsh", display_name="信贷员", password=PASSWORD,
                    role=Role.LOAN_OFFICER, organisation_id=bank.organisation_id,
                    place_id=place.place_id, at=AT)  # fmt: skip


@pytest.fixture
def backend():
    return "sqlite"


@pytest.fixture
def now(monkeypatch):
    """The time, as the test sets it: `now.at += timedelta(...)`."""

    class Now:
        at = AT

    monkeypatch.setattr(clock, "now", lambda: Now.at)
    return Now


def application(url, **changes):
    """The service, which also takes passwords from programs: these tests sign in that way too."""
    return create_app(Settings(database_url=url, master_key=KEY.hex(), **{"password_grant": "on"} | changes))


@pytest.fixture
def client(migrated_url, now):
    with TestClient(application(migrated_url), follow_redirects=False) as client:
        add_user(client.app)
        yield client


@pytest.fixture
def served(client):
    """The address of the application, served for a real browser."""
    server = uvicorn.Server(uvicorn.Config(client.app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def sign_in(client, password=PASSWORD):
    return client.post("/login", data={"username": "officer.nsh", "password": password, "next": "/account"})


def submit(client, path, **fields):
    """Fill in the form of a page of the own account and send it off."""
    shown = client.get(path.removesuffix("/confirm")).text
    tokens = re.findall(r'name="form_token" value="(\w+)"', shown)
    return client.post(path, data=fields | {"form_token": tokens[0]})


def code_of(secret, at):
    return TOTP(b32decode(secret), 6, SHA1(), 30).generate(int(at.timestamp())).decode()


def enrol(client, now):
    """Enrol an authenticator app on the pages; its secret."""
    page = submit(client, "/account/second-factor", password=PASSWORD).text
    secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
    answer = submit(client, "/account/second-factor/confirm", code=code_of(secret, now.at))
    assert answer.headers["location"] == "/account?done=second-factor"
    return secret


def alter(client, **changes):
    with transaction(client.app.state.engine) as session:
        user = session.scalars(select(User)).one()
        for name, value in changes.items():
            setattr(user, name, value)


def test_under_https_the_cookie_is_bound_to_this_host_and_never_sent_in_the_clear(migrated_url, now):
    with TestClient(
        application(migrated_url), base_url="https://testserver", follow_redirects=False
    ) as client:
        add_user(client.app)
        cookie = sign_in(client).headers["set-cookie"]
        assert cookie.startswith("__Host-credit_village_session=")
        assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert client.get("/account").status_code == 200


def test_a_session_in_use_is_renewed_but_ends_twelve_hours_after_signing_in(client, now):
    sign_in(client)
    for _ in range(12 * 3):
        now.at += timedelta(minutes=20)
        last = client.get("/account").status_code
        if now.at < AT + timedelta(hours=12):
            assert last == 200
    assert last == 303


def test_a_session_not_used_ends_with_its_token(client, now):
    sign_in(client)
    now.at += timedelta(minutes=30)
    assert client.get("/account").headers["location"] == "/login?next=/account"


def test_signing_out_takes_the_token_back_also_the_ones_before_it(client, now):
    sign_in(client)
    first = client.cookies["credit_village_session"]
    now.at += timedelta(minutes=16)
    client.get("/account")
    assert client.cookies["credit_village_session"] != first
    client.post("/logout")
    client.cookies.set("credit_village_session", first)
    assert client.get("/account").status_code == 303


def test_signing_in_again_ends_the_session_this_browser_held(client):
    sign_in(client)
    first = client.cookies["credit_village_session"]
    sign_in(client)
    assert client.cookies["credit_village_session"] != first
    assert client.get("/account").status_code == 200
    client.cookies.clear()
    client.cookies.set("credit_village_session", first)
    assert client.get("/account").status_code == 303


def test_the_page_of_the_sessions_shows_them_and_ends_those_that_were_chosen(client, now):
    sign_in(client)
    other = client.cookies["credit_village_session"]
    client.cookies.clear()
    now.at += timedelta(minutes=1)
    sign_in(client)
    shown = client.get("/account/sessions").text
    assert ("2026-11-23 10:00" in shown, "2026-11-23 10:01" in shown) == (True, True)
    (number,) = re.findall(r'name="ended" value="(\d+)"', shown)
    assert submit(client, "/account/sessions", password="wrong horses", ended=number).status_code == 422
    answer = submit(client, "/account/sessions", password=PASSWORD, ended=number)
    assert answer.headers["location"] == "/account?done=sessions"
    mine = client.cookies["credit_village_session"]
    for token, status in ((other, 303), (mine, 200)):
        client.cookies.clear()
        client.cookies.set("credit_village_session", token)
        assert client.get("/account").status_code == status


def test_a_session_in_use_is_shown_to_hold_as_long_as_it_does(client, now):
    sign_in(client)
    now.at += timedelta(minutes=20)
    client.get("/account")
    assert "2026-11-23 10:50" in client.get("/account/sessions").text


def test_the_qr_code_is_the_link_the_authenticator_app_reads(client):
    sign_in(client)
    page = submit(client, "/account/second-factor", password=PASSWORD).text
    (link,) = re.findall(r'href="(otpauth:[^"]+)"', page)
    (drawn,) = re.findall(r'<path fill="#000" d="([^"]+)"', page)
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn)}
    matrix = segno.make(unescape(link), error="m", micro=False).matrix_iter(border=4)
    assert dark == {(x, y) for y, row in enumerate(matrix) for x, cell in enumerate(row) if cell}


def test_a_person_gets_tokens_for_a_program_on_a_page_and_the_program_never_gets_the_password(
    migrated_url, now
):
    with TestClient(application(migrated_url, password_grant="off"), follow_redirects=False) as client:
        add_user(client.app)
        sign_in(client)
        secret = enrol(client, now)
        now.at += timedelta(seconds=30)
        for wrong in (
            {"password": "wrong horses"},
            {"password": PASSWORD},
            {"password": PASSWORD, "code": "000000"},
        ):
            assert submit(client, "/account/token", **wrong).status_code == 422
        shown = submit(client, "/account/token", password=PASSWORD, code=code_of(secret, now.at)).text
        access, refresh = re.findall(r'<code class="token">([^<]+)</code>', shown)
        assert client.get("/v1/me", headers={"Authorization": f"Bearer {access}"}).status_code == 200
        renewal = {"grant_type": "refresh_token", "refresh_token": refresh}
        assert client.post("/v1/token", data=renewal).status_code == 200
        assert "接口" in client.get("/account/sessions").text


def test_with_a_second_factor_changing_the_password_on_the_page_takes_a_code(client, now):
    sign_in(client)
    secret = enrol(client, now)
    change = {"old": PASSWORD, "new": NEXT_PASSWORD, "again": NEXT_PASSWORD}
    now.at += timedelta(seconds=30)
    refused = submit(client, "/account/password", **change)
    assert refused.status_code == 422
    assert "动态口令缺失" in refused.text
    answer = submit(client, "/account/password", **change, code=code_of(secret, now.at))
    assert answer.headers["location"] == "/account?done=password"


def test_with_a_second_factor_the_password_alone_signs_nobody_in(client, now):
    sign_in(client)
    secret = enrol(client, now)
    client.post("/logout")
    now.at += timedelta(minutes=1)
    answer = sign_in(client)
    assert answer.headers["location"] == "/login/code"
    assert client.get("/account").status_code == 303
    assert client.post("/login/code", data={"code": "000000"}).status_code == 401
    answer = client.post("/login/code", data={"code": code_of(secret, now.at)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert client.get("/account").status_code == 200


def test_the_code_has_to_come_within_ten_minutes_of_the_password(client, now):
    sign_in(client)
    secret = enrol(client, now)
    client.post("/logout")
    sign_in(client)
    now.at += timedelta(minutes=10)
    answer = client.post("/login/code", data={"code": code_of(secret, now.at)})
    assert answer.status_code == 401
    assert "登录已超时" in answer.text


def test_guessing_the_code_locks_the_account(client, now):
    sign_in(client)
    enrol(client, now)
    client.post("/logout")
    sign_in(client)
    statuses = [client.post("/login/code", data={"code": f"{n:06}"}).status_code for n in range(6)]
    assert statuses == [401, 401, 401, 401, 429, 429]


def test_a_form_of_the_account_without_the_token_of_the_session_is_refused(client):
    sign_in(client)
    form = {"old": PASSWORD, "new": NEXT_PASSWORD, "again": NEXT_PASSWORD}
    for token in ("", "0" * 64):
        assert client.post("/account/password", data=form | {"form_token": token}).status_code == 403
    assert sign_in(client).status_code == 303


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}], ids=["site", "origin"]
)
def test_a_form_sent_from_another_site_is_refused_even_with_the_token_of_the_session(client, headers):
    sign_in(client)
    [token] = set(re.findall(r'name="form_token" value="(\w+)"', client.get("/account/password").text))
    form = {"old": PASSWORD, "new": NEXT_PASSWORD, "again": NEXT_PASSWORD, "form_token": token}
    assert client.post("/account/password", data=form, headers=headers).status_code == 403
    assert sign_in(client).status_code == 303


def test_changing_the_password_keeps_this_session_and_ends_the_others(client, now):
    sign_in(client)
    other = client.cookies["credit_village_session"]
    now.at += timedelta(seconds=1)
    answer = submit(client, "/account/password", old=PASSWORD, new=NEXT_PASSWORD, again=NEXT_PASSWORD)
    assert answer.headers["location"] == "/account?done=password"
    assert client.get("/account").status_code == 200
    client.cookies.clear()
    client.cookies.set("credit_village_session", other)
    assert client.get("/account").status_code == 303
    assert sign_in(client, NEXT_PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"old": "wrong horses"}, "当前密码不正确"),
        ({"again": "something else"}, "两次输入的新密码不一致"),
        ({"new": "password123", "again": "password123"}, "密码过于常见"),
        ({"new": PASSWORD, "again": PASSWORD}, "新密码不能与当前密码相同"),
    ],
)
def test_a_password_change_that_is_refused_says_why_in_chinese_only(client, change, words):
    sign_in(client)
    form = {"old": PASSWORD, "new": NEXT_PASSWORD, "again": NEXT_PASSWORD} | change
    answer = submit(client, "/account/password", **form)
    assert answer.status_code == 422
    (told,) = re.findall(r'id="wrong">([^<]+)<', answer.text)
    assert told.startswith(words)
    assert not re.search("[a-z]{4}", told)


def test_an_account_with_something_left_to_do_is_led_to_it_from_every_page(client):
    alter(client, must_change_password=True)
    sign_in(client)
    assert client.get("/").headers["location"] == "/account"
    assert "请先完成" in client.get("/account").text
    submit(client, "/account/password", old=PASSWORD, new=NEXT_PASSWORD, again=NEXT_PASSWORD)
    assert "请先完成" not in client.get("/account").text


def test_where_a_second_factor_is_required_an_account_without_one_can_only_enrol(migrated_url, now):
    app = application(migrated_url, second_factor="required")
    with TestClient(app, follow_redirects=False) as client:
        add_user(client.app)
        sign_in(client)
        assert client.get("/").headers["location"] == "/account"
        enrol(client, now)
        assert client.get("/").headers.get("location") != "/account"


def test_where_passwords_age_one_of_ninety_days_has_to_be_changed(migrated_url, now):
    app = application(migrated_url, password_days=90)
    with TestClient(app, follow_redirects=False) as client:
        add_user(client.app)
        now.at = AT + timedelta(days=90) - timedelta(seconds=1)
        sign_in(client)
        assert client.get("/").headers.get("location") != "/account"
        now.at += timedelta(seconds=1)
        assert client.get("/").headers["location"] == "/account"


def test_the_pages_are_filled_in_with_the_keyboard_in_a_real_browser(browser, served, now):
    page = browser.new_page(base_url=served)
    page.goto("/login?next=/account")
    page.wait_for_selector("#username:focus")
    page.keyboard.type("officer.nsh")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served}/account")
    page.get_by_role("link", name="绑定动态口令").press("Enter")
    page.wait_for_selector("#password:focus")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#code:focus")
    secret = "".join(page.locator(".secret span").all_inner_texts())
    page.keyboard.type(code_of(secret, now.at))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served}/account?done=second-factor")
    assert page.get_by_role("status").inner_text() == "动态口令已绑定，下次登录时需要输入。"
    page.get_by_role("button", name="退出").press("Enter")
    now.at += timedelta(minutes=1)
    page.wait_for_selector("#username:focus")
    page.keyboard.type("officer.nsh")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#code:focus")
    page.keyboard.type(code_of(secret, now.at))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served}/")
    page.close()
