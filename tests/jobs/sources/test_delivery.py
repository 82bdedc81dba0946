"""Files as they really arrive: read as a stream, or refused in one sentence."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from app.errors import Invalid
from app.jobs.sources import delivery
from app.jobs.sources.delivery import open_file

HEADER = "户号,面积"


def cells(path: Path) -> list[list[object]]:
    """All rows of a delivery."""
    return [list(row) for block in open_file(path).rows() for row in zip(*block.columns, strict=True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_is_read_in_the_encoding_it_is_in(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "form.csv"
    path.write_text(f"{HEADER}\nH1,大兴镇\n", encoding=encoding)
    assert cells(path) == [["户号", "面积"], ["H1", "大兴镇"]]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_a_character_on_the_edge_of_what_is_read_at_once_is_whole(
    tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.jobs.sources.text_file._CHUNK", chunk)
    path = tmp_path / "form.csv"
    path.write_text(f"{HEADER}\nH1,大兴镇\n", encoding="gb18030")
    assert cells(path)[1] == ["H1", "大兴镇"]


def test_blocks_count_the_rows_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "BLOCK_ROWS", 2)
    path = tmp_path / "form.csv"
    path.write_text("a,b\n\n1,2\n3\n4,5,6\n")
    blocks = list(open_file(path).rows())
    assert [(block.first_row, block.row_count) for block in blocks] == [(1, 2), (3, 2), (5, 1)]
    assert blocks[1].columns == [["1", "3"], ["2", ""]]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04rest", "is no CSV file"),
        (b"a,b\n\xff\xff\xff\n", "neither UTF-8 nor GB18030"),
        ("户号\n大兴\n".encode() + "璧山\n".encode("gb18030"), "line 1 is UTF-8, line 3 is not"),
        (b'a,b\n"1,2\n', "quotation mark"),
        (b"a\x00,b\n", "neither UTF-8"),
    ],
)
def test_what_is_no_table_of_text_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "form.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=complaint):
        cells(path)


def test_a_file_that_is_not_there_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be opened"):
        open_file(tmp_path / "form.csv")
    with pytest.raises(Invalid, match="cannot be opened"):
        open_file(tmp_path / "form.parquet")
    with pytest.raises(Invalid, match="save it as one of them"):
        open_file(tmp_path / "form.pdf")


def test_a_workbook_has_one_sheet_with_content(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("一", "二"):
        book.create_sheet(name).append(["户号"])
    book.save(tmp_path / "form.xlsx")
    with pytest.raises(Invalid, match="exactly one sheet"):
        open_file(tmp_path / "form.xlsx")


def test_typed_columns_keep_what_is_exact(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {
        "号码": [500120197001010012, None],
        "面积": [Decimal("0.10"), None],
        "日期": [date(2026, 6, 30), None],
        "有效": [True, None],
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "form.parquet")
    assert cells(tmp_path / "form.parquet") == [
        list(columns),
        ["500120197001010012", "0.10", date(2026, 6, 30), True],
        ["", "", "", ""],
    ]


def test_a_parquet_file_that_is_broken_or_holds_lists_is_refused(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"a": [[1, 2]]}), tmp_path / "lists.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1" + b"0" * 50)
    with pytest.raises(Invalid, match="holds lists"):
        open_file(tmp_path / "lists.parquet")
    with pytest.raises(Invalid, match="not a readable Parquet"):
        open_file(tmp_path / "broken.parquet")
