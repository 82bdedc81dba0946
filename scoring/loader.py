"""Policy files become definitions: the only reader of YAML, and the rule which version is in force."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from scoring.checks import check_card
from scoring.definition import CardDefinition, ProfileDefinition
from scoring.document import Document
from scoring.errors import CardError
from scoring.parts import card_from
from scoring.profile_checks import check_profile
from scoring.profile_parts import profile_from


class _StrictLoader(yaml.CBaseLoader):
    """Keeps every value as it is written, and refuses a key that is written twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise CardError(f"line {node.start_mark.line + 1}: the key {key!r} is written twice")
        return super().construct_mapping(node, deep=deep)


def read(path: Path) -> dict[str, Any]:
    """The content of a policy file, all values as text; `CardError` when it cannot be read."""
    try:
        return parse(path.read_text(encoding="utf-8"), where=str(path))
    except OSError as error:
        raise CardError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise CardError(f"{path}: is not a text in UTF-8") from None


def parse(text: str, *, where: str) -> dict[str, Any]:
    """The mapping a policy text holds, all values as text."""
    if text.startswith("{"):
        return _restored(text, where=where)
    try:
        content = yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        raise CardError(f"{where}: is not readable YAML: {error}") from None
    except CardError as error:
        raise CardError(f"{where}: {error}") from None
    if not isinstance(content, dict):
        raise CardError(f"{where}: expected a mapping of keys and values")
    return content


def _restored(text: str, *, where: str) -> dict[str, Any]:
    """Content as `canonical` wrote it."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise CardError(f"{where}: is not readable: {error}") from None
    assert isinstance(content, dict)
    return content


def card(content: Mapping[str, Any], *, where: str, variant: str = "") -> CardDefinition:
    """The card in `content`, or its version for one type of subject, with its fingerprint, checked."""
    result = unchecked(content, where=where, variant=variant)
    check_card(result, where=where)
    return result


def unchecked(content: Mapping[str, Any], *, where: str, variant: str = "") -> CardDefinition:
    """The card as it is written, for a linter; it may be unusable."""
    resolved = _overlaid(content, where=where, variant=variant) if variant else dict(content)
    text = canonical(resolved)
    return card_from(Document(resolved, where=where), fingerprint=_fingerprint(text), content=text)


def profile(content: Mapping[str, Any], *, where: str) -> ProfileDefinition:
    """The designation profile in `content`, with its fingerprint, checked."""
    result = unchecked_profile(content, where=where)
    check_profile(result, where=where)
    return result


def unchecked_profile(content: Mapping[str, Any], *, where: str) -> ProfileDefinition:
    """The profile as it is written, for a linter; it may be unusable."""
    text = canonical(content)
    return profile_from(Document(content, where=where), fingerprint=_fingerprint(text), content=text)


def canonical(content: Mapping[str, Any]) -> str:
    """The same content always as the same text; it is YAML too, and can be loaded again."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ": "))


def in_force(folder: Path, *, on: date) -> Path:
    """The policy file in force on a day: the newest whose name is not after it."""
    versions = {_first_day(file): file for file in folder.glob("*.yaml")}
    begun = [day for day in versions if day <= on]
    if not begun:
        known = ", ".join(str(day) for day in sorted(versions)) or "none"
        raise CardError(f"{folder}: no version is in force on {on} (versions: {known})")
    return versions[max(begun)]


def _first_day(file: Path) -> date:
    try:
        return date.fromisoformat(file.stem)
    except ValueError:
        raise CardError(f"{file}: the name of a policy file is its first day in force, YYYY-MM-DD") from None


def _overlaid(content: Mapping[str, Any], *, where: str, variant: str) -> dict[str, Any]:
    """The card with the parts of one overlay added to its lists; a part of the same name is replaced."""
    overlays = content.get("overlays", {})
    if variant not in overlays:
        raise CardError(f"{where}: no overlay {variant!r} (overlays: {', '.join(overlays) or 'none'})")
    resolved = {key: value for key, value in content.items() if key != "overlays"}
    resolved["variant"] = variant
    overlay = overlays[variant]
    if not isinstance(overlay, Mapping):
        raise CardError(f"{where}: overlays: {variant}: expected a mapping of keys and values")
    for key, value in overlay.items():
        added, present = _named(value), _named(resolved.get(key, []))
        if added is None or present is None:
            resolved[key] = value
        else:
            resolved[key] = [*(item for name, item in present.items() if name not in added), *value]
    return resolved


def _named(value: Any) -> dict[str, Any] | None:
    """The parts of a list by their names; None where it is no list of named parts."""
    if not isinstance(value, list) or not all(isinstance(item, Mapping) and "name" in item for item in value):
        return None
    return {item["name"]: item for item in value}


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
