"""The jobs run over a small district made by hand, or over a demonstration."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.db import make_engine
from tests.district import district
from tests.district_databases import district_url, postgres_district, sqlite_district
from tests.jobs.demo_district import LARGER, demo, prepared

__all__ = ["district", "district_url", "larger", "postgres_district", "sqlite_district"]


@pytest.fixture(scope="session")
def larger(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A district of 4,000 households that the tests only read."""
    file = tmp_path_factory.mktemp("demo") / "larger.db"
    file.write_bytes(sqlite_template.read_bytes())
    engine = prepared(make_engine(f"sqlite:///{file}"))
    demo(engine, households=LARGER, entities=LARGER // 10)
    yield engine
    engine.dispose()
