"""The pages to sign in: with a password and a code, or at an outside provider."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import clock
from app.access import oidc
from app.access import service as access
from app.access.oidc import Provider, provider_of_settings
from app.access.routes import RequestSession
from app.access.tokens import SignedInBy
from app.errors import NotFound, NotSignedIn, ProviderFailed, SecondFactorNeeded, TooManyAttempts
from app.web.page import Page, local_path, page, refuse_foreign_form
from app.web.sessions import close_session, drop_note, leave_note, open_session, read_note

router = APIRouter(route_class=Page, include_in_schema=False)

_CODE_NOTE, _PROVIDER_NOTE = "credit_village_code", "credit_village_provider"
_WRONG = "用户名或密码不正确，请重新输入。"
_RESTS = "登录失败次数过多，请 15 分钟后再试。"
_LATE = "登录已超时，请重新登录。"


@router.get("/login")
def login_form(request: Request, next_path: Annotated[str, Query(alias="next")] = "/") -> HTMLResponse:
    """Where to sign in."""
    return _login_page(request, next_path)


@router.post("/login", dependencies=[Depends(refuse_foreign_form)])
def login(
    request: Request,
    session: RequestSession,
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next_path: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Sign in; the token goes into a cookie that scripts cannot read and other sites cannot send."""
    at, name = clock.now(), username.strip()
    try:
        user = access.sign_in(session, name, password, at=at)
    except SecondFactorNeeded:
        answer = RedirectResponse("/login/code", status_code=303)
        leave_note(request, answer, name=_CODE_NOTE, note={"sub": name, "next": local_path(next_path)})
        return answer
    except NotSignedIn:
        return _login_page(request, next_path, status=401, words=_WRONG)
    except TooManyAttempts:
        return _login_page(request, next_path, status=429, words=_RESTS)
    answer = RedirectResponse(local_path(next_path), status_code=303)
    open_session(request, answer, session, user, at=at)
    return answer


@router.get("/login/code")
def login_code_form(request: Request) -> HTMLResponse:
    """Where to type the code of the second factor, after the password."""
    try:
        read_note(request, name=_CODE_NOTE)
    except NotSignedIn:
        return _login_page(request, "/", status=401, words=_LATE)
    return page(request, "totp.html", words="")


@router.post("/login/code", dependencies=[Depends(refuse_foreign_form)])
def login_code(request: Request, session: RequestSession, code: Annotated[str, Form()] = "") -> Response:
    """Sign in with the code, within ten minutes of the password."""
    at, state = clock.now(), request.app.state
    try:
        note = read_note(request, name=_CODE_NOTE)
    except NotSignedIn:
        return _login_page(request, "/", status=401, words=_LATE)
    try:
        drift = state.settings.code_drift_steps
        user = access.sign_in_with_code(
            session, note["sub"], code, at=at, sealing=state.cipher, drift_steps=drift
        )
    except NotSignedIn:
        words = "动态口令不正确或已使用过，请等待下一个口令后重新输入。"
        return page(request, "totp.html", status=401, words=words)
    except TooManyAttempts:
        return _login_page(request, note["next"], status=429, words=_RESTS)
    answer = RedirectResponse(note["next"], status_code=303)
    by = SignedInBy.PROVIDER if note.get("by") == SignedInBy.PROVIDER else SignedInBy.PASSWORD
    open_session(request, answer, session, user, at=at, by=by)
    drop_note(request, answer, name=_CODE_NOTE)
    return answer


@router.post("/login/oidc", dependencies=[Depends(refuse_foreign_form)])
def login_by_provider(request: Request, next_path: Annotated[str, Form(alias="next")] = "/") -> Response:
    """Send the browser to the outside provider, with secrets that its return has to fit.

    Only by the button of the own page: a link of another site signs nobody in unasked.
    """
    try:
        begun = oidc.begin(_provider(request), redirect_uri=_redirect_uri(request))
    except ProviderFailed as failed:
        words = "统一身份认证暂时无法使用，请稍后重试，或使用密码登录。"
        return _login_page(request, next_path, status=failed.status, words=words)
    # Not a redirect: the content security policy lets a form lead to this service only.
    answer = page(request, "leaving.html", url=begun.url)
    note = {"sub": begun.state, "nonce": begun.nonce, "verifier": begun.verifier}
    note["next"] = local_path(next_path)
    leave_note(request, answer, name=_PROVIDER_NOTE, note=note, from_outside=True)
    return answer


@router.get("/login/oidc/callback")
def provider_answer(
    request: Request,
    session: RequestSession,
    code: Annotated[str, Query(max_length=4096)] = "",
    state: Annotated[str, Query(max_length=256)] = "",
    iss: Annotated[str | None, Query(max_length=512)] = None,
) -> Response:
    """The provider has sent the browser back: sign in the account that is bound to this person."""
    at, provider = clock.now(), _provider(request)
    try:
        note = read_note(request, name=_PROVIDER_NOTE)
    except NotSignedIn:
        return _login_page(request, "/", status=401, words=_LATE)
    if note["sub"] != state or not code or iss not in (None, provider.issuer):
        words = "统一身份认证没有完成，请重新登录。"
        return _login_page(request, note["next"], status=401, words=words)
    try:
        person = oidc.identity(
            provider,
            code=code,
            verifier=note["verifier"],
            nonce=note["nonce"],
            redirect_uri=_redirect_uri(request),
            at=at,
        )
        user = access.sign_in_subject(session, person.subject)
    except ProviderFailed as failed:
        words = "统一身份认证登录失败，请重试，或使用密码登录。"
        return _login_page(request, note["next"], status=failed.status, words=words)
    except NotSignedIn:
        words = "您已通过统一身份认证，但没有与之绑定的可用账号，请联系系统管理员。"
        return _login_page(request, note["next"], status=403, words=words)
    # Not a redirect: the browser would count it as coming from the provider, and keep the new cookie back.
    if user.totp_confirmed_at is not None and not person.is_strong:
        answer = page(request, "signed_in.html", title="还需输入动态口令", next_path="/login/code")
        asked = {"sub": user.username, "next": note["next"], "by": str(SignedInBy.PROVIDER)}
        leave_note(request, answer, name=_CODE_NOTE, note=asked)
    else:
        answer = page(request, "signed_in.html", title="登录成功", next_path=note["next"])
        by = SignedInBy.PROVIDER_STRONG if person.is_strong else SignedInBy.PROVIDER
        open_session(request, answer, session, user, at=at, by=by)
    drop_note(request, answer, name=_PROVIDER_NOTE)
    return answer


@router.post("/logout", dependencies=[Depends(refuse_foreign_form)])
def logout(request: Request, session: RequestSession) -> Response:
    """Sign out: what the browser held is worth nothing from now on."""
    answer = RedirectResponse("/login", status_code=303)
    close_session(request, answer, session)
    return answer


def _login_page(request: Request, next_path: str, *, status: int = 200, words: str = "") -> HTMLResponse:
    offered = request.app.state.settings.oidc_issuer is not None
    goal = local_path(next_path)
    return page(request, "login.html", status=status, next_path=goal, words=words, provider=offered)


def _provider(request: Request) -> Provider:
    found = provider_of_settings(request.app.state.settings)
    if found is None:
        raise NotFound("no outside provider is set up (CREDIT_VILLAGE_OIDC_ISSUER)")
    return found


def _redirect_uri(request: Request) -> str:
    return str(request.url_for("provider_answer"))
