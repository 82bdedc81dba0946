"""The demonstration as it is by default, after two nights: what there is to see in it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from app.coverage.service import By, coverage
from app.db import make_engine, reading, transaction
from app.jobs.demo import make_demo
from app.jobs.nightly import NightSummary, run_night
from app.jobs.progress import quiet
from app.models import GateState, Place, PlaceGate, PlaceKind, PlaceStatus
from app.rules.service import load_catalogue, load_rules
from app.settings import Settings
from tests.jobs.demo_district import CIPHER, NOON, prepared

PAST = date(2025, 11, 23)


@dataclass
class Nights:
    """A district of 20,000 households, rated 30 days before its day and on its day."""

    engine: Engine
    first: NightSummary
    second: NightSummary

    def gates(self, *kinds: PlaceKind) -> dict[int, list[PlaceGate]]:
        """The gates of each place as they stand now."""
        newest = (
            select(func.max(PlaceStatus.place_status_id))
            .join(Place, Place.place_id == PlaceStatus.place_id)
            .where(Place.kind.in_(kinds))
            .group_by(PlaceStatus.place_id)
        )
        gates: dict[int, list[PlaceGate]] = defaultdict(list)
        with reading(self.engine) as session:
            for gate in session.scalars(select(PlaceGate).where(PlaceGate.place_status_id.in_(newest))):
                gates[gate.place_status_id].append(gate)
        return gates


@pytest.fixture(scope="module")
def nights(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    """The district of `credit-village demo` as it is by default, with a history of two nights."""
    file = tmp_path_factory.mktemp("demo") / "nights.db"
    file.write_bytes(sqlite_template.read_bytes())
    engine = prepared(make_engine(f"sqlite:///{file}"))
    policies = Settings().policy_folder
    with transaction(engine) as session:
        load_rules(session, policies, at=NOON)
        load_catalogue(session, Settings().seed_folder / "facts.yaml", at=NOON)
    make_demo(engine, CIPHER, households=20_000, entities=None, seed=2022, on=PAST, progress=quiet)
    first, second = (
        run_night(
            engine,
            policy_folder=policies,
            district_code="500120000000",
            as_of=day,
            started_at=NOON,
            progress=quiet,
        )
        for day in (PAST - timedelta(days=30), PAST)
    )
    yield Nights(engine, first, second)
    engine.dispose()


def test_a_month_later_one_to_four_ratings_in_a_hundred_have_changed_both_ways(nights):
    assert 0.01 < nights.second.changed / nights.second.subjects < 0.04
    assert nights.second.upgraded > 0
    assert nights.second.downgraded > 0


def test_six_to_nine_towns_and_half_of_the_villages_hold_every_gate(nights):
    towns, villages = (
        [{gate.state for gate in gates} <= {GateState.HOLDS, GateState.NOT_APPLICABLE} for gates in found]
        for found in (
            nights.gates(PlaceKind.TOWN, PlaceKind.SUBDISTRICT).values(),
            nights.gates(PlaceKind.VILLAGE).values(),
        )
    )
    assert len(towns) == 15
    assert 6 <= sum(towns) <= 9
    assert 0.5 <= sum(villages) / len(villages) <= 0.6


def test_some_villages_miss_one_gate_by_a_little_and_some_are_far_away(nights):
    missed = [
        [gate for gate in gates if gate.state is not GateState.HOLDS]
        for gates in nights.gates(PlaceKind.VILLAGE).values()
    ]
    nearly = [gates for gates in missed if len(gates) == 1 and (gates[0].margin or -1) > -0.03]
    assert 3 <= len(nearly) <= 20
    assert any(gates[0].name == "file_coverage" for gates in nearly)
    assert sum(len(gates) >= 4 for gates in missed) >= 2


def test_the_district_is_near_the_goal_of_files_and_ratings_of_entities(nights):
    with reading(nights.engine) as session:
        total = coverage(session, "500120000000", on=PAST, by=By.TOWN).total
    assert 0.93 <= (total.file_coverage or 0) <= 0.96
    assert 0.91 <= (total.rating_coverage or 0) <= 0.94
