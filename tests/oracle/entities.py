"""Agri entities a second time: what the register and the rosters say of them, and whose name they bear."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.db import Engine
from tests.oracle.export import EPOCH, earlier, rows
from tests.oracle.vetoes import moment_of

AHEAD_OF_UTC = timedelta(hours=8)
COVERAGE = Path("scoring/policies/cq_bishan/coverage/2023-01-01.yaml")
Opens = Callable[[bytes, str], str]


class Register:
    """The entities, what became of them, the rosters and their files, as plain rows.

    `opens` opens a sealed name; without it nobody's name is known, and no entity is taken for a person's.
    """

    def __init__(self, engine: Engine, *, opens: Opens | None = None) -> None:
        self.entities = {row["subject_id"]: row for row in rows(engine, "SELECT * FROM agri_entities")}
        self._states = rows(
            engine, "SELECT subject_id, status, recorded_at FROM entity_states ORDER BY entity_state_id"
        )
        self._rosters = rows(engine, "SELECT roster_id, as_of FROM rosters ORDER BY as_of, roster_id")
        self._entries: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in rows(engine, "SELECT roster_id, uscc, place_id, exclusion FROM roster_entries"):
            self._entries[row["roster_id"]].append(row)
        self._told = rows(
            engine,
            "SELECT DISTINCT r.subject_id, f.name, r.observed_on FROM records r JOIN facts f USING (fact_id) "
            "JOIN agri_entities e ON e.subject_id = r.subject_id",
        )
        self._persons = {
            subject_id: _person(row, opens(row["legal_representative_name_cipher"], _sealed_in(subject_id)))
            for subject_id, row in self.entities.items()
            if opens is not None
        }

    def person(self, subject_id: int) -> str:
        """The person whose name an entity bears, if any."""
        return self._persons.get(subject_id, "")

    def status(self, subject_id: int, on: date) -> str:
        """How the register had an entity on a day."""
        known = [
            row["status"]
            for row in self._states
            if row["subject_id"] == subject_id and _local_day(row["recorded_at"]) <= on
        ]
        return str(known[-1] if known else self.entities[subject_id]["status"])

    def listed(self, subject_id: int, on: date) -> bool:
        """Whether the newest roster of a day names an entity and does not exclude it; all are before it."""
        roster = self._roster(on)
        uscc = self.entities[subject_id]["uscc"]
        return roster is None or any(row["uscc"] == uscc for row in self._counted(roster))

    def file_coverage(self, units: set[int], on: date) -> tuple[int, int]:
        """How many entities of the roster in some divisions are on file, and how many there are."""
        roster = self._roster(on)
        named = [] if roster is None else [row for row in self._counted(roster) if row["place_id"] in units]
        numbers = {row["uscc"]: subject_id for subject_id, row in self.entities.items()}
        filed = [row for row in named if row["uscc"] in numbers and self._on_file(numbers[row["uscc"]], on)]
        return len(filed), len(named)

    def _on_file(self, subject_id: int, on: date) -> bool:
        policy = _coverage()
        told = [
            (row["name"], EPOCH + timedelta(days=row["observed_on"]))
            for row in self._told
            if row["subject_id"] == subject_id
        ]
        past = [(name, day) for name, day in told if day <= on]
        asked = policy["mandatory"]["agri_entity"]
        known = Fraction(len({name for name, _ in past} & set(asked)), len(asked))
        enough = known >= Fraction(str(policy["parameters"]["mandatory_known_share"]))
        oldest = earlier(on, policy["parameters"]["file_months_maximum"])
        fresh = any(day > oldest for _, day in past)
        return enough and fresh and self.status(subject_id, on) == "active"

    def _roster(self, on: date) -> int | None:
        known = [row["roster_id"] for row in self._rosters if _day(row["as_of"]) <= on]
        return known[-1] if known else None

    def _counted(self, roster: int) -> list[dict[str, Any]]:
        return [row for row in self._entries[roster] if row["exclusion"] is None]


def _person(entity: dict[str, Any], representative: str) -> str:
    if len(representative) > 1 and representative in entity["name"]:
        return representative
    name = str(entity["name"])
    return name if entity["entity_type"] == "large_grower" and len(name) <= 4 else ""


def _sealed_in(subject_id: int) -> str:
    return f"agri_entities/{subject_id}/legal_representative_name"


@cache
def _coverage() -> Any:
    return yaml.safe_load(COVERAGE.read_text(encoding="utf-8"))


def _local_day(moment: Any) -> date:
    return (moment_of(moment) + AHEAD_OF_UTC).date()


def _day(value: Any) -> date:
    assert not isinstance(value, datetime)
    return value if isinstance(value, date) else date.fromisoformat(value)
