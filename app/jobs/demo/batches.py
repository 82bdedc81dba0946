"""The deliveries the demonstration came in, and what every part of it writes: subjects and records."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from sqlalchemy import insert, select, update

from app.db import Session
from app.errors import SetupError
from app.jobs.demo.order import SOURCE, Floats, Ints, Order, midnight
from app.jobs.demo.writer import Writer
from app.models import Batch, BatchKind, Fact, Source, SubjectKind
from app.records.service import source_by_code

BANK_RETURN = "bank_return"
TOWN_OFFICE = "town_office"
_OF_DOMAIN = {
    "repayment": BANK_RETURN,
    "land": "land_right",
    "appraisal": "village_appraisal",
    "insurance": "insurance",
    "public_record": "judgment_defaulters",
}
_OF_FACT = {
    "operated_land_mu": TOWN_OFFICE,
    "lease_years_left": "land_transfer",
    "arrears_count": "tax",
    "abnormal_listed": "market_register",
    "annual_report_filed": "market_register",
}
# Of so many adverse records of persons, the person was not yet told of one: it must not count.
_NOT_NOTICED_ONE_IN = 101


@dataclass(frozen=True, slots=True)
class DemoFact:
    """A fact of the catalogue and the source that delivers it; `must_notice` when a person has to be told."""

    fact_id: int
    adverse_from: float
    source: str
    must_notice: bool


@dataclass(slots=True)
class Delivery:
    """What arrived on one day, a batch per source; `rows` counts the rows of each batch."""

    batches: dict[str, int]
    rows: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The first delivery of one kind, and the update of it."""

    first: Delivery
    update: Delivery

    @property
    def rows(self) -> Counter[int]:
        """How many rows each batch of the two has."""
        return self.first.rows + self.update.rows


def add_deliveries(session: Session, order: Order, *, kind: BatchKind) -> Deliveries:
    """Register a synthetic delivery and its update; `count_rows` says later how many rows they have."""
    sources = {BANK_RETURN} if kind is BatchKind.LOAN_RETURN else {*_OF_DOMAIN.values(), *_OF_FACT.values()}
    first, later = (
        Delivery(
            {
                source: add_batch(session, order, kind=kind, row_count=0, recorded_on=day, source_code=source)
                for source in sorted(sources)
            }
        )
        for day in (order.delivered_on, order.updated_on)
    )
    return Deliveries(first, later)


def count_rows(session: Session, rows: Mapping[int, int]) -> None:
    """Say how many rows each delivery has."""
    for batch_id, row_count in rows.items():
        session.execute(update(Batch).where(Batch.batch_id == batch_id).values(row_count=row_count))


def add_batch(
    session: Session, order: Order, *, kind: BatchKind, row_count: int, recorded_on: date, source_code: str
) -> int:
    """Register one synthetic delivery of a source; its number."""
    source = source_by_code(session, source_code)
    content = f"{kind.value}/{source_code}/{order}/{recorded_on}"
    values = {
        "kind": kind,
        "source": SOURCE,
        "source_id": source.source_id,
        "file_name": f"演示 {source.label}",
        "content_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "row_count": row_count,
        "recorded_at": midnight(recorded_on),
        "recorded_by": "credit-village demo",
        "synthetic": True,
    }
    return int(session.execute(insert(Batch).values(values).returning(Batch.batch_id)).scalar_one())


def demo_facts(session: Session, kind: SubjectKind) -> dict[str, DemoFact]:
    """The facts of the catalogue by name, each with the source it comes from here."""
    facts = session.scalars(select(Fact).where(Fact.subject_kind == kind)).all()
    if not facts:
        raise SetupError("the fact catalogue is empty. Run `credit-village init` first.")
    public = set(session.scalars(select(Source.code).where(Source.is_public)))
    found = {}
    for fact in facts:
        source = _OF_FACT.get(fact.name, _OF_DOMAIN.get(fact.domain, TOWN_OFFICE))
        found[fact.name] = DemoFact(
            fact.fact_id,
            np.inf if fact.adverse_from is None else fact.adverse_from,
            source,
            kind is SubjectKind.HOUSEHOLD and source not in public,
        )
    return found


def append_subjects(writer: Writer, order: Order, *, ids: Ints, kind: SubjectKind, place_id: Ints) -> None:
    """Write the subjects themselves, flagged as synthetic."""
    writer.append(
        "subjects",
        {
            "subject_id": ids,
            "kind": kind.value,
            "place_id": place_id,
            "recorded_at": order.delivered_at_text,
            "synthetic": True,
        },
    )


def append_records(
    writer: Writer,
    facts: Mapping[str, Floats],
    *,
    of: Mapping[str, DemoFact],
    ids: Ints,
    row_no: Ints,
    observed_on: Mapping[str, Ints] | Ints,
    delivery: Delivery,
) -> int:
    """Write what is known (a NaN is not), subject by subject; how many records that were."""
    names = list(facts)
    values = np.stack([facts[name] for name in names], axis=1)
    days = [observed_on[name] if isinstance(observed_on, Mapping) else observed_on for name in names]
    known = ~np.isnan(values)
    row, column = np.nonzero(known)
    batch_ids = np.array([delivery.batches[of[name].source] for name in names])
    for batch_id in set(batch_ids.tolist()):
        delivery.rows[batch_id] += int(known[:, batch_ids == batch_id].any(axis=1).sum())
    record_id = writer.take_ids("records", "record_id", count=len(row))
    observed = np.stack(days, axis=1)[row, column]
    adverse = values[row, column] >= np.array([of[name].adverse_from for name in names])[column]
    must_notice = np.array([of[name].must_notice for name in names])[column]
    count = writer.append(
        "records",
        {
            "record_id": record_id,
            "subject_id": ids[row],
            "fact_id": np.array([of[name].fact_id for name in names])[column],
            "value": values[row, column],
            "observed_on": observed,
            "batch_id": batch_ids[column],
            "row_no": row_no[row],
        },
    )
    _append_adverse(
        writer, record_id[adverse], ids[row][adverse], observed[adverse], must_notice=must_notice[adverse]
    )
    return count


def _append_adverse(
    writer: Writer, record_id: Ints, subject_id: Ints, observed_on: Ints, *, must_notice: np.ndarray
) -> None:
    """Write what the delivery says of the adverse records: on which day each person was told."""
    told = must_notice & (record_id % _NOT_NOTICED_ONE_IN != 0)
    writer.append(
        "adverse_records",
        {
            "record_id": record_id,
            "subject_id": subject_id,
            "noticed_on": [
                day if noticed else None
                for day, noticed in zip(observed_on.tolist(), told.tolist(), strict=True)
            ],
        },
    )
