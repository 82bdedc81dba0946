"""New .xlsx files, written whole or refused in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from app.errors import Invalid, SetupError


@contextmanager
def new_workbook(path: Path) -> Iterator[xlsxwriter.Workbook]:
    """A new workbook that is written to `path` at the end."""
    if path.suffix.lower() != ".xlsx":
        raise Invalid(f"{path.name}: the name must end in .xlsx")
    book = xlsxwriter.Workbook(str(path))
    yield book
    try:
        book.close()
    except (OSError, XlsxWriterException) as error:
        raise SetupError(
            f"cannot write {path}: {error}. Close it if it is open, or choose another folder."
        ) from None
