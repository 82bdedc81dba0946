"""Everything an installation needs before its first subject: key, tables, divisions, facts, rules."""

from datetime import date, datetime

from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from app.db import Engine, make_engine, migrate, reading, transaction
from app.errors import NotFound, SetupError
from app.jobs.rotation import register_first
from app.places.service import load_divisions, place_by_code
from app.records.service import load_facts, load_sources
from app.rules.service import load_catalogue, load_rules
from app.settings import Settings
from app.subjects.key_source import cipher_of, ensure_key_file
from app.subjects.service import has_subjects

__all__ = ["has_subjects", "initialise"]


def initialise(settings: Settings, *, on: date, at: datetime) -> int:
    """Make what is missing and load what has changed; how many rows that touched. Again changes nothing."""
    _migrate(settings.database_url)
    engine = make_engine(settings.database_url)
    try:
        _ensure_key(settings, engine)
        cipher = cipher_of(settings)
        with transaction(engine) as session:
            touched = register_first(session, cipher, at=at)
            touched += load_divisions(session, settings.seed_folder / "divisions.csv")
            touched += load_facts(session, settings.seed_folder / "facts.yaml")
            touched += load_sources(session, settings.seed_folder / "sources.yaml")
            touched += load_catalogue(session, settings.seed_folder / "facts.yaml", at=at)
            touched += load_rules(session, settings.policy_folder, at=at)
            try:
                place_by_code(session, settings.district_code, on=on)
            except NotFound as missing:
                raise SetupError(f"CREDIT_VILLAGE_DISTRICT: {missing.detail}") from None
        return touched
    finally:
        engine.dispose()


def _migrate(url: str) -> None:
    """Bring the tables up to date, or say in one sentence why the database cannot be used."""
    try:
        migrate(url)
    except DBAPIError as error:
        address = make_url(url).render_as_string(hide_password=True)
        reason = str(error.orig).splitlines()[0]
        raise SetupError(f"cannot use the database {address}: {reason}. Check DATABASE_URL.") from error
    except CommandError as error:
        raise SetupError(
            f"the tables do not fit this version: {error}. Use the version that made them, or a newer one."
        ) from error


def _ensure_key(settings: Settings, engine: Engine) -> None:
    """A key that can be used; never a new one beside data that was sealed with a lost one."""
    given = settings.master_key is not None or settings.key_command is not None
    if not given and not settings.key_file.exists():
        with reading(engine) as session:
            sealed = has_subjects(session)
        if sealed:
            raise SetupError(
                f"the key file {settings.key_file} is missing, but the database has sealed data. "
                "Restore the file from its backup, or set CREDIT_VILLAGE_KEY."
            )
        ensure_key_file(settings.key_file)
    if settings.certificate_key_file is not None:
        ensure_key_file(settings.certificate_key_file)
