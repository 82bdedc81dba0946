"""Sends requests to a server on this machine over connections that stay open, each one after its answer.

    python web_load.py PORT PATH CONNECTIONS < requests

The first line of the input is the token, every further line one body. Prints the seconds, the answers by
status and the bytes of their bodies as JSON.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator


class Client(asyncio.Protocol):
    """One connection: the next request is sent when the last is answered."""

    def __init__(self, requests: Iterator[bytes], statuses: Counter[str]) -> None:
        self._requests, self._statuses = requests, statuses
        self._transport: asyncio.Transport | None = None
        self._head, self._missing = b"", 0
        self.bytes_read = 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Count until the answer is all there, then send the next request."""
        if not self._missing:
            self._head += data
            head, found, data = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            self._head = b""
            self._missing = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            self._statuses[head[9:12].decode()] += 1
            self.bytes_read += self._missing
        self._missing -= len(data)
        if not self._missing:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """A server that hangs up fails the run."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
        else:
            self._transport.write(request)


async def load(
    port: int, path: str, *, connections: int, token: str, bodies: list[bytes]
) -> dict[str, object]:
    """Send every body once."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()
    requests = [head + str(len(body)).encode() + b"\r\n\r\n" + body for body in bodies]
    waiting, statuses = iter(requests), Counter[str]()
    clients: list[Client] = []
    began = time.perf_counter()
    for _ in range(connections):
        client = Client(waiting, statuses)
        clients.append(client)
        await asyncio.get_running_loop().create_connection(lambda made=client: made, "127.0.0.1", port)
    await asyncio.gather(*(client.done for client in clients))
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "statuses": dict(statuses),
        "bytes": sum(client.bytes_read for client in clients),
    }


if __name__ == "__main__":
    lines = sys.stdin.buffer.read().splitlines()
    port, path, connections = sys.argv[1:]
    made = load(int(port), path, connections=int(connections), token=lines[0].decode(), bodies=lines[1:])
    print(json.dumps(asyncio.run(made)))
