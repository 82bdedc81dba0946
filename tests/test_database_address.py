"""How the service reaches its database: with a checked certificate, and with a password that may change."""

from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import URL

from app.db import Engine, make_engine, reading, refuse_open_network
from app.errors import DatabaseUnavailable, SetupError
from app.jobs.serving_role import set_password
from tests import postgres

ROLE = "role_with_a_password"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://credit@db.example/credit",
        "postgresql://credit@db.example/credit?sslmode=require",
        "postgresql://credit@db.example/credit?sslmode=prefer",
        "postgresql+psycopg://credit@10.0.0.7:5432/credit",
        "postgresql://credit@/credit?host=db.example",
        "postgresql://credit@localhost/credit?hostaddr=10.0.0.7",
        "postgresql://credit@127.0.0.1,db.example/credit",
        "postgresql:///credit?service=credit",
    ],
)
def test_a_database_on_another_machine_is_refused_unless_its_certificate_is_checked(url: str) -> None:
    with pytest.raises(SetupError, match="sslmode=verify-full"):
        refuse_open_network(url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///village.db",
        "postgresql://credit@localhost/credit",
        "postgresql://credit@127.0.0.1:5433/credit",
        "postgresql://credit@/credit?host=/var/run/postgresql",
        "postgresql://credit@db.example/credit?sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem",
        "postgresql://credit@db.example/credit?sslmode=verify-ca",
    ],
)
def test_one_on_this_machine_or_with_a_checked_certificate_is_used(url: str) -> None:
    refuse_open_network(url)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_password_of_a_file_may_change_while_the_service_runs(
    postgres_server: URL, migrated_url: str, tmp_path: Path
) -> None:
    _ask_for_a_password(postgres_server)
    file = tmp_path / "password"
    owner = make_engine(migrated_url)
    address = postgres_server.set(
        drivername="postgresql", username=ROLE, password=None, database=owner.url.database
    ).update_query_dict({"passfile": str(file)})
    engine = make_engine(address.render_as_string(hide_password=False))
    try:
        for password in ("of this hour", "of the next hour"):
            set_password(owner, ROLE, password)
            with pytest.raises(DatabaseUnavailable):
                _connect(engine)
            file.write_text(f"*:*:*:{ROLE}:{password}\n")
            file.chmod(0o600)
            assert _connect(engine) == ROLE
    finally:
        engine.dispose()
        owner.dispose()


def _connect(engine: Engine) -> str:
    engine.dispose()
    with reading(engine) as session:
        return str(session.connection().exec_driver_sql("SELECT current_user").scalar())


def _ask_for_a_password(server: URL) -> None:
    """Make the role, and let the server of this run let it in with its password only."""
    with postgres.connection(server) as connection:
        (file,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        rules = Path(file)
        if not rules.exists():
            pytest.skip("the rules of this server are not on this machine")
        if ROLE not in (kept := rules.read_text()):
            asked = f"local all {ROLE} scram-sha-256\nhost all {ROLE} 127.0.0.1/32 scram-sha-256\n"
            rules.write_text(asked + kept)
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))
            connection.execute("SELECT pg_reload_conf()")
