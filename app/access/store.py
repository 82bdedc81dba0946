"""Organisations and users as they are kept."""

from datetime import datetime

from sqlalchemy import CursorResult, case, literal, null, or_, select, update

from app.db import Session
from app.models import Organisation, Place, User
from app.models.base import Instant


def organisation(session: Session, organisation_id: int) -> Organisation | None:
    """One organisation."""
    return session.get(Organisation, organisation_id)


def organisation_by_code(session: Session, code: str) -> Organisation | None:
    """The organisation with this code."""
    return session.scalars(select(Organisation).where(Organisation.code == code)).first()


def user_by_name(session: Session, username: str) -> User | None:
    """The user who signs in with this name."""
    return session.scalars(select(User).where(User.username == username)).first()


def user_with_place(session: Session, user_id: int) -> tuple[User, Organisation, Place] | None:
    """A user with the organisation and the division the user works for."""
    found = (
        select(User, Organisation, Place)
        .join(Organisation, Organisation.organisation_id == User.organisation_id)
        .join(Place, Place.place_id == User.place_id)
        .where(User.user_id == user_id)
    )
    row = session.execute(found).first()
    return None if row is None else (row[0], row[1], row[2])


def add(session: Session, row: Organisation | User) -> None:
    """Keep a new organisation or user and give it its id."""
    session.add(row)
    session.flush()


def count_attempt(
    session: Session, username: str, *, at: datetime, attempts_max: int, locked_until: datetime
) -> bool:
    """Count one attempt to sign in; False where the account rests (or does not exist) and none is allowed.

    One statement, so that many attempts at the same moment cannot slip through between look and count.
    """
    attempts = case((User.locked_until <= at, 1), else_=User.failed_attempts + 1)
    counted = (
        update(User)
        .where(User.username == username, or_(User.locked_until.is_(None), User.locked_until <= at))
        .values(
            failed_attempts=attempts,
            locked_until=case((attempts >= attempts_max, literal(locked_until, Instant)), else_=null()),
        )
        .execution_options(synchronize_session=False)
    )
    result = session.execute(counted)
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def locked_until(session: Session, username: str) -> datetime | None:
    """Until when an account rests; None where it does not, or where there is none."""
    return session.scalars(select(User.locked_until).where(User.username == username)).first()


def clear_attempts(session: Session, user_id: int) -> None:
    """Forget the failed attempts of a user who has signed in."""
    session.execute(update(User).where(User.user_id == user_id).values(failed_attempts=0, locked_until=None))
