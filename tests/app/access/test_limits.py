"""What is too long or too slow is refused, for a stated reason, before it costs anything more."""

import asyncio
import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from pydantic import BaseModel

from app.access.headers import SecurityHeaders
from app.access.limits import SizeLimit, Sizes, TimeLimit
from app.access.problems import install_problems
from app.access.rates import AddressLimit, Limiter, Rate
from app.access.request_id import RequestId
from app.main import create_app
from app.settings import Settings

SIZES = Sizes(body_bytes_max=1_000, address_bytes_max=200, headers_bytes_max=2_000)


class Note(BaseModel):
    """What the probes take."""

    text: str


class Probe:
    """An application behind the limits, and what it did."""

    def __init__(self, *, body_seconds_max=5.0, seconds_max=5.0):
        self.done = []
        self.go_on = threading.Event()
        self.app = FastAPI()
        install_problems(self.app)
        self._add_operations()
        self.app.add_middleware(SizeLimit, sizes=SIZES, body_seconds_max=body_seconds_max)
        self.app.add_middleware(TimeLimit, seconds_max=seconds_max)

    def _add_operations(self):
        @self.app.get("/")
        def read(q: str = ""):
            return {}

        @self.app.post("/json")
        def take(note: Note):
            self.done.append("json")
            return {"length": len(note.text)}

        @self.app.post("/form")
        async def form(request: Request):
            return {"fields": len(await request.form())}

        @self.app.get("/slow")
        def slow():
            self.go_on.wait(5)
            self.done.append("slow")
            return {}

        @self.app.get("/broken")
        def broken():
            self.go_on.wait(5)
            raise LookupError("broken")

        @self.app.get("/stream")
        def stream():
            async def parts():
                yield b"one "
                await asyncio.sleep(0.2)
                yield b"two"

            return StreamingResponse(parts())


@pytest.fixture
def probe():
    return Probe()


@pytest.fixture
def client(probe):
    with TestClient(probe.app, raise_server_exceptions=False) as client:
        yield client


def problem(answer, *, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    return answer.json()["detail"]


def note_of(length):
    """A body of exactly so many bytes."""
    return b'{"text":"' + b"x" * (length - 11) + b'"}'


def chunks(content, size=100):
    """The same without a Content-Length."""
    return (content[at : at + size] for at in range(0, len(content), size))


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("sent", [bytes, chunks])
def test_a_body_of_the_longest_length_is_read_and_one_byte_more_is_not(probe, client, sent):
    assert client.post("/json", content=sent(note_of(1_000)), headers=JSON).status_code == 200
    refused = client.post("/json", content=sent(note_of(1_001)), headers=JSON)
    assert "1000 bytes" in problem(refused, status=413, code="payload_too_large")
    assert probe.done == ["json"]


def test_a_form_is_a_body_too(client):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    refused = client.post("/form", content=chunks(b"a=" + b"x" * 2_000), headers=form)
    problem(refused, status=413, code="payload_too_large")


def test_a_length_that_is_stated_too_small_does_not_help(client):
    refused = client.post("/json", content=chunks(note_of(1_500)), headers=JSON | {"Content-Length": "10"})
    problem(refused, status=413, code="payload_too_large")


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_an_address_of_the_longest_length_is_read_and_one_byte_more_is_not(client, path):
    fits = f"{path}?q=" + "x" * (200 - len(path) - 3)
    assert client.get(fits).status_code in {200, 404}
    assert "201 bytes" in problem(client.get(fits + "x"), status=414, code="uri_too_long")


def test_headers_that_are_too_long_are_refused_also_in_many_small_ones(client):
    assert client.get("/", headers={"X-Note": "x" * 1_000}).status_code == 200
    problem(client.get("/", headers={"X-Note": "x" * 2_000}), status=431, code="headers_too_large")
    many = {f"X-{number}": "x" * 10 for number in range(200)}
    problem(client.get("/", headers=many), status=431, code="headers_too_large")


def test_an_answer_that_has_begun_is_not_cut():
    with TestClient(Probe(seconds_max=0.05, body_seconds_max=0.05).app) as client:
        assert client.get("/stream").text == "one two"


@contextmanager
def served(app):
    """The application on a real port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()
    finally:
        server.should_exit = True
        thread.join(5)


def sent(address, *parts, pause=0.0):
    """The raw answer to a raw request that is sent in parts."""
    with socket.create_connection(address, timeout=5) as wire:
        for part in parts:
            wire.sendall(part)
            time.sleep(pause)
        answer = b""
        while part := wire.recv(65_536):
            answer += part
        return answer.decode()


HEAD = b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def test_a_body_that_comes_too_slowly_is_not_waited_for():
    probe = Probe(body_seconds_max=0.2)
    with served(probe.app) as address:
        began = time.monotonic()
        answer = sent(address, HEAD + b"Content-Length: 100\r\n\r\n{")
        assert "408 Request Timeout" in answer
        assert "request_timeout" in answer
        # Neither does a trickle keep the request alive.
        trickle = [b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\n \r\n"] * 3]
        assert "408 Request Timeout" in sent(address, HEAD, *trickle, pause=0.08)
        assert time.monotonic() - began < 3
    assert probe.done == []


def test_a_body_without_end_is_refused_as_soon_as_it_is_too_long():
    with served(Probe().app) as address:
        body = b"400\r\n" + b"x" * 0x400 + b"\r\n"
        assert "413 " in sent(address, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body)


GET = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_request_that_takes_too_long_is_answered_while_what_was_begun_goes_on_to_its_end(caplog):
    probe = Probe(seconds_max=0.1)
    with served(probe.app) as address:
        answer = sent(address, GET % b"/slow")
        assert "503 Service Unavailable" in answer
        assert "timed_out" in answer
        assert "Idempotency-Key" in answer
        assert probe.done == []
        probe.go_on.set()
        while not probe.done:
            time.sleep(0.01)
        # The late answer went nowhere, and the service goes on.
        assert "HTTP/1.1 200" in sent(address, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert "no answer after 0.1 s" in caplog.text


def test_a_failure_after_the_time_is_up_is_not_answered_a_second_time():
    probe = Probe(seconds_max=0.1)
    with served(probe.app) as address:
        answer = sent(address, GET % b"/broken")
        probe.go_on.set()
    assert answer.count("HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("path", "content", "headers", "status"),
    [
        ("/v1/inquiries", b"x" * 1_001, {}, 413),
        ("/v1/inquiries", b"", {"X-Note": "x" * 2_000}, 431),
        ("/villages/" + "5" * 300, b"", {}, 414),
        ("/v1/cards", b"", {}, 429),
    ],
)
def test_a_refusal_at_the_edge_of_the_service_has_an_id_and_the_headers_of_every_answer(
    tmp_path, path, content, headers, status
):
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/none.db", master_key="00" * 31 + "01"))
    strangers = Limiter(Rate("address", per_minute=1, burst=1))
    # From the inside to the outside.
    app.add_middleware(SizeLimit, sizes=SIZES, body_seconds_max=5)
    app.add_middleware(
        AddressLimit,
        strangers=strangers,
        sign_ins=strangers,
        sign_in_paths=set(),
        objections=strangers,
        cookie="session",
    )
    app.add_middleware(TimeLimit, seconds_max=5)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestId)
    with TestClient(app) as client:
        if status == 429:
            client.get("/healthz")
        answer = client.request("POST" if content else "GET", path, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert answer.headers["x-frame-options"] == "DENY"
    assert len(answer.headers["x-request-id"]) == 36
