"""Tables read as columns: the same through Arrow and through the driver, and a failure in one sentence."""

import numpy as np
import pytest

from app.db import make_engine
from app.errors import DatabaseUnavailable
from app.jobs.night import columns

ARROW = columns._arrow_connection
ROWS = columns.ARROW_LEAST_ROWS
SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
QUESTION = "SELECT subject_id, COALESCE(score, -1), CASE WHEN on_file THEN 1 ELSE 0 END FROM ratings"


@pytest.mark.parametrize("arrow", [True, False])
def test_an_answer_without_rows_is_empty_columns(district, monkeypatch, arrow):
    if arrow:
        monkeypatch.setattr(columns, "_arrow_connection", ARROW)
    with columns.snapshot(district.engine, rows=ROWS) as reader:
        found = columns.table(reader, QUESTION, (np.int64, np.int16, np.bool_))
    assert [(len(column), column.dtype.name) for column in found] == [(0, "int64"), (0, "int16"), (0, "bool")]


@pytest.mark.parametrize("arrow", [True, False])
def test_a_snapshot_does_not_see_what_is_written_after_its_first_question(district, monkeypatch, arrow):
    if arrow:
        monkeypatch.setattr(columns, "_arrow_connection", ARROW)
    question = "SELECT COUNT(*) FROM subjects"
    with columns.snapshot(district.engine, rows=ROWS) as reader:
        before = columns.table(reader, question, (np.int64,))[0].tolist()
        district.household()
        assert columns.table(reader, question, (np.int64,))[0].tolist() == before == [0]


def test_a_database_that_cannot_be_read_is_told_in_one_sentence(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path / 'no' / 'such.db'}")
    with (
        pytest.raises(DatabaseUnavailable, match=r"^the database cannot be read: .*try again\.$"),
        columns.snapshot(engine, rows=ROWS) as reader,
    ):
        list(reader.chunks("SELECT 1"))
    engine.dispose()


@SQLITE_ONLY
def test_a_question_that_fails_is_told_in_one_sentence(district, monkeypatch):
    monkeypatch.setattr(columns, "_arrow_connection", ARROW)
    with (
        pytest.raises(DatabaseUnavailable, match="no such table"),
        columns.snapshot(district.engine, rows=ROWS) as reader,
    ):
        list(reader.chunks("SELECT 1 FROM nowhere"))
