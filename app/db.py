"""Engines, transactions and migrations: the only place that commits."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from app.errors import AppError, DatabaseUnavailable, SetupError

__all__ = [
    "NUMBER_MAX", "Engine", "Remembered", "RowScope", "Session", "add_once", "enter", "is_current",
    "make_engine", "migrate", "note_added", "reading", "remembered", "transaction",
]  # fmt: skip

# The largest number a row can have.
NUMBER_MAX = 2**63 - 1
ROOT = Path(__file__).resolve().parent.parent
BACKENDS = ("sqlite", "postgresql")
_CHECKED = frozenset({"verify-full", "verify-ca"})
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_SCOPE = text(
    "SELECT set_config('credit_village.scope', :scope, true), "
    "set_config('credit_village.organisation', :organisation, true), "
    "set_config('credit_village.reads_log', :reads_log, true)"
)
BeforeCommit = Callable[[Session, Sequence[object]], None]
_ADDED = "rows added in this transaction"
_OF_ONE_STATE = {"isolation_level": "REPEATABLE READ"}


def make_engine(url: str, *, attached: Mapping[str, Path] | None = None) -> Engine:
    """An engine for SQLite or PostgreSQL: foreign keys are enforced, no error quotes what was written.

    `attached` are further SQLite files its connections see, by the name they are seen under.
    """
    parsed = _address(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": 30}, hide_parameters=True)
        event.listen(engine, "connect", partial(_prepare_sqlite, attached=attached or {}))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)


def _address(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in BACKENDS:
        raise SetupError(
            "DATABASE_URL is not an address; write it as sqlite:///folder/file.db or postgresql://host/name"
        )
    return parsed


def hosts_of(url: str) -> tuple[str, ...]:
    """The machines the address of a database leads to; none for a file, a socket, or what is no address."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return ()
    named = [parsed.host or "", *(str(parsed.query.get(name, "")) for name in ("host", "hostaddr"))]
    hosts = [host for text in named for host in text.split(",")]
    return tuple(host for host in hosts if host and not host.startswith(("/", "@")))


def refuse_open_network(url: str) -> None:
    """Refuse with `SetupError` a PostgreSQL on another machine whose certificate would not be checked."""
    if not url.startswith("postgresql") or (parsed := _address(url)).query.get("sslmode") in _CHECKED:
        return
    away = [host for host in hosts_of(url) if host not in _THIS_MACHINE]
    if away or "service" in parsed.query:
        raise SetupError(
            "DATABASE_URL leads to another machine: add ?sslmode=verify-full&sslrootcert=… to it "
            "(docs/operations.md), so that what is sent is encrypted and the server proves who it is. "
            "数据库在另一台机器上：必须启用并校验 TLS。"
        )


def _prepare_sqlite(connection: Any, _record: Any, *, attached: Mapping[str, Path]) -> None:
    # The driver begins no transaction of its own: `_begin_sqlite` does, for reading too.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        cursor.execute(f"PRAGMA {pragma}")
    for name, file in attached.items():
        cursor.execute(f"ATTACH ? AS {name}", [str(file)])
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sqlite_begin', 'DEFERRED')}")


@dataclass(frozen=True, slots=True)
class RowScope:
    """Whose rows a request may see in PostgreSQL, whatever it asks: the second wall (docs/decisions/0010).

    `code_prefix` begins the codes of all divisions of the viewer's subtree. Whoever `reads_log` sees every
    inquiry of the users of that subtree: also of nobody on file, and of persons elsewhere.
    """

    code_prefix: str
    organisation_id: int
    reads_log: bool = False


def enter(session: Session, scope: RowScope | None) -> None:
    """Tell PostgreSQL the scope from here on in this transaction; without one, the service sees nobody.

    A transaction that serves several viewers enters the scope of each in turn.
    """
    if scope is not None and session.get_bind().dialect.name == "postgresql":
        settings = {
            "scope": scope.code_prefix,
            "organisation": str(scope.organisation_id),
            "reads_log": "yes" if scope.reads_log else "",
        }
        session.execute(_SCOPE, settings)


@contextmanager
def transaction(
    engine: Engine,
    *,
    of_one_state: bool = False,
    before_commit: BeforeCommit | None = None,
    scope: RowScope | None = None,
) -> Iterator[Session]:
    """One request or job step: everything in it is committed together, or nothing is.

    `before_commit` is told every row that was added, and by failing keeps all of them from being written.
    Without one no row that belongs in the sealed log (`in_sealed_log`) is written.

    A refusal that leaves a record (`AppError.leaves_record`) is committed too: it must not be forgotten.
    With `of_one_state` all that is read is one state of the database, as on SQLite it always is.
    """
    options = _OF_ONE_STATE if of_one_state and engine.dialect.name != "sqlite" else {}
    # On SQLite the one writer waits for its turn at the start, not in the middle of what it has read.
    options = {"sqlite_begin": "IMMEDIATE"} | options
    with Session(engine.execution_options(**options), expire_on_commit=False) as session:
        added: list[object] = session.info.setdefault(_ADDED, [])

        def commit() -> None:
            session.flush()
            (before_commit or _refuse_unlogged)(session, added)
            session.commit()

        try:
            enter(session, scope)
            yield session
            commit()
        except AppError as refusal:
            if refusal.leaves_record:
                commit()
            raise
        except OperationalError as error:
            raise _unavailable(error, "Nothing was written; mend that and do it again.") from error


def _refuse_unlogged(_session: Session, added: Sequence[object]) -> None:
    if any(getattr(row, "in_sealed_log", False) for row in added):
        raise AppError(
            "查询未登记入签封日志，未作答也未写入 · a look was not entered in the sealed log, so nothing is "
            "answered or written; this is a fault of the service"
        )


@event.listens_for(Session, "after_flush")
def _note_flushed(session: Session, _context: object) -> None:
    if _ADDED in session.info:
        session.info[_ADDED].extend(session.new)


def add_once(session: Session, *rows: object) -> bool:
    """Keep rows that may be there once, and give them their numbers; False where somebody else came first."""
    try:
        with session.begin_nested():
            session.add_all(rows)
    except IntegrityError:
        return False
    return True


def note_added(session: Session, rows: Iterable[object]) -> None:
    """Tell the transaction of rows that were added past the ORM: `before_commit` is told of them too."""
    session.info.setdefault(_ADDED, []).extend(rows)


@contextmanager
def reading(engine: Engine, *, scope: RowScope | None = None) -> Iterator[Session]:
    """A session that only reads, and sees one state of the database from beginning to end."""
    options = {} if engine.dialect.name == "sqlite" else _OF_ONE_STATE
    with Session(engine.execution_options(**options), expire_on_commit=False) as session:
        try:
            enter(session, scope)
            added: list[object] = session.info.setdefault(_ADDED, [])
            yield session
            # What is added here is forgotten: a record of who looked must not be.
            _refuse_unlogged(session, [*added, *session.new])
        except OperationalError as error:
            raise _unavailable(error, "Mend that and try again.") from error


def _unavailable(error: OperationalError, advice: str) -> DatabaseUnavailable:
    reason = str(error.orig).strip().splitlines()[0]
    return DatabaseUnavailable(f"the database cannot be used: {reason}. {advice}")


class Remembered:
    """What a process remembers of one database: of every kind the things used last, never what can change."""

    def __init__(self, *, each_most: int = 2_000) -> None:
        self._each_most = each_most
        self._kinds: dict[str, OrderedDict[Hashable, object]] = {}
        self._lock = threading.Lock()

    def get(self, kind: str, key: Hashable) -> object | None:
        """What is remembered under a key; None where nothing is."""
        with self._lock:
            found = self._kinds.get(kind, _NOTHING).get(key)
            if found is not None:
                self._kinds[kind].move_to_end(key)
            return found

    def put(self, kind: str, key: Hashable, value: object) -> None:
        """Remember a value; the one that was used longest ago is forgotten for it."""
        with self._lock:
            kept = self._kinds.setdefault(kind, OrderedDict())
            kept[key] = value
            if len(kept) > self._each_most:
                kept.popitem(last=False)


_NOTHING: OrderedDict[Hashable, object] = OrderedDict()
_REMEMBERED: WeakKeyDictionary[Pool, Remembered] = WeakKeyDictionary()


def remembered(session: Session) -> Remembered:
    """What this process remembers of the database behind a session."""
    # Engines with other execution options share the pool of the one they came from.
    return _REMEMBERED.setdefault(session.get_bind().engine.pool, Remembered())


def sqlite_file(url: str) -> Path | None:
    """The file behind a SQLite address; None for memory and for other databases."""
    parsed = _address(url)
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


def is_current(engine: Engine) -> bool:
    """Whether the database can be reached and has the tables of this version."""
    try:
        with engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    except DBAPIError:
        return False
    return revision == _newest_revision()


@cache
def _newest_revision() -> str | None:
    return ScriptDirectory.from_config(alembic_config("")).get_current_head()


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
