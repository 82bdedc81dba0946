"""How the tests make demonstration districts, and read what counts in them."""

from datetime import UTC, date, datetime

from sqlalchemy import Engine, select

from app.db import ROOT, Session, transaction
from app.jobs.demo import DemoSummary, make_demo
from app.jobs.progress import quiet
from app.models import Fact, Record, SubjectKind
from app.places.service import load_divisions
from app.records.service import load_facts, load_sources
from app.subjects.cipher import Cipher

TODAY = date(2026, 11, 23)
HOUSEHOLDS, ENTITIES, LARGER = 400, 40, 4_000
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
CIPHER = Cipher(b"k" * 32)


def prepared(engine: Engine) -> Engine:
    """The same database with the divisions and the facts in it."""
    with transaction(engine) as session:
        load_divisions(session, ROOT / "seed_data" / "divisions.csv")
        load_facts(session, ROOT / "seed_data" / "facts.yaml")
        load_sources(session, ROOT / "seed_data" / "sources.yaml")
    return engine


def demo(
    engine: Engine, *, households: int = HOUSEHOLDS, entities: int = ENTITIES, seed: int = 7
) -> DemoSummary:
    """A small district, the same each time."""
    return make_demo(
        engine, CIPHER, households=households, entities=entities, seed=seed, on=TODAY, progress=quiet
    )


def values_of(session: Session, name: str, kind: SubjectKind) -> dict[int, float]:
    """The value of a fact that counts by now, by subject."""
    statement = (
        select(Record.subject_id, Record.value)
        .join(Fact, Fact.fact_id == Record.fact_id)
        .where(Fact.name == name, Fact.subject_kind == kind)
        .order_by(Record.observed_on, Record.record_id)
    )
    return {row.subject_id: row.value for row in session.execute(statement)}
