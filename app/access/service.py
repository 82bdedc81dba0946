"""Who may sign in, and who is behind a user."""

import re
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from app.access import store
from app.access.scope import Viewer, may_see
from app.db import Session, transaction
from app.errors import Conflict, Invalid, NotFound, NotSignedIn, TooManyAttempts
from app.models import Organisation, OrganisationKind, Role, User
from app.places import service as places

__all__ = ["Viewer", "create_organisation", "create_user", "may_see", "sign_in", "viewer"]

PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX = 10, 128
ATTEMPTS_MAX = 5
REST = timedelta(minutes=15)

# Argon2id with the least memory OWASP's password storage guide allows: many sign-ins at once must fit a small
# server.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_REFUSED = "the username or the password is wrong"


def create_organisation(
    session: Session,
    *,
    code: str,
    name: str,
    kind: OrganisationKind,
    parent_id: int | None = None,
    admitted_at: datetime | None = None,
) -> Organisation:
    """A new bank or branch, town office or department; a bank has to be admitted to receive ratings."""
    if store.organisation_by_code(session, code) is not None:
        raise Conflict(f"there is already an organisation with the code {code}; choose another code")
    made = Organisation(code=code, name=name, kind=kind, parent_id=parent_id, admitted_at=admitted_at)
    store.add(session, made)
    return made


def create_user(
    session: Session,
    *,
    username: str,
    display_name: str,
    password: str,
    role: Role,
    organisation_id: int,
    place_id: int,
) -> User:
    """A new user, who will see only the division `place_id` and what lies in it."""
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,63}", username) is None:
        raise Invalid("username: write 2 to 64 of a-z, 0-9, point, hyphen and underscore, as in officer.nsh")
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise Invalid(f"password: choose {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters")
    if store.user_by_name(session, username) is not None:
        raise Conflict(f"there is already a user {username}; choose another username")
    if store.organisation(session, organisation_id) is None:
        raise NotFound(f"there is no organisation with the id {organisation_id}")
    places.place(session, place_id)
    made = User(
        username=username,
        display_name=display_name,
        password_hash=_HASHER.hash(password),
        role=role,
        organisation_id=organisation_id,
        place_id=place_id,
        disabled=False,
        failed_attempts=0,
        locked_until=None,
    )
    store.add(session, made)
    return made


def sign_in(session: Session, username: str, password: str, *, at: datetime) -> User:
    """The user with this name and password; after five failures in a row the account rests for 15 minutes.

    The attempt is counted in a committed step of its own, before the password is looked at: the refusal rolls
    the request back, and the count has to survive it. Call this before the session has changed anything.
    """
    known = re.fullmatch(r"[!-~]{1,64}", username) is not None
    if known:
        _count_attempt(session, username, at=at)
    user = store.user_by_name(session, username) if known else None
    # An unknown name costs the same work as a wrong password, so that the time tells nothing.
    matches = _matches(_nobodys_hash() if user is None else user.password_hash, password)
    if user is None or not matches or user.disabled:
        raise NotSignedIn(_REFUSED)
    store.clear_attempts(session, user.user_id)
    if _HASHER.check_needs_rehash(user.password_hash):
        user.password_hash = _HASHER.hash(password)
    return user


def viewer(session: Session, user_id: int) -> Viewer:
    """The person behind a user id, as of this moment."""
    found = store.user_with_place(session, user_id)
    if found is None or found[0].disabled:
        raise NotSignedIn("the account of this token does not exist any more; sign in again")
    user, organisation, place = found
    return Viewer(
        user_id=user.user_id,
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        organisation_id=organisation.organisation_id,
        organisation_name=organisation.name,
        place_id=place.place_id,
        place_code=place.code,
        place_name=place.name,
        admitted=organisation.admitted_at is not None,
        ready=not user.must_change_password,
    )


def _count_attempt(session: Session, username: str, *, at: datetime) -> None:
    with transaction(session.get_bind().engine) as step:
        allowed = store.count_attempt(
            step, username, at=at, attempts_max=ATTEMPTS_MAX, locked_until=at + REST
        )
        rests_until = None if allowed else store.locked_until(step, username)
    if rests_until is not None:
        raise TooManyAttempts(
            f"too many failed sign-ins; this account rests for up to {REST.seconds // 60} minutes. "
            "Wait, then try again.",
            retry_after_seconds=max(1, int((rests_until - at).total_seconds())),
        )


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except VerifyMismatchError:
        return False


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("a password nobody has")
