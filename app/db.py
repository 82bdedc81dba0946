"""Engines, transactions and migrations: the only place that commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

from app.errors import SetupError

__all__ = ["Engine", "Session", "make_engine", "migrate", "reading", "request_session", "transaction"]

ROOT = Path(__file__).resolve().parent.parent


def make_engine(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL, with foreign keys enforced and readers never blocked."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": 30})
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, pool_pre_ping=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One job step: everything in it is committed together, or nothing is."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads; whatever it changed is thrown away."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


def request_session() -> Iterator[Session]:
    """The session of one HTTP request; the application puts its own engine behind it."""
    raise AssertionError("create_app() overrides this dependency")


def sqlite_file(url: str) -> Path | None:
    """The file behind a SQLite address; None for memory and for other databases."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def ensure_folder(url: str) -> None:
    """Make the folder of the SQLite file, or say in one sentence why it cannot be written."""
    file = sqlite_file(url)
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab"):
            pass
    except OSError as error:
        raise SetupError(
            f"cannot write the database file {file}: {error.strerror}. "
            "Choose a writable place with DATABASE_URL, or mend the folder's rights."
        ) from error


def alembic_config(url: str) -> Config:
    """The migration set-up of this project, for one database."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


def migrate(url: str, *, revision: str = "head") -> None:
    """Bring the tables to `revision` (the newest by default); running it again changes nothing."""
    ensure_folder(url)
    command.upgrade(alembic_config(url), revision)
