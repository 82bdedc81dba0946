"""Refusals on the wire: every one is a problem detail of RFC 9457 in one shape."""

import logging
import re
import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.access.headers import security_headers
from app.access.request_id import HEADER
from app.errors import AppError, NotSignedIn, TooManyAttempts, TooManyRequests
from app.logs import REQUEST

_LOG = logging.getLogger(__name__)
_MEDIA_TYPE = "application/problem+json"
_OURS = "the service failed; this is not your fault. Tell the operator the instance: it is in the log."
_UNREADABLE = (
    "malformed_request",
    "Malformed request",
    "the request cannot be read; mend it and send it again",
)
_ROUTER = {
    404: ("not_found", "Not found", "there is nothing here; /openapi.json lists what there is"),
    405: ("method_not_allowed", "Method not allowed", "this address takes other methods; see Allow"),
}


class FieldError(BaseModel):
    """One place of a request that does not have the stated form; the value that was sent is not repeated."""

    location: str
    message: str


class Problem(BaseModel):
    """A refusal: what was wrong and what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[FieldError] | None = None


def install_problems(app: FastAPI) -> None:
    """Let every refusal and every failure of this application answer as a problem detail."""
    app.add_exception_handler(AppError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _of_the_router)
    app.add_exception_handler(Exception, _failed)


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)
    instance = _new_instance()
    if error.status >= 500:
        _LOG.error("%s %s %s %s", request.method, _route(request), error.code, instance)
    return refusal(error, instance=instance)


def refusal(error: AppError, *, instance: str | None = None) -> JSONResponse:
    """A refusal as an answer."""
    headers: dict[str, str] = {}
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyAttempts | TooManyRequests):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, TooManyRequests):
        headers |= error.headers
    return _problem(
        error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        instance=instance,
        headers=headers,
    )


def _malformed(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [FieldError(location=_location(found), message=_message(found)) for found in error.errors()]
    detail = "the request does not have the stated form; `errors` says where. Mend it and send it again."
    return _problem(422, code="malformed_request", title="Malformed request", detail=detail, errors=fields)


def _of_the_router(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code, title, detail = _ROUTER.get(error.status_code, _UNREADABLE)
    return _problem(error.status_code, code=code, title=title, detail=detail, headers=error.headers)


def _failed(request: Request, error: Exception) -> JSONResponse:
    """Our fault: this line ties the trace, which the server logs next, to the instance we answer."""
    instance = _new_instance()
    _LOG.error("%s %s internal_error %s %s", request.method, _route(request), instance, type(error).__name__)
    headers = security_headers(request.url.path, https=request.url.scheme == "https")
    if (logged := REQUEST.get()) is not None:
        headers[HEADER] = logged.request_id
    return _problem(
        500, code="internal_error", title="Internal error", detail=_OURS, instance=instance, headers=headers
    )


def _problem(
    status: int,
    *,
    code: str,
    title: str,
    detail: str,
    instance: str | None = None,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    problem = Problem(
        type=f"urn:credit-village:problem:{code}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        instance=instance or _new_instance(),
        errors=errors,
    )
    content = problem.model_dump(exclude_none=True)
    return JSONResponse(content, status, headers=headers, media_type=_MEDIA_TYPE)


def _new_instance() -> str:
    return f"urn:uuid:{uuid.uuid4()}"


def _route(request: Request) -> str:
    """The address as it is declared, without what was filled in."""
    return str(getattr(request.scope.get("route"), "path", "-"))


def _location(found: Mapping[str, Any]) -> str:
    """Where the fault is; what a client made up itself (a key, an extra field) is not repeated."""
    parts = list(found["loc"])
    if found["type"] == "extra_forbidden":
        parts[-1:] = ["(another field)"]
    plain = re.compile(r"[A-Za-z_(][A-Za-z0-9_ )-]*")
    return ".".join(str(p) if isinstance(p, int) or plain.fullmatch(p) else "(a key)" for p in parts)


def _message(found: Mapping[str, Any]) -> str:
    """What is wrong; the messages about tags and literals would quote what was sent."""
    return "is none of the kinds there are" if found["type"] == "union_tag_invalid" else str(found["msg"])
