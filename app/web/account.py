"""The pages of the own account: what is left to do, the password, the second factor."""

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import clock
from app.access import own_account
from app.access.readiness import Step
from app.access.routes import RequestSession, requirements
from app.access.scope import Viewer
from app.db import Session
from app.errors import Conflict, Invalid, TooManyAttempts
from app.web.page import Page, PageViewer, page, refuse_unless_of_session
from app.web.sessions import open_session

router = APIRouter(route_class=Page, include_in_schema=False)

Done = Literal["", "password", "second-factor"]
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
def password_page(request: Request, viewer: PageViewer) -> HTMLResponse:
    """Where to change the password."""
    return page(request, "password.html", viewer=viewer, words="")


@router.post("/account/password", dependencies=[_OwnForm])
def password_page_change(
    request: Request,
    viewer: PageViewer,
    session: RequestSession,
    *,
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Change the password; all other sessions end, this one goes on."""
    at = clock.now()
    if new != again:
        return page(
            request, "password.html", status=422, viewer=viewer, words="两次输入的新密码不一致，请重新输入。"
        )
    try:
        user = own_account.change_password(session, viewer=viewer, old=old, new=new, at=at)
    except Invalid as refusal:
        return page(request, "password.html", status=422, viewer=viewer, words=_chinese(refusal.detail))
    except TooManyAttempts:
        return page(request, "password.html", status=429, viewer=viewer, words=_RESTS)
    answer = RedirectResponse("/account?done=password", status_code=303)
    open_session(request, answer, user, at=at)
    return answer


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
        return _second_factor(request, viewer, session, status=refusal.status, words=_chinese(refusal.detail))
    except TooManyAttempts as refusal:
        return _second_factor(request, viewer, session, status=refusal.status, words=_RESTS)
    return page(request, "enrol.html", viewer=viewer, begun=begun, words="")


@router.post("/account/second-factor/confirm", dependencies=[_OwnForm])
def second_factor_page_confirm(
    request: Request, viewer: PageViewer, session: RequestSession, code: Annotated[str, Form()] = ""
) -> Response:
    """Switch the second factor on with the first code of the app; the secret is not shown a second time."""
    sealing, at = request.app.state.cipher, clock.now()
    try:
        own_account.confirm_second_factor(session, viewer=viewer, code=code, sealing=sealing, at=at)
    except Invalid as refusal:
        words = _chinese(refusal.detail)
        return page(request, "enrol.html", status=422, viewer=viewer, begun=None, words=words)
    except Conflict as refusal:
        return _second_factor(request, viewer, session, status=refusal.status, words=_chinese(refusal.detail))
    return RedirectResponse("/account?done=second-factor", status_code=303)


def _second_factor(
    request: Request, viewer: Viewer, session: Session, *, status: int = 200, words: str = ""
) -> HTMLResponse:
    own = own_account.standing(session, viewer=viewer, requirements=requirements(request), at=clock.now())
    return page(request, "second_factor.html", status=status, viewer=viewer, own=own, words=words)


def _chinese(detail: str) -> str:
    """The Chinese half of a refusal that is told in two languages."""
    found = re.search(r"[一-鿿].*", detail)
    return found.group() if found else detail
