"""Routes that are described and decided over like all others, and read their one body themselves.

FastAPI goes through every dependency, parameter and model of a route again for each request. That costs more
than an inquiry (docs/performance.md), so for inquiries it is written out here: who may ask is decided in the
same place, the body is checked by the same model, and a malformed one is refused in the same words.
"""

import inspect
import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError

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
