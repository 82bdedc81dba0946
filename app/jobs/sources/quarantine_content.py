"""What a quarantined row says, as the text that is sealed."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.jobs.sources.block import Part


@dataclass(frozen=True, slots=True)
class Content:
    """A row as it came: the mapping it was read by, its day if one was given, and its cells by column."""

    mapping: str
    given: date | None
    sheet: str
    cells: dict[str, str]


def content_of(part: Part, place: int) -> str:
    """The row as a text; only the columns the mapping reads are kept."""
    asked, at = part.asked, int(part.places[place])
    read = {asked.layout.headers[column]: column for column in set(asked.layout.places.values())}
    cells = {header: _text(part.block.columns[column][at]) for header, column in sorted(read.items())}
    given = asked.given.isoformat() if asked.given else ""
    written = {"mapping": asked.mapping.code, "given": given, "sheet": asked.layout.sheet, "cells": cells}
    return json.dumps(written, ensure_ascii=False)


def parsed_content(text: str) -> Content:
    """The row behind a text made by `content_of`."""
    written: dict[str, Any] = json.loads(text)
    given = date.fromisoformat(written["given"]) if written["given"] else None
    return Content(written["mapping"], given, written["sheet"], written["cells"])


def _text(raw: Any) -> str:
    return raw if isinstance(raw, str) else str(raw)
