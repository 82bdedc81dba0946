"""The tables as plain rows, and the values that count among the records."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from app.db import Engine

EPOCH = date(1970, 1, 1)


def rows(engine: Engine, question: str) -> list[dict[str, Any]]:
    """The answer as plain dictionaries."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(question)).mappings()]


def current_facts(engine: Engine, *, on: date) -> tuple[dict[int, dict[str, float]], dict[int, int]]:
    """By subject, the value of every fact that counts, and the day of the newest observation.

    Every record of the demonstration was delivered by then, so that only the day of observation decides.
    """
    names = {row["fact_id"]: row["name"] for row in rows(engine, "SELECT fact_id, name FROM facts")}
    best: dict[tuple[int, int], tuple[int, int, float]] = {}
    today = (on - EPOCH).days
    for row in rows(engine, "SELECT record_id, subject_id, fact_id, value, observed_on FROM records"):
        if row["observed_on"] > today:
            continue
        key = (row["subject_id"], row["fact_id"])
        found = (row["observed_on"], row["record_id"], row["value"])
        best[key] = max(best.get(key, found), found)
    facts: dict[int, dict[str, float]] = defaultdict(dict)
    newest: dict[int, int] = {}
    for (subject_id, fact_id), (day, _, value) in best.items():
        facts[subject_id][names[fact_id]] = value
        newest[subject_id] = max(newest.get(subject_id, day), day)
    return facts, newest


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
