"""The log leads to the fault and holds nothing of a person."""

import logging
import sys
from logging.config import dictConfig

import pytest

from app.logs import uvicorn_config

NUMBER = "500227199001011234"


@pytest.fixture
def formatted():
    """How the serving process would write the failure that is being handled."""
    root, level, handlers = logging.getLogger(), logging.getLogger().level, logging.getLogger().handlers[:]
    dictConfig(uvicorn_config())
    formatter = root.handlers[0].formatter
    assert formatter is not None
    yield lambda: formatter.format(
        logging.LogRecord(
            "uvicorn.error", logging.ERROR, "", 0, "Exception in ASGI application", None, sys.exc_info()
        )
    )
    root.setLevel(level)
    root.handlers[:] = handlers


def test_a_failure_is_logged_with_its_place_and_kind_and_without_its_words(formatted):
    try:
        try:
            int(f"{NUMBER}X")
        except ValueError as error:
            raise LookupError(f"no household {NUMBER}") from error
    except LookupError:
        text = formatted()
    assert NUMBER not in text
    assert "builtins.ValueError" in text
    assert text.endswith("builtins.LookupError")
    assert "test_logs.py" in text
