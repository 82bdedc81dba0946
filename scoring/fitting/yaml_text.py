"""A policy document as readable text: block style outside, one line for every small part."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"[^\W\d_]([\w .\-]*\w)?|-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Words other readers take for truth values or nothing.
_SPECIAL = {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", "infinity"}


def document(content: Mapping[str, Any]) -> str:
    """The content as YAML; lists of mappings get a line or a paragraph for each."""
    lines: list[str] = []
    for key, value in content.items():
        if _holds_parts(value):
            lines.append(f"{scalar(key)}:")
            lines += [f"  {scalar(name)}: {flow(part)}" for name, part in value.items()]
        elif isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
            lines.append(f"{scalar(key)}:")
            for item in value:
                lines += _item(item)
        else:
            lines.append(f"{scalar(key)}: {flow(value)}")
    return "\n".join(lines) + "\n"


def flow(value: Any) -> str:
    """A part on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(part) for part in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A text or a number, so written that it is read back exactly."""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    text = str(value)
    if isinstance(value, int) or (_PLAIN.fullmatch(text) and text.lower() not in _SPECIAL):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(part if part.isprintable() else _escaped(part) for part in quoted)


def _item(item: Mapping[str, Any]) -> list[str]:
    """One part of a list: on a line, or as a paragraph where it holds parts itself."""
    lines = []
    for key, value in item.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            lines += [f"    {key}:", *(f"      - {flow(part)}" for part in value)]
        elif _holds_parts(value):
            lines += [f"    {key}:", *(f"      {scalar(name)}: {flow(part)}" for name, part in value.items())]
        else:
            lines.append(f"    {key}: {flow(value)}")
    if len(lines) == len(item):
        return [f"  - {flow(item)}"]
    return [f"  - {lines[0].strip()}", *lines[1:]]


def _holds_parts(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(p, Mapping) for p in value.values())


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
