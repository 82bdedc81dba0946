"""A file is scored whole or refused with the row and the column."""

import csv
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from app.errors import Invalid
from app.jobs.score_file import score_file

CARD = Path("scoring/policies/cq_bishan/household/2023-01-01.yaml")
TEXT = "户号,household_size,annual_net_income_fen,debt_fen\n1,3,5000000,\n2,,1,0\n"


def written(folder, text, name="in.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_the_columns_of_the_file_come_back_with_the_result_beside_them(tmp_path):
    summary = score_file(CARD, written(tmp_path, TEXT), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["户号"], row["grade"], row["score"], row["unrated"]) for row in rows] == [
        ("1", "N", "", "too_few_facts"),
        ("2", "N", "", "required_missing"),
    ]
    assert (summary.rows, summary.by_grade["N"]) == (2, 2)


def test_parquet_gives_what_csv_gives(tmp_path):
    table = pyarrow.table({"household_size": [3.0, None], "annual_net_income_fen": [5e6, 1.0]})
    pyarrow.parquet.write_table(table, tmp_path / "in.parquet")
    score_file(CARD, tmp_path / "in.parquet", tmp_path / "out.parquet")
    found = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pydict()
    assert (found["grade"], found["known_count"]) == (["N", "N"], [1, 0])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("household_size\nmany\n", "row 2, column household_size: 'many' is not a number"),
        ("household_size,household_size\n1,1\n", "columns named twice: household_size"),
        ("household_size,debt_fen\n1\n", "row 2 has 1 values, the header names 2"),
        ("户号\n1\n", "has none of the card's columns"),
        ("household_size,score\n1,2\n", "already has the columns score"),
    ],
)
def test_a_wrong_file_is_refused_and_nothing_is_written(tmp_path, text, complaint):
    with pytest.raises(Invalid, match=complaint):
        score_file(CARD, written(tmp_path, text), tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_another_kind_of_file_is_refused(tmp_path):
    with pytest.raises(Invalid, match=r"neither \.csv nor \.parquet"):
        score_file(CARD, tmp_path / "in.xls", tmp_path / "out.csv")
