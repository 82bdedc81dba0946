"""Requests as the authorisation matrix sends them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Call:
    """A request as it is sent."""

    method: str
    path: str
    json: Any = None
    data: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


# Of a world and the code of the division whose data it is about.
Request = Callable[[Any, str], Call]


def get(path: str) -> Request:
    return lambda world, code: Call("GET", path.format(**world.ids(code)))


def post(path: str, **body: Any) -> Request:
    return lambda world, code: Call("POST", path.format(**world.ids(code)), json=body or None)


def delete(path: str) -> Request:
    return lambda world, code: Call("DELETE", path.format(**world.ids(code)))


def form(path: str, **data: str) -> Request:
    return lambda world, code: Call("POST", path.format(**world.ids(code)), data=data)


def as_read(request: Request) -> Request:
    """A change of whatever state there is."""
    return lambda world, code: replace(request(world, code), headers={"If-Match": "*"})
