"""Logging: one JSON object a line, to standard error, with no number or name of a person in it."""

import json
import logging
import re
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

# What a line about a whole request adds (`extra=` of the call).
REQUEST_FACTS = ("method", "route", "status", "duration_ms")

# Longer runs of digits are citizens' numbers, credit codes and bank cards; eleven alone are a phone.
_NUMBER = re.compile(r"\d{15,}[Xx]?|(?<![\w-])1\d{10}(?![\w-])")


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """The request a line is written for: its id, and where whoever signed in is noted (`viewer`)."""

    request_id: str
    state: Mapping[str, Any]


REQUEST: ContextVar[LoggedRequest | None] = ContextVar("request", default=None)


class WordlessFormatter(logging.Formatter):
    """Writes what failed and where, without the words of the failure: they may quote a person's number."""

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """The kinds of the failure and of what led to it, each with its trace."""
        parts: list[str] = []
        error = ei[1]
        while error is not None:
            trace = "".join(traceback.format_tb(error.__traceback__))
            parts.insert(0, f"{trace}{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or error.__context__
        return "\n".join(parts)


class JsonFormatter(WordlessFormatter):
    """One JSON object a line, with the request and the user it belongs to; what is not known is left out."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a long number that slipped into a message is masked."""
        line: dict[str, Any] = {
            "time": _rfc3339(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": _NUMBER.sub("(number)", record.getMessage()),
            **_of_the_request(),
        }
        line |= {name: vars(record)[name] for name in REQUEST_FACTS if name in vars(record)}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def uvicorn_config() -> dict[str, Any]:
    """The logging set-up of the serving process; nobody else writes lines about requests, with addresses."""
    quiet = ("alembic", "httpcore2", "httpx2", "uvicorn.access")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "app.logs.JsonFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {name: {"level": "WARNING"} for name in quiet},
    }


def _of_the_request() -> dict[str, Any]:
    request = REQUEST.get()
    if request is None:
        return {}
    viewer = request.state.get("viewer")
    if viewer is None:
        return {"request_id": request.request_id}
    return {
        "request_id": request.request_id,
        "user_id": viewer.user_id,
        "organisation_id": viewer.organisation_id,
    }


def _rfc3339(seconds: float) -> str:
    """`2026-11-23T02:00:00.123Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
