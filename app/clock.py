"""The only reader of the clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
_standing: ContextVar[datetime | None] = ContextVar("standing", default=None)


def now() -> datetime:
    """This instant, in UTC."""
    return _standing.get() or datetime.now(UTC)


def today() -> date:
    """Today's date in China, where the district is."""
    return day_of(now())


def day_of(instant: datetime) -> date:
    """The day an instant lies in, in China."""
    return instant.astimezone(CHINA).date()


@contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """Let it be this instant, for a simulation; a service that answers people never calls it."""
    assert instant.tzinfo is not None, "an instant needs a time zone"
    before = _standing.set(instant)
    try:
        yield
    finally:
        _standing.reset(before)
