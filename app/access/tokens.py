"""Access tokens: signed statements of who signed in, and until when that holds."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import jwt

from app.db import Remembered
from app.errors import NotSignedIn
from app.models import User

_ALGORITHM = "HS256"
_ISSUER = "credit-village"
_AUDIENCE = "credit-village"
_REFUSED = "the access token is wrong or too old; get a new one at /v1/token"
# Whoever signed in has to do so again after this time, however often the token was renewed.
SESSION_HOURS_MAX = 12


class TokenKey(bytes):
    """The key tokens are signed with; `earlier` are those it replaces, whose tokens still hold."""

    earlier: tuple[bytes, ...] = ()


class SignedInBy(StrEnum):
    """How somebody proved who it is."""

    PASSWORD = "password"  # and the second factor, where the account has one
    CLIENT = "client"  # the secret of a bank's system
    PROVIDER = "provider"  # an outside OIDC provider, and the second factor here, where the account has one
    PROVIDER_STRONG = "provider_strong"  # the same with a second factor there


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a token says: whose it is, how and when that user signed in, and the names it is revoked by."""

    user_id: int
    token_id: str
    session_id: str
    issued_at: datetime
    expires_at: datetime
    signed_in_at: datetime
    signed_in_by: SignedInBy
    client_id: str | None

    @property
    def session_ends_at(self) -> datetime:
        """When this session ends for good."""
        return self.signed_in_at + timedelta(hours=SESSION_HOURS_MAX)


def issue_token(
    user: User,
    *,
    key: bytes,
    at: datetime,
    minutes: int,
    session_id: str | None = None,
    signed_in_at: datetime | None = None,
    signed_in_by: SignedInBy = SignedInBy.PASSWORD,
    client_id: str | None = None,
) -> str:
    """A token that speaks for this user for so many minutes, but not beyond the end of its session.

    Where no session is named it begins one of its own.
    """
    since = signed_in_at or at
    said = {"sid": session_id or new_session_id(), "auth_time": since.timestamp(), "by": signed_in_by}
    if client_id is not None:
        said["client_id"] = client_id
    expires_at = min(at + timedelta(minutes=minutes), since + timedelta(hours=SESSION_HOURS_MAX))
    return _signed(user.user_id, said, key=key, at=at, expires_at=expires_at)


def renewed_token(token: AccessToken, *, key: bytes, at: datetime, minutes: int) -> str:
    """A token that lets a session of the pages go on, until its end at the latest."""
    said = {"sid": token.session_id, "auth_time": token.signed_in_at.timestamp(), "by": token.signed_in_by}
    expires_at = min(at + timedelta(minutes=minutes), token.session_ends_at)
    return _signed(token.user_id, said, key=key, at=at, expires_at=expires_at)


def _signed(user_id: int, said: Mapping[str, Any], *, key: bytes, at: datetime, expires_at: datetime) -> str:
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": str(user_id),
        "jti": secrets.token_hex(16),
        "iat": at.timestamp(),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(claims | dict(said), key, algorithm=_ALGORITHM)


def new_session_id() -> str:
    """A name for a session that nobody can guess."""
    return secrets.token_hex(16)


def read_token(token: str, *, key: bytes, at: datetime) -> AccessToken:
    """What a token says, if this service signed it and it holds at this moment."""
    claims = signed_claims(token, key=key, audience=_AUDIENCE, at=at)
    try:
        return AccessToken(
            user_id=int(claims["sub"]),
            token_id=claims["jti"],
            session_id=claims["sid"],
            issued_at=_instant(claims["iat"]),
            expires_at=_instant(claims["exp"]),
            signed_in_at=_instant(claims["auth_time"]),
            signed_in_by=SignedInBy(claims["by"]),
            client_id=claims.get("client_id"),
        )
    except (KeyError, ValueError, TypeError, OverflowError):
        raise NotSignedIn(_REFUSED) from None


class TokenReader:
    """Reads access tokens; of one whose signature was verified lately it is not verified again.

    Kept by the hash of the token and the keys that held, at most so many: a token is verified anew once the
    keys have changed. Whether it has expired is looked at every time; whether it was revoked is not a matter
    of its signature, and never kept.
    """

    def __init__(self, *, most: int = 10_000) -> None:
        self._verified = Remembered(each_most=most)

    def read(self, token: str, *, key: bytes, at: datetime) -> AccessToken:
        """What a token says, if this service signed it and it holds at this moment."""
        mark = (hashlib.sha256(token.encode(errors="replace")).digest(), keys_of(key))
        found = self._verified.get("tokens", mark)
        if not isinstance(found, AccessToken):
            found = read_token(token, key=key, at=at)
            self._verified.put("tokens", mark, found)
        elif at >= found.expires_at:
            raise NotSignedIn(_REFUSED)
        return found


def sign_claims(claims: dict[str, str], *, key: bytes, audience: str, expires_at: datetime) -> str:
    """A short-lived note of this service to itself, carried by the browser: readable, not changeable."""
    fixed = {"iss": _ISSUER, "aud": audience, "exp": int(expires_at.timestamp())}
    return jwt.encode({"sub": "", "iat": 0, **claims, **fixed}, key, algorithm=_ALGORITHM)


def signed_claims(token: str, *, key: bytes, audience: str, at: datetime) -> dict[str, Any]:
    """What stands in a token or a note, if this service signed it for this use and it has not expired."""
    try:
        claims = _decoded(token, keys_of(key), audience=audience)
        expires = int(claims["exp"])
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise NotSignedIn(_REFUSED) from None
    if at.timestamp() >= expires:
        raise NotSignedIn(_REFUSED)
    return claims


def keys_of(key: bytes) -> tuple[bytes, ...]:
    """Every key whose signature holds, the one that signs first."""
    return (key, *(key.earlier if isinstance(key, TokenKey) else ()))


def _decoded(token: str, keys: Sequence[bytes], *, audience: str) -> dict[str, Any]:
    # The expiry is compared by the caller: the library would read the clock itself.
    first, *earlier = keys
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            first,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            audience=audience,
            options={
                "require": ["iss", "aud", "exp", "sub", "iat"],
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidSignatureError:
        if not earlier:
            raise
        return _decoded(token, earlier, audience=audience)
    return claims


def _instant(seconds: object) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(seconds)
    return datetime.fromtimestamp(seconds, UTC)
