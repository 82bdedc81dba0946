"""A department's desk: forms to write as departments write them, and a district to deliver them to."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from app.db import Session
from app.jobs.progress import quiet
from app.jobs.sources import Delivery, Mapping, SourceReport, import_source, read_mapping, read_mappings
from app.models import Base, Fact, Record
from app.records.source_list import read_sources
from app.settings import Settings
from tests.district import District

TODAY = date(2026, 12, 1)
NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)
SEED = Settings().seed_folder
CATALOGUE = SEED / "facts.yaml"
SOURCES = frozenset(source.code for source in read_sources(SEED / "sources.yaml"))
MAPPINGS = read_mappings(SEED / "mappings", catalogue_file=CATALOGUE, sources=SOURCES)


@dataclass
class Desk:
    """Writes forms and delivers them."""

    district: District
    folder: Path

    def csv(self, *rows: Sequence[Any], name: str = "form.csv", encoding: str = "utf-8") -> Path:
        """A form as a .csv file."""
        path = self.folder / name
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows(rows)
        return path

    def xlsx(self, *rows: Sequence[Any], name: str = "form.xlsx") -> Path:
        """A form as an Excel workbook."""
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in rows:
            sheet.append(list(row))
        book.save(self.folder / name)
        return self.folder / name

    def deliver(self, delivered: Path | Delivery, mapping: str | Mapping, **changed: Any) -> SourceReport:
        """Deliver a form by a shipped mapping or another one."""
        chosen = MAPPINGS[mapping] if isinstance(mapping, str) else mapping
        asked: dict[str, Any] = {
            "on": TODAY, "at": NOW, "by": "desk", "sender": "演示部门", "dry_run": False, "progress": quiet,
        }  # fmt: skip
        return import_source(
            self.district.engine, self.district.cipher, delivered, mapping=chosen, **(asked | changed)
        )

    def mapping(self, text: str) -> Mapping:
        """A mapping written here."""
        path = self.folder / f"mapping_{abs(hash(text))}.yaml"
        path.write_text(text, encoding="utf-8")
        return read_mapping(path, catalogue_file=CATALOGUE, sources=SOURCES)

    def records(self, subject_id: int | None = None) -> list[tuple[str, float, date, int]]:
        """What is on file: fact, value, day and row, in the order it was written."""
        found = select(Fact.name, Record.value, Record.observed_on, Record.row_no).join_from(Record, Fact)
        if subject_id is not None:
            found = found.where(Record.subject_id == subject_id)
        with Session(self.district.engine) as session:
            rows = session.execute(found.order_by(Record.record_id))
            return [(row[0], row[1], row[2], row[3]) for row in rows]

    def count(self, table: type[Base]) -> int:
        """How many rows a table has."""
        with Session(self.district.engine) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def desk(district: District, tmp_path: Path) -> Desk:
    """A desk at an empty district."""
    return Desk(district, tmp_path)
