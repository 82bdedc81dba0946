"""Signing in over HTTP, and the dependencies every other route asks with."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from app import clock
from app.access import policy, service
from app.access.problems import Problem
from app.access.scope import Viewer
from app.access.tokens import issue_token, read_token
from app.db import Session, reading, recording_session, request_session
from app.errors import NotSignedIn
from app.examples import shown
from app.models import Role

router = APIRouter(tags=["access"])
_NO_TOKEN = "no access token: get one at /v1/token and send it as `Authorization: Bearer …`"
COOKIE = "credit_village_session"
# Where somebody tries a password: an address may do so less often than anything else.
SIGN_IN_PATHS = frozenset({"/v1/token", "/login"})

# "function": committed after the operation has returned and before its answer is sent.
RequestSession = Annotated[Session, Depends(request_session, scope="function")]
# For what only reads but must leave a record of who looked: committed before the answer too.
RecordingSession = Annotated[Session, Depends(recording_session, scope="function")]

_bearer = OAuth2PasswordBearer(tokenUrl="/v1/token", scheme_name="password", auto_error=False)


class TokenAnswer(BaseModel):
    """An access token, to be sent as `Authorization: Bearer …`."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int


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
        return
    viewer = await run_in_threadpool(_signed_in, request)
    policy.refuse_unless_permitted(viewer, operation)
    if (refused := request.app.state.account_limiter.take(viewer.user_id, at=clock.now())) is not None:
        raise refused.error()
    request.state.viewer = viewer


def current_viewer(request: Request, _token: Annotated[str | None, Depends(_bearer)]) -> Viewer:
    """The signed-in user of this request, as `permitted` found it."""
    viewer: Viewer = request.state.viewer
    return viewer


CurrentViewer = Annotated[Viewer, Depends(current_viewer)]


def _signed_in(request: Request) -> Viewer:
    if request.url.path.startswith("/v1/"):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotSignedIn(
                "no access token: get one at /v1/token and send it as `Authorization: Bearer …`"
            )
    else:
        token = request.cookies.get(COOKIE, "")
        if not token:
            raise NotSignedIn("sign in first")
    user_id = read_token(token, key=request.app.state.token_key, at=clock.now())
    # A session of its own, closed at once: it must not stand in the way of the one that writes.
    with reading(request.app.state.engine) as session:
        return service.viewer(session, user_id)


@router.post(
    "/v1/token",
    summary="Sign in · 登录",
    responses={401: {"model": Problem}, 422: {"model": Problem}, 429: {"model": Problem}},
)
def token(
    request: Request, form: Annotated[OAuth2PasswordRequestForm, Depends()], session: RequestSession
) -> TokenAnswer:
    """A token for a username and a password; five failures in a row lock the account for 15 minutes."""
    at = clock.now()
    user = service.sign_in(session, form.username, form.password, at=at)
    minutes = request.app.state.settings.token_minutes
    issued = issue_token(user, key=request.app.state.token_key, at=at, minutes=minutes)
    return TokenAnswer(access_token=issued, expires_in=minutes * 60)


@router.get("/v1/me", summary="Who am I · 当前用户", responses={200: shown("me"), 401: {"model": Problem}})
def me(viewer: CurrentViewer) -> ViewerAnswer:
    """The user behind the token."""
    return ViewerAnswer.model_validate({**asdict(viewer), "role_label": viewer.role.label})
