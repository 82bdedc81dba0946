"""Runs the migrations on one database, all of them in one transaction or none."""

from alembic import context

from app import settings
from app.db import make_engine
from app.models import Base

url = context.config.attributes.get("url") or settings.from_environment().database_url


def run() -> None:
    """Connect and migrate; SQLite copies a table where it cannot alter it."""
    engine = make_engine(url)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET lock_timeout = '5s'")
            connection.commit()
        else:
            # A table that is copied is dropped meanwhile; what refers to it must not stop that.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.dialect.name == "sqlite":
            lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            assert not lost, f"the migration left {len(lost)} rows that refer to nothing"
    engine.dispose()


if context.is_offline_mode():
    context.configure(url=url, target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    run()
