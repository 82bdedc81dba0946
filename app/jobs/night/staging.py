"""Many new ratings prepared in a file of their own, so that publishing them on SQLite is one short step."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.db import Engine, make_engine, sqlite_file
from app.jobs.night.rating import REASONS, RatingColumns

LEAST_ROWS = 20_000
COLUMNS = (
    "subject_id",
    "rule_version_id",
    "grade",
    "score",
    "packed_bins",
    "vetoes",
    "known_count",
    "unrated_reason",
    "on_file",
    "out_of_range_count",
)


@contextmanager
def staged(
    engine: Engine, ratings: Sequence[RatingColumns], *, grades: tuple[str, ...]
) -> Iterator[tuple[Engine, bool]]:
    """An engine to publish with, and whether it sees the ratings as the table `staged.ratings`.

    That takes Arrow and a SQLite file, and pays only for many rows; elsewhere it is the engine as it came.
    """
    file = sqlite_file(str(engine.url))
    arrow = _arrow() if sum(len(columns.subject_ids) for columns in ratings) >= LEAST_ROWS else None
    if file is None or arrow is None:
        yield engine, False
        return
    with TemporaryDirectory(prefix=".night-", dir=file.parent) as folder:
        prepared = Path(folder) / "ratings.db"
        _write(arrow, prepared, ratings, grades=grades)
        publishing = make_engine(str(engine.url), attached={"staged": prepared})
        try:
            yield publishing, True
        finally:
            publishing.dispose()


def _write(arrow: Any, target: Path, ratings: Sequence[RatingColumns], *, grades: tuple[str, ...]) -> None:
    import adbc_driver_sqlite.dbapi

    tables = [_table(arrow, columns, grades=grades) for columns in ratings]
    with (
        adbc_driver_sqlite.dbapi.connect(str(target), autocommit=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.adbc_ingest("ratings", arrow.concat_tables(tables))


def _table(arrow: Any, columns: RatingColumns, *, grades: tuple[str, ...]) -> Any:
    reasons = arrow.array([reason.value for reason in REASONS])
    values = (
        columns.subject_ids,
        columns.rule_version_ids,
        arrow.array(grades).take(arrow.array(columns.grade)),
        arrow.array(columns.score, mask=columns.score < 0),
        columns.packed_bins,
        columns.vetoes,
        columns.known_count,
        reasons.take(arrow.array(columns.unrated)),
        columns.on_file.astype("int8"),
        columns.out_of_range,
    )
    return arrow.table(dict(zip(COLUMNS, values, strict=True)))


def _arrow() -> Any | None:
    try:
        import adbc_driver_sqlite  # noqa: F401
        import pyarrow
    except ImportError:
        return None
    return pyarrow
