"""Real answers of the demonstration district, shown in the description of the interface."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent


@cache
def example(name: str) -> dict[str, Any]:
    """The answer an operation gave, by the name of the example."""
    found = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def shown(name: str) -> dict[str, Any]:
    """The example as the description of a successful answer."""
    return {"content": {"application/json": {"example": example(name)}}}
