"""Tokens for a person's own program: handed out on a page, so that no program ever gets the password."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from app import clock
from app.access import own_account, service
from app.access.routes import RequestSession, requirements, signed_in_answer
from app.access.scope import Viewer
from app.db import Session
from app.errors import Invalid, TooManyAttempts
from app.web.page import Page, PageViewer, chinese, page, refuse_unless_of_session

router = APIRouter(route_class=Page, include_in_schema=False)


@router.get("/account/token")
def token_page(request: Request, viewer: PageViewer, session: RequestSession) -> HTMLResponse:
    """Where to get tokens for the interface."""
    return _form(request, viewer, session)


@router.post("/account/token", dependencies=[Depends(refuse_unless_of_session)])
def token_page_issue(
    request: Request,
    viewer: PageViewer,
    session: RequestSession,
    *,
    password: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
) -> Response:
    """Begin a session of the interface and show its tokens, once, to who gives every factor again."""
    at, state = clock.now(), request.app.state
    try:
        user = service.prove_factors(
            session,
            viewer.username,
            password,
            code=code,
            at=at,
            sealing=state.cipher,
            drift_steps=state.settings.code_drift_steps,
        )
    except Invalid as refusal:
        return _form(request, viewer, session, status=refusal.status, words=chinese(refusal.detail))
    except TooManyAttempts as refusal:
        words = "密码输错次数过多，请 15 分钟后再试。"
        return _form(request, viewer, session, status=refusal.status, words=words)
    given = signed_in_answer(request, session, user, at=at)
    return page(request, "token.html", viewer=viewer, given=given, words="", own=None)


def _form(
    request: Request, viewer: Viewer, session: Session, *, status: int = 200, words: str = ""
) -> HTMLResponse:
    own = own_account.standing(session, viewer=viewer, requirements=requirements(request), at=clock.now())
    return page(request, "token.html", status=status, viewer=viewer, own=own, given=None, words=words)
