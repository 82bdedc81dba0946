"""Every request has an id: in its answer, in each of its log lines, and in a question to the operator."""

import logging
import re
import time
import uuid
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.logs import REQUEST, LoggedRequest

HEADER = "X-Request-Id"
_LOG = logging.getLogger(__name__)
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
# Made by a machine: a UUID, a trace id.
_MADE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}", re.ASCII | re.IGNORECASE)
# A phone, a citizen's number or a bank card is not taken for an id: ids are logged.
_NUMBER = re.compile(r"\d{11}")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class RequestId:
    """Gives a request the id its client sent, if it is one, or a new one; and logs how it was answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id, send the id back, and write the line of the request.

        The id stays set after a failure: the server logs the trace later, in the same context.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(Headers(scope=scope).get(HEADER))
        REQUEST.set(LoggedRequest(request_id, scope.setdefault("state", {})))
        status: int | None = None

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        began = time.perf_counter()
        failed = True
        try:
            await self._app(scope, receive, named)
            failed = False
        finally:
            # What fails before it answers is answered further out, with 500.
            status = status or (500 if failed else None)
            _LOG.info("request", extra=_facts(scope, status, seconds=time.perf_counter() - began))


def request_id_of(given: str | None) -> str:
    """The id a client gave, if it is 8 to 64 of A-Z a-z 0-9 . _ - with no long number in it; or a new one."""
    if given is None or not _GIVEN.fullmatch(given):
        return str(uuid.uuid4())
    return given if _MADE.fullmatch(given) or not _NUMBER.search(given) else str(uuid.uuid4())


def _facts(scope: Scope, status: int | None, *, seconds: float) -> dict[str, Any]:
    """What the line says: the address as it is declared, not as it was filled in; no made-up method."""
    return {
        "method": scope["method"] if scope["method"] in _METHODS else "other",
        "route": getattr(scope.get("route"), "path", None),
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
    }
