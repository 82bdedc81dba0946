"""A card as SQL gives what the kernel gives, to the point, on both databases."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from app.db import make_engine
from scoring import Scorecard
from scoring.exchange.sql import select_statement

POLICIES = Path("scoring/policies")
CARDS = {
    "household": Scorecard.load(POLICIES / "cq_bishan/household/2023-01-01.yaml"),
    "cooperative": Scorecard.load(POLICIES / "cq_bishan/agri_entity/2023-01-01.yaml").overlay("cooperative"),
    "hunan": Scorecard.load(POLICIES / "hunan_rcc/household/2010-01-01.yaml"),
}
ROWS = 4_000


def columns(card):
    """Values in and around every range, whole numbers and edges among them, a fifth unknown."""
    rng = np.random.default_rng(11)
    found = {}
    for item in card.definition.inputs:
        spread = min(item.maximum, 1e8) - max(item.minimum, -1e8)
        values = max(item.minimum, -1e8) + rng.beta(0.5, 2, ROWS) * spread * 1.02
        values = np.where(rng.random(ROWS) < 0.5, np.round(values), values)
        values = np.where(rng.random(ROWS) < 0.05, item.maximum + 1, values)
        found[item.name] = np.where(rng.random(ROWS) < 0.2, np.nan, values)
    return found


@pytest.mark.parametrize("name", CARDS)
def test_every_point_score_and_grade_is_the_same_in_the_database(database_url, name):
    card = CARDS[name]
    given = columns(card)
    scores = card.score(given)
    engine = make_engine(database_url)
    with engine.begin() as connection:
        kinds = ", ".join(f"{column} DOUBLE PRECISION" for column in given)
        connection.execute(text(f"CREATE TABLE facts (row_no INTEGER PRIMARY KEY, {kinds})"))
        rows = [
            {"row_no": row} | {n: None if np.isnan(v[row]) else float(v[row]) for n, v in given.items()}
            for row in range(ROWS)
        ]
        marks = ", ".join(f":{column}" for column in ("row_no", *given))
        connection.execute(text(f"INSERT INTO facts VALUES ({marks})"), rows)
        statement = select_statement(card.definition, table="facts", key="row_no")
        found = connection.execute(text(statement)).mappings().all()
    engine.dispose()
    assert len(found) == ROWS
    for item in card.definition.characteristics:
        assert [row[f"p_{item.name}"] for row in found] == scores.points[item.name].tolist(), item.name
    assert [row["score"] for row in found] == [
        None if unrated else total
        for total, unrated in zip(scores.total.tolist(), scores.unrated.tolist(), strict=True)
    ]
    assert [row["grade"] for row in found] == [card.grade_codes[rank] for rank in scores.grade]
    assert len({row["grade"] for row in found}) >= 2
