"""The log leads to the fault and holds nothing of a person."""

import json
import logging
import re
import sys
from logging.config import dictConfig
from types import SimpleNamespace

import pytest

from app.logs import REQUEST, JsonFormatter, LoggedRequest, uvicorn_config

NUMBER = "500227199001011234"


def line(message, *arguments, exc_info=None, **extra):
    """What is written for one event."""
    record = logging.LogRecord("app.probe", logging.ERROR, "", 0, message, arguments, exc_info)
    vars(record).update(extra)
    text = JsonFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


@pytest.fixture
def request_of():
    """Write within a request; forgotten after the test."""
    before = REQUEST.get()
    yield lambda **state: REQUEST.set(LoggedRequest("request-1", state))
    REQUEST.set(before)


@pytest.fixture
def serving():
    """The logging of the serving process; put back after the test."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    dictConfig(uvicorn_config())
    yield root
    root.setLevel(level)
    root.handlers[:] = handlers


def test_the_serving_process_writes_json_to_standard_error_and_no_line_of_uvicorn_about_requests(serving):
    (handler,) = (one for one in serving.handlers if isinstance(one.formatter, JsonFormatter))
    assert handler.stream is sys.stderr
    assert not logging.getLogger("uvicorn.access").isEnabledFor(logging.INFO)


def test_a_line_says_when_in_utc_how_grave_who_and_what():
    written = line("%s rated", 7)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", written.pop("time"))
    assert written == {"level": "ERROR", "logger": "app.probe", "message": "7 rated"}


def test_a_line_within_a_request_says_which_and_whose(request_of):
    request_of()
    assert line("x")["request_id"] == "request-1"
    request_of(viewer=SimpleNamespace(user_id=3, organisation_id=5, username="officer.nsh"))
    written = line("x")
    assert (written["user_id"], written["organisation_id"]) == (3, 5)
    assert "officer" not in str(written)


def test_only_the_facts_of_a_request_are_taken_from_outside_the_message():
    written = line("request", method="GET", route="/v1/me", status=200, duration_ms=1.5, subject=NUMBER)
    assert {"method": "GET", "route": "/v1/me", "status": 200, "duration_ms": 1.5}.items() <= written.items()
    assert NUMBER not in str(written)


@pytest.mark.parametrize(
    "number", [NUMBER, NUMBER[:-1] + "X", NUMBER + "X", "6222021234567890123",
               "13812345678", f"no{NUMBER}", f"-{NUMBER}"],
)  # fmt: skip
def test_a_long_number_in_a_message_is_masked(number):
    assert line("household %s is unknown", number)["message"].count("(number)") == 1


@pytest.mark.parametrize(
    "kept", ["138123456789", "urn:uuid:00000000-0000-4000-8000-138123456789", "20261123"]
)
def test_what_is_no_number_of_a_person_is_kept(kept):
    assert line("%s", kept)["message"] == kept


def test_a_failure_is_logged_with_its_place_and_kind_and_without_its_words():
    try:
        try:
            int(f"{NUMBER}X")
        except ValueError as error:
            raise LookupError(f"no household {NUMBER}") from error
    except LookupError:
        trace = line("Exception in ASGI application", exc_info=sys.exc_info())["trace"]
    assert NUMBER not in trace
    assert "builtins.ValueError" in trace
    assert trace.endswith("builtins.LookupError")
    assert "test_logs.py" in trace


def test_a_failure_another_formatter_has_put_into_words_is_still_logged_without_them():
    try:
        raise LookupError(NUMBER)
    except LookupError:
        record = logging.LogRecord("app", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    assert NUMBER in logging.Formatter().format(record)
    assert NUMBER not in JsonFormatter().format(record)
