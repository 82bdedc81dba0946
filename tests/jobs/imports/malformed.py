"""Files of every kind, damaged by chance: each seed always gives the same file.

    python -m tests.jobs.imports.malformed --seeds 10000

imports that many and prints what became of them: refused, told row by row, or accepted whole.
"""

import argparse
import io
import random
import shutil
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import IllegalCharacterError
from sqlalchemy import func, select

from app.db import Session, make_engine, migrate, transaction
from app.errors import AppError
from app.jobs.imports import ImportKind, ImportReport, import_file
from app.models import Base
from app.places.service import load_divisions
from app.records.service import load_facts, load_sources
from app.settings import ROOT
from app.subjects.cipher import Cipher
from tests.jobs.imports.conftest import ENTITY_HEADER, HOUSEHOLD_HEADER, VILLAGE, VILLAGE_NAME
from tests.jobs.imports.conftest import entity as entity_row
from tests.jobs.imports.conftest import household as household_row
from tests.numbers import credit_code

ON = date(2026, 12, 1)
AT = datetime(2026, 12, 1, 2, tzinfo=UTC)
CIPHER = Cipher(bytes(range(32)))
Rows = list[list[Any]]
NASTY: tuple[object, ...] = (
    "", " ", "\u200b", "\ufeff", "\u202e反", "😀", "=1+1", "@x", "-", "+", "'", '"', '""', ",", "\t", "\n",
    "a\nb", "NaN", "inf", "1e400", "1.23E+17", "－１", "１２３", "0x10", "null", "None", "TRUE", True, False,
    0, -1, 1.5, 1e308, 10**18, 2**63, -0.0, "9999-99-99", "2026-02-30", "0000-00-00", "1899-12-31",
    "2999-01-01", date(1900, 2, 28), datetime(2026, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None), "字" * 300,
    "x" * 40_000, "500120104200", "500120999999", "110105194912310020", "91500120MA0000001", "H00001", "疾病",
    "\x0b", "1;2", "100%", "１００％", "-5", "３", "5.0000001", "1,000,000", "一百", "是 ", "否。",
)  # fmt: skip
HEADERS = ("血型", "家庭年收入", "户号", "", "列", "观察日期", "户主姓名*", "x" * 300, "=A1", "区划 代码")


@dataclass(frozen=True)
class Damaged:
    """One damaged file, and the kind it pretends to be."""

    kind: ImportKind
    name: str
    content: bytes


def damaged(seed: int) -> Damaged:
    """The file of a seed."""
    rng = random.Random(seed)
    kind = rng.choice(list(BASES))
    rows = [list(row) for row in BASES[kind]]
    for _ in range(rng.randrange(3)):
        rng.choice(OF_ROWS)(rng, rows)
    if rng.random() < 0.5:
        return Damaged(kind, "file.csv", _bytes(rng, _csv(rng, rows)))
    content = _xlsx(rows)
    if rng.random() < 0.6:
        content = rng.choice(OF_PACKAGES)(rng, content)
    return Damaged(kind, rng.choice(["file.xlsx"] * 9 + ["file.csv"]), _bytes(rng, content))


class Office:
    """A database to import damaged files into; whatever was accepted is undone before the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept = folder / "kept.db"
        migrate(f"sqlite:///{self._kept}")
        engine = make_engine(f"sqlite:///{self._kept}")
        with transaction(engine) as session:
            load_divisions(session, ROOT / "seed_data" / "divisions.csv")
            load_facts(session, ROOT / "seed_data" / "facts.yaml")
            load_sources(session, ROOT / "seed_data" / "sources.yaml")
        engine.dispose()
        for kind in (ImportKind.HOUSEHOLDS, ImportKind.ENTITIES):
            path = folder / "base.csv"
            path.write_bytes(_csv(random.Random(0), [list(row) for row in BASES[kind]][:3]))
            self._begin(self._kept)
            self._import(path, kind)
            self._engine.dispose()
        self._begin(self._fresh())

    def _begin(self, file: Path) -> None:
        self._engine = make_engine(f"sqlite:///{file}")

    def _fresh(self) -> Path:
        for stale in self._folder.glob("now.db*"):
            stale.unlink()
        with make_engine(f"sqlite:///{self._kept}").connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self._kept, self._folder / "now.db")
        return self._folder / "now.db"

    def counts(self) -> dict[str, int]:
        """How many rows every table has."""
        with Session(self._engine) as session:
            return {
                name: session.scalar(select(func.count()).select_from(table)) or 0
                for name, table in Base.metadata.tables.items()
            }

    def _expect(self, counts: dict[str, int], otherwise: str) -> None:
        assert self.counts() == counts, otherwise

    def _import(self, path: Path, kind: ImportKind) -> ImportReport:
        return import_file(
            self._engine, CIPHER, path, kind=kind, on=ON, at=AT, by="test", source="大兴镇", dry_run=False
        )  # fmt: skip

    def bring(self, file: Damaged) -> str:
        """What becomes of a file: `refused`, `errors`, `accepted`; `AssertionError` when a part landed."""
        path = self._folder / file.name
        path.write_bytes(file.content)
        before = self.counts()
        try:
            report = self._import(path, file.kind)
        except AppError:
            self._expect(before, "a refused file left something behind")
            return "refused"
        after = self.counts()
        if report.errors:
            self._expect(before, "a file with errors left something behind")
            return "errors"
        landed = after["batches"] - before["batches"]
        assert landed == (0 if report.already_imported else 1), "an accepted file left no batch"
        self._engine.dispose()
        self._begin(self._fresh())
        return "accepted"


def _cells(rng: random.Random, rows: Rows) -> None:
    for _ in range(rng.randrange(1, 4)):
        row = rng.choice(rows)
        if row:
            row[rng.randrange(len(row))] = rng.choice(NASTY)


def _header(rng: random.Random, rows: Rows) -> None:
    rows[0][rng.randrange(len(rows[0]))] = rng.choice(HEADERS)


def _drop_row(rng: random.Random, rows: Rows) -> None:
    del rows[rng.randrange(len(rows))]
    if not rows:
        rows.append([""])


def _twice(rng: random.Random, rows: Rows) -> None:
    rows.insert(rng.randrange(len(rows) + 1), list(rng.choice(rows)))


def _drop_column(rng: random.Random, rows: Rows) -> None:
    place = rng.randrange(max(len(rows[0]), 1))
    for row in rows:
        del row[place : place + 1]


def _swap_columns(rng: random.Random, rows: Rows) -> None:
    one, other = rng.randrange(len(rows[0])), rng.randrange(len(rows[0]))
    for row in rows[rng.randrange(2) :]:
        if len(row) > max(one, other):
            row[one], row[other] = row[other], row[one]


def _shift(rng: random.Random, rows: Rows) -> None:
    for row in rows[rng.randrange(2) :]:
        row.insert(0, rng.choice(["", "x"]))


def _shuffle(rng: random.Random, rows: Rows) -> None:
    rng.shuffle(rows)


OF_ROWS: tuple[Callable[[random.Random, Rows], None], ...] = (
    _cells, _cells, _cells, _header, _drop_row, _twice, _drop_column, _swap_columns, _shift, _shuffle,
)  # fmt: skip


def _csv(rng: random.Random, rows: Rows) -> bytes:
    delimiter = rng.choice([",", ",", "\t", ";", "|"])
    lines = [delimiter.join(_field(rng, cell) for cell in row) for row in rows]
    end = rng.choice(["\n", "\r\n", "\r"])
    encoding = rng.choice(["utf-8", "utf-8-sig", "gb18030", "utf-16", "mixed"])
    if encoding != "mixed":
        return end.join(lines).encode(encoding, "replace")
    return end.encode().join(
        line.encode(rng.choice(["utf-8", "gb18030", "utf-16-le", "big5"]), "replace") for line in lines
    )


def _field(rng: random.Random, cell: object) -> str:
    text = str(cell)
    quoted = any(mark in text for mark in ',;\t"\n') and rng.random() < 0.8
    return '"' + text.replace('"', '""') + '"' if quoted else text


def _xlsx(rows: Rows) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for place, row in enumerate(rows, start=1):
        for column, cell in enumerate(row, start=1):
            try:
                sheet.cell(place, column, cell)
            except (ValueError, IllegalCharacterError):
                sheet.cell(place, column, "x")
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def _package(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return made.getvalue()


def _drop_part(rng: random.Random, content: bytes) -> bytes:
    parts = _parts(content)
    del parts[rng.choice(sorted(parts))]
    return _package(parts)


def _damage_part(rng: random.Random, content: bytes) -> bytes:
    parts = _parts(content)
    name = rng.choice(sorted(parts))
    parts[name] = _bytes(rng, parts[name], always=True)
    return _package(parts)


XML = (
    (b'r="A', b'r="ZZZ'), (b'r="B2"', b'r="B99999999"'), (b'r="', b'r="-'), (b't="s"', b't="e"'),
    (b't="s"', b't="n"'), (b"<v>0</v>", b"<v>999999</v>"), (b"<v>", b"<v>-"), (b"<row", b"<wor"),
    (b"</row>", b""), (b"<c ", b"<c"), (b"sheet1.xml", b"sheet9.xml"), (b"rId1", b"rId7"),
    (b"<sheetData>", b"<sheetData><row r='5000000'/>"), (b"xmlns", b"xmln"), (b"Sheet", b"\xff\xfe"),
    (b"<worksheet", b"<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet"), (b"utf-8", b"utf-16"), (b"1", b"\x00"),
    (b"</sheetData>", b"</sheetData><mergeCells><mergeCell ref='A1:C2'/></mergeCells>"), (b"<t>", b"<t>&#1;"),
)  # fmt: skip


def _damage_xml(rng: random.Random, content: bytes) -> bytes:
    parts = _parts(content)
    names = [name for name in parts if name.endswith((".xml", ".rels"))]
    for _ in range(rng.randrange(1, 4)):
        old, new = rng.choice(XML)
        name = rng.choice([rng.choice(names), "xl/worksheets/sheet1.xml"])
        parts[name] = parts[name].replace(old, new, rng.choice([1, -1]))
    return _package(parts)


OF_PACKAGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _drop_part, _damage_part, _damage_xml, _damage_xml, _damage_xml,
)  # fmt: skip


def _bytes(rng: random.Random, content: bytes, *, always: bool = False) -> bytes:
    """Some bytes flipped, cut, doubled or put in."""
    if not content or (not always and rng.random() < 0.6):
        return content
    what, place = rng.randrange(5), rng.randrange(len(content))
    if what == 0:
        return content[:place]
    if what == 1:
        return content[:place] + rng.randbytes(rng.randrange(1, 40)) + content[place:]
    if what == 2:
        return content[:place] + content[place : place + 200] * 2 + content[place + 200 :]
    if what == 3:
        return content[:place] + bytes(rng.randrange(1, 60)) + content[place + 30 :]
    flipped = bytearray(content)
    for _ in range(rng.randrange(1, 12)):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


BASES: dict[ImportKind, Rows] = {
    ImportKind.HOUSEHOLDS: [HOUSEHOLD_HEADER, *(household_row(number) for number in range(1, 6))],
    ImportKind.ENTITIES: [ENTITY_HEADER, *(entity_row(number) for number in range(1, 6))],
    ImportKind.OBSERVATIONS: [
        [
            "户号",
            "观察日期",
            "家庭人口数",
            "劳动力人数（人）",
            "参加农业保险",
            "村级评议得分（分值）",
            "荣誉级别",
        ],
        *([f"H0000{number}", "2026-11-01", 4, 2, "是", 87.5, "1 镇街级"] for number in (1, 2)),
    ],
    ImportKind.ROSTER: [
        [
            "名录名称",
            "来源",
            "基准日",
            "名称",
            "统一社会信用代码",
            "类型",
            "区划代码",
            "村（社区）",
            "剔除原因",
            "剔除文件",
        ],
        *(
            [
                "家庭农场名录",
                "区农业农村委",
                "2026-10-31",
                f"农场{n}",
                credit_code(n),
                "家庭农场",
                VILLAGE,
                VILLAGE_NAME,
                "",
                "",
            ]
            for n in range(1, 5)
        ),
    ],
    ImportKind.CONSENTS: [
        ["户号", "授权类型", "是否同意", "授权书编号", "指标范围", "生效日期", "截止日期", "方式", "凭证"],
        *(
            [f"H0000{n}", "限制类信息采集", "是", f"授权书 {n}", "", "2026-01-01", "", "纸质签字", "档案盒 1"]
            for n in (1, 2)
        ),
    ],
}


def main() -> int:
    """Import many damaged files; the exit status is 1 when one of them was not handled."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder))
        for seed in range(asked.first, asked.first + asked.seeds):
            try:
                found[office.bring(damaged(seed))] += 1
            except Exception:  # noqa: BLE001 - whatever it is, it is counted
                found["NOT HANDLED"] += 1
                sys.stdout.write(f"seed {seed}: {traceback.format_exc(limit=-3)}\n")
    sys.stdout.write(f"{asked.seeds} files: {dict(sorted(found.items()))}\n")
    return int("NOT HANDLED" in found)


if __name__ == "__main__":
    raise SystemExit(main())
