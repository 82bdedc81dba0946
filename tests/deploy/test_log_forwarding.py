"""docs/deploy/rsyslog.conf, started with a real rsyslog: lines reach the machine meant, and no other."""

import json
import logging
import platform
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.logs import JsonFormatter
from app.settings import ROOT
from tests.deploy.certificates import make_certificates

RSYSLOG = Path("/usr/sbin/rsyslogd")
TLS = Path(f"/usr/lib/{platform.machine()}-linux-gnu/rsyslog/lmnsd_ossl.so")
HOST = "logs.example.org"


@pytest.fixture
def folder(tmp_path):
    if not (RSYSLOG.exists() and TLS.exists()):
        pytest.skip("no rsyslog with TLS: install Debian's rsyslog and rsyslog-openssl")
    return tmp_path


@contextmanager
def listening(files):
    """The other machine: its socket, which shows these certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with socket.create_server(("127.0.0.1", 0)) as plain:
        plain.settimeout(20)
        with context.wrap_socket(plain, server_side=True) as server:
            yield server


@contextmanager
def forwarding(folder, server, *, authority):
    """A running rsyslog with the shipped file, its paths in this folder."""
    port = server.getsockname()[1]
    shipped = (ROOT / "docs" / "deploy" / "rsyslog.conf").read_text(encoding="utf-8")
    for written, meant in (
        ("/etc/ssl/credit-village/log-authority.pem", str(authority)),
        ("/var/log/credit-village/service.log", str(folder / "service.log")),
        ('target="logs.example.org" port="6514"', f'target="127.0.0.1" port="{port}"'),
    ):
        assert written in shipped
        shipped = shipped.replace(written, meant)
    (folder / "rsyslog.conf").write_text(f'global(workDirectory="{folder}")\n{shipped}')
    command = [RSYSLOG, "-n", "-f", folder / "rsyslog.conf", "-i", folder / "rsyslog.pid"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield running
    finally:
        # While the other machine is away it would wait for it even when told to end.
        running.kill()
        running.wait(timeout=20)


def line_of(message):
    """A line as the service writes it."""
    record = logging.LogRecord("app.access.service", logging.INFO, __file__, 1, message, None, None)
    return JsonFormatter().format(record)


def test_every_line_reaches_the_other_machine_as_it_was_written(folder):
    files = make_certificates(folder, host=HOST)
    lines = [
        line_of(f'account {number}: signed in with password 已登录 "quoted" % \\') for number in range(200)
    ]
    (folder / "service.log").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    with listening(files) as server, forwarding(folder, server, authority=files.authority):
        connection, _ = server.accept()
        connection.settimeout(20)
        received = b""
        while received.count(b"\n") < len(lines):
            received += connection.recv(65536)
        connection.close()
    assert received.decode().splitlines() == lines
    assert json.loads(received.decode().splitlines()[0])["logger"] == "app.access.service"


@pytest.mark.parametrize("wrong", ["another authority", "another name"])
def test_a_machine_that_cannot_prove_its_name_is_sent_nothing(folder, wrong):
    (folder / "other").mkdir()
    named = make_certificates(folder, host="other.example.org" if wrong == "another name" else HOST)
    trusted = make_certificates(folder / "other", host=HOST) if wrong == "another authority" else named
    (folder / "service.log").write_text(
        line_of("account 1: signed in with password") + "\n", encoding="utf-8"
    )
    with listening(named) as server, forwarding(folder, server, authority=trusted.authority):
        until = time.monotonic() + 4
        received = b""
        while time.monotonic() < until:
            server.settimeout(max(0.1, until - time.monotonic()))
            try:
                connection, _ = server.accept()
                connection.settimeout(1)
                received += connection.recv(65536)
                connection.close()
            except (OSError, ssl.SSLError):
                continue
    assert received == b""
