"""The only reader of the clock."""

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date in China, where the district is."""
    return day_of(datetime.now(CHINA))


def day_of(at: datetime) -> date:
    """The day of an instant in China, where the district is."""
    return at.astimezone(CHINA).date()
