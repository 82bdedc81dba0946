"""A department's own database, SQLite or PostgreSQL: read by one query, never written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.errors import Invalid, SetupError
from app.jobs.progress import quiet
from app.jobs.sources import Secrets, SourceReport, pulled, read_connection
from app.jobs.sources.pull_sql import SqlConnection
from tests.jobs.sources.conftest import Desk
from tests.numbers import resident

QUERY = (
    'SELECT number AS "身份证号", day AS "登记日期", area AS "实测总面积（亩）", '
    "'有效' AS \"登记状态\" FROM rights"
)


@pytest.fixture
def register(database_url: str) -> Iterator[str]:
    """The address of a register with a table of rights."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE rights (number VARCHAR(18), day DATE, area NUMERIC(10, 2))"))
    yield database_url
    engine.dispose()


def fill(url: str, *rows: tuple[str, str, str]) -> None:
    """Put rights into the register."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for number, day, area in rows:
            connection.execute(
                text("INSERT INTO rights VALUES (:number, :day, :area)"),
                {"number": number, "day": day, "area": area},
            )
    engine.dispose()


def pull(desk: Desk, url: str | None, query: str = QUERY) -> SourceReport:
    """Pull what the query gives and deliver it."""
    path = desk.folder / "connection.yaml"
    path.write_text(f"connection: 确权数据库\nkind: sql\nquery: |\n  {query}\n", "utf-8")
    with pulled(read_connection(path), secrets=Secrets(None, url), progress=quiet) as delivery:
        return desk.deliver(delivery, "land_right")


def test_rows_of_a_register_become_records(desk: Desk, register: str) -> None:
    one, other = desk.district.household({}), desk.district.household({})
    fill(register, (resident(one), "2026-06-30", "3.25"), (resident(other), "2026-06-30", "0.10"))
    assert pull(desk, register).added == 2
    assert [value for _, value, _, _ in desk.records()] == [3.25, 0.1]
    assert pull(desk, register).already_imported


def test_a_query_cannot_write_in_the_register(desk: Desk, register: str) -> None:
    fill(register, ("1", "2026-06-30", "1"))
    with pytest.raises(Invalid, match="one SELECT"):
        pull(desk, register, "DELETE FROM rights")
    writes = "WITH gone AS (DELETE FROM rights RETURNING *) SELECT * FROM gone"
    with pytest.raises(SetupError, match="Nothing was written"):
        pull(desk, register, writes)
    with pytest.raises(SetupError, match="Nothing was written"):
        pull(desk, register, "SELECT * FROM nowhere")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_address_of_the_register_comes_from_the_environment(desk: Desk) -> None:
    with pytest.raises(SetupError, match="CREDIT_VILLAGE_SOURCE_DATABASE_URL"):
        pull(desk, None)
    with pytest.raises(SetupError, match="no address"):
        pull(desk, "nonsense")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_empty_register_is_no_delivery(desk: Desk, register: str) -> None:
    with pytest.raises(Invalid, match="no rows"):
        pull(desk, register)


def test_a_connection_names_its_query(tmp_path: Path) -> None:
    path = tmp_path / "connection.yaml"
    path.write_text("connection: x\nkind: sql\nquery: select 1\n")
    assert read_connection(path) == SqlConnection("x", "select 1")
