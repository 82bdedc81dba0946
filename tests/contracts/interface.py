"""What clients rely on in the description of the interface, and what would break them.

    .venv/bin/python -m tests.contracts.interface > tests/contracts/interface.json

writes it anew: do so for what is added. What is taken away or becomes another thing breaks somebody.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from app.main import create_app
from app.settings import Settings

Interface = dict[str, dict[str, dict[str, str]]]


def interface_of(description: Mapping[str, Any]) -> Interface:
    """Every operation with its parameters, the fields it takes and the fields it answers with."""
    found: Interface = {}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            found[f"{method.upper()} {path}"] = {
                "parameters": dict(_parameters(operation, description)),
                "takes": dict(_fields_of(operation.get("requestBody", {}), description, where="")),
                "answers": {
                    field: kind
                    for status, answer in operation["responses"].items()
                    for field, kind in _fields_of(answer, description, where=status)
                },
            }
    return dict(sorted(found.items()))


def breaks(before: Interface, after: Interface) -> Iterator[str]:
    """What a client written for the interface before would trip over."""
    for name, was in before.items():
        if name not in after:
            yield f"{name} is gone"
            continue
        now = after[name]
        for part in ("parameters", "takes", "answers"):
            for field, kind in was[part].items():
                if now[part].get(field) != kind:
                    yield f"{name} {part} {field}: {now[part].get(field, 'nothing')} instead of {kind}"
        for part in ("parameters", "takes"):
            for field in sorted(now[part].keys() - was[part].keys()):
                # A field that is needed in a form that may be left out is not needed of everybody.
                if now[part][field].startswith("needed"):
                    yield f"{name} {part} {field} is needed now"


def _parameters(operation: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in operation.get("parameters", []):
        needed = "needed" if one.get("required") else "optional"
        yield f"{one['in']} {one['name']}", f"{needed} {_kind(one['schema'], whole)}"


def _fields_of(part: Mapping[str, Any], whole: Mapping[str, Any], *, where: str) -> Iterator[tuple[str, str]]:
    """Every field of a body by its path, whether it is always there, and its kind."""
    content = part.get("content", {})
    yield where or "body", " ".join(sorted(content)) or "nothing"
    if where >= "300":
        # Every refusal is a problem in one shape (docs/errors.md).
        return
    for media in content.values():
        if "schema" in media:
            yield from _fields(media["schema"], whole, where=where, seen=())


def _fields(
    schema: Mapping[str, Any], whole: Mapping[str, Any], *, where: str, seen: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    if name := schema.get("$ref", "").rpartition("/")[2]:
        if name not in seen:
            within = whole["components"]["schemas"][name]
            yield from _fields(within, whole, where=where, seen=(*seen, name))
        return
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _fields(choice, whole, where=where, seen=seen)
    yield from ((f"{where} = {value}", "listed") for value in schema.get("enum", ()))
    if "items" in schema:
        yield from _fields(schema["items"], whole, where=f"{where}[]", seen=seen)
    for name, field in schema.get("properties", {}).items():
        path = f"{where}.{name}"
        yield path, f"{'needed' if name in schema.get('required', ()) else 'optional'} {_kind(field, whole)}"
        yield from _fields(field, whole, where=path, seen=seen)


def _kind(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    """What a value is on the wire, whatever we call it; what it may be of a list is listed beside it."""
    if "$ref" in schema:
        return _kind(whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]], whole)
    choices = (*schema.get("anyOf", ()), *schema.get("oneOf", ()))
    if choices:
        return " or ".join(sorted({_kind(choice, whole) for choice in choices}))
    plain = str(schema.get("type", "anything"))
    return f"{plain} of {_kind(schema['items'], whole)}" if "items" in schema else plain


def present() -> Interface:
    """The interface as it is."""
    app = create_app(Settings(database_url="sqlite://", master_key="00" * 32))
    return interface_of(app.openapi())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(present(), ensure_ascii=False, indent=1) + "\n")
