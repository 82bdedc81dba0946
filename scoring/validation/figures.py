"""A report as a plain dict that any store keeps as JSON, and back; nothing is lost on the way."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from scoring.errors import CardError
from scoring.validation.report import FORMAT, ValidationReport


def to_json(report: ValidationReport) -> dict[str, Any]:
    """The figures of a report as dicts, lists, texts, numbers and None."""
    plain = _plain(report)
    assert isinstance(plain, dict)
    return plain


def from_json(figures: Mapping[str, Any]) -> ValidationReport:
    """The report these figures were taken from; `CardError` says which of them is missing or wrong."""
    kept = figures.get("format")
    if kept != FORMAT:
        raise CardError(f"report: format {kept!r} is not {FORMAT}; validate the card again")
    report = _value(figures, ValidationReport, where="report")
    assert isinstance(report, ValidationReport)
    return report


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _value(plain: Any, kind: Any, *, where: str) -> Any:
    """A plain value as what the report declares it to be."""
    if is_dataclass(kind):
        return _dataclass(plain, kind, where=where)
    if get_origin(kind) is UnionType:
        (inner,) = (item for item in get_args(kind) if item is not NoneType)
        return None if plain is None else _value(plain, inner, where=where)
    if get_origin(kind) is tuple:
        if not isinstance(plain, list | tuple):
            raise CardError(f"{where}: expected a list")
        inner = get_args(kind)[0]
        return tuple(_value(item, inner, where=f"{where}[{at}]") for at, item in enumerate(plain))
    return _single(plain, kind, where=where)


def _dataclass(plain: Any, kind: Any, *, where: str) -> Any:
    if not isinstance(plain, Mapping):
        raise CardError(f"{where}: expected a mapping of names to figures")
    kinds = _kinds(kind)
    strangers, missing = set(plain) - set(kinds), set(kinds) - set(plain)
    if strangers or missing:
        raise CardError(
            f"{where}: unknown figures: {', '.join(sorted(map(str, strangers))) or 'none'}; "
            f"missing figures: {', '.join(sorted(missing)) or 'none'}"
        )
    return kind(
        **{name: _value(plain[name], inner, where=f"{where}.{name}") for name, inner in kinds.items()}
    )


def _single(plain: Any, kind: Any, *, where: str) -> Any:
    """A text, a yes or no, a whole number or a finite number; a whole number serves as any number."""
    fits = isinstance(plain, int | float if kind is float else kind)
    if not fits or (kind is not bool and isinstance(plain, bool)):
        raise CardError(f"{where}: {plain!r} is no {kind.__name__}")
    if kind is float and not math.isfinite(plain):
        raise CardError(f"{where}: {plain!r} is not a finite number")
    return float(plain) if kind is float else plain


@cache
def _kinds(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
