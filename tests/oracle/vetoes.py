"""Vetoes a second time: what was delivered of villages and what documents say, day by day."""

from datetime import date, datetime, timedelta
from typing import Any

from app.db import Engine
from tests.oracle.export import EPOCH, rows


class Vetoes:
    """The documents against titles, the delivered vetoes of villages, and what the nights made of both."""

    def __init__(self, engine: Engine) -> None:
        self._documents = rows(
            engine,
            "SELECT a.holder, a.measure, a.effective_from, a.valid_until, a.granted_at, e.ended_on "
            "FROM attestations a "
            "LEFT JOIN attestation_ends e USING (attestation_id) WHERE a.kind = 'veto'",
        )
        self._delivered = rows(
            engine,
            "SELECT s.place_id, r.value, r.observed_on FROM records r JOIN facts f USING (fact_id) "
            "JOIN subjects s ON s.subject_id = r.subject_id WHERE f.name = 'village_veto' "
            "ORDER BY r.observed_on, r.record_id",
        )
        self._gates = rows(
            engine,
            "SELECT s.place_id, g.state, n.as_of FROM place_gates g "
            "JOIN place_statuses s USING (place_status_id) JOIN rating_runs n USING (run_id) "
            "WHERE g.measure = 'village_veto_count' ORDER BY s.run_id",
        )

    def recorded(self, holder: str, measure: str, on: date, *, by: datetime | None = None) -> int:
        """How many documents against a holder counted on a day, or had been granted by a moment of it."""
        return sum(
            (one["holder"], one["measure"]) == (holder, measure)
            and (by is None or moment_of(one["granted_at"]) <= by)
            and _day(one["effective_from"]) <= on < _day(one["valid_until"])
            and (one["ended_on"] is None or _day(one["ended_on"]) > on)
            for one in self._documents
        )

    def faults(self, village_id: int, on: date) -> list[str]:
        """Whether the night of a day judged a village otherwise than its vetoes say."""
        delivered = [
            row["value"]
            for row in self._delivered
            if row["place_id"] == village_id and EPOCH + timedelta(days=row["observed_on"]) <= on
        ]
        judged = [
            row["state"] for row in self._gates if row["place_id"] == village_id and _day(row["as_of"]) <= on
        ]
        if not delivered or not judged:
            return []
        vetoed = delivered[-1] or self.recorded(f"p{village_id}", "village_veto_count", on)
        expected = "fails" if vetoed else "holds"
        if judged[-1] == expected:
            return []
        return [f"{on} village {village_id}: {expected} by its vetoes, the night says {judged[-1]}"]


def moment_of(value: Any) -> datetime:
    """A moment of a row, however the database gives it."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found.replace(tzinfo=None)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
