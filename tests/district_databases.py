"""Databases with the divisions, facts and rules of the small district, made once and copied for each test."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url, text

from app.db import Engine, make_engine, transaction
from app.jobs.serving_role import grant_serving
from app.places.service import load_divisions
from app.records.service import load_facts, load_sources
from app.rules.service import load_catalogue, load_rules
from app.settings import ROOT
from tests import postgres
from tests.district import DIVISIONS, POLICIES, morning


def load_reference(engine: Engine, folder: Path) -> None:
    """A few of the real divisions, and all facts and rules, as `init` loads them."""
    header, *lines = (ROOT / "seed_data" / "divisions.csv").read_text("utf-8").splitlines()
    kept = [line for line in lines if line.split(",")[1] in DIVISIONS]
    (folder / "divisions.csv").write_text("\n".join([header, *kept, ""]), "utf-8")
    with transaction(engine) as session:
        load_divisions(session, folder / "divisions.csv")
        load_facts(session, ROOT / "seed_data" / "facts.yaml")
        load_sources(session, ROOT / "seed_data" / "sources.yaml")
        load_catalogue(session, ROOT / "seed_data" / "facts.yaml", at=morning(date(2023, 1, 1)))
        load_rules(session, POLICIES, at=morning(date(2023, 1, 1)))


@pytest.fixture(scope="session")
def sqlite_district(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with divisions, facts and rules, to copy."""
    file = tmp_path_factory.mktemp("district") / "district.db"
    shutil.copyfile(sqlite_template, file)
    engine = make_engine(f"sqlite:///{file}")
    load_reference(engine, file.parent)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def postgres_district(
    postgres_server: URL, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A PostgreSQL database with divisions, facts and rules, to copy."""
    name = f"district_{uuid.uuid4().hex}"
    engine = make_engine(_address(postgres.create(postgres_server, name, template=postgres_template)))
    load_reference(engine, tmp_path_factory.mktemp("district"))
    engine.dispose()
    yield name
    postgres.drop(postgres_server, name)


@pytest.fixture
def district_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of its own with divisions, facts and rules."""
    if backend == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_district"), tmp_path / "district.db")
        yield f"sqlite:///{tmp_path / 'district.db'}"
        return
    server, template = (request.getfixturevalue(name) for name in ("postgres_server", "postgres_district"))
    name = f"district_{uuid.uuid4().hex}"
    yield _address(postgres.create(server, name, template=template))
    postgres.drop(server, name)


@contextmanager
def serving_address(engine: Engine, url: str) -> Iterator[str]:
    """What the service connects with: in PostgreSQL a role that owns no table, for as long as it is asked."""
    if engine.dialect.name == "sqlite":
        yield url
        return
    role = f"serving_{uuid.uuid4().hex[:8]}"
    grant_serving(engine, role)
    yield make_url(url).set(username=role).render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))


def _address(url: URL) -> str:
    return url.render_as_string(hide_password=False)
