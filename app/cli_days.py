"""Days as they are written on a command line."""

from datetime import date

from app.errors import Invalid

# Further away is a slip of the pen, and a year more or less may leave the calendar.
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)


def as_day(text: str, *, option: str = "") -> date:
    """The day of a text such as 2026-11-30; `Invalid` names the option where one is given."""
    where = f"{option}: " if option else ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid(
            f"{where}{text!r} 不是日期，请写成 2026-11-30 · is not a date; write it as 2026-11-30"
        ) from None
    if not FIRST <= day <= LAST:
        raise Invalid(f"{where}{day} 不在 {FIRST} 至 {LAST} 之间 · lies outside {FIRST} to {LAST}")
    return day
