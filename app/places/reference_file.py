"""A shipped CSV file read line by line, so that a refusal names file, line, column, value and remedy."""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from app.errors import Invalid, SetupError
from app.models.base import Labelled

L = TypeVar("L", bound=Labelled)


@dataclass(frozen=True)
class Line:
    """One line of a reference file; its cells by the name of their column."""

    file: str
    number: int
    cells: Mapping[str, str]

    def refusal(self, column: str, fix: str) -> Invalid:
        """What is wrong in one cell, where it stands, and how to mend it."""
        return Invalid(f"{self.file}, line {self.number}, column {column}: {self.cells[column]!r}; {fix}")

    def text(self, column: str, *, longest: int) -> str:
        """A text that must be there."""
        value = self.cells[column]
        if not value:
            raise self.refusal(column, "fill the cell in")
        if len(value) > longest:
            raise self.refusal(column, f"shorten it to {longest} characters")
        return value

    def day(self, column: str) -> date | None:
        """A date such as 2020-06-30; an empty cell is no date."""
        value = self.cells[column]
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            raise self.refusal(column, "write the date as 2020-06-30") from None

    def number_or_none(self, column: str) -> float | None:
        """A number; an empty cell is none."""
        value = self.cells[column]
        try:
            number = float(value) if value else None
        except ValueError:
            raise self.refusal(column, "write a number, or leave the cell empty") from None
        if number is not None and not math.isfinite(number):
            raise self.refusal(column, "write a finite number, or leave the cell empty")
        return number

    def member(self, column: str, kind: type[L]) -> L:
        """One of the words that `kind` allows."""
        members = {member.value: member for member in kind}
        if self.cells[column] not in members:
            raise self.refusal(column, f"use one of: {', '.join(members)}")
        return members[self.cells[column]]


def read_lines(path: Path, *, columns: Iterable[str]) -> list[Line]:
    """The lines of a reference file, which must have exactly these columns."""
    expected = list(columns)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if list(reader.fieldnames or []) != expected:
                raise Invalid(f"{path.name}, line 1: the columns must be {','.join(expected)}")
            return [_line(path.name, number=reader.line_num, cells=cells) for cells in reader]
    except OSError as error:
        raise SetupError(
            f"cannot read {path}: {error.strerror}. Restore the file of this version."
        ) from error
    except (UnicodeDecodeError, csv.Error):
        raise Invalid(f"{path.name}: not a CSV file in UTF-8; save it as CSV UTF-8") from None


def _line(file: str, *, number: int, cells: Mapping[str | None, str | None]) -> Line:
    if None in cells or None in cells.values():
        raise Invalid(f"{file}, line {number}: too few or too many cells; compare it with line 1")
    return Line(file, number, {str(column): str(value).strip() for column, value in cells.items()})
