"""Routes that are described and decided over like all others, and read their one body themselves.

FastAPI goes through every dependency, parameter and model of a route again for each request. That costs more
than an inquiry (docs/performance.md), so for inquiries it is written out here: who may ask is decided in the
same place, the body is checked by the same model, and a malformed one is refused in the same words.
"""

import inspect
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Annotated, Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.routes import permitted

KEY_HEADER = "Idempotency-Key"
KEY = {"min_length": 1, "max_length": 255, "pattern": "^[!-~]+$"}
_KEY: TypeAdapter[str] = TypeAdapter(Annotated[str, StringConstraints(**KEY)])
Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class DirectRoute(APIRoute):
    """A route whose function takes the request, a body, the viewer and the Idempotency-Key, in this order."""

    def get_route_handler(self) -> Handle:
        """Decide, read the body and the key, and call the function."""
        answer = self.endpoint
        [model] = [
            each.annotation
            for each in inspect.signature(answer).parameters.values()
            if inspect.isclass(each.annotation) and issubclass(each.annotation, BaseModel)
        ]

        async def handle(request: Request) -> Response:
            await permitted(request)
            key = request.headers.get(KEY_HEADER)
            if key is not None:
                _checked(_KEY.validate_python, key, where=("header", KEY_HEADER))
            body = _checked(model.model_validate, await _content(request), where=("body",))
            told: Response = await answer(request, body, request.state.viewer, key)
            return told

        return handle


class DirectRoutes:
    """Hands a request for one of these routes to it at once, past the search among all routes.

    It stands innermost, so that every limit holds, and refuses through the handlers of the application.
    """

    def __init__(
        self, app: ASGIApp, *, routes: Sequence[BaseRoute], handlers: Mapping[Any, Callable[..., Any]]
    ) -> None:
        self._app = app
        self._routes = {
            (method, route.path): (route, route.get_route_handler())
            for route in routes
            if isinstance(route, DirectRoute)
            for method in route.methods or ()
        }
        # What nobody foresaw is answered further out, as for every route.
        foreseen = {kind: handle for kind, handle in handlers.items() if kind is not Exception}
        self._direct = ExceptionMiddleware(self._answer, handlers=foreseen)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or leave it to the application."""
        direct = scope["type"] == "http" and (scope["method"], scope["path"]) in self._routes
        await (self._direct if direct else self._app)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"], handle = self._routes[scope["method"], scope["path"]]
        response = await handle(Request(scope, receive, send))
        await response(scope, receive, send)


async def _content(request: Request) -> Any:
    """What stands in the body; bytes where it is not said to be JSON, which no model takes."""
    body = await request.body()
    if not body:
        missing = {"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}
        raise RequestValidationError([missing])
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        return body
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        told = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "JSON decode error", "input": {}}
        raise RequestValidationError([told]) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400) from error


def _checked(check: Callable[[Any], Any], value: Any, *, where: tuple[str, ...]) -> Any:
    try:
        return check(value)
    except ValidationError as error:
        found = [{**one, "loc": (*where, *one["loc"])} for one in error.errors(include_url=False)]
        raise RequestValidationError(found) from error
