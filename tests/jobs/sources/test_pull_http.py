"""An interface of a department, real and on this machine: everything comes, or nothing is written."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.errors import Invalid, SetupError
from app.jobs.progress import quiet
from app.jobs.sources import Secrets, SourceReport, pull_http, pulled, read_connection
from app.jobs.sources.pull_http import HttpConnection
from app.models import Batch, Record
from tests.jobs.sources.conftest import Desk
from tests.numbers import credit_code

Reply = Callable[["Request"], tuple[int, bytes, dict[str, str]]]
TOKEN = Secrets(token="demo-token", database_url=None)


@dataclass
class Request:
    """What was asked."""

    path: str
    parameters: dict[str, str]
    token: str | None


@dataclass
class Department:
    """A server that gives the answers a test tells it to."""

    address: str = ""
    asked: list[Request] = field(default_factory=list)
    reply: Reply = lambda request: (404, b"", {})


@pytest.fixture
def department() -> Iterator[Department]:
    """A department's server."""
    department = Department()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            parameters = {name: found[0] for name, found in parse_qs(parts.query).items()}
            department.asked.append(Request(parts.path, parameters, self.headers.get("Authorization")))
            status, content, headers = department.reply(department.asked[-1])
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    department.address = f"http://127.0.0.1:{server.server_port}"
    yield department
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause before asking again."""
    monkeypatch.setattr(pull_http, "PAUSE_SECONDS", 0.0)


def connection(desk: Desk, department: Department, more: str) -> HttpConnection:
    """A connection file as an installation writes it."""
    path = desk.folder / "connection.yaml"
    path.write_text(
        f"connection: 市场监管接口\nkind: http\nurl: {department.address}/entities\n{more}", "utf-8"
    )
    found = read_connection(path)
    assert isinstance(found, HttpConnection)
    return found


def entities(desk: Desk, count: int) -> list[dict[str, Any]]:
    """Entities on file, as the register names them."""
    return [
        {
            "统一社会信用代码": credit_code(desk.district.entity({})),
            "成立日期": "2016-12-01",
            "成员数": 10 + number,
        }
        for number in range(count)
    ]


def pull(desk: Desk, source: HttpConnection, secrets: Secrets = TOKEN) -> SourceReport:
    """Pull everything and deliver it."""
    with pulled(source, secrets=secrets, progress=quiet) as delivery:
        return desk.deliver(delivery, "market_register", observed_on=date(2026, 12, 1))


def as_json(content: Any) -> bytes:
    """An answer as JSON."""
    return json.dumps(content, ensure_ascii=False).encode()


def test_pages_of_json_are_followed_by_their_link_with_the_token(desk: Desk, department: Department) -> None:
    rows = entities(desk, 5)

    def reply(request: Request) -> tuple[int, bytes, dict[str, str]]:
        start = int(request.parameters.get("from", 0))
        following = f"/entities?from={start + 2}" if start + 2 < len(rows) else None
        content = {"data": {"rows": rows[start : start + 2], "total": 5}, "next": following}
        return 200, as_json(content), {}

    department.reply = reply
    source = connection(desk, department, "rows: data.rows\nnext: next\ntotal: data.total\ntoken: yes\n")
    report = pull(desk, source)
    assert (report.added, report.error_count) == (10, 0), list(report.lines())
    assert {request.token for request in department.asked} == {"Bearer demo-token"}
    assert pull(desk, source).already_imported


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_pages_of_csv_are_followed_by_an_offset(desk: Desk, department: Department) -> None:
    rows = entities(desk, 5)

    def reply(request: Request) -> tuple[int, bytes, dict[str, str]]:
        start, count = int(request.parameters["offset"]), int(request.parameters["limit"])
        lines = [
            ",".join(rows[0]),
            *(",".join(map(str, row.values())) for row in rows[start : start + count]),
        ]
        return 200, "\n".join(lines).encode(), {}

    department.reply = reply
    source = connection(desk, department, "answer: csv\noffset: {parameter: offset, limit: limit, rows: 2}\n")
    assert pull(desk, source).added == 10
    assert [request.parameters["offset"] for request in department.asked] == ["0", "2", "4"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_numbers_arrive_as_they_were_written(desk: Desk, department: Department) -> None:
    code = credit_code(desk.district.entity({}))
    written = f'[{{"统一社会信用代码": "{code}", "成立日期": "2016-12-01", "注册资本（万元）": 120.10}}]'
    department.reply = lambda _: (200, written.encode(), {})
    assert pull(desk, connection(desk, department, "")).accepted
    assert ("registered_capital_fen", 120_100_000) in [record[:2] for record in desk.records()]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_server_that_stumbles_is_asked_again(desk: Desk, department: Department) -> None:
    rows = entities(desk, 1)
    department.reply = lambda _: (503, b"", {}) if len(department.asked) < 3 else (200, as_json(rows), {})
    assert pull(desk, connection(desk, department, "")).added == 2


def test_a_connection_cut_on_the_second_page_leaves_nothing(desk: Desk, department: Department) -> None:
    rows = entities(desk, 2)

    def reply(request: Request) -> tuple[int, bytes, dict[str, str]]:
        if request.parameters:
            return 200, b'{"rows": [', {"Content-Length": "4000"}
        return 200, as_json({"rows": rows, "next": "/entities?page=2"}), {}

    department.reply = reply
    before = desk.count(Batch)
    with pytest.raises(SetupError, match="Nothing was written"):
        pull(desk, connection(desk, department, "rows: rows\nnext: next\n"))
    assert (desk.count(Record), desk.count(Batch)) == (0, before)
    assert len(department.asked) == 1 + pull_http.ATTEMPTS


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ((403, b"", {}), "it answers 403"),
        ((200, b"<html>", {}), "not JSON"),
        ((200, as_json({"rows": {}}), {}), "no list of rows at rows"),
        ((200, as_json({"rows": [{"a": 1}], "total": 2}), {}), "announced 2 rows and gave 1"),
        ((200, as_json({"rows": [{"a": 1}], "next": "https://example.com/"}), {}), "another server"),
        ((200, as_json({"rows": [{"a": 1}], "next": "/entities"}), {}), "the pages do not end"),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused(
    desk: Desk, department: Department, answer: tuple[int, bytes, dict[str, str]], complaint: str
) -> None:
    department.reply = lambda _: answer
    with pytest.raises(SetupError, match=complaint):
        pull(desk, connection(desk, department, "rows: rows\nnext: next\ntotal: total\n"))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_list_in_a_field_is_refused(desk: Desk, department: Department) -> None:
    department.reply = lambda _: (200, as_json([{"统一社会信用代码": ["a"]}]), {})
    with pytest.raises(Invalid, match="holds a list"):
        pull(desk, connection(desk, department, ""))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_token_is_not_sent_in_the_clear_and_not_forgotten(desk: Desk, department: Department) -> None:
    with pytest.raises(SetupError, match="CREDIT_VILLAGE_SOURCE_TOKEN"):
        pull(desk, connection(desk, department, "token: yes\n"), Secrets(None, None))
    department.address = "http://department.example"
    with pytest.raises(SetupError, match="only sent over https"):
        pull(desk, connection(desk, department, "token: yes\n"))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ("next: a\noffset: {parameter: o, limit: l}\n", "not both"),
        ("answer: xml\n", "'xml' is none of json, csv"),
        ("password: secret\n", "unknown keys: password"),
    ],
)
def test_a_wrong_connection_file_is_refused(
    desk: Desk, department: Department, more: str, complaint: str
) -> None:
    with pytest.raises(Invalid, match=complaint):
        connection(desk, department, more)


def test_an_address_is_one_of_the_web(tmp_path: Path) -> None:
    path = tmp_path / "connection.yaml"
    path.write_text("connection: x\nurl: file:///etc/passwd\n")
    with pytest.raises(Invalid, match="https://"):
        read_connection(path)
