"""Scoring a file with a card, without a database."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import Invalid, SetupError
from app.jobs.cards import load_card
from scoring import Scorecard, Scores


@dataclass(frozen=True)
class FileSummary:
    """What was scored: how many rows, by grade, and what the card did not find in the file."""

    rows: int
    by_grade: dict[str, int]
    missing_inputs: tuple[str, ...]
    out_of_range: int
    target: Path

    def lines(self) -> Iterator[str]:
        """The summary in plain lines."""
        grades = " · ".join(f"{grade} {count}" for grade, count in self.by_grade.items())
        yield f"已评 scored: {self.rows} rows → {self.target}"
        yield f"等级 grades: {grades}"
        if self.missing_inputs:
            yield f"未提供，按未知计 not in the file, so unknown: {', '.join(self.missing_inputs)}"
        if self.out_of_range:
            yield f"超出范围，按未知计 out of range, so unknown: {self.out_of_range}"


def score_file(card: Path, source: Path, target: Path) -> FileSummary:
    """Score every row of a .csv or .parquet file and write its columns with the result beside them.

    An overlay of a card is written after a colon: `CARD.yaml:cooperative`.
    """
    for path in (source, target):
        if path.suffix.lower() not in (".csv", ".parquet"):
            raise Invalid(f"{path}: is neither .csv nor .parquet")
    loaded = load_card(str(card))
    columns = _read_csv(source) if source.suffix.lower() == ".csv" else _read_parquet(source)
    strangers = set(columns) & set(_RESULT_NAMES)
    if strangers:
        raise Invalid(f"{source}: already has the columns {', '.join(sorted(strangers))}; rename them")
    numbers = {name: _numbers(source, name, columns[name]) for name in loaded.inputs if name in columns}
    if not numbers:
        raise Invalid(f"{source}: has none of the card's columns ({', '.join(loaded.inputs)})")
    scores = loaded.score(numbers)
    _write(target, {**columns, **_results(loaded, scores)})
    counts = np.bincount(scores.grade, minlength=len(loaded.grade_codes))
    return FileSummary(
        rows=len(scores.total),
        by_grade=dict(zip(loaded.grade_codes, counts.tolist(), strict=True)),
        missing_inputs=scores.missing_inputs,
        out_of_range=int(scores.out_of_range.sum()),
        target=target,
    )


_RESULT_NAMES = ("score", "grade", "packed_bins", "known_count", "out_of_range_count", "vetoes", "unrated")


def _results(card: Scorecard, scores: Scores) -> dict[str, list[Any]]:
    rated = scores.unrated == 0
    points = {f"points_{name}": values.tolist() for name, values in scores.points.items()}
    totals = [total if known else None for total, known in zip(scores.total.tolist(), rated, strict=True)]
    values = (
        totals,
        [card.grade_codes[code] for code in scores.grade],
        [str(packed) for packed in scores.packed.tolist()],
        scores.known.tolist(),
        scores.out_of_range.tolist(),
        scores.vetoes.tolist(),
        [("", "required_missing", "too_few_facts")[code] for code in scores.unrated],
    )
    return {**dict(zip(_RESULT_NAMES, values, strict=True)), **points}


def _read_csv(path: Path) -> dict[str, list[Any]]:
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


def _read_parquet(path: Path) -> dict[str, list[Any]]:
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


def _numbers(path: Path, name: str, values: list[Any]) -> NDArray[np.float64]:
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


def _write(path: Path, columns: dict[str, list[Any]]) -> None:
    """The whole file or none: it takes its name only when it is complete."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        if path.suffix.lower() == ".csv":
            _write_csv(unfinished, columns)
        else:
            parquet = _parquet()
            import pyarrow

            parquet.write_table(pyarrow.table(columns), unfinished)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise Invalid(f"{path}: cannot be written: {error.strerror or error}") from error


def _write_csv(path: Path, columns: dict[str, list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
