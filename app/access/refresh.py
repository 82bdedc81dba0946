"""Sessions that outlive an access token: refresh tokens, used once each, and what ends a session at once."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from app.access.tokens import SESSION_HOURS_MAX, AccessToken
from app.db import Session
from app.errors import NotSignedIn
from app.models import RefreshToken, RevokedToken, User

_LIFETIME = timedelta(hours=SESSION_HOURS_MAX)
_REFUSED = "the refresh token is wrong, used, revoked or too old; sign in again. 登录已失效：请重新登录。"


@dataclass(frozen=True, slots=True)
class Renewed:
    """A session that goes on: whose it is, since when, and the token for the next time."""

    user: User
    session_id: str
    signed_in_at: datetime
    refresh_token: str


def open_session(session: Session, user: User, *, session_id: str, at: datetime) -> str:
    """The first refresh token of a session; it and its successors end 12 hours after signing in."""
    return _add(session, user.user_id, family=session_id, at=at, expires_at=at + _LIFETIME)


def renew(session: Session, token: str, *, at: datetime) -> Renewed:
    """Use up a refresh token for the next one.

    One that was used before has been copied by somebody: the whole session ends, for the thief and the owner.
    """
    used = (
        update(RefreshToken)
        .where(
            RefreshToken.token_hash == _hash(token),
            RefreshToken.used_at.is_(None),
            RefreshToken.revoked_at.is_(None),
            RefreshToken.expires_at > at,
        )
        .values(used_at=at)
        .execution_options(synchronize_session=False)
    )
    result = session.execute(used)
    assert isinstance(result, CursorResult)
    found = _find(session, token)
    if result.rowcount == 0 or found is None:
        raise _refusal(session, found, at=at)
    user = session.get_one(User, found.user_id)
    signed_out = user.signed_out_at is not None and found.issued_at < user.signed_out_at
    if user.disabled or signed_out:
        raise NotSignedIn(_REFUSED)
    successor = _add(session, user.user_id, family=found.family, at=at, expires_at=found.expires_at)
    return Renewed(user, found.family, found.expires_at - _LIFETIME, successor)


def revoke_refresh_token(session: Session, token: str, *, at: datetime) -> bool:
    """End the session of a refresh token, with its access tokens; False where there is no such token."""
    found = _find(session, token)
    if found is not None:
        end_session(session, found.family, ends_at=found.expires_at, at=at)
    return found is not None


def revoke_access_token(session: Session, token: AccessToken, *, at: datetime) -> None:
    """Let one access token hold no longer; its session goes on."""
    _revoke(session, token.token_id, expires_at=token.expires_at, at=at)


def end_session(session: Session, session_id: str, *, ends_at: datetime, at: datetime) -> None:
    """Let no token of a session hold any longer, from now on; `ends_at` is when it would have ended."""
    family = update(RefreshToken).where(RefreshToken.family == session_id, RefreshToken.revoked_at.is_(None))
    session.execute(family.values(revoked_at=at).execution_options(synchronize_session=False))
    _revoke(session, session_id, expires_at=ends_at, at=at)


def sign_out_everywhere(session: Session, user: User, *, at: datetime) -> None:
    """Let nothing that was issued to this user before this moment hold any longer."""
    user.signed_out_at = at
    theirs = update(RefreshToken).where(
        RefreshToken.user_id == user.user_id, RefreshToken.revoked_at.is_(None)
    )
    session.execute(theirs.values(revoked_at=at).execution_options(synchronize_session=False))


def _refusal(session: Session, found: RefreshToken | None, *, at: datetime) -> NotSignedIn:
    stolen = found is not None and found.used_at is not None and found.revoked_at is None
    if found is not None and stolen:
        end_session(session, found.family, ends_at=found.expires_at, at=at)
    return NotSignedIn(_REFUSED, leaves_record=stolen)


def _add(session: Session, user_id: int, *, family: str, at: datetime, expires_at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    session.add(
        RefreshToken(
            user_id=user_id, family=family, token_hash=_hash(token), issued_at=at, expires_at=expires_at
        )
    )
    session.flush()
    return token


def _find(session: Session, token: str) -> RefreshToken | None:
    found = select(RefreshToken).where(RefreshToken.token_hash == _hash(token))
    return session.scalars(found.execution_options(populate_existing=True)).first()


def _revoke(session: Session, name: str, *, expires_at: datetime, at: datetime) -> None:
    """Note a token or a session as revoked, once; what would have expired by now needs no note any more."""
    session.execute(delete(RevokedToken).where(RevokedToken.expires_at <= at))
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(insert(RevokedToken).values(jti=name, expires_at=expires_at).on_conflict_do_nothing())


def _hash(token: str) -> bytes:
    # 256 random bits cannot be guessed: they need no slow hash.
    return hashlib.sha256(token.encode()).digest()
