"""The service as an operator runs it: a process of its own, asked over plain sockets."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.district import KEY

_DEADLINE_SECONDS = 60


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(url: str, **settings: str) -> Iterator[int]:
    """`credit-village serve` with these settings; the port it answers on."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name != "FORWARDED_ALLOW_IPS"}
    environment |= {"DATABASE_URL": url, "CREDIT_VILLAGE_KEY": KEY.hex(), "CREDIT_VILLAGE_PORT": str(port)}
    server = subprocess.Popen(
        [sys.executable, "-m", "app", "serve"], env=environment | settings, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=_DEADLINE_SECONDS)


def wait_for(port: int) -> None:
    """Return once somebody listens on a port."""
    until = time.monotonic() + _DEADLINE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, f"nobody listens on {port}"
            time.sleep(0.05)
        else:
            return


def said(port: int, message: bytes, *, source: str = "127.0.0.1") -> bytes:
    """Everything that is answered to these bytes until the connection is closed or rests."""
    with socket.create_connection(("127.0.0.1", port), timeout=3, source_address=(source, 0)) as connection:
        connection.sendall(message)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other side closes, or says nothing for a while."""
    answer = b""
    connection.settimeout(1)
    try:
        while part := connection.recv(65536):
            answer += part
    except (TimeoutError, ConnectionResetError):
        pass
    return answer
