"""What a request may weigh and how long it may take: beyond that it is refused before it costs anything more.

All limits hold for the interface and the pages alike. How deep JSON may nest is pydantic's to refuse.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import NoReturn

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.problems import refusal
from app.errors import AppError, HeadersTooLarge, PayloadTooLarge, RequestTimeout, TimedOut, UriTooLong

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sizes:
    """The longest body, address (path and query) and set of headers that is read, in bytes."""

    body_bytes_max: int
    address_bytes_max: int
    headers_bytes_max: int


class SizeLimit:
    """Refuses what is too long: by its head with 413, 414 or 431, or as soon as a body grows too long (413).

    A body must also be all there `body_seconds_max` after its request began; if not, 408.
    """

    def __init__(self, app: ASGIApp, *, sizes: Sizes, body_seconds_max: float) -> None:
        self._app = app
        self._sizes = sizes
        self._body_seconds_max = body_seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the head, then let the application read the body under watch."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = _refused_by_head(scope, self._sizes)
        if refused is not None:
            await _refuse(refused, scope, receive, send)
            return
        body = _Body(receive, send, bytes_max=self._sizes.body_bytes_max, seconds_max=self._body_seconds_max)
        with contextlib.suppress(_BodyRefused):
            await self._app(scope, body.receive, body.send)
        if body.refused is not None and not body.answered:
            await _refuse(body.refused, scope, receive, send)


class TimeLimit:
    """Answers 503 when a request has not been answered in time; an answer that has begun is not cut.

    What was begun is not interrupted: a thread cannot be, and a transaction cut in its middle could leave a
    record half written. It goes on to its end, is committed or not as always, and its answer is thrown away;
    until then it holds its thread and its database connection.
    """

    def __init__(self, app: ASGIApp, *, seconds_max: float) -> None:
        self._app = app
        self._seconds_max = seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer in its place when the time is up."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False
        answering: asyncio.Task[None] | None = None

        async def in_time(message: Message) -> None:
            nonlocal begun
            if answering is None:
                begun = True
                await send(message)

        def give_up() -> None:
            nonlocal answering
            if not begun:
                _LOG.error("no answer after %g s; what was begun goes on", self._seconds_max)
                answering = asyncio.create_task(_refuse(_too_late(self._seconds_max), scope, receive, send))

        timer = asyncio.get_running_loop().call_later(self._seconds_max, give_up)
        try:
            await self._app(scope, receive, in_time)
        finally:
            timer.cancel()
            if answering is not None:
                await answering


class _BodyRefused(Exception):
    """Ends the reading of a body that is refused."""


class _Body:
    """The body of one request as it comes in, counted and timed; once refused, nothing else is answered."""

    def __init__(self, receive: Receive, send: Send, *, bytes_max: int, seconds_max: float) -> None:
        self._receive = receive
        self._send = send
        self._bytes_left = self._bytes_max = bytes_max
        self._seconds_max = seconds_max
        self._deadline = asyncio.get_running_loop().time() + seconds_max
        self._complete = False
        self.refused: AppError | None = None
        self.answered = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self._refuse(_too_slow(self._seconds_max))
        self._complete = not message.get("more_body", False)
        self._bytes_left -= len(message.get("body", b""))
        if self._bytes_left < 0:
            self._refuse(_too_long(self._bytes_max))
        return message

    async def send(self, message: Message) -> None:
        if self.refused is None or self.answered:
            self.answered = True
            await self._send(message)

    def _refuse(self, refused: AppError) -> NoReturn:
        self.refused = self.refused or refused
        raise _BodyRefused


def _refused_by_head(scope: Scope, sizes: Sizes) -> AppError | None:
    address = len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"]) + 1
    if address > sizes.address_bytes_max:
        return UriTooLong(
            f"the address has {address} bytes with its query; at most {sizes.address_bytes_max} are read. "
            "Send long lists in a body. 网址过长。"
        )
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    if headers > sizes.headers_bytes_max:
        return HeadersTooLarge(
            f"the headers have {headers} bytes; at most {sizes.headers_bytes_max} are read. "
            "Send fewer cookies or shorter headers. 请求头过长。"
        )
    stated = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    # The server has refused a length that is no number; the body is counted in any case.
    if stated.isdigit() and int(stated) > sizes.body_bytes_max:
        return _too_long(sizes.body_bytes_max)
    return None


async def _refuse(refused: AppError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in place of the application, and end the connection: what is still on it is not read."""
    answer = refusal(refused)
    answer.headers["Connection"] = "close"
    await answer(scope, receive, send)


def _too_long(bytes_max: int) -> PayloadTooLarge:
    return PayloadTooLarge(
        f"the body has more than {bytes_max} bytes, the most that is read; send it in smaller parts. "
        f"请求内容超过上限（{bytes_max} 字节）：请分批提交。"
    )


def _too_slow(seconds_max: float) -> RequestTimeout:
    return RequestTimeout(
        f"the body was not complete after {seconds_max:g} s; send the whole request again. "
        f"请求内容未在 {seconds_max:g} 秒内传完：请重新提交。"
    )


def _too_late(seconds_max: float) -> TimedOut:
    return TimedOut(
        f"no answer after {seconds_max:g} s. What you asked for may still be done: look whether it was "
        "before you send it again, or send it with the same Idempotency-Key. "
        f"服务未在 {seconds_max:g} 秒内答复，请求可能仍会完成：请先核对结果，再决定是否重新提交。"
    )
