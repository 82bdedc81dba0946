"""Days as they are written on a command line."""

from datetime import date

from app.errors import Invalid


def as_day(text: str, *, option: str = "") -> date:
    """The day of a text such as 2026-11-30; `Invalid` names the option where one is given."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        where = f"{option}: " if option else ""
        raise Invalid(
            f"{where}{text!r} 不是日期，请写成 2026-11-30 · is not a date; write it as 2026-11-30"
        ) from None
