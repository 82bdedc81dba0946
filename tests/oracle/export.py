"""The tables as plain rows, and the values that count among the records."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import text

from app.db import Engine

EPOCH = date(1970, 1, 1)
RULES = Path("scoring/policies/cq_bishan/records/2023-01-01.yaml")


def rows(engine: Engine, question: str) -> list[dict[str, Any]]:
    """The answer as plain dictionaries."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(question)).mappings()]


def current_facts(engine: Engine, *, on: date) -> tuple[dict[int, dict[str, float]], dict[int, int]]:
    """By subject, the value of every fact that counts, and the day of the newest of them.

    Every record of the demonstration was delivered by then. What a person was not told of does not count.
    """
    facts_by_id = {row["fact_id"]: row for row in rows(engine, "SELECT * FROM facts")}
    source_of = {
        row["batch_id"]: (row["code"], row["is_public"])
        for row in rows(
            engine, "SELECT b.batch_id, s.code, s.is_public FROM batches b JOIN sources s USING (source_id)"
        )
    }
    untold = {
        row["record_id"]
        for row in rows(engine, "SELECT record_id FROM adverse_records WHERE noticed_on IS NULL")
    }
    listed = yaml.safe_load(RULES.read_text(encoding="utf-8"))["authority"]["domains"]
    authority = {item["name"]: item["sources"] for item in listed}
    best: dict[tuple[int, int], tuple[Any, ...]] = {}
    today = (on - EPOCH).days
    for row in rows(
        engine, "SELECT record_id, subject_id, fact_id, value, observed_on, batch_id FROM records"
    ):
        fact, (source, is_public) = facts_by_id[row["fact_id"]], source_of[row["batch_id"]]
        secret = row["record_id"] in untold and fact["subject_kind"] == "household" and not is_public
        if row["observed_on"] > today or secret:
            continue
        fresh = row["observed_on"] > (earlier(on, fact["freshness_months"]) - EPOCH).days
        order = authority.get(fact["domain"], [])
        place = -order.index(source) if source in order else -99
        found = (fresh, place if fresh else 0, row["observed_on"], row["record_id"], row["value"])
        key = (row["subject_id"], row["fact_id"])
        best[key] = max(best.get(key, found), found)
    facts: dict[int, dict[str, float]] = defaultdict(dict)
    newest: dict[int, int] = {}
    for (subject_id, fact_id), (_, _, day, _, value) in best.items():
        facts[subject_id][facts_by_id[fact_id]["name"]] = value
        newest[subject_id] = max(newest.get(subject_id, day), day)
    return facts, newest


def refusers(engine: Engine) -> set[int]:
    """Who refused to be rated; nobody of the demonstration took it back."""
    found = rows(engine, "SELECT subject_id, agreed FROM consents WHERE kind = 'rating'")
    return {row["subject_id"] for row in found if not row["agreed"]}


def earlier(on: date, months: int) -> date:
    """The same day so many months before; the last day of a month that is shorter."""
    for day in range(on.day, 0, -1):
        try:
            year, month = (on.year * 12 + on.month - 1 - months) // 12, (on.month - 1 - months) % 12 + 1
            return date(year, month, day)
        except ValueError:
            continue
    raise AssertionError(on)


def loans_at(engine: Engine, month_end: date | None) -> list[dict[str, Any]]:
    """The loans at one month-end with who owes them and where that subject lives."""
    if month_end is None:
        return []
    return rows(
        engine,
        "SELECT l.subject_id, s.place_id, s.kind, m.balance_fen, m.overdue_days, m.class_code "
        "FROM loan_months m JOIN loans l ON l.loan_id = m.loan_id "
        f"JOIN subjects s ON s.subject_id = l.subject_id WHERE m.month_end_on = {(month_end - EPOCH).days}",
    )


def month_ends(engine: Engine) -> list[date]:
    """The month-ends banks have reported."""
    return [
        EPOCH + timedelta(days=row["month_end_on"])
        for row in rows(engine, "SELECT DISTINCT month_end_on FROM loan_months ORDER BY month_end_on")
    ]


def by_key(found: Iterable[dict[str, Any]], *keys: str) -> dict[Any, list[dict[str, Any]]]:
    """Rows in groups by the values of some columns."""
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        groups[row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys)].append(row)
    return groups
