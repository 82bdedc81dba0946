"""What all parts of the demonstration share: the deliveries it came in, the day it was made for."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, select

from app.clock import CHINA
from app.db import Session
from app.errors import SetupError
from app.jobs.demo.writer import Writer
from app.models import Batch, BatchKind, Fact, SubjectKind

SOURCE = "演示数据（合成）"

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Order:
    """Which demonstration was asked for; the same order always gives the same district."""

    households: int
    entities: int
    seed: int
    on: date

    def random(self, part: str, number: int = 0) -> np.random.Generator:
        """The chance of one part of the district, independent of all other parts."""
        return np.random.default_rng([self.seed, number, *part.encode()])

    @property
    def recorded_at(self) -> datetime:
        """The instant at which everything is taken to have arrived: the beginning of the day in China."""
        return datetime.combine(self.on, time(), tzinfo=CHINA)

    @property
    def recorded_at_text(self) -> str:
        """The same instant as the tables hold it."""
        return self.recorded_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def add_batch(session: Session, order: Order, *, kind: BatchKind, row_count: int) -> int:
    """Register one synthetic delivery; its number."""
    content = f"{kind.value}/{order.households}/{order.entities}/{order.seed}/{order.on}"
    values = {
        "kind": kind,
        "source": SOURCE,
        "file_name": f"演示{kind.label.removeprefix('演示')}",
        "content_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "row_count": row_count,
        "recorded_at": order.recorded_at,
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
            "recorded_at": order.recorded_at_text,
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
