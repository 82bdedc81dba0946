"""Rows from a department's database, by one query that only reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from app.errors import SetupError
from app.jobs.progress import Progress

_PER_FETCH = 10_000
_READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
}


@dataclass(frozen=True, slots=True)
class SqlConnection:
    """A query on the database of a source."""

    name: str
    query: str


def sql_rows(connection: SqlConnection, *, url: str, progress: Progress) -> Iterator[dict[str, Any]]:
    """Every row of the query, read as a stream in a transaction that may not write."""
    try:
        address = make_url(url)
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise SetupError(
            f"{connection.name}: CREDIT_VILLAGE_SOURCE_DATABASE_URL is no address of a readable database"
        ) from None
    try:
        with engine.connect() as opened:
            read_only = _READ_ONLY.get(engine.dialect.name)
            if read_only:
                opened.execute(text(read_only))
            count = 0
            options = {"stream_results": True, "max_row_buffer": _PER_FETCH}
            found = opened.execute(text(connection.query), execution_options=options)
            for rows in found.mappings().partitions(_PER_FETCH):
                yield from (dict(row) for row in rows)
                count += len(rows)
                progress(count, count, connection.name)
    except SQLAlchemyError as error:
        raise SetupError(
            f"{connection.name}: 数据拉取失败，没有写入任何数据 · could not be read: {_reason(error)}. "
            "Nothing was written."
        ) from None
    finally:
        engine.dispose()


def _reason(error: SQLAlchemyError) -> str:
    """The first line of what the database said; it holds no value and no password."""
    said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return said.strip().splitlines()[0]
