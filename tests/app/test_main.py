"""Over HTTP: strangers are refused, refusals have one shape, and what was promised is written first."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from app.access import policy
from app.access.policy import PERMISSIONS, Permission, Reach
from app.access.policy import PUBLIC as WITHOUT_SIGNING_IN
from app.access.routes import CurrentViewer, RequestSession
from app.access.service import create_organisation, create_user
from app.db import is_current, make_engine, reading, transaction
from app.errors import Conflict
from app.main import create_app
from app.models import Organisation, OrganisationKind, Place, PlaceKind, RatingRun, Role
from app.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "correct horse"
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NUMBER = "500227199001011234"
PUBLIC = {("post", "/v1/token"), ("post", "/v1/token/revoke"), ("get", "/healthz"), ("get", "/readyz")} | {
    ("get", "/public/notices"), ("get", "/public/notices/{number}"),
    ("get", "/public/notices/{number}/sheet.pdf"), ("post", "/public/notices/{number}/objections"),
    ("get", "/public/certificates/{number}"),
}  # fmt: skip
SHAPE = {"type", "title", "status", "detail", "code", "instance"}
SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def settings(url):
    return Settings(database_url=url, master_key="00" * 31 + "01", token_minutes=30, password_grant="on")


@pytest.fixture
def app(migrated_url):
    return create_app(settings(migrated_url))


@pytest.fixture
def client(app):
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def user(app):
    with transaction(app.state.engine) as session:
        district = Place(code_system="NBS", code="500120000000", name="璧山区", kind=PlaceKind.DISTRICT,
                         valid_from=date(2020, 6, 30))  # fmt: skip
        session.add(district)
        bank = create_organisation(
            session, code="nsh", name="农商行", kind=OrganisationKind.BANK, admitted_at=AT
        )
        return create_user(
            session,
            username="officer.nsh",
            display_name="信贷员",
            password=PASSWORD,
            role=Role.LOAN_OFFICER,
            organisation_id=bank.organisation_id,
            place_id=district.place_id,
        )


def sign_in(client, password=PASSWORD, username="officer.nsh"):
    return client.post("/v1/token", data={"username": username, "password": password})


@pytest.fixture
def token(client, user):
    return {"Authorization": f"Bearer {sign_in(client).json()['access_token']}"}


def problem(answer, *, status, code):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) - {"errors"} == SHAPE
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"urn:credit-village:problem:{code}"
    return body


@SQLITE_ONLY
def test_every_operation_but_the_public_ones_refuses_a_stranger(app, client):
    answers = {
        (method, path): client.request(method, re.sub(r"{\w+}", "1", path)).status_code
        for path, operations in app.openapi()["paths"].items()
        for method in operations
    }
    assert set(answers) >= PUBLIC | {("get", "/v1/me")}
    open_to_strangers = {operation for operation, status in answers.items() if status != 401}
    assert open_to_strangers <= PUBLIC


@SQLITE_ONLY
def test_every_operation_but_the_public_ones_says_that_it_takes_a_token(app):
    schema = app.openapi()
    assert schema["components"]["securitySchemes"]["password"]["flows"] == {
        "password": {"scopes": {}, "tokenUrl": "/v1/token"}
    }
    unsaid = {
        (method, path)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if {"password": []} not in operation.get("security", [])
    }
    assert unsaid == PUBLIC


def test_who_signs_in_is_told_who_it_is(client, user):
    answer = sign_in(client)
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    me = client.get("/v1/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.json() == {
        "user_id": user.user_id,
        "username": "officer.nsh",
        "display_name": "信贷员",
        "role": "loan_officer",
        "role_label": "信贷员",
        "organisation_id": user.organisation_id,
        "organisation_name": "农商行",
        "place_id": user.place_id,
        "place_code": "500120000000",
        "place_name": "璧山区",
    }


@SQLITE_ONLY
@pytest.mark.parametrize(
    "header", [None, "Bearer ", "Bearer nonsense", "Basic b2ZmaWNlcjpw", "Bearer 令牌".encode()]
)
def test_no_token_or_a_wrong_one_is_refused_with_the_way_to_sign_in(client, header):
    answer = client.get("/v1/me", headers={"Authorization": header} if header else {})
    problem(answer, status=401, code="not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_disabled_user_is_out_at_once(app, client, user, token):
    with transaction(app.state.engine) as session:
        session.merge(user).disabled = True
    problem(client.get("/v1/me", headers=token), status=401, code="not_signed_in")


def test_five_wrong_passwords_over_http_lock_the_account(client, user):
    for _ in range(5):
        problem(sign_in(client, "wrong horses"), status=401, code="not_signed_in")
    locked = sign_in(client)
    problem(locked, status=429, code="too_many_attempts")
    assert 890 <= int(locked.headers["retry-after"]) <= 900


@SQLITE_ONLY
def test_a_form_that_cannot_be_read_is_not_our_fault(client, user):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for content in (b"username=%ff&password=%ff", b"username=a%00&password=b", b"", b"\xff\xfe"):
        assert client.post("/v1/token", content=content, headers=form).status_code in {401, 422}


@pytest.fixture
def probed(app, monkeypatch):
    """Five operations of the test itself."""
    for_jobs = Permission(frozenset({Role.JOB}), Reach.ACCOUNT)
    monkeypatch.setattr(policy, "PERMISSIONS", {**PERMISSIONS, "accept": for_jobs})
    monkeypatch.setattr(policy, "PUBLIC", WITHOUT_SIGNING_IN | {"take", "make", "unstated"})

    class Form(BaseModel):
        model_config = ConfigDict(extra="forbid")
        number: int
        note: str = ""

    @app.post("/v1/probes")
    def accept(form: Form, session: RequestSession, viewer: CurrentViewer):
        raise AssertionError("no loan officer gets here")

    @app.post("/v1/forgotten")
    def forgotten():
        raise AssertionError("nobody gets here")

    @app.put("/v1/probes")
    def take(form: Form):
        return {}

    @app.post("/v1/organisations/{code}")
    def make(code: str, session: RequestSession):
        create_organisation(session, code=code, name="x", kind=OrganisationKind.BANK)
        if code == "refused":
            raise Conflict("not now")
        if code == "broken":
            raise RuntimeError(NUMBER)
        if code == "malformed":
            Form.model_validate({"number": "x", NUMBER: 1})
        return {}

    @app.get("/v1/organisations/unstated", response_model=Form)
    def unstated():
        return {"number": f"{NUMBER}x"}

    return app


def codes(app):
    with reading(app.state.engine) as session:
        return list(session.scalars(select(Organisation.code)))


def test_an_operation_nobody_decided_about_is_refused_to_everybody(probed, client, token):
    answer = client.post("/v1/forgotten", headers=token)
    assert "nobody" in problem(answer, status=403, code="forbidden")["detail"]


def test_another_role_is_told_which_role_it_takes(probed, client, token):
    answer = client.post("/v1/probes", json={"number": 1}, headers=token)
    assert "job" in problem(answer, status=403, code="forbidden")["detail"]


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("content", "location"),
    [
        ({"number": f"{NUMBER}X"}, "body.number"),
        ({"number": 1, "note": [NUMBER]}, "body.note"),
        ({"number": 1, NUMBER: "x"}, "body.(another field)"),
        ({"number": 1, "zhangsan" + NUMBER: "x"}, "body.(another field)"),
        ([NUMBER], "body"),
        (None, "body"),
    ],
)
def test_a_malformed_request_names_the_place_and_never_the_value(probed, client, content, location):
    answer = client.put("/v1/probes", json=content)
    body = problem(answer, status=422, code="malformed_request")
    assert [error["location"] for error in body["errors"]] == [location]
    assert all(set(error) == {"location", "message"} for error in body["errors"])
    assert NUMBER not in answer.text
    assert "zhangsan" not in answer.text


@SQLITE_ONLY
def test_json_that_cannot_be_read_is_malformed(probed, client):
    answer = client.put(
        "/v1/probes", content=f'{{"number": {NUMBER}', headers={"Content-Type": "application/json"}
    )
    problem(answer, status=422, code="malformed_request")
    assert NUMBER not in answer.text


@SQLITE_ONLY
def test_an_address_that_does_not_exist_is_not_repeated(client):
    for address in (f"/v1/{NUMBER}", f"/static/{NUMBER}"):
        answer = client.get(address)
        problem(answer, status=404, code="not_found")
        assert NUMBER not in answer.text


@SQLITE_ONLY
def test_another_method_is_told_which_ones_there_are(client):
    answer = client.get("/v1/token")
    problem(answer, status=405, code="method_not_allowed")
    assert answer.headers["allow"] == "POST"


def test_what_an_answer_reports_is_committed_before_it_is_sent(probed, monkeypatch):
    seen = []

    async def watching(scope, receive, send):
        async def watched(message):
            if message["type"] == "http.response.start":
                seen.extend(codes(probed))
            await send(message)

        await probed(scope, receive, watched)

    with TestClient(watching) as client:
        assert client.post("/v1/organisations/kept").status_code == 200
    assert seen == ["kept"]


@pytest.mark.parametrize(("code", "status"), [("refused", 409), ("broken", 500), ("malformed", 500)])
def test_a_refused_request_changes_nothing(probed, client, code, status):
    assert client.post(f"/v1/organisations/{code}").status_code == status
    assert codes(probed) == []


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("POST", "/v1/organisations/broken"),
        ("POST", "/v1/organisations/malformed"),
        ("GET", "/v1/organisations/unstated"),
    ],
)
def test_our_own_fault_has_an_instance_in_the_log_and_tells_nothing(probed, client, caplog, method, address):
    answer = client.request(method, address, headers={"X-Note": NUMBER})
    body = problem(answer, status=500, code="internal_error")
    assert f"{method} /v1/organisations/" in caplog.text
    assert body["instance"] in caplog.text
    assert NUMBER not in answer.text + caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_only_the_edge_asks_for_the_session_of_a_request():
    files = [file for file in (ROOT / "app").rglob("*.py") if "request_session" in file.read_text()]
    assert {file.relative_to(ROOT).as_posix() for file in files} == {"app/access/routes.py"}


@SQLITE_ONLY
@pytest.mark.parametrize("path", ["/v1/me", "/docs", "/openapi.json", "/healthz", "/nothing", "/static/x"])
def test_every_answer_tells_the_browser_to_load_nothing_from_outside(client, path):
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers.get("cache-control") == ("no-store" if path.startswith("/v1/") else None)


@SQLITE_ONLY
def test_the_page_of_the_operations_loads_only_what_is_shipped(client):
    page = client.get("/docs").text
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(links) >= 4
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_service_is_ready_when_a_night_is_published(app, client):
    problem(client.get("/readyz"), status=503, code="not_ready")
    at = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
    with transaction(app.state.engine) as session:
        night = RatingRun(as_of=date(2026, 11, 30), started_at=at, published_at=None, last_record_id=0,
                          rule_fingerprints={}, summary={})  # fmt: skip
        session.add(night)
    problem(client.get("/readyz"), status=503, code="not_ready")
    with transaction(app.state.engine) as session:
        session.merge(night).published_at = at
    assert client.get("/readyz").json() == {"status": "ready", "rated_as_of": "2026-11-30"}


def test_without_a_database_the_process_lives_but_is_not_ready(tmp_path):
    with TestClient(create_app(settings(f"sqlite:///{tmp_path / 'no' / 'such.db'}"))) as client:
        assert client.get("/healthz").status_code == 200
        problem(client.get("/readyz"), status=503, code="not_ready")


def test_empty_tables_are_not_of_this_version(database_url):
    engine = make_engine(database_url)
    assert not is_current(engine)
    engine.dispose()
