"""Access tokens: signed statements of who signed in, and until when that holds."""

from datetime import datetime, timedelta

import jwt

from app.errors import NotSignedIn
from app.models import User

_ALGORITHM = "HS256"
_ISSUER = "credit-village"
_AUDIENCE = "credit-village"
_REFUSED = "the access token is wrong or too old; get a new one at /v1/token"


def issue_token(user: User, *, key: bytes, at: datetime, minutes: int) -> str:
    """A token that speaks for this user for so many minutes."""
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": str(user.user_id),
        "iat": int(at.timestamp()),
        "exp": int((at + timedelta(minutes=minutes)).timestamp()),
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def read_token(token: str, *, key: bytes, at: datetime) -> int:
    """The id of the user a token speaks for at this moment."""
    # The expiry is compared with `at` below: the library would read the clock itself.
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            audience=_AUDIENCE,
            options={
                "require": ["iss", "aud", "exp", "sub", "iat"],
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        user_id, expires = int(claims["sub"]), int(claims["exp"])
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise NotSignedIn(_REFUSED) from None
    if at.timestamp() >= expires:
        raise NotSignedIn(_REFUSED)
    return user_id
