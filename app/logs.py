"""Logging: one line an event, to standard error, with no number or name of a person in it."""

import logging
import traceback
from types import TracebackType
from typing import Any


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


def uvicorn_config() -> dict[str, Any]:
    """The logging set-up of the serving process."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "app.logs.WordlessFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {"uvicorn.access": {"level": "WARNING"}, "alembic": {"level": "WARNING"}},
    }
