"""The transaction of a command: whoever it shows data to is in the sealed log before he reads it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app import clock, settings
from app.db import Session, make_engine, transaction
from app.inquiries.service import log_of, log_rows
from app.settings import Settings
from app.subjects.key_source import cipher_of
from app.subjects.keys import follow


@contextmanager
def recorded(chosen: Settings | None = None) -> Iterator[Session]:
    """What a command does in one step: committed with the sealed entries of all looks in it, or not at all.

    Print what was read only after this has ended: `LogUnavailable` where an entry or its seal is not written.
    """
    given = chosen or settings.from_environment()

    def log_looks(session: Session, added: Sequence[object]) -> None:
        if any(getattr(row, "in_sealed_log", False) for row in added):
            _log(given, session, added)

    engine = make_engine(given.database_url)
    try:
        with transaction(engine, before_commit=log_looks) as session:
            yield session
    finally:
        engine.dispose()


def _log(given: Settings, session: Session, added: Sequence[object]) -> None:
    """Write to a stream that nobody else has, as a further server process would, and seal it at once."""
    cipher = cipher_of(given)
    follow(session, cipher)
    log = log_of(given, cipher)
    try:
        log_rows(log, session, added, at=clock.now())
    finally:
        log.close(clock.now())
