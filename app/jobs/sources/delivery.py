"""What a source delivers, as blocks of columns: a file is never held in memory as a whole."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from app.errors import Invalid, SetupError
from app.jobs.imports.columns import HEADER_ROWS_MAX
from app.jobs.imports.reading import Raw, file_content, fingerprint, read_sheets
from app.jobs.imports.report import both
from app.jobs.sources.text_file import open_text

BLOCK_ROWS = 50_000
_CHUNK = 1 << 20
_EXACT_DIGITS = 10**15

Rows = Iterator[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows that follow each other: the number of the first, and the cells column by column."""

    first_row: int
    row_count: int
    columns: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery with its first rows, in which the header is looked for, and all of its rows.

    `size` counts what `Block.row_count` counts; None where it is not known before the end.
    """

    name: str
    sheet: str
    sha256: str
    head: list[list[Any]]
    size: int | None
    rows: Callable[[], Iterator[Block]]
    merged: tuple[tuple[int, int, int, int], ...] = ()


def open_file(path: Path) -> Delivery:
    """The delivery in an .xlsx, .csv or .parquet file, or a refusal in one sentence."""
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        return _workbook(path)
    if suffix == ".csv":
        text = open_text(path)
        return Delivery(
            path.name, "CSV", text.sha256, _head(text.rows()), text.lines, lambda: _blocks(text.rows())
        )
    if suffix == ".parquet":
        return _parquet(path)
    raise Invalid(
        both(
            f"{path.name}：只能导入 .xlsx、.csv 或 .parquet，请另存为其中一种",
            "only .xlsx, .csv and .parquet can be imported; save it as one of them",
        )
    )


def rows_delivery(rows: Callable[[], Rows], *, name: str, sha256: str, size: int | None) -> Delivery:
    """Rows that were pulled from a service, as a delivery; the first row is the header."""
    return Delivery(name, name, sha256, _head(rows()), size, lambda: _blocks(rows()))


def _workbook(path: Path) -> Delivery:
    content = file_content(path)
    sheets = [sheet for sheet in read_sheets(content, name=path.name) if sheet.rows]
    if len(sheets) != 1:
        names = "、".join(sheet.name for sheet in sheets)
        raise Invalid(
            both(
                f"{path.name}：应只有一张有内容的工作表，现有 {len(sheets)} 张 {names}",
                "exactly one sheet must have content; save the others as files of their own",
            )
        )
    sheet, rows = sheets[0], sheets[0].rows
    head = rows[:HEADER_ROWS_MAX]
    return Delivery(
        path.name,
        sheet.name,
        fingerprint(content),
        head,
        len(rows),
        lambda: _blocks(iter(rows)),
        sheet.merged,
    )


def _parquet(path: Path) -> Delivery:
    arrow, parquet = _arrow()
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        opened = parquet.ParquetFile(path)
        names, types = opened.schema_arrow.names, opened.schema_arrow.types
    except OSError as error:
        raise Invalid(both(f"{path.name}：文件打不开", f"cannot be opened: {error.strerror}")) from None
    except arrow.ArrowException:
        raise Invalid(
            both(f"{path.name}：不是可读的 Parquet 文件", "is not a readable Parquet file")
        ) from None
    nested = [name for name, kind in zip(names, types, strict=True) if arrow.types.is_nested(kind)]
    if nested:
        raise Invalid(
            both(
                f"{path.name}：列 {nested[0]} 不是单值", f"the column {nested[0]} holds lists; make it plain"
            )
        )

    def blocks() -> Iterator[Block]:
        yield Block(1, 1, [[name] for name in names])
        row = 2
        try:
            for batch in opened.iter_batches(batch_size=BLOCK_ROWS):
                yield Block(row, batch.num_rows, [_plain(column.to_pylist()) for column in batch.columns])
                row += batch.num_rows
        except (OSError, arrow.ArrowException):
            raise Invalid(both(f"{path.name}：文件已损坏", "the file is damaged; write it again")) from None

    return Delivery(
        path.name, "Parquet", digest.hexdigest(), [list(names)], opened.metadata.num_rows + 1, blocks
    )


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise SetupError("reading .parquet needs PyArrow; install credit-village[batch]") from None
    return pyarrow, parquet


def _plain(values: list[Any]) -> list[Raw]:
    """The values of a typed column as cells: what is missing is empty, what is exact stays exact."""
    kinds = {type(value) for value in values}
    if kinds <= {str, float, bool, date, datetime}:
        return values
    return [plain_cell(value) for value in values]


def plain_cell(value: Any) -> Raw:
    """A typed value as a cell."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXACT_DIGITS:
        return str(value)
    if isinstance(value, str | int | float | date | datetime):
        return value
    return str(value)


def _head(rows: Rows) -> list[list[Any]]:
    return [list(row) for row in islice(rows, HEADER_ROWS_MAX)]


def _blocks(rows: Rows) -> Iterator[Block]:
    first = 1
    while part := list(islice(rows, BLOCK_ROWS)):
        columns = [list(column) for column in zip_longest(*part, fillvalue="")]
        yield Block(first, len(part), columns)
        first += len(part)
