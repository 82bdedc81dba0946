"""Rows written in columns, fast: many at once on SQLite, COPY on PostgreSQL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, event, text

from app.db import Engine, make_engine

Single = int | str | None
Column = NDArray[Any] | list[Any] | Single

_VALUES_PER_STATEMENT = 240
_PARTS = 100_000


@contextmanager
def relaxed(engine: Engine) -> Iterator[Engine]:
    """The same database through connections of its own that do not check foreign keys row by row (SQLite).

    The rows of the demonstration are made to match, and a test checks all of them afterwards. The connections
    are closed in the end, so that nothing else is ever written unchecked.
    """
    if engine.dialect.name != "sqlite":
        yield engine
        return
    own = make_engine(engine.url.render_as_string(hide_password=False))
    event.listen(own, "connect", _relax)
    try:
        yield own
    finally:
        own.dispose()


def _relax(connection: Any, _record: Any) -> None:
    for pragma in ("foreign_keys=OFF", "cache_size=-400000", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


class Writer:
    """Appends rows to tables inside one transaction that somebody else commits.

    On SQLite indexes may be laid aside; they are made again at the end, in the same transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = connection.dialect.name == "sqlite"
        self._indexes: list[str] = []
        self._next: dict[str, int] = {}
        self._raw: Any = connection.connection.driver_connection

    def next_id(self, table: str, column: str) -> int:
        """The first number that no row of `table` has yet."""
        highest = self._connection.execute(text(f"SELECT max({column}) FROM {table}")).scalar()
        return int(highest or 0) + 1

    def take_ids(self, table: str, column: str, *, count: int) -> NDArray[np.int64]:
        """So many numbers that no row of `table` has yet, and that are not given out again."""
        first = self._next.get(table) or self.next_id(table, column)
        self._next[table] = first + count
        return first + np.arange(count)

    def append(self, table: str, columns: Mapping[str, Column]) -> int:
        """Write one row per element of the columns (a single value is the same in every row); how many."""
        count = next(len(column) for column in columns.values() if not isinstance(column, Single))
        for start in range(0, count, _PARTS):
            part = {
                name: column if isinstance(column, Single) else column[start : start + _PARTS]
                for name, column in columns.items()
            }
            write = self._insert if self._sqlite else self._copy
            write(table, part, count=min(_PARTS, count - start))
        return count

    def lay_aside_indexes(self, *tables: str) -> None:
        """Remove the indexes of `tables` while the rows come in (SQLite); `finish` makes them again."""
        if not self._sqlite:
            return
        for table in tables:
            found = self._raw.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql > ''",
                (table,),
            ).fetchall()
            for name, statement in found:
                self._raw.execute(f"DROP INDEX {name}")
                self._indexes.append(statement)

    def finish(self, counters: Mapping[str, str]) -> None:
        """Make the indexes again, and let the number sequences continue after the rows written."""
        for statement in self._indexes:
            self._raw.execute(statement)
        self._indexes = []
        if self._sqlite:
            return
        for table, column in counters.items():
            self._raw.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table} "
                f"HAVING max({column}) IS NOT NULL"
            )

    def _insert(self, table: str, columns: Mapping[str, Column], *, count: int) -> None:
        lists = [column for column in columns.values() if not isinstance(column, Single)]
        cell = (_literal(each) if isinstance(each, Single) else "?" for each in columns.values())
        row = f"({','.join(cell)})"
        rows = max(1, _VALUES_PER_STATEMENT // len(lists))
        head = f"INSERT INTO {table} ({','.join(columns)}) VALUES "
        cells = np.empty((count, len(lists)), dtype=object)
        for place, column in enumerate(lists):
            cells[:, place] = column
        whole = count - count % rows
        grouped = cells[:whole].reshape(-1, rows * len(lists))
        self._raw.executemany(head + ",".join([row] * rows), grouped.tolist())
        self._raw.executemany(head + row, cells[whole:].tolist())

    def _copy(self, table: str, columns: Mapping[str, Column], *, count: int) -> None:
        texts = [_texts(column, count=count) for column in columns.values()]
        with (
            self._raw.cursor() as cursor,
            cursor.copy(f"COPY {table} ({','.join(columns)}) FROM STDIN") as copy,
        ):
            copy.write("".join(_lines(texts)))


def _literal(value: Single) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(int(value))


def _texts(column: Column, *, count: int) -> list[str]:
    if isinstance(column, Single):
        return [_text(column)] * count
    if isinstance(column, np.ndarray) and column.dtype != object:
        return list(map(str, column.tolist()))
    return list(map(_text, column))


def _text(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    return str(value).replace("\\", r"\\")


def _lines(texts: list[list[str]]) -> Iterator[str]:
    for row in zip(*texts, strict=True):
        yield "\t".join(row) + "\n"
