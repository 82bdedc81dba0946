"""A day of the service leaves nothing of a person in the log: no number, name, phone, password or token.

Everything is sent to a real server, and numbers are put wherever a client could put one by mistake.
"""

import io
import json
import logging
import re
import socket
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2
import pytest
import uvicorn
from sqlalchemy import select

from app import cli, clock
from app.access import policy
from app.access.request_id import RequestId
from app.db import reading
from app.jobs.demo import DEMO_PASSWORD
from app.jobs.demo.sample import sample_inquiry
from app.logs import uvicorn_config
from app.main import create_app
from app.models import AgriEntity, Household

PHONE = "13812345678"
WRONG = "horse-battery-staple"
EIGHTEEN_DIGITS = re.compile(r"\d{17}[\dXx]")


@dataclass
class Day:
    """What the log says at the end, and what must not be in it."""

    lines: list[dict[str, object]]
    text: str
    words: str
    secrets: set[str] = field(default_factory=set)


@dataclass
class Persons:
    """Whom the demonstration district knows."""

    names: set[str]
    numbers: set[str]
    codes: set[str]


@pytest.fixture(scope="module")
def persons(demonstration):
    """Every head of household with name and number, every entity with its code."""
    opened = demonstration.cipher.open
    with reading(demonstration.engine) as session:
        heads = list(session.scalars(select(Household)))
        codes = set(session.scalars(select(AgriEntity.uscc)))
    rows = [(f"households/{head.subject_id}", head) for head in heads]
    return Persons(
        names={opened(head.head_name_cipher, row=f"{row}/head_name") for row, head in rows},
        numbers={opened(head.head_id_number_cipher, row=f"{row}/head_id_number") for row, head in rows},
        codes={code for code in codes if code},
    )


@pytest.fixture(scope="module")
def day(demonstration, persons):
    """The log of a day, as the server writes it, and the bare messages before anything could be masked."""
    stream, bare, undo = io.StringIO(), _Messages(), pytest.MonkeyPatch()
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    try:
        app = _with_a_crash(create_app(demonstration.settings), undo)
        with _serving(app, stream) as address:
            root.addHandler(bare)
            secrets = _requests(demonstration, persons, address)
    finally:
        undo.undo()
        root.setLevel(level)
        root.handlers[:] = handlers
    text = stream.getvalue()
    return Day([json.loads(line) for line in text.splitlines()], text, "\n".join(bare.seen), secrets)


@contextmanager
def _serving(app, stream):
    """The service on a real port, with the logging it has in production, into a stream."""
    config = uvicorn_config()
    config["handlers"]["stderr"]["stream"] = stream
    # As in a process of its own, whatever other tests have set up here.
    config["loggers"] |= {"uvicorn": {"handlers": [], "propagate": True}, "uvicorn.error": {"level": "INFO"}}
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=config))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()
    finally:
        server.should_exit = True
        thread.join(10)


class _Messages(logging.Handler):
    """Keeps every message of every logger, with its arguments and what was added to it."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def emit(self, record):
        facts = [str(vars(record).get(name)) for name in ("method", "route", "status")]
        self.seen.append(" ".join([record.name, record.getMessage(), *facts]))


def _with_a_crash(app, patch):
    """The service with an operation that fails and quotes what it was given."""
    patch.setattr(policy, "PUBLIC", policy.PUBLIC | {"crash"})

    @app.post("/v1/crashes/{number}")
    def crash(number: str):
        try:
            raise ValueError(f"{number} of {PHONE}")
        except ValueError as error:
            raise LookupError(f"no household {number}") from error

    if not any(middleware.cls is RequestId for middleware in app.user_middleware):
        app.add_middleware(RequestId)
    return app


def _requests(demonstration, persons, address):
    """Everything of the day; the passwords and tokens it was done with."""
    number, name = sorted(persons.numbers)[0], sorted(persons.names)[0]
    with httpx2.Client(base_url=f"http://{address[0]}:{address[1]}", timeout=10) as client:
        officer, admin = (_token(client, user) for user in ("officer.nsh", "admin.bishan"))
        _bad_sign_ins(client, number)
        _inquiries(client, demonstration, officer, number, name)
        _reading(client, admin, number)
        _misplaced(client, officer, number, name)
        client.post(f"/v1/crashes/{number}?phone={PHONE}", headers={"X-Request-Id": "crash-001"}, json={})
    _raw(address, number)
    return {officer, admin, DEMO_PASSWORD, WRONG}


def _token(client, user):
    return client.post("/v1/token", data={"username": user, "password": DEMO_PASSWORD}).json()["access_token"]


def _bearer(token):
    return {"Authorization": f"Bearer {token}"}


def _bad_sign_ins(client, number):
    for username, password in (("auditor.bishan", WRONG), (number, WRONG), (WRONG, number), (PHONE, "x")):
        assert client.post("/v1/token", data={"username": username, "password": password}).is_error
        assert client.post("/login", data={"username": username, "password": password}).is_error
    assert client.post("/v1/token", data={number: "x", "password": WRONG}).status_code == 422
    assert client.get("/v1/me", headers=_bearer(number)).status_code == 401


def _inquiries(client, demonstration, token, number, name):
    with reading(demonstration.engine) as session:
        sample = sample_inquiry(session, on=clock.today())
    assert sample is not None
    good = {"uscc": sample.uscc, "purpose": sample.purpose, "consent_id": sample.consent_id}
    asked = [
        client.post("/v1/inquiries", json=question, headers=_bearer(token))
        for question in (
            good,
            {"id_number": number, "purpose": "pre_loan", "consent_id": sample.consent_id},
            {"id_number": number[:-1], "purpose": "pre_loan", "consent_id": 1},
            {"id_number": [number], "purpose": name},
            {number: PHONE, name: number},
            {"id_number": int(number[:17]), "consent_id": number},
        )
    ]
    assert [answer.status_code for answer in asked] == [200, 403, 422, 422, 422, 422]
    broken = client.post("/v1/inquiries", content=f'{{"id_number": "{number}', headers=_bearer(token))
    assert broken.status_code == 422


def _reading(client, token, number):
    for path in (
        "/v1/me",
        "/v1/villages",
        "/v1/ratings/1",
        "/v1/ratings/1/history",
        "/readyz",
        "/openapi.json",
    ):
        assert client.get(path, headers=_bearer(token)).status_code == 200, path
    assert (
        client.post("/login", data={"username": "town.daxing", "password": DEMO_PASSWORD}).status_code == 303
    )
    for path in ("/", "/villages/500120104200", "/ratings/1", f"/ratings/{number}", f"/villages/{number}"):
        client.get(path)


def _misplaced(client, token, number, name):
    """The number where it does not belong: path, query, header, cookie, id of the request, method."""
    for path in (f"/v1/ratings/{number}", f"/v1/villages/{number}", f"/{number}", f"/static/{number}.css",
                 f"/v1/villages?limit={number}&{number}={name}", f"/v1/{name}/{PHONE}"):  # fmt: skip
        headers = _bearer(token) | {"X-Note": number, "X-Request-Id": number, "User-Agent": number,
                                    "Referer": f"http://x/{number}", "If-Match": f'"{number}"',
                                    "Cookie": f"credit_village_session={number}"}  # fmt: skip
        client.get(path, headers=headers)
    client.request(f"M{number}", f"/v1/ratings/{number}", headers=_bearer(token))
    client.request("OPTIONS", f"/v1/ratings/{number}", headers={"Origin": f"https://{number}.example"})


def _raw(address, number):
    """What is no HTTP at all, and a request that breaks off."""
    for content in (
        f"{number}\r\n\r\n",
        f"GET /{number} HTTP/9.9\r\n\r\n",
        f"GET / HTTP/1.1\r\n{number}\r\n\r\n",
        f"POST /v1/inquiries HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{number}",
    ):
        with socket.create_connection(address, timeout=5) as wire:
            wire.sendall(content.encode())
            wire.shutdown(socket.SHUT_WR)
            while wire.recv(65_536):
                pass


def test_the_day_left_a_log_that_would_show_it(day):
    answered = [line for line in day.lines if line["message"] == "request"]
    assert len(answered) >= 40
    assert {200, 303, 401, 403, 404, 405, 422, 500} <= {line["status"] for line in answered}
    assert all(set(line) >= {"time", "level", "logger", "message"} for line in day.lines)
    assert any("user_id" in line and line["route"] == "/v1/inquiries" for line in answered)


def test_the_crash_is_found_by_the_id_of_its_request_with_kind_and_place(day):
    crash = [line for line in day.lines if line.get("request_id") == "crash-001"]
    assert [line["level"] for line in crash if "trace" in line] == ["ERROR"]
    (trace,) = (str(line["trace"]) for line in crash if "trace" in line)
    assert "builtins.LookupError" in trace
    assert "test_log_scan.py" in trace


def test_no_number_is_in_the_log_nor_was_in_a_message_before_masking(day, persons):
    for written in (day.text, day.words):
        assert EIGHTEEN_DIGITS.findall(written) == []
        assert [number for number in persons.numbers | persons.codes if number in written] == []
        assert PHONE not in written
    assert "(number)" not in day.text


def test_no_name_password_or_token_is_in_the_log(day, persons):
    for written in (day.text, day.words):
        assert [name for name in persons.names if name in written] == []
        assert [secret for secret in day.secrets if secret in written] == []


def test_an_import_with_errors_says_where_and_never_who(demonstration, persons, tmp_path, monkeypatch, capfd):
    name, number = sorted(persons.names)[0], sorted(persons.numbers)[0]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10 if number[-1].isdigit() else 0)
    source = tmp_path / "农户.csv"
    head = "户号*,户主姓名*,户主身份证号*,区划代码*,村（社区）*"
    rows = [f"H1,{name},{wrong},500120104200,长隆村村民委员会", f"{number},{name},{name},{number},{number}"]
    source.write_text("\n".join([head, *rows, ""]), "utf-8")
    monkeypatch.setenv("DATABASE_URL", demonstration.settings.database_url)
    monkeypatch.setenv("CREDIT_VILLAGE_KEY_FILE", str(demonstration.settings.key_file))
    errors = str(tmp_path / "错误.xlsx")
    words = ["credit-village", "import", str(source), "--kind", "households", "--errors", errors]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = "".join(capfd.readouterr())
    assert ended.value.code == 1
    assert "户主身份证号" in said
    assert EIGHTEEN_DIGITS.findall(said) == []
    assert name not in said
