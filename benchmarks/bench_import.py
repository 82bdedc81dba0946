"""How long a delivery of a million records takes, beside a plain import through ORM objects, row by row.

    .venv/bin/python benchmarks/bench_import.py [--records 1000000] [--runs 3] [--orm-records 20000]
        [--workbook-rows 100000] [--databases sqlite postgresql]

Makes a district with a household for each record in a temporary database, then delivers the same form as .csv
and as .parquet with full validation, the form of another year after it, a workbook, and a part of the form
through ORM objects. Prints seconds, records a second, how far memory grew meanwhile, and the ratio.
"""

import argparse
import csv
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter
from sqlalchemy import delete, select, text

from app import clock
from app.db import Engine, Session, make_engine, transaction
from app.jobs.demo.writer import Writer
from app.jobs.imports import cells
from app.jobs.imports.facts import fact_columns
from app.jobs.progress import quiet
from app.jobs.setup import initialise
from app.jobs.sources import Mapping, import_source, read_mapping
from app.models import Batch, BatchKind, Fact, Household, Place, Record, Source, SubjectKind
from app.records.service import source_by_code
from app.settings import Settings
from app.subjects.cipher import Cipher
from app.subjects.key_source import cipher_of
from app.subjects.numbers import resident_check_digit
from tests import postgres

HEADER = ("承包方代表身份证号", "承包方代表", "所在村", "登记日期", "确权面积（亩）", "权证状态", "备注")
_SUBJECTS = 100_000


@dataclass
class Figures:
    """Seconds of each run, and the most that memory grew."""

    seconds: list[float] = field(default_factory=list)
    grown_mb: float = 0.0


def main() -> None:
    """Make the files, then one database after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--orm-records", type=int, default=20_000)
    parser.add_argument("--workbook-rows", type=int, default=100_000)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = _files(folder, records=chosen.records, workbook_rows=chosen.workbook_rows)
        for database in chosen.databases:
            with _address(database, folder) as url:
                _measure(database, url, folder, files, chosen)


def _measure(
    database: str, url: str, folder: Path, files: dict[str, Path], chosen: argparse.Namespace
) -> None:
    settings = Settings(database_url=url, key_file=folder / "master.key")
    initialise(settings, on=clock.today(), at=clock.now())
    cipher = cipher_of(settings)
    engine = make_engine(url)
    _households(engine, cipher, chosen.records)
    mapping = _mapping(settings)
    found = {name: Figures() for name in (*files, "orm")}
    for _ in range(chosen.runs):
        for name, path in files.items():
            if name != "csv again":
                _forget(engine)
            _timed(found[name], lambda path=path: _deliver(engine, cipher, path, mapping))  # type: ignore[misc]
        _forget(engine)
        _timed(found["orm"], lambda: _orm(engine, cipher, files["csv"], chosen.orm_records))
    engine.dispose()
    sizes = {"xlsx": chosen.workbook_rows, "orm": chosen.orm_records}
    rates = {}
    for name, figures in found.items():
        seconds, count = statistics.median(figures.seconds), sizes.get(name, chosen.records)
        rates[name] = count / seconds
        print(
            f"{database:<11} {name:<10} {count:>9,} records {seconds:>7.1f} s {rates[name]:>9,.0f} a second"
            f"   memory +{figures.grown_mb:.0f} MB"
        )
    print(f"{database:<11} csv / orm ratio {rates['csv'] / rates['orm']:.1f}")


def _timed(figures: Figures, work: Callable[[], None]) -> None:
    before = _resident_mb()
    highest, done = [before], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            highest[0] = max(highest[0], _resident_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.perf_counter()
    work()
    figures.seconds.append(time.perf_counter() - begun)
    done.set()
    watcher.join()
    figures.grown_mb = max(figures.grown_mb, highest[0] - before)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def _deliver(engine: Engine, cipher: Cipher, path: Path, mapping: Mapping) -> None:
    report = import_source(
        engine,
        cipher,
        path,
        mapping=mapping,
        on=clock.today(),
        at=clock.now(),
        by="benchmark",
        sender="演示数据（合成）",
        dry_run=False,
        progress=quiet,
    )
    if not report.accepted or report.added + report.unchanged != report.rows:
        sys.exit("\n".join(report.lines()))


def _orm(engine: Engine, cipher: Cipher, path: Path, count: int) -> None:
    """The same form row by row: every cell by its parser, every subject by its own query, objects added."""
    today = clock.today()
    with transaction(engine) as session, path.open(encoding="utf-8", newline="") as file:
        fact = session.scalars(select(Fact).where(Fact.name == "confirmed_land_mu")).one()
        area = next(iter(fact_columns([fact]).values()))[1]
        batch = _batch(session)
        for row_no, row in enumerate(csv.DictReader(file), start=2):
            if row_no > count + 1:
                break
            index = cipher.index(cells.id_number(row[HEADER[0]], today))
            household = session.scalars(
                select(Household).where(Household.head_id_number_index == index)
            ).one()
            session.add(
                Record(
                    subject_id=household.subject_id,
                    fact_id=fact.fact_id,
                    value=area.parse(row[HEADER[4]], today),
                    observed_on=cells.day(row[HEADER[3]], today),
                    batch_id=batch.batch_id,
                    row_no=row_no,
                )
            )


def _batch(session: Session) -> Batch:
    batch = Batch(
        kind=BatchKind.SOURCE,
        source="benchmark",
        source_id=source_by_code(session, "land_right").source_id,
        file_name="form.csv",
        content_sha256="0" * 64,
        row_count=0,
        recorded_at=clock.now(),
        recorded_by="benchmark",
        synthetic=True,
    )
    session.add(batch)
    session.flush()
    return batch


def _forget(engine: Engine) -> None:
    """Bring the database back to before any delivery."""
    everything = "DELETE FROM records" if engine.dialect.name == "sqlite" else "TRUNCATE records CASCADE"
    of_land = select(Source.source_id).where(Source.code == "land_right").scalar_subquery()
    with transaction(engine) as session:
        session.execute(text(everything))
        session.execute(delete(Batch).where(Batch.source_id == of_land))


def _mapping(settings: Settings) -> Mapping:
    seed = settings.seed_folder
    return read_mapping(
        seed / "mappings" / "land_right.yaml",
        catalogue_file=seed / "facts.yaml",
        sources=frozenset(("land_right",)),
    )


def _number(serial: int) -> str:
    first = f"500120{1950 + serial % 50}{1 + serial // 50 % 12:02d}{1 + serial // 600 % 28:02d}"
    return _checked(f"{first}{serial // 16_800 % 1000:03d}")


def _checked(first: str) -> str:
    return first + resident_check_digit(first)


def _rows(count: int, *, year: int) -> Iterator[Sequence[str]]:
    for serial in range(count):
        day = f"{year}-{1 + serial % 12:02d}-{1 + serial % 28:02d}"
        yield (
            _number(serial),
            "王建国",
            "长隆村",
            day,
            f"{serial % 9000 / 100:.2f}",
            "有效",
            "演示数据（合成）",
        )


def _files(folder: Path, *, records: int, workbook_rows: int) -> dict[str, Path]:
    import pyarrow
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    files = {"csv": folder / "form.csv", "csv again": folder / "again.csv"}
    for (_, path), year in zip(files.items(), (2024, 2025), strict=True):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(_rows(records, year=year))
    files["parquet"] = folder / "form.parquet"
    texts = dict.fromkeys(HEADER, pyarrow.string()) | {
        HEADER[3]: pyarrow.date32(),
        HEADER[4]: pyarrow.float64(),
    }
    options = arrow_csv.ConvertOptions(column_types=texts)
    parquet.write_table(arrow_csv.read_csv(files["csv"], convert_options=options), files["parquet"])
    files["xlsx"] = folder / "form.xlsx"
    with xlsxwriter.Workbook(str(files["xlsx"]), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((HEADER, *_rows(workbook_rows, year=2024))):
            sheet.write_row(number, 0, row)
    return files


def _households(engine: Engine, cipher: Cipher, count: int) -> None:
    """As many households as the form has rows, with their heads' numbers sealed."""
    begun = time.perf_counter()
    with transaction(engine) as session:
        place = session.scalars(select(Place.place_id).where(Place.code == "500120104200")).one()
        writer = Writer(session.connection())
        for start in range(0, count, _SUBJECTS):
            serials = range(start, min(start + _SUBJECTS, count))
            ids = writer.take_ids("subjects", "subject_id", count=len(serials))
            writer.append(
                "subjects",
                {
                    "subject_id": ids,
                    "kind": SubjectKind.HOUSEHOLD.value,
                    "place_id": place,
                    "recorded_at": str(clock.now().replace(tzinfo=None)),
                    "synthetic": ["true" if engine.dialect.name != "sqlite" else 1] * len(serials),
                },
            )
            writer.append("households", _sealed(ids.tolist(), serials, cipher))
        writer.finish({"subjects": "subject_id"})
    print(f"made {count:,} households in {time.perf_counter() - begun:.1f} s", file=sys.stderr)


def _sealed(ids: list[int], serials: range, cipher: Cipher) -> dict[str, list[object]]:
    places = [f"households/{number}" for number in ids]
    numbers = [_number(serial) for serial in serials]
    return {
        "subject_id": list(ids),
        "household_no": [f"H{serial:08d}" for serial in serials],
        "head_name_cipher": [cipher.seal("王建国", row=f"{place}/head_name") for place in places],
        "head_id_number_cipher": [
            cipher.seal(number, row=f"{place}/head_id_number")
            for place, number in zip(places, numbers, strict=True)
        ],
        "head_id_number_index": [cipher.index(number) for number in numbers],
    }


@contextmanager
def _address(database: str, folder: Path) -> Iterator[str]:
    if database == "sqlite":
        yield f"sqlite:///{folder}/bench.db"
        return
    own = postgres.new_folder()
    try:
        url = postgres.create(postgres.start(own), "bench")
        yield url.render_as_string(hide_password=False)
    finally:
        postgres.stop(own)


if __name__ == "__main__":
    main()
