"""The session of the pages: a cookie no script reads, renewed while it is used, ended on the server."""

import hashlib
import hmac
from datetime import datetime, timedelta

from fastapi import Request, Response

from app import clock
from app.access.refresh import end_session
from app.access.routes import session_cookie
from app.access.sessions import lengthen, note_session
from app.access.tokens import (
    AccessToken,
    SignedInBy,
    issue_token,
    keys_of,
    new_session_id,
    read_token,
    renewed_token,
    sign_claims,
    signed_claims,
)
from app.db import Session, transaction
from app.errors import NotSignedIn
from app.models import SessionPlace, User

# How long somebody may take to look up the code, or to sign in at the outside provider.
NOTE_MINUTES = 10


def open_session(
    request: Request,
    answer: Response,
    session: Session,
    user: User,
    *,
    at: datetime,
    by: SignedInBy = SignedInBy.PASSWORD,
) -> None:
    """Sign a user in on this browser; the session it held before ends."""
    _end_held(request, session, at=at)
    state, session_id = request.app.state, new_session_id()
    issued = issue_token(
        user,
        key=state.token_key,
        at=at,
        minutes=state.settings.token_minutes,
        session_id=session_id,
        signed_in_by=by,
    )
    note_session(
        session,
        user,
        session_id=session_id,
        place=SessionPlace.PAGES,
        signed_in_by=by,
        at=at,
        holds_until=at + timedelta(minutes=state.settings.token_minutes),
    )
    _set(request, answer, issued)


def renew_session(request: Request, answer: Response) -> None:
    """Let a session that is used go on: once half of its time is over the browser gets a new token."""
    token: AccessToken | None = getattr(request.state, "token", None)
    at = clock.now()
    if token is None or "set-cookie" in answer.headers:
        return
    if at - token.issued_at < (token.expires_at - token.issued_at) / 2:
        return
    state = request.app.state
    minutes = state.settings.token_minutes
    holds_until = min(at + timedelta(minutes=minutes), token.session_ends_at)
    with transaction(state.engine) as step:
        lengthen(step, token.session_id, holds_until=holds_until)
    _set(request, answer, renewed_token(token, key=state.token_key, at=at, minutes=minutes))


def close_session(request: Request, answer: Response, session: Session) -> None:
    """Sign out: the token holds nowhere any longer, and the browser forgets it."""
    _end_held(request, session, at=clock.now())
    name = session_cookie(request)
    answer.delete_cookie(name, secure=_is_https(request), httponly=True, samesite="strict")


def _end_held(request: Request, session: Session, *, at: datetime) -> None:
    """End the session this browser holds, where it holds one."""
    try:
        token = read_token(
            request.cookies.get(session_cookie(request), ""), key=request.app.state.token_key, at=at
        )
    except NotSignedIn:
        return
    end_session(session, token.session_id, ends_at=token.session_ends_at, at=at)


def leave_note(
    request: Request, answer: Response, *, name: str, note: dict[str, str], from_outside: bool = False
) -> None:
    """Let the browser carry something through a sign-in: it can read it, but not change it.

    `from_outside`: it is to come back when another site, the provider, sends the browser here.
    """
    expires_at = clock.now() + timedelta(minutes=NOTE_MINUTES)
    answer.set_cookie(
        _named(request, name),
        sign_claims(note, key=request.app.state.token_key, audience=name, expires_at=expires_at),
        max_age=NOTE_MINUTES * 60,
        httponly=True,
        samesite="lax" if from_outside else "strict",
        secure=_is_https(request),
    )


def read_note(request: Request, *, name: str) -> dict[str, str]:
    """What the browser was given to carry; `NotSignedIn` where it is missing, too old or forged."""
    note = request.cookies.get(_named(request, name), "")
    return signed_claims(note, key=request.app.state.token_key, audience=name, at=clock.now())


def drop_note(request: Request, answer: Response, *, name: str) -> None:
    """Let the browser forget it."""
    answer.delete_cookie(_named(request, name), secure=_is_https(request), httponly=True)


def form_token(request: Request) -> str:
    """What the forms of this session carry, so that nobody makes them up; empty before signing in."""
    token: AccessToken | None = getattr(request.state, "token", None)
    return "" if token is None else form_token_of(token, key=request.app.state.token_key)


def is_form_token(request: Request, given: str) -> bool:
    """Whether a form carries the token of this session, also when its page was made under an earlier key."""
    token: AccessToken | None = getattr(request.state, "token", None)
    made = [form_token_of(token, key=key) for key in keys_of(request.app.state.token_key)] if token else [""]
    return any(hmac.compare_digest(given.encode(), each.encode()) for each in made)


def form_token_of(token: AccessToken, *, key: bytes) -> str:
    """The same for one session."""
    return hmac.digest(key, f"form/{token.session_id}".encode(), hashlib.sha256).hex()


def _set(request: Request, answer: Response, token: str) -> None:
    answer.set_cookie(
        session_cookie(request),
        token,
        max_age=request.app.state.settings.token_minutes * 60,
        httponly=True,
        samesite="strict",
        secure=_is_https(request),
    )


def _named(request: Request, name: str) -> str:
    return f"__Host-{name}" if _is_https(request) else name


def _is_https(request: Request) -> bool:
    return bool(request.url.scheme == "https")
