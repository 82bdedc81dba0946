"""Rows pulled from a service, put aside until all of them are here: a cut connection leaves nothing."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import IO, Any

from app.errors import Invalid
from app.jobs.imports.report import both
from app.jobs.sources.delivery import Delivery, Rows, plain_cell, rows_delivery

_IN_MEMORY_BYTES = 64_000_000


@contextmanager
def spooled(rows: Iterable[Mapping[str, Any]], *, name: str) -> Iterator[Delivery]:
    """All rows as a delivery; what does not fit in memory lies in a file without a name until the end."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, "w+", encoding="utf-8") as file:
        columns: dict[str, None] = {}
        digest, count = hashlib.sha256(), 0
        for row in rows:
            count += 1
            columns.update(dict.fromkeys(row))
            line = json.dumps({key: _cell(key, value) for key, value in row.items()}, ensure_ascii=False)
            digest.update(line.encode() + b"\n")
            file.write(line + "\n")
        if not count:
            raise Invalid(both(f"{name}：没有数据行", "the source has no rows"))
        yield rows_delivery(
            lambda: _rows(file, list(columns)), name=name, sha256=digest.hexdigest(), size=count + 1
        )


def _rows(file: IO[str], columns: list[str]) -> Rows:
    yield columns
    file.seek(0)
    for line in file:
        row = json.loads(line)
        yield [row.get(column, "") for column in columns]


def _cell(column: str, value: Any) -> Any:
    if isinstance(value, list | dict):
        raise Invalid(both(f"字段 {column} 不是单值", f"the field {column!r} holds a list; make it plain"))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else plain_cell(value)
