"""Tables read as columns: through Arrow where it is installed, through the driver elsewhere."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.db import Engine
from app.errors import DatabaseUnavailable

Column = NDArray[Any]
CHUNK_ROWS = 200_000


class Reader(Protocol):
    """Runs a question and gives its answer in chunks of columns."""

    def chunks(self, sql: str) -> Iterator[tuple[Column, ...]]:
        """The rows in chunks, each a tuple of columns."""
        ...


@contextmanager
def snapshot(engine: Engine) -> Iterator[Reader]:
    """A reader that sees one state of the database from its first question to its last."""
    arrow = _arrow_connection(engine)
    if arrow is not None:
        with _told_plainly():
            try:
                yield _ArrowReader(arrow, sqlite=engine.dialect.name == "sqlite")
            finally:
                arrow.close()
        return
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield _DriverReader(connection)


@contextmanager
def _told_plainly() -> Iterator[None]:
    """A failure of the Arrow driver becomes a refusal in one sentence."""
    from adbc_driver_manager import Error

    try:
        yield
    except Error as error:
        reason = str(error).splitlines()[0]
        raise DatabaseUnavailable(f"the database cannot be read: {reason}. Mend that, try again.") from error


def table(reader: Reader, sql: str, dtypes: Sequence[type]) -> tuple[Column, ...]:
    """The whole answer as columns of these types."""
    chunks = list(reader.chunks(sql))
    if not chunks:
        return tuple(np.empty(0, dtype=dtype) for dtype in dtypes)
    return tuple(
        np.concatenate([chunk[position] for chunk in chunks]).astype(dtype, copy=False)
        for position, dtype in enumerate(dtypes)
    )


class _ArrowReader:
    def __init__(self, connection: Any, *, sqlite: bool) -> None:
        self._connection = connection
        self._sqlite = sqlite

    def chunks(self, sql: str) -> Iterator[tuple[Column, ...]]:
        with self._connection.cursor() as cursor:
            if self._sqlite:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(CHUNK_ROWS)})
            cursor.execute(sql)
            for batch in cursor.fetch_record_batch():
                if batch.num_rows:
                    yield tuple(column.to_numpy(zero_copy_only=False) for column in batch.columns)


class _DriverReader:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def chunks(self, sql: str) -> Iterator[tuple[Column, ...]]:
        answer = self._connection.exec_driver_sql(sql)
        while rows := answer.fetchmany(CHUNK_ROWS):
            yield tuple(np.array(column) for column in zip(*rows, strict=True))


def _arrow_connection(engine: Engine) -> Any | None:
    """A connection of the Arrow driver to the same database; None where it is not installed."""
    try:
        import adbc_driver_postgresql.dbapi
        import adbc_driver_sqlite.dbapi
        import pyarrow  # noqa: F401
    except ImportError:
        return None
    if engine.dialect.name == "sqlite":
        with _told_plainly():
            return adbc_driver_sqlite.dbapi.connect(f"file:{engine.url.database}?mode=ro")
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with _told_plainly():
        connection = adbc_driver_postgresql.dbapi.connect(url)
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    return connection
