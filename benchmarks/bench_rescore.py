"""How many households a second a whole night rates, beside a plain loop over ORM objects.

    .venv/bin/python benchmarks/bench_rescore.py [--households 1000000] [--runs 5] [--orm-households 20000]

Makes a demonstration district in a temporary SQLite file, then takes turns: the first night of everybody
(reading, scoring, writing every rating, aggregates, publishing) and the same ratings by a plain ORM loop, one
household at a time, over some of them. Prints both in households a second, the medians and their ratio.
"""

import argparse
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import clock
from app.db import Engine, make_engine, transaction
from app.jobs.demo import make_demo
from app.jobs.nightly import run_night
from app.jobs.progress import quiet
from app.jobs.setup import initialise
from app.models import (
    CoverageCount,
    Fact,
    PeerPoints,
    PlaceGate,
    PlaceGradeCount,
    PlaceMeasure,
    PlaceStatus,
    Rating,
    RatingRun,
    Record,
    RuleVersion,
    Subject,
    SubjectKind,
    UnratedReason,
)
from app.settings import Settings
from app.subjects.key_source import cipher_of
from scoring import Scorecard, in_force

NIGHT_TABLES = (
    PeerPoints,
    PlaceGate,
    PlaceMeasure,
    PlaceGradeCount,
    PlaceStatus,
    CoverageCount,
    Rating,
    RatingRun,
)
REASONS = (UnratedReason.NONE, UnratedReason.REQUIRED_MISSING, UnratedReason.TOO_FEW_FACTS)


def main() -> None:
    """Make the district, take turns, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--households", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--orm-households", type=int, default=20_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{folder}/bench.db", key_file=Path(folder) / "master.key")
        engine = _district(settings, chosen.households)
        nights, loops = [], []
        for run in range(1, chosen.runs + 1):
            _forget(engine)
            nights.append(_night(engine, settings))
            _forget(engine)
            loops.append(_orm_loop(engine, settings, chosen.orm_households))
            print(f"run {run}: night {nights[-1]:>10,.0f}   ORM loop {loops[-1]:>8,.0f} households a second")
        engine.dispose()
    night, loop = statistics.median(nights), statistics.median(loops)
    print(f"median: night {night:,.0f}   ORM loop {loop:,.0f}   ratio {night / loop:.1f}")


def _district(settings: Settings, households: int) -> Engine:
    initialise(settings, on=clock.today(), at=clock.now())
    engine = make_engine(settings.database_url)
    cipher = cipher_of(settings)
    begun = time.perf_counter()
    make_demo(
        engine, cipher, households=households, entities=None, seed=2022, on=clock.today(), progress=quiet
    )
    print(f"made {households:,} households in {time.perf_counter() - begun:.1f} s", file=sys.stderr)
    return engine


def _forget(engine: Engine) -> None:
    """Bring the database back to before its first night."""
    with transaction(engine) as session:
        for table in NIGHT_TABLES:
            session.execute(delete(table))


def _night(engine: Engine, settings: Settings) -> float:
    """Households (and entities) a second of a whole first night."""
    summary = run_night(
        engine,
        policy_folder=settings.policy_folder,
        district_code=settings.district_code,
        as_of=clock.today(),
        started_at=clock.now(),
        progress=quiet,
    )
    assert summary.changed == summary.subjects
    return summary.rows_per_second


def _orm_loop(engine: Engine, settings: Settings, households: int) -> float:
    """Households a second when every record and every rating is an object; no aggregates."""
    card = Scorecard.load(in_force(settings.policy_folder / "cq_bishan" / "household", on=clock.today()))
    begun = time.perf_counter()
    with transaction(engine) as session:
        rule_id = session.scalars(
            select(RuleVersion.rule_version_id).where(RuleVersion.fingerprint == card.definition.fingerprint)
        ).one()
        names = {fact.fact_id: fact.name for fact in session.scalars(select(Fact))}
        run = RatingRun(
            as_of=clock.today(), started_at=clock.now(), last_record_id=0, rule_fingerprints={}, summary={}
        )
        session.add(run)
        session.flush()
        subjects = session.scalars(
            select(Subject).where(Subject.kind == SubjectKind.HOUSEHOLD).limit(households)
        )
        rated = [_rated(session, card, subject, names, on=clock.today()) for subject in subjects]
        for rating in rated:
            rating.run_id, rating.rule_version_id = run.run_id, rule_id
        session.add_all(rated)
    return len(rated) / (time.perf_counter() - begun)


def _rated(session: Session, card: Scorecard, subject: Subject, names: dict[int, str], *, on: date) -> Rating:
    facts: dict[str, float] = {}
    found = select(Record).where(Record.subject_id == subject.subject_id, Record.observed_on <= on)
    for record in session.scalars(found.order_by(Record.observed_on, Record.record_id)):
        facts[names[record.fact_id]] = record.value
    scores = card.score({name: np.array([facts.get(name, np.nan)]) for name in card.inputs})
    unrated = int(scores.unrated[0])
    return Rating(
        subject_id=subject.subject_id,
        grade=card.grade_codes[scores.grade[0]],
        score=None if unrated else int(scores.total[0]),
        packed_bins=int(scores.packed.view(np.int64)[0]),
        vetoes=int(scores.vetoes[0]),
        known_count=int(scores.known[0]),
        unrated_reason=REASONS[unrated],
        on_file=False,
    )


if __name__ == "__main__":
    main()
