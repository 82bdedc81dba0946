"""The pages of the own account: what is left to do, the password, the second factor."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import clock
from app.access import own_account
from app.access.readiness import Step
from app.access.routes import RequestSession, requirements
from app.access.scope import Viewer
from app.access.sessions import sessions_of
from app.db import Session
from app.errors import Conflict, Invalid, NotFound, TooManyAttempts
from app.web.page import Page, PageViewer, chinese, page, refuse_unless_of_session
from app.web.qr import qr_code
from app.web.sessions import open_session

router = APIRouter(route_class=Page, include_in_schema=False)

Done = Literal["", "password", "second-factor", "sessions"]
_RESTS = "密码输错次数过多，请 15 分钟后再试。"
_OwnForm = Depends(refuse_unless_of_session)


@router.get("/account")
def account_page(
    request: Request, viewer: PageViewer, session: RequestSession, done: Annotated[Done, Query()] = ""
) -> HTMLResponse:
    """Who is signed in, what the account has left to do, and what can be changed."""
    own = own_account.standing(session, viewer=viewer, requirements=requirements(request), at=clock.now())
    return page(request, "account.html", viewer=viewer, own=own, steps=Step, done=done)


@router.get("/account/password")
def password_page(request: Request, viewer: PageViewer, session: RequestSession) -> HTMLResponse:
    """Where to change the password."""
    return _password(request, viewer, session)


@router.post("/account/password", dependencies=[_OwnForm])
def password_page_change(
    request: Request,
    viewer: PageViewer,
    session: RequestSession,
    *,
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
) -> Response:
    """Change the password; all other sessions end, this one goes on."""
    at, state = clock.now(), request.app.state
    if new != again:
        words = "两次输入的新密码不一致，请重新输入。"
        return _password(request, viewer, session, status=422, words=words)
    try:
        user = own_account.change_password(
            session,
            viewer=viewer,
            old=old,
            new=new,
            code=code,
            sealing=state.cipher,
            drift_steps=state.settings.code_drift_steps,
            breached=state.settings.breached_passwords,
            at=at,
        )
    except Invalid as refusal:
        return _password(request, viewer, session, status=422, words=chinese(refusal.detail))
    except TooManyAttempts:
        return _password(request, viewer, session, status=429, words=_RESTS)
    answer = RedirectResponse("/account?done=password", status_code=303)
    open_session(request, answer, session, user, at=at, by=request.state.token.signed_in_by)
    return answer


@router.get("/account/sessions")
def sessions_page(request: Request, viewer: PageViewer, session: RequestSession) -> HTMLResponse:
    """Where the account is signed in now, and how to end that."""
    return _sessions(request, viewer, session)


@router.post("/account/sessions", dependencies=[_OwnForm])
def sessions_page_end(
    request: Request,
    viewer: PageViewer,
    session: RequestSession,
    *,
    password: Annotated[str, Form()] = "",
    ended: Annotated[int | None, Form(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """End one of the own sessions (`ended`), or all but this one."""
    try:
        own_account.end_sessions(
            session,
            viewer=viewer,
            password=password,
            user_session_id=ended,
            session_id=request.state.token.session_id,
            at=clock.now(),
        )
    except (Invalid, NotFound) as refusal:
        return _sessions(request, viewer, session, status=refusal.status, words=chinese(refusal.detail))
    except TooManyAttempts as refusal:
        return _sessions(request, viewer, session, status=refusal.status, words=_RESTS)
    return RedirectResponse("/account?done=sessions", status_code=303)


@router.get("/account/second-factor")
def second_factor_page(request: Request, viewer: PageViewer, session: RequestSession) -> HTMLResponse:
    """Where to enrol an authenticator app."""
    return _second_factor(request, viewer, session)


@router.post("/account/second-factor", dependencies=[_OwnForm])
def second_factor_page_begin(
    request: Request, viewer: PageViewer, session: RequestSession, password: Annotated[str, Form()] = ""
) -> Response:
    """Show a new secret to whoever knows the password."""
    sealing, at = request.app.state.cipher, clock.now()
    try:
        begun = own_account.begin_second_factor(
            session, viewer=viewer, password=password, sealing=sealing, at=at
        )
    except (Invalid, Conflict) as refusal:
        return _second_factor(request, viewer, session, status=refusal.status, words=chinese(refusal.detail))
    except TooManyAttempts as refusal:
        return _second_factor(request, viewer, session, status=refusal.status, words=_RESTS)
    return page(request, "enrol.html", viewer=viewer, begun=begun, code=qr_code(begun.uri), words="")


@router.post("/account/second-factor/confirm", dependencies=[_OwnForm])
def second_factor_page_confirm(
    request: Request, viewer: PageViewer, session: RequestSession, code: Annotated[str, Form()] = ""
) -> Response:
    """Switch the second factor on with the first code of the app; the secret is not shown a second time."""
    state, at = request.app.state, clock.now()
    try:
        own_account.confirm_second_factor(
            session,
            viewer=viewer,
            session_id=request.state.token.session_id,
            code=code,
            sealing=state.cipher,
            drift_steps=state.settings.code_drift_steps,
            at=at,
        )
    except Invalid as refusal:
        words = chinese(refusal.detail)
        return page(request, "enrol.html", status=422, viewer=viewer, begun=None, words=words)
    except Conflict as refusal:
        return _second_factor(request, viewer, session, status=refusal.status, words=chinese(refusal.detail))
    return RedirectResponse("/account?done=second-factor", status_code=303)


def _second_factor(
    request: Request, viewer: Viewer, session: Session, *, status: int = 200, words: str = ""
) -> HTMLResponse:
    own = own_account.standing(session, viewer=viewer, requirements=requirements(request), at=clock.now())
    return page(request, "second_factor.html", status=status, viewer=viewer, own=own, words=words)


def _password(
    request: Request, viewer: Viewer, session: Session, *, status: int = 200, words: str = ""
) -> HTMLResponse:
    own = own_account.standing(session, viewer=viewer, requirements=requirements(request), at=clock.now())
    return page(request, "password.html", status=status, viewer=viewer, own=own, words=words)


def _sessions(
    request: Request, viewer: Viewer, session: Session, *, status: int = 200, words: str = ""
) -> HTMLResponse:
    found = sessions_of(session, viewer.user_id, at=clock.now())
    asking = request.state.token.session_id
    return page(
        request, "sessions.html", status=status, viewer=viewer, sessions=found, asking=asking, words=words
    )
