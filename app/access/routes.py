"""Signing in over HTTP, and the dependencies every other route asks with."""

import base64
import binascii
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Literal, Self
from urllib.parse import unquote_plus

from fastapi import APIRouter, Depends, Form, Request
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel, ConfigDict, model_validator

from app import clock
from app.access import policy, refresh, service
from app.access.problems import Problem
from app.access.rates import COUNTED, address_of
from app.access.readiness import Requirements
from app.access.scope import Viewer
from app.access.sessions import note_session
from app.access.tokens import (
    SESSION_HOURS_MAX,
    AccessToken,
    SignedInBy,
    issue_token,
    new_session_id,
    read_token,
)
from app.db import Engine, RowScope, Session, reading, transaction
from app.errors import NotSignedIn
from app.examples import shown
from app.groups import Together
from app.models import Role, SessionPlace, User
from app.places.service import subtree_prefix
from app.settings import Settings

router = APIRouter(tags=["access"])
_NO_TOKEN = "no access token: get one at /v1/token and send it as `Authorization: Bearer …`"
_TOKENS_TOGETHER = 1_000
COOKIE = "credit_village_session"
# Where somebody tries a password: an address may do so less often than anything else.
SIGN_IN_PATHS = frozenset({"/v1/token", "/login", "/login/code", "/login/oidc"})

# These only read: from one state of the database, so that no answer mixes two nights.
READING = ("GET", "HEAD")


def request_session(request: Request) -> Iterator[Session]:
    """The session of one request: its rows are those its viewer may see, and it is one transaction."""
    state = request.app.state
    _follow_keys(request)
    if request.method in READING:
        with reading(state.engine, scope=_row_scope(request)) as session:
            yield session
        return
    with transaction(state.engine, before_commit=state.before_commit, scope=_row_scope(request)) as session:
        yield session


def recording_session(request: Request) -> Iterator[Session]:
    """The session of a request that reads one state of the database and leaves a record of who looked."""
    state, scope = request.app.state, _row_scope(request)
    _follow_keys(request)
    with transaction(
        state.engine, of_one_state=True, before_commit=state.before_commit, scope=scope
    ) as session:
        yield session


def _follow_keys(request: Request) -> None:
    """Keep to the keys in force, in a session of its own: that of the request must not begin before its work.

    Who signs in is counted in a step of its own first, which on SQLite would wait for it in vain.
    """
    with reading(request.app.state.engine) as session:
        request.app.state.follow_keys(session)


def _row_scope(request: Request) -> RowScope | None:
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    if viewer is None:
        return None
    return RowScope(
        subtree_prefix(viewer.place_code),
        viewer.organisation_id,
        reads_log=policy.may(viewer, "inquiry_log"),
    )


# The dependencies are called as they are: an override of any (`dependency_overrides`) would have FastAPI read
# the signatures of all of them again for every request.
# "function": committed after the operation has returned and before its answer is sent.
RequestSession = Annotated[Session, Depends(request_session, scope="function")]
# For what only reads but must leave a record of who looked: committed before the answer too.
RecordingSession = Annotated[Session, Depends(recording_session, scope="function")]

_bearer = OAuth2PasswordBearer(tokenUrl="/v1/token", scheme_name="password", auto_error=False)


_NEEDED = {"password": {"username", "password"}, "refresh_token": {"refresh_token"}}


class TokenAnswer(BaseModel):
    """An access token, to be sent as `Authorization: Bearer …`.

    `refresh_token` buys the next one, once; a bank's system signs in with its secret again instead.
    """

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    refresh_token: str | None = None


class TokenForm(BaseModel):
    """How somebody signs in (RFC 6749): by password, by a refresh token, or as a bank's system.

    `totp`: the six digits of the second factor. The client may stand in an `Authorization: Basic` header.
    """

    grant_type: Literal["password", "refresh_token", "client_credentials"] = "password"
    username: str = ""
    password: str = ""
    totp: str = ""
    refresh_token: str = ""
    client_id: str = ""
    client_secret: str = ""

    @model_validator(mode="after")
    def _has_what_its_grant_needs(self) -> Self:
        needed = _NEEDED.get(self.grant_type, set())
        if missing := sorted(needed - self.model_fields_set):
            raise ValueError(f"grant_type={self.grant_type} takes {' and '.join(missing)} too")
        return self


class ViewerAnswer(BaseModel):
    """Who you are, and the division whose data you may see."""

    model_config = ConfigDict(from_attributes=True)

    user_id: int
    username: str
    display_name: str
    role: Role
    role_label: str
    organisation_id: int
    organisation_name: str
    place_id: int
    place_code: str
    place_name: str


async def permitted(request: Request) -> None:
    """Decide over a request before anything is done for it: app/access/policy.py says who may do what.

    The interface is asked with an access token, the pages with the cookie that signing in has set; neither
    counts for the other, so that a page of another site cannot use the cookie on the interface.
    """
    operation = request.scope["route"].name
    if operation in policy.PUBLIC:
        _count_for_address(request)
        return
    try:
        viewer = await _signed_in(request)
    except NotSignedIn:
        # A token that does not hold counts for nobody it names: whoever sends it could lock that person out.
        _count_for_address(request)
        raise
    # Noted first, so that the line of a refusal says whose it was.
    request.state.viewer = viewer
    # Counted first, so that what is refused counts like anything else.
    if (refused := request.app.state.account_limiter.take(viewer.user_id, at=clock.now())) is not None:
        raise refused.error()
    policy.refuse_unless_permitted(viewer, operation)


def _count_for_address(request: Request) -> None:
    """Count a request nobody is behind for its address, unless that was done; refuse what is over the rate.

    What carries a token was not counted further out: an account is not to suffer from those beside it.
    """
    if getattr(request.state, COUNTED, False):
        return
    refused = request.app.state.address_limiter.take(address_of(request.scope), at=clock.now())
    if refused is not None:
        raise refused.error() from None


async def current_viewer(request: Request, _token: Annotated[str | None, Depends(_bearer)]) -> Viewer:
    """The signed-in user of this request, as `permitted` found it."""
    viewer: Viewer = request.state.viewer
    return viewer


CurrentViewer = Annotated[Viewer, Depends(current_viewer)]


async def _signed_in(request: Request) -> Viewer:
    if request.url.path.startswith("/v1/"):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotSignedIn(
                "no access token: get one at /v1/token and send it as `Authorization: Bearer …`"
            )
    else:
        token = request.cookies.get(session_cookie(request), "")
    state = request.app.state
    read: AccessToken = state.tokens.read(token, key=state.token_key, at=clock.now())
    viewer: Viewer = await state.viewers.ask(read)
    request.state.token = read
    return viewer


def viewers(engine: Engine, settings: Settings) -> Together[AccessToken, Viewer]:
    """Who is behind the tokens of the requests in flight: asked of the database together, every time."""

    def read(tokens: Sequence[AccessToken]) -> list[Viewer | NotSignedIn]:
        # A session of its own, closed at once: it must not stand in the way of the one that writes.
        with reading(engine) as session:
            return service.viewers_of(session, tokens, requirements=_required(settings), at=clock.now())

    return Together(read, most=_TOKENS_TOGETHER)


def requirements(request: Request) -> Requirements:
    """What this installation asks of accounts."""
    return _required(request.app.state.settings)


def _required(settings: Settings) -> Requirements:
    return Requirements(
        second_factor=settings.second_factor == "required", password_days=settings.password_days
    )


def public_address(request: Request) -> str:
    """Where the public finds this service: as it is set, else where this request found it."""
    return (request.app.state.settings.public_address or str(request.base_url)).rstrip("/")


def session_cookie(request: Request) -> str:
    """The name of the cookie of the pages; under https a browser takes it from this very host only."""
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


@router.post(
    "/v1/token",
    summary="Sign in · 登录",
    response_model_exclude_none=True,
    responses={n: {"model": Problem} for n in (401, 403, 422, 429)},
)
def token(request: Request, form: Annotated[TokenForm, Form()], session: RequestSession) -> TokenAnswer:
    """An access token for a password, a refresh token or a client's secret.

    Five failures in a row lock the account for 15 minutes. A refresh token is good for one use and ends, with
    all that came from it, 12 hours after the password was given; one shown twice ends the session.
    """
    at, state = clock.now(), request.app.state
    issue = partial(issue_token, key=state.token_key, at=at, minutes=state.settings.token_minutes)
    if form.grant_type == "client_credentials":
        client_id, secret = _client_of(request, form.client_id, form.client_secret)
        user = service.sign_in_client(session, client_id, secret, at=at)
        return _answer(request, issue(user, signed_in_by=SignedInBy.CLIENT, client_id=client_id), at=at)
    if form.grant_type == "refresh_token":
        renewed = refresh.renew(session, form.refresh_token, at=at)
        issued = issue(renewed.user, session_id=renewed.session_id, signed_in_at=renewed.signed_in_at)
        return _answer(request, issued, refresh_token=renewed.refresh_token, at=at)
    service.refuse_password_grant(session, state.settings.password_grant)
    user = service.sign_in(
        session,
        form.username,
        form.password,
        at=at,
        code=form.totp,
        sealing=state.cipher,
        drift_steps=state.settings.code_drift_steps,
    )
    return signed_in_answer(request, session, user, at=at)


@router.post(
    "/v1/token/revoke",
    summary="Revoke a token · 注销令牌",
    responses={n: {"model": Problem} for n in (401, 422)},
)
def revoke_token(
    request: Request,
    token: Annotated[str, Form(max_length=4096)],
    session: RequestSession,
    *,
    client_id: Annotated[str, Form(max_length=64)] = "",
    client_secret: Annotated[str, Form(max_length=1024)] = "",
) -> None:
    """Let a token hold no longer (RFC 7009): an access token alone, a refresh token with its whole session.

    A bank's system proves who it is, in the header or the form, as it did for the token. A token that does
    not hold is answered in the same way: there is nothing to tell a guesser.
    """
    at = clock.now()
    try:
        read = read_token(token, key=request.app.state.token_key, at=at)
    except NotSignedIn:
        refresh.revoke_refresh_token(session, token, at=at)
        return
    if read.client_id is not None:
        given, secret = _client_of(request, client_id, client_secret)
        if given != read.client_id:
            raise NotSignedIn("this token was issued to another client, or no client_id was sent with it")
        service.sign_in_client(session, given, secret, at=at)
    refresh.revoke_access_token(session, read, at=at)


@router.get("/v1/me", summary="Who am I · 当前用户", responses={200: shown("me"), 401: {"model": Problem}})
def me(viewer: CurrentViewer) -> ViewerAnswer:
    """The user behind the token."""
    return ViewerAnswer.model_validate({**asdict(viewer), "role_label": viewer.role.label})


def signed_in_answer(request: Request, session: Session, user: User, *, at: datetime) -> TokenAnswer:
    """The tokens of a new session of a user who has just given the password."""
    state, session_id = request.app.state, new_session_id()
    minutes = state.settings.token_minutes
    issued = issue_token(user, key=state.token_key, at=at, minutes=minutes, session_id=session_id)
    first = refresh.open_session(session, user, session_id=session_id, at=at)
    note_session(
        session,
        user,
        session_id=session_id,
        place=SessionPlace.INTERFACE,
        signed_in_by=SignedInBy.PASSWORD,
        at=at,
        holds_until=at + timedelta(hours=SESSION_HOURS_MAX),
    )
    return _answer(request, issued, refresh_token=first, at=at)


def _answer(request: Request, issued: str, *, at: datetime, refresh_token: str | None = None) -> TokenAnswer:
    ends = read_token(issued, key=request.app.state.token_key, at=at).expires_at
    return TokenAnswer(
        access_token=issued, expires_in=math.ceil((ends - at).total_seconds()), refresh_token=refresh_token
    )


def _client_of(request: Request, client_id: str, secret: str) -> tuple[str, str]:
    """The client of a request, from the header or the form (RFC 6749, 2.3.1)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return client_id, secret
    try:
        given = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise NotSignedIn("Authorization: write Basic and the Base64 of client_id:client_secret") from None
    client_id, _, secret = given.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)
