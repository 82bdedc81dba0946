"""The PostgreSQL role of the serving process: made, and given just what it needs."""

import psycopg
from sqlalchemy import text

from app.db import Engine
from app.errors import SetupError
from app.models.grants import grants

_FLAGS = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"


def set_password(engine: Engine, role: str, password: str) -> None:
    """Give a role its password; only the verifier made of it goes to the server, and into no log of it."""
    quoted = engine.dialect.identifier_preparer.quote(role)
    with engine.begin() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        verifier = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
        connection.exec_driver_sql(f"ALTER ROLE {quoted} PASSWORD '{verifier.decode()}'")


def grant_serving(engine: Engine, role: str) -> list[str]:
    """Make a role to serve with, unless there is one, and grant it what it needs; what was run.

    `SetupError` on SQLite, which has no roles, and for a role that owns tables or is above the policies.
    """
    if engine.dialect.name != "postgresql":
        raise SetupError("roles are PostgreSQL's; on SQLite protect the file by the rights of its folder")
    quoted = engine.dialect.identifier_preparer.quote(role)
    with engine.begin() as connection:
        found = connection.execute(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :role"), {"role": role}
        ).scalar()
        owned = connection.scalar(
            text("SELECT count(*) FROM pg_tables WHERE tableowner = :role"), {"role": role}
        )
        if found or owned:
            raise SetupError(
                f"the role {role} owns tables or is above the row policies; name another one to serve with"
            )
        statements = [] if found is not None else [f"CREATE ROLE {quoted} {_FLAGS}"]
        statements += grants(quoted)
        for statement in statements:
            connection.execute(text(statement))
    return statements
