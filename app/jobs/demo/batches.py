"""The deliveries the demonstration came in, and what every part of it writes: subjects and records."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import insert, select, update

from app.db import Session
from app.errors import SetupError
from app.jobs.demo.order import SOURCE, Floats, Ints, Order, midnight
from app.jobs.demo.writer import Writer
from app.models import Batch, BatchKind, Fact, SubjectKind


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The numbers of two deliveries of one kind: the first, and the update of it."""

    first: int
    update: int


def add_deliveries(session: Session, order: Order, *, kind: BatchKind) -> Deliveries:
    """Register a synthetic delivery and its update; `count_rows` says later how many rows they have."""
    first, update = (
        add_batch(session, order, kind=kind, row_count=0, recorded_on=day)
        for day in (order.delivered_on, order.updated_on)
    )
    return Deliveries(first, update)


def count_rows(session: Session, rows: Mapping[int, int]) -> None:
    """Say how many rows each delivery has."""
    for batch_id, row_count in rows.items():
        session.execute(update(Batch).where(Batch.batch_id == batch_id).values(row_count=row_count))


def add_batch(session: Session, order: Order, *, kind: BatchKind, row_count: int, recorded_on: date) -> int:
    """Register one synthetic delivery; its number."""
    content = f"{kind.value}/{order.households}/{order.entities}/{order.seed}/{order.on}/{recorded_on}"
    values = {
        "kind": kind,
        "source": SOURCE,
        "file_name": f"演示{kind.label.removeprefix('演示')}",
        "content_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "row_count": row_count,
        "recorded_at": midnight(recorded_on),
        "recorded_by": "credit-village demo",
        "synthetic": True,
    }
    return int(session.execute(insert(Batch).values(values).returning(Batch.batch_id)).scalar_one())


def fact_numbers(session: Session, kind: SubjectKind) -> dict[str, int]:
    """The number of each fact in the catalogue, by its name."""
    rows = session.execute(select(Fact.name, Fact.fact_id).where(Fact.subject_kind == kind)).all()
    if not rows:
        raise SetupError("the fact catalogue is empty. Run `credit-village init` first.")
    return {row.name: row.fact_id for row in rows}


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
    numbers: Mapping[str, int],
    ids: Ints,
    row_no: Ints,
    observed_on: Mapping[str, Ints] | Ints,
    batch_id: int,
) -> int:
    """Write what is known (a NaN is not), subject by subject; how many records that were."""
    names = list(facts)
    values = np.stack([facts[name] for name in names], axis=1)
    days = [observed_on[name] if isinstance(observed_on, Mapping) else observed_on for name in names]
    row, column = np.nonzero(~np.isnan(values))
    return writer.append(
        "records",
        {
            "subject_id": ids[row],
            "fact_id": np.array([numbers[name] for name in names])[column],
            "value": values[row, column],
            "observed_on": np.stack(days, axis=1)[row, column],
            "batch_id": batch_id,
            "row_no": row_no[row],
        },
    )
