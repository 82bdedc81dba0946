"""A card as SQL gives what the kernel gives, to the point, on both databases."""

import io
import random
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from app.db import make_engine
from scoring import CardError, Scorecard
from scoring.exchange.sql import select_statement
from tests.scoring.random_cards import random_card, random_columns, text_of

POLICIES = Path("scoring/policies")
CARDS = {
    "household": Scorecard.load(POLICIES / "cq_bishan/household/2023-01-01.yaml"),
    "cooperative": Scorecard.load(POLICIES / "cq_bishan/agri_entity/2023-01-01.yaml").overlay("cooperative"),
    "hunan": Scorecard.load(POLICIES / "hunan_rcc/household/2010-01-01.yaml"),
    "chinese": Scorecard.load(Path("tests/scoring/exchange/chinese_card.yaml")),
}
ROWS = 4_000
MANY_ROWS = 1_000_000
RANDOM_CARDS, RANDOM_ROWS = 80, 120


def columns(card, rows=ROWS):
    """Values in and around every range, whole numbers, codes and edges among them, a fifth unknown."""
    rng = np.random.default_rng(11)
    found = {}
    for item in card.definition.inputs:
        if item.categories:
            names = [category.name for category in item.categories]
            found[item.name] = rng.choice(np.array([*names, "没有的类别", None], dtype=object), rows)
            continue
        spread = min(item.maximum, 1e8) - max(item.minimum, -1e8)
        values = max(item.minimum, -1e8) + rng.beta(0.5, 2, rows) * spread * 1.02
        values = np.where(rng.random(rows) < 0.5, np.round(values), values)
        values = np.where(rng.random(rows) < 0.05, item.maximum + 1, values)
        if item.special:
            values = np.where(rng.random(rows) < 0.2, rng.choice(list(item.special), rows), values)
        found[item.name] = np.where(rng.random(rows) < 0.2, np.nan, values)
    return found


def kinds(card):
    return ", ".join(
        f"{item.name} {'TEXT' if item.categories else 'DOUBLE PRECISION'}" for item in card.definition.inputs
    )


def plain(value):
    """A value as a driver takes it; what is unknown is NULL."""
    if value is None or isinstance(value, str):
        return value
    return None if np.isnan(value) else float(value)


def expected(card, given):
    """What every row of the statement must hold, by the kernel."""
    scores = card.score(given)
    found = {f"p_{name}": points.tolist() for name, points in scores.points.items()}
    found["known_count"] = scores.known.tolist()
    found["out_of_range_count"] = scores.out_of_range.tolist()
    found["score"] = [None if total < 0 else total for total in scores.total.tolist()]
    found["grade"] = [card.grade_codes[rank] for rank in scores.grade]
    return found


@pytest.mark.parametrize("name", CARDS)
def test_every_point_score_and_grade_is_the_same_in_the_database(database_url, name):
    card = CARDS[name]
    given = columns(card)
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE facts (row_no INTEGER PRIMARY KEY, {kinds(card)})"))
        rows = [{"row_no": row} | {n: plain(v[row]) for n, v in given.items()} for row in range(ROWS)]
        marks = ", ".join(f":{column}" for column in ("row_no", *given))
        connection.execute(text(f"INSERT INTO facts VALUES ({marks})"), rows)
        # The statement is SQL, no template: a colon in a category is no parameter.
        statement = select_statement(card.definition, table="facts", key="row_no")
        found = connection.exec_driver_sql(statement).mappings().all()
    engine.dispose()
    assert len(found) == ROWS
    for column, values in expected(card, given).items():
        assert [row[column] for row in found] == values, column
    assert len({row["grade"] for row in found}) >= 2


def checksum(names):
    """All points of a row in two whole numbers, so that a million rows are quick to fetch."""
    halves = [names[: len(names) // 2], names[len(names) // 2 :]]
    return [
        " + ".join(f"CAST(p_{name} + 32 AS BIGINT) * {64**place}" for place, name in enumerate(half))
        for half in halves
    ]


def test_a_million_rows_are_the_same_in_the_database(database_url):
    card = CARDS["household"]
    given = columns(card, MANY_ROWS)
    names = [item.name for item in card.definition.characteristics]
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE facts (row_no INTEGER PRIMARY KEY, {kinds(card)})"))
        fill(connection, given)
        sums = ", ".join(f"{one} AS half_{place}" for place, one in enumerate(checksum(names)))
        inner = select_statement(card.definition, table="facts", key="row_no")
        statement = f"SELECT {sums}, score, grade, known_count FROM ({inner}) AS rated ORDER BY row_no"
        found = np.array(connection.exec_driver_sql(statement).fetchall(), dtype=object)
    engine.dispose()
    scores = card.score(given)
    for place, half in enumerate((names[: len(names) // 2], names[len(names) // 2 :])):
        wanted = sum((scores.points[n].astype(np.int64) + 32) * 64**at for at, n in enumerate(half))
        assert (found[:, place].astype(np.int64) == wanted).all()
    assert (np.where(found[:, 2] == None, -1, found[:, 2]).astype(np.int64) == scores.total).all()  # noqa: E711
    assert (found[:, 3] == np.array(card.grade_codes, dtype=object)[scores.grade]).all()
    assert (found[:, 4].astype(np.int64) == scores.known).all()


def fill(connection, given):
    """The rows into the table, the quickest way of each driver."""
    if connection.dialect.name == "sqlite":
        lists = [[plain(value) for value in column] for column in given.values()]
        marks = ", ".join("?" * (len(given) + 1))
        rows = list(zip(range(MANY_ROWS), *lists, strict=True))
        connection.exec_driver_sql(f"INSERT INTO facts VALUES ({marks})", rows)
        return
    table = np.column_stack([np.arange(MANY_ROWS, dtype=np.float64), *given.values()])
    with connection.connection.driver_connection.cursor() as cursor:
        copying = "COPY facts FROM STDIN WITH (FORMAT csv, NULL 'nan')"
        with cursor.copy(copying) as copy:
            for start in range(0, MANY_ROWS, 50_000):
                part = io.BytesIO()
                np.savetxt(part, table[start : start + 50_000], fmt="%.17g", delimiter=",")
                copy.write(part.getvalue())


def test_random_cards_are_the_same_in_sql_or_refused():
    choose, compared = random.Random(7), 0
    for seed in range(RANDOM_CARDS):
        part = random_card(choose)
        card = Scorecard.parse(text_of(part))
        try:
            statement = select_statement(card.definition, table="facts", key="row_no")
        except CardError:
            continue
        given = random_columns(part, np.random.default_rng(seed), rows=RANDOM_ROWS)
        found = rated_in_memory(card, given, statement)
        try:
            wanted = expected(card, given)
        except CardError:
            assert None in {row["grade"] for row in found}
            continue
        compared += 1
        for column, values in wanted.items():
            assert [row[column] for row in found] == values, (seed, column)
    assert compared > RANDOM_CARDS // 4


def rated_in_memory(card, given, statement):
    rows = len(next(iter(given.values()), []))
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.execute(f"CREATE TABLE facts (row_no INTEGER PRIMARY KEY, {kinds(card)})")
    nothing = [None] * rows
    lists = [[plain(v) for v in given.get(item.name, nothing)] for item in card.definition.inputs]
    marks = ", ".join("?" * (len(lists) + 1))
    connection.executemany(f"INSERT INTO facts VALUES ({marks})", zip(range(rows), *lists, strict=True))
    found = connection.execute(statement).fetchall()
    connection.close()
    return found
