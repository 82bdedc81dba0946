"""Tables of subjects in .csv and .parquet files: read with the row of what is wrong, written whole or not."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import Invalid, SetupError
from scoring import Scorecard

Table = dict[str, list[Any]]


def refuse_other_files(*paths: Path) -> None:
    """Refuse what is neither .csv nor .parquet."""
    for path in paths:
        if path.suffix.lower() not in (".csv", ".parquet"):
            raise Invalid(f"{path}: is neither .csv nor .parquet")


def read_table(path: Path) -> Table:
    """The columns of a file by name."""
    refuse_other_files(path)
    return _read_csv(path) if path.suffix.lower() == ".csv" else _read_parquet(path)


def facts_in(path: Path, table: Table, *, card: Scorecard) -> dict[str, NDArray[Any]]:
    """The columns of a file that a card reads: numbers, and texts where it reads texts."""
    read = [item for item in card.definition.inputs if item.name in table]
    if not read:
        raise Invalid(f"{path}: has none of the card's columns ({', '.join(card.inputs)})")
    return {
        item.name: texts(table[item.name]) if item.categories else numbers(path, item.name, table[item.name])
        for item in read
    }


def numbers(path: Path, name: str, values: list[Any]) -> NDArray[np.float64]:
    """A column as numbers; an empty cell is unknown, anything else that is no number is refused."""
    result = np.full(len(values), np.nan)
    for row, value in enumerate(values):
        if value is None or value == "":
            continue
        try:
            result[row] = float(value)
        except (TypeError, ValueError):
            raise Invalid(
                f"{path}: row {row + 2}, column {name}: {value!r} is not a number; "
                "leave the cell empty if it is unknown"
            ) from None
    return result


def texts(values: list[Any]) -> NDArray[Any]:
    """A column as texts; an empty cell is unknown."""
    return np.array([None if value is None or value == "" else str(value) for value in values], dtype=object)


def write_table(path: Path, table: Table) -> None:
    """The whole file or none: it takes its name only when it is complete."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        if path.suffix.lower() == ".csv":
            _write_csv(unfinished, table)
        else:
            parquet = _parquet()
            import pyarrow

            parquet.write_table(pyarrow.table(table), unfinished)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise Invalid(f"{path}: cannot be written: {error.strerror or error}") from error


def _read_csv(path: Path) -> Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise Invalid(f"{path}: is not a text in UTF-8; save it as CSV UTF-8") from None
    if not rows:
        raise Invalid(f"{path}: is empty; the first row names the columns")
    header = [name.strip() for name in rows[0]]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise Invalid(f"{path}: columns named twice: {', '.join(repeated)}")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise Invalid(f"{path}: row {number} has {len(row)} values, the header names {len(header)}")
    return {name: [row[position] for row in rows[1:]] for position, name in enumerate(header)}


def _read_parquet(path: Path) -> Table:
    parquet = _parquet()
    try:
        table = parquet.read_table(path)
    except OSError as error:
        raise Invalid(f"{path}: cannot be read as Parquet: {error}") from error
    except ValueError as error:
        raise Invalid(f"{path}: is not a Parquet file: {error}") from None
    return dict(table.to_pydict())


def _parquet() -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        raise SetupError("Parquet needs the extra [batch]: pip install 'credit-village[batch]'") from None
    return parquet


def _write_csv(path: Path, table: Table) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
