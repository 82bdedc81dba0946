"""Tables read as columns: through Arrow where it is installed, through the driver elsewhere."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from subprocess import PIPE, Popen
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.db import ROOT, Engine
from app.errors import DatabaseUnavailable
from app.jobs.night import sqlite_columns
from app.jobs.night.sqlite_columns import CHUNK_ROWS

Column = NDArray[Any]
ARROW_LEAST_ROWS = 500_000


class Reader(Protocol):
    """Runs a question and gives its answer in chunks of columns."""

    def chunks(self, sql: str) -> Iterator[tuple[Column, ...]]:
        """The rows in chunks, each a tuple of columns."""
        ...


@contextmanager
def snapshot(engine: Engine, *, rows: int) -> Iterator[Reader]:
    """A reader that sees one state of the database from its first question to its last.

    Arrow takes half a second to begin and pays for many `rows`; for fewer, the driver is quicker.
    """
    arrow = _arrow_connection(engine) if rows >= ARROW_LEAST_ROWS else None
    if arrow is not None:
        try:
            yield arrow
        finally:
            arrow.close()
        return
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield _DriverReader(connection)


def table(reader: Reader, sql: str, dtypes: Sequence[type]) -> tuple[Column, ...]:
    """The whole answer as columns of these types."""
    chunks = list(reader.chunks(sql))
    if not chunks:
        return tuple(np.empty(0, dtype=dtype) for dtype in dtypes)
    return tuple(
        np.concatenate([chunk[position] for chunk in chunks]).astype(dtype, copy=False)
        for position, dtype in enumerate(dtypes)
    )


class _SqliteArrow:
    """Arrow columns of a SQLite file, read by another process (see `sqlite_columns`)."""

    def __init__(self, file: str) -> None:
        command = [sys.executable, "-m", sqlite_columns.__name__, file]
        self._process = Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=ROOT)

    def chunks(self, sql: str) -> Iterator[tuple[Column, ...]]:
        """The answer, batch by batch."""
        import pyarrow

        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(sql).encode() + b"\n")
            self._process.stdin.flush()
            for batch in pyarrow.ipc.open_stream(self._process.stdout):
                if batch.num_rows:
                    yield tuple(column.to_numpy(zero_copy_only=False) for column in batch.columns)
        except (OSError, pyarrow.ArrowException) as error:
            raise _unreadable(self._reason() or str(error)) from error

    def close(self) -> None:
        """Let the other process end."""
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _reason(self) -> str:
        """The last line the other process wrote before it failed."""
        assert self._process.stderr is not None
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


class _PostgresArrow:
    """Arrow columns of PostgreSQL, through its Arrow driver."""

    def __init__(self, url: str) -> None:
        import adbc_driver_postgresql.dbapi

        with self._told_plainly():
            self._connection = adbc_driver_postgresql.dbapi.connect(url)
            with self._connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def chunks(self, sql: str) -> Iterator[tuple[Column, ...]]:
        """The answer, batch by batch."""
        with self._told_plainly(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            for batch in cursor.fetch_record_batch():
                if batch.num_rows:
                    yield tuple(column.to_numpy(zero_copy_only=False) for column in batch.columns)

    def close(self) -> None:
        """End the transaction and the connection."""
        self._connection.close()

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        from adbc_driver_manager import Error

        try:
            yield
        except Error as error:
            raise _unreadable(str(error)) from error


class _DriverReader:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def chunks(self, sql: str) -> Iterator[tuple[Column, ...]]:
        answer = self._connection.exec_driver_sql(sql)
        while rows := answer.fetchmany(CHUNK_ROWS):
            yield tuple(np.array(column) for column in zip(*rows, strict=True))


def _arrow_connection(engine: Engine) -> _SqliteArrow | _PostgresArrow | None:
    """An Arrow reader of the same database; None where the extra is not installed."""
    if any(find_spec(name) is None for name in ("pyarrow", f"adbc_driver_{engine.dialect.name}")):
        return None
    if engine.dialect.name == "sqlite":
        return _SqliteArrow(str(engine.url.database))
    return _PostgresArrow(engine.url.set(drivername="postgresql").render_as_string(hide_password=False))


def _unreadable(reason: str) -> DatabaseUnavailable:
    told = (reason.strip() or "no reason was given").splitlines()[0]
    return DatabaseUnavailable(f"the database cannot be read: {told}. Mend that, try again.")
