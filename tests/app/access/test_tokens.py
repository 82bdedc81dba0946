"""A token speaks for one user, until it is too old, and for this service only."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from app.access.tokens import issue_token, read_token
from app.errors import NotSignedIn
from app.models import User

KEY = bytes(range(32))
AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def token(*, key=KEY):
    return issue_token(User(user_id=7), key=key, at=AT, minutes=30)


def forged(*, key=KEY, algorithm="HS256", without=(), **changed):
    claims = jwt.decode(token(), options={"verify_signature": False}) | changed
    return jwt.encode({k: v for k, v in claims.items() if k not in without}, key, algorithm=algorithm)


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=30) - timedelta(seconds=1)])
def test_a_token_names_its_user_until_its_last_second(later):
    assert read_token(token(), key=KEY, at=AT + later).user_id == 7


def test_a_token_ends_with_its_last_minute():
    with pytest.raises(NotSignedIn):
        read_token(token(), key=KEY, at=AT + timedelta(minutes=30))


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "no.token.atall",
        "令牌",
        token() + "x",
        token(key=bytes(32)),
        forged(key=None, algorithm="none"),
        forged(key=KEY * 2, algorithm="HS512"),
        forged(iss="another service"),
        forged(aud="another service"),
        forged(aud=["credit-village", "another service"]),
        forged(sub="nobody"),
        forged(sub=7),
        forged(exp="soon"),
        *[forged(without=(claim,)) for claim in ("iss", "aud", "sub", "exp", "iat")],
    ],
)
def test_what_this_service_did_not_sign_for_itself_is_no_token(wrong):
    with pytest.raises(NotSignedIn):
        read_token(wrong, key=KEY, at=AT)
