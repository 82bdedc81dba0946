"""docs/deploy/nginx.conf, started with a real nginx before the real service."""

import re
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from app.settings import ROOT
from tests.deploy.certificates import make_certificates
from tests.deploy.serving import free_port, read_all, said, serving, wait_for

NGINX = Path("/usr/sbin/nginx")
HOST = "credit.example.org"
GET = f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()


class Proxy:
    """A running nginx: its ports, and how it is spoken to as a client that trusts the test's authority."""

    def __init__(self, *, http, https, authority):
        self.http, self.https, self.authority = http, https, authority

    def context(self, *, version=None, ciphers=None):
        context = ssl.create_default_context(cafile=self.authority)
        if version is not None:
            context.set_ciphers(ciphers or "ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
        return context

    def connected(self, *, context=None, host=HOST):
        plain = socket.create_connection(("127.0.0.1", self.https), timeout=3)
        return (context or self.context()).wrap_socket(plain, server_hostname=host)

    def said(self, message):
        with self.connected() as connection:
            connection.sendall(message)
            return read_all(connection)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory, sqlite_template):
    if not NGINX.exists():
        pytest.skip(f"no {NGINX}: install Debian's nginx to test the proxy in front")
    folder = tmp_path_factory.mktemp("nginx")
    files = make_certificates(folder, host=HOST)
    http, https = free_port(), free_port()
    with serving(f"sqlite:///{sqlite_template}") as service:
        shipped = (ROOT / "docs" / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        for written, meant in (
            ("listen 80 ", f"listen 127.0.0.1:{http} "),
            ("listen 443 ssl", f"listen 127.0.0.1:{https} ssl"),
            ("127.0.0.1:8000", f"127.0.0.1:{service}"),
            ("/etc/ssl/credit-village/fullchain.pem", str(files.certificate)),
            ("/etc/ssl/credit-village/key.pem", str(files.key)),
        ):
            assert written in shipped
            shipped = shipped.replace(written, meant)
        (folder / "site.conf").write_text(shipped)
        (folder / "nginx.conf").write_text(_around(folder))
        command = [NGINX, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
        running = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
        try:
            wait_for(https)
            yield Proxy(http=http, https=https, authority=files.authority)
        finally:
            running.terminate()
            running.wait(timeout=20)


def _around(folder):
    """What Debian's own nginx.conf puts around a file of conf.d, with every file in this folder."""
    temporary = "\n".join(
        f"  {kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off;
{temporary}
  include {folder}/site.conf;
}}
"""


def statuses(answer):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_of_today_is_spoken(proxy, version):
    with proxy.connected(context=proxy.context(version=version)) as connection:
        connection.sendall(GET)
        assert statuses(read_all(connection)) == [200]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_tls_of_yesterday_is_refused(proxy, version):
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        proxy.connected(context=proxy.context(version=version))


def test_only_suites_with_forward_secrecy_and_authenticated_encryption_are_agreed_on(proxy):
    known = proxy.context(version=ssl.TLSVersion.TLSv1_2).get_ciphers()
    agreed = set()
    for suite in (one["name"] for one in known if one["protocol"] != "TLSv1.3"):
        context = proxy.context(version=ssl.TLSVersion.TLSv1_2, ciphers=f"{suite}:@SECLEVEL=0")
        try:
            proxy.connected(context=context).close()
        except ssl.SSLError:
            continue
        agreed.add(suite)
    assert len(known) > 30
    assert "ECDHE-ECDSA-AES256-GCM-SHA384" in agreed
    assert [suite for suite in agreed if not re.match(r"ECDHE-.*(GCM|CHACHA20)", suite)] == []


def test_a_client_that_does_not_trust_the_authority_does_not_connect(proxy):
    with pytest.raises(ssl.SSLCertVerificationError):
        proxy.connected(context=ssl.create_default_context())


def test_whoever_asks_for_another_host_is_shown_no_certificate(proxy):
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        proxy.connected(host="another.example.org")


def test_plain_http_leads_a_page_to_https_and_is_refused_to_everything_else(proxy):
    page = said(proxy.http, b"GET /login?next=/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert statuses(page) == [308]
    assert f"Location: https://{HOST}/login?next=/\r\n".encode() in page
    for line in (b"GET /v1/me", b"POST /v1/token", b"POST /login"):
        refused = said(proxy.http, line + b" HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        assert statuses(refused) == [403]


def test_every_answer_tells_the_browser_to_come_by_https_once(proxy):
    too_long = f"POST /login HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 9999999\r\n\r\n".encode()
    for message, status in ((GET, 200), (too_long, 413)):
        answer = proxy.said(message)
        assert statuses(answer) == [status]
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert head.count(b"strict-transport-security: max-age=31536000; includesubdomains") == 1
        assert b"nginx/" not in head


def test_behind_the_proxy_the_cookie_is_bound_to_https_whatever_the_client_says(proxy):
    head = f"POST /logout HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: http\r\nContent-Length: 0\r\n"
    answer = proxy.said(f"{head}Connection: close\r\n\r\n".encode())
    assert statuses(answer) == [303]
    assert re.search(rb"set-cookie: __Host-credit_village_session=.*; Secure", answer)


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length : 5\r\n",
    ],
)
def test_a_request_with_two_lengths_reaches_nobody(proxy, headers):
    smuggled = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: here\r\n\r\n"
    answer = proxy.said(
        b"POST /login HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\n" + headers + b"\r\n" + smuggled
    )
    assert statuses(answer) in ([400], [501])
