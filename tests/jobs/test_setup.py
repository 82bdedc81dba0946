"""What an installation gets before its first subject, and what stops it."""

import sqlite3
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.db import make_engine, reading, transaction
from app.errors import SetupError
from app.jobs.setup import has_subjects, initialise
from app.models import Fact, Place, Subject, SubjectKind
from app.settings import Settings

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Settings:
    """Settings that point to an empty database and to no key."""
    return Settings(database_url=database_url, key_file=tmp_path / "keys" / "master.key")


def at_url(url: str, *, folder: Path) -> Settings:
    """Settings for one database address."""
    return Settings(database_url=url, key_file=folder / "master.key")


def test_an_empty_database_gets_key_tables_divisions_and_facts(installation) -> None:
    assert initialise(installation, on=TODAY, at=AT) >= 211 + 75
    assert stat.S_IMODE(installation.key_file.stat().st_mode) == 0o600
    engine = make_engine(installation.database_url)
    with reading(engine) as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Place, Fact, Subject)]
        assert not has_subjects(session)
    engine.dispose()
    assert counts == [211, 75, 0]


def test_a_second_time_changes_nothing(installation) -> None:
    initialise(installation, on=TODAY, at=AT)
    key = installation.key_file.read_text()
    assert initialise(installation, on=TODAY, at=AT) == 0
    assert installation.key_file.read_text() == key


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_key_file_is_made_where_a_key_is_configured(installation) -> None:
    configured = installation.model_copy(update={"master_key": "ab" * 32})
    initialise(configured, on=TODAY, at=AT)
    assert not installation.key_file.exists()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_lost_key_is_not_replaced_where_subjects_are_sealed_with_it(installation) -> None:
    initialise(installation, on=TODAY, at=AT)
    engine = make_engine(installation.database_url)
    with transaction(engine) as session:
        session.add(Subject(kind=SubjectKind.HOUSEHOLD, place_id=1, recorded_at=AT, synthetic=True))
    with reading(engine) as session:
        assert has_subjects(session)
    engine.dispose()
    installation.key_file.unlink()
    with pytest.raises(SetupError, match="is missing, but the database has sealed data"):
        initialise(installation, on=TODAY, at=AT)
    assert not installation.key_file.exists()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_key_that_is_no_key_is_refused(installation) -> None:
    with pytest.raises(SetupError, match="64 hexadecimal digits"):
        initialise(installation.model_copy(update={"master_key": "secret"}), on=TODAY, at=AT)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_district_that_is_not_in_the_list_stops_and_nothing_is_loaded(installation) -> None:
    elsewhere = installation.model_copy(update={"district_code": "500121000000"})
    with pytest.raises(SetupError, match=r"CREDIT_VILLAGE_DISTRICT: .*no division has the code 500121000000"):
        initialise(elsewhere, on=TODAY, at=AT)
    engine = make_engine(installation.database_url)
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Place)) == 0
    engine.dispose()


def test_a_database_that_cannot_be_used_is_named_in_one_sentence_without_its_password(tmp_path) -> None:
    url = "postgresql://clerk:s3cret@127.0.0.1:1/district"
    with pytest.raises(SetupError) as refusal:
        initialise(at_url(url, folder=tmp_path), on=TODAY, at=AT)
    assert "cannot use the database postgresql://clerk:***@127.0.0.1:1/district" in refusal.value.detail
    assert "s3cret" not in refusal.value.detail


@pytest.mark.parametrize("url", ["district.db", "mysql+nothing://host/district"])
def test_an_address_that_is_none_is_refused(tmp_path, url) -> None:
    with pytest.raises(SetupError, match="DATABASE_URL is not an address"):
        initialise(at_url(url, folder=tmp_path), on=TODAY, at=AT)


def test_a_file_that_is_no_database_is_refused(tmp_path) -> None:
    (tmp_path / "notes.db").write_text("a letter, not a database" * 100)
    with pytest.raises(SetupError, match=r"notes\.db: file is not a database"):
        initialise(at_url(f"sqlite:///{tmp_path}/notes.db", folder=tmp_path), on=TODAY, at=AT)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(SetupError, match="cannot write the database file"):
        initialise(at_url(f"sqlite:///{tmp_path}/taken/a.db", folder=tmp_path), on=TODAY, at=AT)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_tables_of_an_unknown_version_are_refused(installation, tmp_path) -> None:
    initialise(installation, on=TODAY, at=AT)
    with sqlite3.connect(tmp_path / "empty.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'later'")
    connection.close()
    with pytest.raises(SetupError, match="the tables do not fit this version"):
        initialise(installation, on=TODAY, at=AT)
