"""Organisations and users as they are kept."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    CursorResult,
    Update,
    bindparam,
    case,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.db import Session
from app.models import ApiClient, Organisation, Place, RevokedToken, Role, Subject, User
from app.models.base import Instant

# Every request asks these: they are built once, and ask for the columns they need.
_PRESENT = (
    select(
        User.user_id,
        User.username,
        User.display_name,
        User.role,
        User.disabled,
        User.must_change_password,
        User.password_changed_at,
        User.totp_confirmed_at,
        User.signed_out_at,
        Organisation.organisation_id,
        Organisation.name.label("organisation_name"),
        Organisation.admitted_at,
        Place.place_id,
        Place.code.label("place_code"),
        Place.name.label("place_name"),
    )
    .join(Organisation, Organisation.organisation_id == User.organisation_id)
    .join(Place, Place.place_id == User.place_id)
    .where(User.user_id.in_(bindparam("user_ids", expanding=True)))
)
_REVOKED = select(RevokedToken.jti).where(RevokedToken.jti.in_(bindparam("names", expanding=True)))
_CLIENTS = select(ApiClient.client_id, ApiClient.user_id).where(
    ApiClient.client_id.in_(bindparam("client_ids", expanding=True)), ApiClient.disabled.is_(False)
)


class Present(NamedTuple):
    """A user with the organisation and the division it works for, as they are now."""

    user_id: int
    username: str
    display_name: str
    role: Role
    disabled: bool
    must_change_password: bool
    password_changed_at: datetime | None
    totp_confirmed_at: datetime | None
    signed_out_at: datetime | None
    organisation_id: int
    organisation_name: str
    admitted_at: datetime | None
    place_id: int
    place_code: str
    place_name: str


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


def present(session: Session, user_ids: Collection[int]) -> dict[int, Present]:
    """Users with the organisations and the divisions they work for, by id."""
    rows = session.connection().execute(_PRESENT, {"user_ids": list(user_ids)})
    return {row[0]: Present._make(row) for row in rows}


def revoked(session: Session, names: Collection[str]) -> set[str]:
    """Those of some tokens and sessions that were revoked."""
    return set(session.connection().execute(_REVOKED, {"names": list(names)}).scalars())


def clients_in_use(session: Session, client_ids: Collection[str]) -> set[tuple[str, int]]:
    """Those of some clients that were not revoked, with the users they sign in for."""
    rows = session.connection().execute(_CLIENTS, {"client_ids": list(client_ids)})
    return {(row[0], row[1]) for row in rows}


def is_demonstration(session: Session) -> bool:
    """Whether the subjects on file are synthetic: those of a demonstration are never mixed with real ones."""
    return session.scalars(select(Subject.synthetic).limit(1)).first() is True


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
