"""What every page shares: who looks, the template it is made of, and how a refusal looks."""

import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.routing import Match
from starlette.types import Scope

from app.access.scope import Viewer
from app.errors import AccountNotReady, AppError, Forbidden, NotSignedIn
from app.web import shown
from app.web.sessions import form_token as token_of_forms
from app.web.sessions import is_form_token, renew_session

_FOLDER = Path(__file__).resolve().parent / "templates"
_REFUSALS = {
    "not_found": "没有找到这个页面，或者它不在您负责的区域内。",
    "forbidden": "您的角色不能查看此页。信贷员请凭农户授权，通过查询接口查询评级。",
    "foreign_form": "这个表单不是从本系统的页面提交的，没有执行。请回到首页重新操作。",
    "malformed_request": "地址中的内容不正确，请回到首页重新选择。",
    "not_ready": "还没有发布过评级，暂时没有数据。请管理员先运行一次夜间评级。",
    "database_unavailable": "数据库暂时无法使用，请稍后重试或联系管理员。",
}

_PUBLIC_REFUSALS = {
    "not_found": "没有找到。可能是编号写错了一个字，或者这份公示已经撤下。请对照纸上的编号再试一次。",
    "foreign_form": "这份意见不是从公示页面提交的，没有收下。请打开公示页面重新填写。",
    "malformed_request": "编号的写法不对。请对照纸上的编号，一个字一个字地再输入一次。",
    "database_unavailable": "系统暂时不能用，请过一会儿再试，或者直接到镇人民政府（街道办事处）窗口。",
}

_templates = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_templates.filters |= shown.FILTERS


def page(request: Request, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from its template; nobody on the way keeps a copy."""
    values.setdefault("viewer", None)
    values.setdefault("form_token", token_of_forms(request))
    text = _templates.get_template(name).render(path=request.url.path, **values)
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


def page_viewer(request: Request) -> Viewer:
    """The signed-in user of a page."""
    viewer: Viewer = request.state.viewer
    return viewer


PageViewer = Annotated[Viewer, Depends(page_viewer)]


class ForeignForm(Forbidden):
    """A form that was sent from a page of another site."""


def refuse_foreign_form(request: Request) -> None:
    """A form may only come from our own pages."""
    # Without a referrer a browser sends the origin "null"; what it says of the site it then sends beside it.
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    own = urlsplit(origin or "").netloc == request.headers.get("host")
    if not (site == "same-origin" if site is not None else origin is None or own):
        raise ForeignForm("this form was sent from another site")


def refuse_unless_of_session(request: Request, form_token: Annotated[str, Form(max_length=64)] = "") -> None:
    """A form that changes an account carries the token of the session its page was shown in."""
    refuse_foreign_form(request)
    if not is_form_token(request, form_token):
        raise ForeignForm("this form does not carry the token of the session")


def local_path(path: str) -> str:
    """Where to go after signing in: a path of this site, or the first page."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain else "/"


def chinese(detail: str) -> str:
    """The Chinese half of a refusal that is told in two languages."""
    found = re.search(r"[一-鿿].*", detail)
    return found.group() if found else detail


class Page(APIRoute):
    """A route whose refusals are pages: whoever is not signed in is sent to do so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route, with its refusals shown as pages."""
        answer = super().get_route_handler()

        async def answer_as_page(request: Request) -> Response:
            try:
                shown_page = await answer(request)
                await run_in_threadpool(renew_session, request, shown_page)
                return shown_page
            except AccountNotReady:
                return RedirectResponse("/account", status_code=303)
            except NotSignedIn:
                query = f"?{request.url.query}" if request.url.query else ""
                back = quote(request.url.path + query, safe="/")
                return RedirectResponse(f"/login?next={back}", status_code=303)
            except RequestValidationError:
                return self.refused(request, "malformed_request", status=422)
            except ForeignForm as refusal:
                return self.refused(request, refusal.code, status=refusal.status, words="foreign_form")
            except AppError as refusal:
                return self.refused(request, refusal.code, status=refusal.status)

        return answer_as_page

    def refused(self, request: Request, code: str, *, status: int, words: str = "") -> HTMLResponse:
        """A page that says why there is nothing to see, and what to do."""
        told = _REFUSALS.get(words or code, "出现错误，请稍后重试或联系管理员。")
        return page(request, "refused.html", status=status, words=told, code=code)


class PublicPage(Page):
    """A page for everybody: at its address a browser gets the page, and any other client the interface."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this page is what the request is for."""
        accepted = b",".join(value for name, value in scope.get("headers", ()) if name == b"accept")
        return super().matches(scope) if b"text/html" in accepted else (Match.NONE, {})

    def refused(self, request: Request, code: str, *, status: int, words: str = "") -> HTMLResponse:
        """A page that says in plain words what to do."""
        told = _PUBLIC_REFUSALS.get(words or code, "出了差错，请过一会儿再试。")
        return page(request, "public_refused.html", status=status, words=told)


class PublicForm(PublicPage):
    """A page for everybody at an address where there is no interface: whatever asks gets the page."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this page is what the request is for."""
        return Page.matches(self, scope)
