"""A request has one id, in its answer and in its log lines, and one line that says how it was answered."""

import logging
import re
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from app.access.request_id import RequestId, request_id_of
from app.logs import REQUEST, JsonFormatter

NUMBER = "500227199001011234"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_LOG = logging.getLogger("app.probe")


@pytest.fixture
def client(tmp_path):
    app = FastAPI()

    @app.get("/subjects/{number}")
    def look(number: str, request: Request):
        request.state.viewer = SimpleNamespace(user_id=3, organisation_id=5)
        _LOG.warning("looked")
        logged = REQUEST.get()
        return {"seen": logged and logged.request_id}

    @app.get("/broken/{number}")
    async def broken(number: str):
        raise LookupError(number)

    @app.get("/refused")
    async def refused():
        raise HTTPException(409)

    app.router.routes.append(Mount("/static", StaticFiles(directory=tmp_path)))
    app.add_middleware(RequestId)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def lines(caplog):
    """What the serving process would write, as JSON, at the time the event happens."""
    caplog.set_level(logging.INFO)
    written, formatter = [], JsonFormatter()

    class Writing(logging.Handler):
        def emit(self, record):
            if record.name.startswith("app."):
                written.append(formatter.format(record))

    handler = Writing()
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize(
    "given", ["trace-01", "A.b_c-9" * 9, "a" * 64, "deb7244f-2bc3-467f-b2f8-4b91a9553ebb", "12345678"]
)
def test_an_id_a_client_sent_is_used(client, given):
    answer = client.get("/subjects/1", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == answer.json()["seen"] == given


def test_ids_made_by_machines_are_used_even_where_they_look_like_numbers():
    for made in ("00000000-0000-4000-8000-138123456789", "0" * 31 + "1"):
        assert request_id_of(made) == made


@pytest.mark.parametrize(
    "given", [None, "", "short-7", "a" * 65, "with blank", "lang-张三-xxxx".encode(), NUMBER, f"req-{NUMBER}",
              "tel-13812345678", "new\tline-x"],
)  # fmt: skip
def test_what_is_no_id_or_holds_a_long_number_is_replaced(client, given):
    answer = client.get("/subjects/1", headers={"X-Request-Id": given} if given is not None else {})
    assert re.fullmatch(UUID, answer.headers["x-request-id"])


def test_two_requests_have_two_ids(client):
    assert len({client.get("/subjects/1").headers["x-request-id"] for _ in range(5)}) == 5


def test_every_line_of_a_request_has_its_id_and_its_user_and_the_last_says_how_it_was_answered(client, lines):
    client.get(f"/subjects/{NUMBER}?q={NUMBER}", headers={"X-Request-Id": "trace-01"})
    looked, request = lines
    for part in ('"request_id": "trace-01"', '"user_id": 3', '"organisation_id": 5'):
        assert part in looked
        assert part in request
    assert '"method": "GET", "route": "/subjects/{number}", "status": 200' in request
    [milliseconds] = re.findall(r'"duration_ms": ([0-9.]+)', request)
    assert float(milliseconds) < 10_000
    assert NUMBER not in looked + request


@pytest.mark.parametrize(
    ("method", "path", "facts"),
    [
        ("GET", f"/{NUMBER}", '"method": "GET", "route": null, "status": 404'),
        ("GET", f"/static/{NUMBER}", '"status": 404'),
        ("GET", "/refused", '"method": "GET", "route": "/refused", "status": 409'),
        ("POST", "/refused", '"status": 405'),
        (NUMBER, "/refused", '"method": "other"'),
        ("GET", f"/broken/{NUMBER}", '"method": "GET", "route": "/broken/{number}", "status": 500'),
    ],
)
def test_a_refusal_and_a_failure_have_a_line_without_what_was_sent(client, lines, method, path, facts):
    client.request(method, path)
    (line,) = lines
    assert facts in line
    assert NUMBER not in line
