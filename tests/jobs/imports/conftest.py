"""A desk at the district office: files to write, and a database to import them into."""

import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import URL, func, select

from app.db import Engine, Session, make_engine, transaction
from app.jobs.imports import ImportKind, ImportReport, import_file
from app.models import Base, Consent, ConsentChannel, ConsentKind, Household
from app.places.service import load_divisions
from app.records.service import load_facts, load_sources
from app.settings import ROOT
from app.subjects.cipher import Cipher
from tests import postgres
from tests.numbers import credit_code, resident

TODAY = date(2026, 12, 1)
VILLAGE, VILLAGE_NAME = "500120104200", "长隆村村民委员会"


HOUSEHOLD_HEADER = ["户号*", "户主姓名*", "户主身份证号*", "区划代码*", "村（社区）*"]
ENTITY_HEADER = [
    "名称", "统一社会信用代码", "类型", "状态", "成立日期", "法定代表人", "法定代表人身份证号", "认定级别",
    "区划代码", "村（社区）",
]  # fmt: skip


def household(number: int, **changed: Any) -> list[Any]:
    """A row of the households sheet."""
    row = {
        "no": f"H{number:05d}",
        "name": "王建国",
        "id_number": resident(number),
        "place": VILLAGE,
        "place_name": VILLAGE_NAME,
    }
    return list((row | changed).values())


def entity(number: int, **changed: Any) -> list[Any]:
    """A row of the entities sheet."""
    row = {
        "name": f"演示家庭农场{number}",
        "uscc": credit_code(number),
        "type": "家庭农场",
        "status": "存续",
        "registered_on": "2019-03-01",
        "representative": "张桂芳",
        "representative_number": "",
        "level": "无",
        "place": VILLAGE,
        "place_name": VILLAGE_NAME,
    }
    return list((row | changed).values())


@dataclass
class Desk:
    """Writes files and imports them."""

    engine: Engine
    cipher: Cipher
    folder: Path

    def workbook(self, sheets: Mapping[str, Sequence[Sequence[Any]]], name: str = "file.xlsx") -> Path:
        """An .xlsx with these rows."""
        book = openpyxl.Workbook()
        book.remove(book["Sheet"])
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
        book.save(self.folder / name)
        return self.folder / name

    def run(self, path: Path, kind: str, *, dry_run: bool = False, on: date = TODAY) -> ImportReport:
        """Import a file."""
        at = datetime(on.year, on.month, on.day, 2, tzinfo=UTC)
        return import_file(
            self.engine, self.cipher, path,
            kind=ImportKind(kind), on=on, at=at, by="test", source="大兴镇", dry_run=dry_run,
        )  # fmt: skip

    def bring(self, rows: Sequence[Sequence[Any]], kind: str, *, on: date = TODAY) -> ImportReport:
        """Import one sheet of rows."""
        return self.run(self.workbook({"表": rows}), kind, on=on)

    def agree(self, household_no: str, *references: str) -> None:
        """Put written consents of a household on file: to the collection of everything restricted."""
        with transaction(self.engine) as session:
            find = select(Household.subject_id).where(Household.household_no == household_no)
            subject_id = session.scalars(find).one()
            session.add_all(
                Consent(
                    subject_id=subject_id, kind=ConsentKind.COLLECTION, agreed=True, facts=[],
                    reference=reference, effective_from=date(2026, 1, 1), channel=ConsentChannel.PAPER,
                    evidence="原件", recorded_at=datetime(2026, 1, 1, tzinfo=UTC), recorded_by="test",
                )
                for reference in references
            )  # fmt: skip

    def counts(self) -> dict[str, int]:
        """How many rows each table has, without the reference tables."""
        with Session(self.engine) as session:
            counts = {
                name: session.scalar(select(func.count()).select_from(table)) or 0
                for name, table in Base.metadata.tables.items()
                if name not in ("places", "facts", "sources")
            }
        return {name: count for name, count in counts.items() if count}


@pytest.fixture(scope="session")
def cipher() -> Cipher:
    """A key for tests."""
    return Cipher(bytes(range(32)))


def _load_reference(engine: Engine) -> None:
    with transaction(engine) as session:
        load_divisions(session, ROOT / "seed_data" / "divisions.csv")
        load_facts(session, ROOT / "seed_data" / "facts.yaml")
        load_sources(session, ROOT / "seed_data" / "sources.yaml")


@pytest.fixture(scope="session")
def sqlite_reference(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with divisions and facts, to copy."""
    file = tmp_path_factory.mktemp("reference") / "reference.db"
    shutil.copyfile(sqlite_template, file)
    engine = make_engine(f"sqlite:///{file}")
    _load_reference(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def postgres_reference(postgres_server: URL, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database with divisions and facts, to copy."""
    name = f"reference_{uuid.uuid4().hex}"
    engine = make_engine(_address(postgres.create(postgres_server, name, template=postgres_template)))
    _load_reference(engine)
    engine.dispose()
    yield name
    postgres.drop(postgres_server, name)


@pytest.fixture
def desk_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of its own with divisions and facts."""
    if backend == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_reference"), tmp_path / "desk.db")
        yield f"sqlite:///{tmp_path / 'desk.db'}"
        return
    server, template = (request.getfixturevalue(name) for name in ("postgres_server", "postgres_reference"))
    name = f"desk_{uuid.uuid4().hex}"
    yield _address(postgres.create(server, name, template=template))
    postgres.drop(server, name)


@pytest.fixture
def desk(desk_url: str, cipher: Cipher, tmp_path: Path) -> Iterator[Desk]:
    """A desk on the database the test runs on."""
    engine = make_engine(desk_url)
    yield Desk(engine, cipher, tmp_path)
    engine.dispose()


def _address(url: URL) -> str:
    return url.render_as_string(hide_password=False)
