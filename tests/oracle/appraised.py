"""What a village said of a household, counted a second time."""

from collections import defaultdict
from datetime import date
from typing import Any

from tests.oracle.days import day_of
from tests.oracle.export import earlier


def favourable(marks: list[dict[str, Any]], rule: dict[str, Any], subject_id: int, on: date) -> bool:
    """Whether three or more appraisers of the newest round knew it, and three fifths of them agreed."""
    rounds: dict[tuple[date, int], list[int]] = defaultdict(list)
    for mark in marks:
        closed = day_of(mark["closed_on"])
        assert closed is not None
        if mark["subject_id"] == subject_id and earlier(on, 12) < closed <= on:
            counted = mark["knows"] and not mark["kin"]
            rounds[closed, mark["appraisal_round_id"]] += [mark["score"]] if counted else []
    for _, scores in sorted(rounds.items(), reverse=True):
        if len(scores) >= rule["quorum"]:
            good = sum(score >= rule["favourable_from"] for score in scores)
            return bool(good * 10 >= round(rule["favourable_share"] * 10) * len(scores))
    return False
