"""The tables of titles as plain rows, for whoever weighs them a second time."""

import json
from collections import defaultdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.db import Engine
from tests.oracle.entities import Opens, Register
from tests.oracle.export import rows
from tests.oracle.vetoes import Vetoes

POLICIES = Path("scoring/policies/cq_bishan")
FILES = {
    "credit_household": "credit_household/2026-11-01.yaml",
    "credit_entity": "credit_entity/2023-01-01.yaml",
    "credit_village": "credit_village/2026-11-01.yaml",
    "credit_town": "credit_town/2026-11-01.yaml",
}
# What an appraisal must be is said there and nowhere else.
APPRAISAL = "appraisal/2023-01-01.yaml"
HELD = {"designated", "under_review", "on_probation", "revocation_noticed"}
ON_THE_WAY = {"proposed", "village_checked", "town_checked", "noticed"}


@cache
def _written(file: Path) -> Any:
    """What stands in a file, read once: every month of many years is weighed by it."""
    return yaml.safe_load(file.read_text("utf-8"))


def profile_of(kind: str) -> Any:
    """The profile of a kind of title as it is written."""
    return _written(POLICIES / FILES[kind])


class Titles:
    """The tables of titles as plain rows, and the profiles as they are written."""

    def __init__(
        self, engine: Engine, *, policies: Path = POLICIES, opens: Opens | None = None, **files: str
    ) -> None:
        """With other policies, `files` says which profile of a kind holds there; `opens` opens names."""
        self.profiles = {kind: _written(policies / file) for kind, file in (FILES | files).items()}
        self.counting = _written(policies / APPRAISAL)["counting"]
        self.titles = {row["designation_id"]: row for row in rows(engine, "SELECT * FROM designations")}
        self.steps: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in rows(engine, "SELECT * FROM designation_steps ORDER BY designation_id, sequence"):
            row["happened_on"] = day_of(row["happened_on"])
            row["valid_until"] = day_of(row["valid_until"])
            row["facts"] = json.loads(row["facts"]) if isinstance(row["facts"], str) else row["facts"]
            self.steps[row["designation_id"]].append(row)
        self.roles = {row["user_id"]: row["role"] for row in rows(engine, "SELECT * FROM users")}
        self.agreements = rows(
            engine,
            "SELECT c.*, w.withdrawn_on FROM consents c LEFT JOIN consent_withdrawals w USING (consent_id) "
            "WHERE c.kind = 'publication' ORDER BY c.effective_from, c.consent_id",
        )
        self.notices = {row["notice_id"]: row for row in rows(engine, "SELECT * FROM notices")}
        self.entries = rows(engine, "SELECT * FROM notice_entries")
        self.objections = rows(
            engine,
            "SELECT o.*, a.upheld, a.recorded_at AS answered_at FROM notice_objections o "
            "LEFT JOIN notice_objection_answers a USING (notice_objection_uid)",
        )
        self.certificates = {row["designation_step_id"] for row in rows(engine, "SELECT * FROM certificates")}
        self.ratings = rows(
            engine,
            "SELECT r.subject_id, r.grade, r.vetoes, r.unrated_reason, n.as_of, r.run_id FROM ratings r "
            "JOIN rating_runs n USING (run_id) ORDER BY r.run_id",
        )
        self.statuses = rows(
            engine,
            "SELECT s.place_status_id, s.place_id, s.state, n.as_of FROM place_statuses s "
            "JOIN rating_runs n USING (run_id) ORDER BY s.run_id",
        )
        published = "SELECT as_of FROM rating_runs WHERE published_at IS NOT NULL"
        self.nights = {date.fromisoformat(str(row["as_of"])) for row in rows(engine, published)}
        self.measures: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
        for row in rows(engine, "SELECT * FROM place_measures"):
            self.measures[row["place_status_id"]][row["name"]] = row
        self.shares = rows(
            engine,
            "SELECT s.place_id, m.numerator, m.denominator, n.as_of FROM place_measures m "
            "JOIN place_statuses s USING (place_status_id) JOIN rating_runs n USING (run_id) "
            "WHERE m.name = 'designated_village_share' ORDER BY s.run_id",
        )
        self.files = rows(
            engine,
            "SELECT s.place_id, m.numerator, m.denominator, n.as_of FROM place_measures m "
            "JOIN place_statuses s USING (place_status_id) JOIN rating_runs n USING (run_id) "
            "WHERE m.name = 'entity_file_coverage' ORDER BY s.run_id",
        )
        self.marks = rows(
            engine,
            "SELECT h.appraisal_round_id, m.subject_id, m.knows, m.kin, m.score, c.closed_on "
            "FROM appraisal_marks m JOIN appraisers h USING (appraiser_id) "
            "JOIN appraisal_closings c USING (appraisal_round_id)",
        )
        self.vetoes = Vetoes(engine)
        self.register = Register(engine, opens=opens)
        self.names = {row["place_id"]: row["name"] for row in rows(engine, "SELECT * FROM places")}
        self.below: dict[int, list[int]] = defaultdict(list)
        for row in rows(engine, "SELECT * FROM places WHERE parent_id IS NOT NULL"):
            self.below[row["parent_id"]].append(row["place_id"])
        self.villages: dict[int, list[int]] = defaultdict(list)
        for row in rows(engine, "SELECT * FROM places WHERE kind = 'village'"):
            self.villages[row["parent_id"]].append(row["place_id"])

    def state_before(
        self, number: int, on: date, *, step_id: int | None = None
    ) -> tuple[str, dict[str, Any]] | None:
        """Where a title stood before the night of a day, or before a step, with its own last step.

        None before it was proposed.
        """
        known = [
            step
            for step in self.steps[number]
            if (step["happened_on"] < on or (step["happened_on"] == on and step["user_id"] is not None))
            and (step_id is None or step["designation_step_id"] < step_id)
        ]
        return (known[-1]["state"], known[-1]) if known else None


def newest(found: list[dict[str, Any]], name: str, number: int, on: date) -> dict[str, Any] | None:
    """The last row of one subject, place or title up to a day."""
    mine = [row for row in found if row[name] == number and (day_of(row["as_of"]) or on) <= on]
    return mine[-1] if mine else None


def key_of(holder: dict[str, Any]) -> str:
    """How a title names its holder."""
    return f"p{holder['place_id']}" if holder["subject_id"] is None else f"s{holder['subject_id']}"


def day_of(value: Any) -> date | None:
    """A day of a row, however the database gives it."""
    if value is None:
        return None
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
