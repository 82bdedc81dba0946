"""Organisations and users as they are kept."""

from datetime import datetime

from sqlalchemy import (
    CursorResult,
    String,
    Update,
    bindparam,
    case,
    exists,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.db import Session
from app.models import ApiClient, Organisation, Place, RevokedToken, Subject, User
from app.models.base import Instant

# Every request asks one of these: they are built once.
_PRESENT = (
    select(User, Organisation, Place)
    .join(Organisation, Organisation.organisation_id == User.organisation_id)
    .join(Place, Place.place_id == User.place_id)
    .where(User.user_id == bindparam("user_id"))
)
_REVOKED = or_(
    RevokedToken.jti == bindparam("token_id", type_=String),
    RevokedToken.jti == bindparam("session_id", type_=String),
)
_NOT_REVOKED = _PRESENT.where(~exists().where(_REVOKED))
_OF_CLIENT = _NOT_REVOKED.where(
    exists().where(
        ApiClient.client_id == bindparam("client_id", type_=String),
        ApiClient.user_id == User.user_id,
        ApiClient.disabled.is_(False),
    )
)


def organisation(session: Session, organisation_id: int) -> Organisation | None:
    """One organisation."""
    return session.get(Organisation, organisation_id)


def organisation_by_code(session: Session, code: str) -> Organisation | None:
    """The organisation with this code."""
    return session.scalars(select(Organisation).where(Organisation.code == code)).first()


def user_by_name(session: Session, username: str) -> User | None:
    """The user who signs in with this name."""
    return session.scalars(select(User).where(User.username == username)).first()


def user_by_subject(session: Session, subject: str) -> User | None:
    """The user bound to a person at the outside provider."""
    return session.scalars(select(User).where(User.oidc_subject == subject)).first()


def user(session: Session, user_id: int) -> User | None:
    """One user."""
    return session.get(User, user_id)


def client(session: Session, client_id: str) -> ApiClient | None:
    """The client with this id."""
    return session.get(ApiClient, client_id)


def user_with_place(session: Session, user_id: int) -> tuple[User, Organisation, Place] | None:
    """A user with the organisation and the division the user works for."""
    row = session.execute(_PRESENT, {"user_id": user_id}).first()
    return None if row is None else (row[0], row[1], row[2])


def user_of_token(
    session: Session, user_id: int, *, token_id: str, session_id: str, client_id: str | None
) -> tuple[User, Organisation, Place] | None:
    """The same; None where the token, its session or the client it was issued to was revoked."""
    named = {"user_id": user_id, "token_id": token_id, "session_id": session_id, "client_id": client_id}
    row = session.execute(_NOT_REVOKED if client_id is None else _OF_CLIENT, named).first()
    return None if row is None else (row[0], row[1], row[2])


def is_demonstration(session: Session) -> bool:
    """Whether the subjects on file are synthetic: those of a demonstration are never mixed with real ones."""
    return session.scalars(select(Subject.synthetic).limit(1)).first() is True


def add(session: Session, row: Organisation | User | ApiClient) -> None:
    """Keep a new organisation, user or client and give it its id."""
    session.add(row)
    session.flush()


def count_attempt(
    session: Session,
    name: str,
    *,
    of: type[User] | type[ApiClient] = User,
    at: datetime,
    attempts_max: int,
    locked_until: datetime,
) -> bool:
    """Count one attempt to sign in; False where the account rests (or does not exist) and none is allowed.

    One statement, so that many attempts at the same moment cannot slip through between look and count.
    """
    attempts = case((of.locked_until <= at, 1), else_=of.failed_attempts + 1)
    counted = (
        update(of)
        .where(_name_of(of) == name, or_(of.locked_until.is_(None), of.locked_until <= at))
        .values(
            failed_attempts=attempts,
            locked_until=case((attempts >= attempts_max, literal(locked_until, Instant)), else_=null()),
        )
        .execution_options(synchronize_session=False)
    )
    return _changed_one(session, counted)


def locked_until(session: Session, name: str, *, of: type[User] | type[ApiClient] = User) -> datetime | None:
    """Until when an account rests; None where it does not, or where there is none."""
    return session.scalars(select(of.locked_until).where(_name_of(of) == name)).first()


def clear_attempts(session: Session, name: str, *, of: type[User] | type[ApiClient] = User) -> None:
    """Forget the failed attempts of an account that has signed in."""
    session.execute(update(of).where(_name_of(of) == name).values(failed_attempts=0, locked_until=None))


def use_up_step(session: Session, user_id: int, step: int) -> bool:
    """Note the step of a code that was accepted; False where it, or a later one, was used before.

    One statement, so that of two sign-ins with one code only one succeeds.
    """
    unused = or_(User.totp_last_step.is_(None), User.totp_last_step < step)
    used = update(User).where(User.user_id == user_id, unused).values(totp_last_step=step)
    return _changed_one(session, used.execution_options(synchronize_session=False))


def _name_of(of: type[User] | type[ApiClient]) -> InstrumentedAttribute[str]:
    return of.username if issubclass(of, User) else of.client_id


def _changed_one(session: Session, change: Update) -> bool:
    result = session.execute(change)
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
