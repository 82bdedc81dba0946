"""Where a request ends, and who sent it: asked of the real server, as an operator runs it."""

import re

import pytest

from tests.deploy.serving import said, serving

ASKED = b"GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: here\r\n\r\n"
# One minute's worth is one request: the second one of the same address is refused.
ONE_EACH = {"CREDIT_VILLAGE_REQUESTS_PER_MINUTE": "1", "CREDIT_VILLAGE_REQUESTS_BURST": "1"}


@pytest.fixture(scope="module")
def url(sqlite_template):
    return f"sqlite:///{sqlite_template}"


@pytest.fixture(scope="module")
def port(url):
    with serving(url) as port:
        yield port


def statuses(answer):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]


def post(*headers, body=b""):
    return (
        b"POST /healthz HTTP/1.1\r\nHost: here\r\n"
        + b"".join(line + b"\r\n" for line in headers)
        + b"\r\n"
        + body
    )


@pytest.mark.parametrize(
    "message",
    [
        post(b"Content-Length: 5", b"Content-Length: 6", body=b"abcde"),
        post(b"Content-Length: +5", body=b"abcde"),
        post(b"Content-Length: 5, 6", body=b"abcde"),
        post(b"Content-Length: 0x5", body=b"abcde"),
        post(b"Content-Length : 5", body=b"abcde"),
        post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + SMUGGLED),
        post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + SMUGGLED),
        post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n"),
        post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n" + SMUGGLED),
    ],
)
def test_a_request_whose_length_cannot_be_told_is_refused_and_the_connection_closed(port, message):
    (status,) = statuses(said(port, message))
    assert status in (400, 501)


def test_where_a_body_comes_in_pieces_a_stated_length_beside_it_does_not_count(port):
    # By the stated length nothing but this request was sent; by the pieces a second one follows it.
    message = post(b"Content-Length: 43", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED)
    assert statuses(said(port, message)) in ([405, 404], [400])


def test_a_piece_of_no_readable_length_ends_the_connection(port):
    message = post(b"Transfer-Encoding: chunked", body=b"zz\r\nabc\r\n0\r\n\r\n" + SMUGGLED)
    assert 404 not in statuses(said(port, message))


def told(port, forwarded, *, source):
    message = ASKED + b"X-Forwarded-For: " + forwarded.encode() + b"\r\n\r\n"
    (status,) = statuses(said(port, message, source=source))
    return status


def test_who_asks_is_what_a_proxy_on_this_machine_says(url):
    with serving(url, **ONE_EACH) as port:
        assert told(port, "192.0.2.1", source="127.0.0.1") == 200
        assert told(port, "192.0.2.2", source="127.0.0.1") == 200
        assert told(port, "192.0.2.2", source="127.0.0.1") == 429


def test_what_anybody_else_says_about_who_asks_is_ignored(url):
    with serving(url, **ONE_EACH) as port:
        assert told(port, "192.0.2.1", source="127.0.0.9") == 200
        assert told(port, "192.0.2.2", source="127.0.0.9") == 429


def test_another_proxy_is_believed_where_the_operator_has_named_it_and_then_only_that_one(url):
    with serving(url, **ONE_EACH, FORWARDED_ALLOW_IPS="127.0.0.9") as port:
        assert told(port, "192.0.2.1", source="127.0.0.9") == 200
        assert told(port, "192.0.2.2", source="127.0.0.9") == 200
        assert told(port, "192.0.2.3", source="127.0.0.1") == 200
        assert told(port, "192.0.2.4", source="127.0.0.1") == 429
