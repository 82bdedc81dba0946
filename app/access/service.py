"""Who may sign in, and who is behind a user."""

import logging
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from app.access import store
from app.access.passwords import check_password, hashed, matches, needs_rehash, nobodys_hash
from app.access.readiness import Requirements, Step, left_to_do
from app.access.scope import Viewer, may_see
from app.access.secrets import hash_of, is_secret
from app.access.tokens import AccessToken, SignedInBy
from app.access.totp import matching_step
from app.db import Session, add_once, reading, transaction
from app.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    SecondFactorNeeded,
    TooManyAttempts,
)
from app.models import ApiClient, Organisation, OrganisationKind, Role, User
from app.one_line import one_line
from app.places import service as places

__all__ = [
    "Sealing", "Viewer", "create_organisation", "create_user", "may_see", "organisation", "prove_factors",
    "prove_password", "refuse_password_grant", "second_factor_row", "sign_in", "sign_in_client",
    "sign_in_subject", "sign_in_with_code", "viewer", "viewers_of",
]  # fmt: skip

_LOG = logging.getLogger(__name__)
ATTEMPTS_MAX = 5
REST = timedelta(minutes=15)
# For whom a bank's system signs in.
CLIENT_ROLE = Role.LOAN_OFFICER
_REFUSED = "the username or the password is wrong"
_WRONG_CODE = "the code of the second factor is wrong or was used before; wait for the next one"
_ENDED = "this session has ended or was revoked; sign in again"


class Sealing(Protocol):
    """What seals and opens secrets, bound to the row they belong to."""

    def seal(self, text: str, *, row: str) -> bytes:
        """The sealed form of a text."""

    def open(self, sealed: bytes, *, row: str) -> str:
        """The text behind it."""


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
        raise _code_taken(code)
    if parent_id is not None and organisation(session, parent_id).kind is not kind:
        raise Invalid("parent: a branch is of the same kind as the organisation it belongs to")
    named, coded = one_line(name, where="name"), one_line(code, where="code")
    made = Organisation(code=coded, name=named, kind=kind, parent_id=parent_id, admitted_at=admitted_at)
    if not add_once(session, made):
        raise _code_taken(code)
    return made


def organisation(session: Session, organisation_id: int) -> Organisation:
    """An organisation; `NotFound` where there is none."""
    found = store.organisation(session, organisation_id)
    if found is None:
        raise NotFound(f"there is no organisation with the id {organisation_id}")
    return found


def organisation_by_code(session: Session, code: str) -> Organisation:
    """The same by its code."""
    found = store.organisation_by_code(session, code)
    if found is None:
        raise NotFound(f"there is no organisation with the code {code}; add it first. 没有机构 {code}。")
    return found


def user_by_name(session: Session, username: str) -> User | None:
    """The user who signs in with this name."""
    return store.user_by_name(session, username)


def create_user(
    session: Session,
    *,
    username: str,
    display_name: str,
    password: str,
    role: Role,
    organisation_id: int,
    place_id: int,
    at: datetime | None = None,
    breached: Path | None = None,
) -> User:
    """A new user, who will see only the division `place_id` and what lies in it."""
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,63}", username) is None:
        raise Invalid("username: write 2 to 64 of a-z, 0-9, point, hyphen and underscore, as in officer.nsh")
    if store.user_by_name(session, username) is not None:
        raise _name_taken(username)
    works_for = organisation(session, organisation_id)
    about = (username, display_name, works_for.name, works_for.code)
    check_password(password, about=about, breached=breached)
    places.place(session, place_id)
    made = User(
        username=username,
        display_name=one_line(display_name, where="display_name"),
        password_hash=hashed(password),
        role=role,
        organisation_id=organisation_id,
        place_id=place_id,
        disabled=False,
        failed_attempts=0,
        locked_until=None,
        password_changed_at=at,
    )
    if not add_once(session, made):
        raise _name_taken(username)
    return made


def _code_taken(code: str) -> Conflict:
    return Conflict(f"there is already an organisation with the code {code}; choose another code")


def _name_taken(username: str) -> Conflict:
    return Conflict(f"there is already a user {username}; choose another username")


def sign_in(
    session: Session,
    username: str,
    password: str,
    *,
    at: datetime,
    code: str = "",
    sealing: Sealing | None = None,
    drift_steps: int = 0,
) -> User:
    """The user with this name, password and, where the account has one, code of the second factor.

    After five failures in a row the account rests for 15 minutes. `SecondFactorNeeded` where only the code is
    missing. The attempt is counted in a committed step of its own, before the password is looked at: the
    refusal rolls the request back, and the count has to survive it. Call this before the session has changed
    anything.
    """
    user = _by_password(session, username, password, at=at)
    if user.totp_confirmed_at is not None:
        if not code:
            raise SecondFactorNeeded(
                "this account has a second factor: send its code as `totp`. 请同时输入动态口令。"
            )
        _use_up(session, user, code, sealing=sealing, drift_steps=drift_steps, at=at)
    store.clear_attempts(session, username)
    if needs_rehash(user.password_hash):
        user.password_hash = hashed(password)
    _LOG.info("account %d: signed in with password%s", user.user_id, " and code" if code else "")
    return user


def refuse_password_grant(session: Session, allowed: Literal["demonstration", "on", "off"]) -> None:
    """Refuse a password sent by a program, unless this installation takes it, or its data are synthetic."""
    if allowed == "on":
        return
    # In a step of its own: the attempt is counted before this session has looked at anything.
    with reading(session.get_bind().engine) as step:
        if allowed == "demonstration" and store.is_demonstration(step):
            return
    raise Forbidden(
        "grant_type=password is switched off here (CREDIT_VILLAGE_PASSWORD_GRANT): a bank's system signs in "
        "with grant_type=client_credentials, a person gets tokens on the page /account/token. "
        "本系统未开放以密码换取令牌：请使用接口凭据，或在网页登录。"
    )


def prove_password(session: Session, username: str, password: str, *, at: datetime) -> User:
    """The signed-in user, whose password this is; `Invalid` where it is not, and failures are counted too."""
    try:
        user = _by_password(session, username, password, at=at)
    except NotSignedIn:
        raise Invalid("password: the present password is wrong. 当前密码不正确。") from None
    store.clear_attempts(session, username)
    return user


def prove_factors(
    session: Session,
    username: str,
    password: str,
    *,
    code: str,
    at: datetime,
    sealing: Sealing,
    drift_steps: int = 0,
) -> User:
    """The same with every factor the account has: a stolen password alone changes nothing."""
    user = prove_password(session, username, password, at=at)
    if user.totp_confirmed_at is None:
        return user
    try:
        _use_up(session, user, code, sealing=sealing, drift_steps=drift_steps, at=at)
    except NotSignedIn:
        raise Invalid(
            "totp: the code of the second factor is missing, wrong or was used; wait for the next one. "
            "动态口令缺失、不正确或已使用过：请输入下一个动态口令。"
        ) from None
    return user


def sign_in_with_code(
    session: Session,
    username: str,
    code: str,
    *,
    at: datetime,
    sealing: Sealing,
    drift_steps: int = 0,
) -> User:
    """The user who proved a moment ago who it is, and who now gives the code of the second factor."""
    user = _counted(session, username, at=at)
    if user is None or user.disabled or user.totp_confirmed_at is None:
        raise NotSignedIn(_ENDED)
    _use_up(session, user, code, sealing=sealing, drift_steps=drift_steps, at=at)
    store.clear_attempts(session, username)
    _LOG.info("account %d: signed in with code, after the first factor", user.user_id)
    return user


def sign_in_subject(session: Session, subject: str) -> User:
    """The user bound to a person whom the outside provider has named; nobody is made an account of itself."""
    user = store.user_by_subject(session, subject)
    if user is None or user.disabled:
        named = "no account" if user is None else f"account {user.user_id}: disabled"
        _LOG.warning("sign-in at the provider refused (%s)", named)
        raise NotSignedIn("no account is bound to this person; ask an administrator for one")
    _LOG.info("account %d: named by the provider", user.user_id)
    return user


def viewer(session: Session, user_id: int) -> Viewer:
    """The person behind a user id, as of this moment."""
    found = store.present(session, [user_id]).get(user_id)
    if found is None or found.disabled:
        raise NotSignedIn(_ENDED)
    return _viewer(found, ready=not found.must_change_password)


def viewers_of(
    session: Session, tokens: Sequence[AccessToken], *, requirements: Requirements, at: datetime
) -> list[Viewer | NotSignedIn]:
    """The person each token speaks for, unless it, its session or its client was revoked.

    Asked anew for every request, and for all that come at the same moment together: nothing is remembered.
    """
    users = store.present(session, {token.user_id for token in tokens})
    names = {name for token in tokens for name in (token.token_id, token.session_id)}
    revoked = store.revoked(session, names)
    client_ids = {token.client_id for token in tokens if token.client_id is not None}
    clients = store.clients_in_use(session, client_ids) if client_ids else set()
    told: list[Viewer | NotSignedIn] = []
    for token in tokens:
        found = users.get(token.user_id)
        if (
            found is None
            or found.disabled
            or revoked & {token.token_id, token.session_id}
            or (token.client_id is not None and (token.client_id, token.user_id) not in clients)
            or (found.signed_out_at is not None and token.issued_at < found.signed_out_at)
        ):
            told.append(NotSignedIn(_ENDED))
            continue
        left = _left(token.signed_in_by, left_to_do(found, requirements, at=at))
        told.append(_viewer(found, ready=not left, client_id=token.client_id))
    return told


def _left(signed_in_by: SignedInBy, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """What is left to do for whoever signed in this way: a password is asked of whoever uses it."""
    if signed_in_by is SignedInBy.PASSWORD:
        return steps
    if signed_in_by is SignedInBy.PROVIDER:
        return tuple(step for step in steps if step is Step.ENROL_SECOND_FACTOR)
    return ()


def second_factor_row(user: User) -> str:
    """The name the secret of a user's second factor is sealed under."""
    return f"users/{user.user_id}/totp"


def _viewer(found: store.Present, *, ready: bool, client_id: str | None = None) -> Viewer:
    return Viewer(
        user_id=found.user_id,
        username=found.username,
        display_name=found.display_name,
        role=found.role,
        organisation_id=found.organisation_id,
        organisation_name=found.organisation_name,
        place_id=found.place_id,
        place_code=found.place_code,
        place_name=found.place_name,
        admitted=found.admitted_at is not None,
        ready=ready,
        client_id=client_id,
    )


def sign_in_client(session: Session, client_id: str, secret: str, *, at: datetime) -> User:
    """The user a bank's system signs in for; five wrong secrets let the client rest for 15 minutes."""
    known = re.fullmatch(r"[!-~]{1,64}", client_id) is not None
    if known:
        _count_attempt(session, client_id, of=ApiClient, at=at)
    client = store.client(session, client_id) if known else None
    right = is_secret(secret, kept=client.secret_hash if client else hash_of("nobody's"))
    user = store.user(session, client.user_id) if client is not None else None
    usable = user is not None and not user.disabled and user.role is CLIENT_ROLE
    if client is None or not right or client.disabled or user is None or not usable:
        named = "no such client" if client is None else f"account {client.user_id}"
        _LOG.warning("sign-in of a client refused (%s)", named)
        raise NotSignedIn("the client_id or the client_secret is wrong, or the client was revoked")
    store.clear_attempts(session, client_id, of=ApiClient)
    _LOG.info("account %d: %s signed in with its secret", user.user_id, client.client_id)
    return user


def _by_password(session: Session, username: str, password: str, *, at: datetime) -> User:
    user = _counted(session, username, at=at)
    # An unknown name costs the same work as a wrong password, so that the time tells nothing.
    right = matches(nobodys_hash() if user is None else user.password_hash, password)
    if user is None:
        _LOG.warning("sign-in refused: no account of the name that was given")
        raise NotSignedIn(_REFUSED)
    if not right or user.disabled:
        _LOG.warning("account %d: refused, %s", user.user_id, "wrong password" if not right else "disabled")
        raise NotSignedIn(_REFUSED)
    return user


def _counted(session: Session, username: str, *, at: datetime) -> User | None:
    """The user with this name, its attempt counted; None where there is none."""
    if re.fullmatch(r"[!-~]{1,64}", username) is None:
        return None
    _count_attempt(session, username, of=User, at=at)
    return store.user_by_name(session, username)


def _count_attempt(session: Session, name: str, *, of: type[User] | type[ApiClient], at: datetime) -> None:
    with transaction(session.get_bind().engine) as step:
        allowed = store.count_attempt(
            step, name, of=of, at=at, attempts_max=ATTEMPTS_MAX, locked_until=at + REST
        )
        rests_until = None if allowed else store.locked_until(step, name, of=of)
    if rests_until is not None:
        _LOG.warning("sign-in refused: one of %s rests after too many failures", of.__tablename__)
        raise TooManyAttempts(
            f"too many failed sign-ins; this account rests for up to {REST.seconds // 60} minutes. "
            "Wait, then try again.",
            retry_after_seconds=max(1, int((rests_until - at).total_seconds())),
        )


def _use_up(
    session: Session, user: User, code: str, *, sealing: Sealing | None, drift_steps: int, at: datetime
) -> None:
    """Accept a code of the second factor, once."""
    assert sealing is not None, "an account with a second factor needs the cipher its secret is sealed with"
    assert user.totp_cipher is not None
    secret = sealing.open(user.totp_cipher, row=second_factor_row(user))
    step = matching_step(secret, code.replace(" ", ""), at=at, drift_steps=drift_steps)
    if step is None or not store.use_up_step(session, user.user_id, step):
        _LOG.warning("account %d: refused, wrong code or one used before", user.user_id)
        raise NotSignedIn(_WRONG_CODE)
