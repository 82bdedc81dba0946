"""Real databases, one browser, no network: what every test may ask for."""

import os
import shutil
import signal
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import URL, Engine, make_url
from sqlalchemy.orm import Session

from app import settings
from app.db import make_engine, migrate
from tests import postgres
from tests.demonstration import Demonstration, rated_demonstration

CHROMIUM = Path("/usr/bin/chromium")
FOLDER = pytest.StashKey[Path]()
LOOPBACK = ("127.", "localhost", "::1")

hypothesis.settings.register_profile("ours", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("ours")


class NetworkClosed(OSError):
    """A test tried to reach another machine."""


def pytest_configure(config: pytest.Config) -> None:
    """One folder for the PostgreSQL server of this run, known to every worker."""
    worker: dict[str, str] | None = getattr(config, "workerinput", None)
    if worker is None:
        # A run that is told to end ends as with Ctrl-C: the server is stopped.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    config.stash[FOLDER] = Path(worker["postgres_folder"]) if worker else postgres.new_folder()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the server is."""
    node.workerinput["postgres_folder"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whoever made the folder stops the server, however the run ended."""
    if not hasattr(config, "workerinput") and FOLDER in config.stash:
        postgres.stop(config.stash[FOLDER])


@pytest.fixture(scope="session", autouse=True)
def closed_network() -> Iterator[None]:
    """Only this machine can be reached."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    yield
    patch.undo()


def _guarded(connect: Any) -> Any:
    def guard(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
            raise NetworkClosed(f"tests do not leave this machine: {address}")
        return connect(self, address)

    return guard


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for name in list(os.environ):
        if name == "DATABASE_URL" or name.startswith("CREDIT_VILLAGE_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def log_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What PostgreSQL's service logs of inquiries lands in a folder of this run, not in the tree."""
    patch = pytest.MonkeyPatch()
    patch.setattr(settings, "VAR", tmp_path_factory.mktemp("var"))
    yield settings.VAR
    patch.undo()


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> URL:
    """The PostgreSQL server of this run: yours (TEST_POSTGRES_URL), or one that is started now."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        return make_url(given).set(drivername="postgresql+psycopg")
    return postgres.start(pytestconfig.stash[FOLDER])


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL) -> Iterator[str]:
    """A migrated PostgreSQL database of this worker, to copy."""
    name = f"template_{uuid.uuid4().hex}"
    url = postgres.create(postgres_server, name)
    migrate(url.render_as_string(hide_password=False))
    yield name
    postgres.drop(postgres_server, name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file of this worker, to copy."""
    file = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on: both, unless it is parametrised otherwise (`indirect=True`)."""
    return str(request.param)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new, empty database."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    yield from _postgres_database(request, template="template0")


@pytest.fixture
def migrated_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new database with every table and no row but what migrations bring."""
    if backend == "sqlite":
        file = tmp_path / "migrated.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    yield from _postgres_database(request, template=request.getfixturevalue("postgres_template"))


def _postgres_database(request: pytest.FixtureRequest, *, template: str) -> Iterator[str]:
    server: URL = request.getfixturevalue("postgres_server")
    name = f"test_{uuid.uuid4().hex}"
    url = postgres.create(server, name, template=template)
    yield url.render_as_string(hide_password=False)
    postgres.drop(server, name)


@pytest.fixture
def migrated_engine(migrated_url: str) -> Iterator[Engine]:
    """An engine of the application on a migrated database of its own."""
    engine = make_engine(migrated_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(migrated_engine: Engine) -> Iterator[Session]:
    """A session on a migrated database; what is not committed is rolled back."""
    with Session(migrated_engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """The rated demonstration district of this worker; tests look at it and leave it as it is."""
    made = rated_demonstration(tmp_path_factory.mktemp("demonstration"))
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real Chromium that cannot leave this machine."""
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: install Debian's chromium to test the pages")
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()
