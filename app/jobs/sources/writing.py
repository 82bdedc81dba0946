"""Records written in columns inside one transaction: COPY on PostgreSQL, many at once on SQLite."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import func, insert, select, text

from app.db import Session
from app.errors import Conflict, DatabaseUnavailable
from app.jobs.demo.writer import Writer
from app.jobs.imports.report import both
from app.jobs.sources.drafts import NO_CONSENT, Drafts
from app.jobs.sources.values import UNKNOWN_DAY
from app.models import AdverseRecord, Batch, QuarantinedRow
from app.records.catalogue import FactDefinition
from app.subjects.cipher import Cipher

Ints = NDArray[np.int64]
_KEYS = {"records": "record_id", "quarantined_rows": "quarantined_row_id", "loans": "loan_id"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that fits no subject: its number, why, what it says, and who comes near."""

    row: int
    reason: str
    content: str
    candidates: list[dict[str, int]]


class Landing:
    """Where a delivery lands: the transaction and the batch it came in."""

    def __init__(self, session: Session, batch: Batch) -> None:
        self.session = session
        self.batch = batch
        self._writer = Writer(session.connection())

    def write_records(self, drafts: Drafts, *, fact: FactDefinition, fact_id: int) -> int:
        """Write values of a fact with their consents, and note those that are adverse; how many are."""
        if not len(drafts):
            return 0
        columns: dict[str, NDArray[Any] | list[Any] | int | str | None] = {
            "subject_id": drafts.subject_ids,
            "fact_id": fact_id,
            "value": drafts.values,
            "observed_on": drafts.days,
            "batch_id": self.batch.batch_id,
            "row_no": drafts.rows,
        }
        adverse = np.zeros(len(drafts), dtype=bool)
        if fact.adverse_from is not None:
            adverse = drafts.values >= fact.adverse_from
        ids = self.take_ids("records", count=len(drafts))
        self.append("records", {"record_id": ids, **columns})
        if adverse.any():
            self._write_adverse(ids[adverse], drafts.only(adverse))
        self._write_consents(drafts)
        return int(adverse.sum())

    def write_source_rows(self, group_rows: Ints, source_rows: Ints) -> None:
        """Note which rows of the file were made into one; the same pair once."""
        pairs = np.unique(np.stack([group_rows, source_rows], axis=1), axis=0)
        if len(pairs):
            rows: dict[str, NDArray[Any] | list[Any] | int | str | None] = {
                "batch_id": self.batch.batch_id,
                "row_no": pairs[:, 0],
                "source_row_no": pairs[:, 1],
            }
            self.append("source_rows", rows)

    def write_waiting(self, waiting: Sequence[Waiting], cipher: Cipher) -> None:
        """Seal and keep the rows that fit no subject."""
        if not waiting:
            return
        ids = self.take_ids("quarantined_rows", count=len(waiting)).tolist()
        rows = [
            {
                "quarantined_row_id": number,
                "batch_id": self.batch.batch_id,
                "row_no": row.row,
                "reason": row.reason,
                "content_cipher": cipher.seal(row.content, row=sealed_place(number)),
                "candidates": row.candidates,
            }
            for number, row in zip(ids, waiting, strict=True)
        ]
        self.session.execute(insert(QuarantinedRow), rows)

    def take_ids(self, table: str, *, count: int) -> Ints:
        """So many numbers for new rows of a table that nobody else is given."""
        if self.session.get_bind().dialect.name == "sqlite":
            return self._writer.take_ids(table, _KEYS[table], count=count)
        sequence = select(func.pg_get_serial_sequence(table, _KEYS[table])).scalar_subquery()
        drawn = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
        return np.array(self.session.scalars(drawn).all(), dtype=np.int64)

    def append(self, table: str, columns: dict[str, NDArray[Any] | list[Any] | int | str | None]) -> None:
        """Write one row per element of the columns."""
        # Written through the driver itself: its errors are told as the rest of the application tells them.
        try:
            self._writer.append(table, columns)
        except (psycopg.IntegrityError, sqlite3.IntegrityError):
            raise Conflict(
                both(
                    "同时有另一次写入，没有写入任何数据；请重新导入",
                    "another import got in the way; run it again",
                )
            ) from None
        except (psycopg.OperationalError, sqlite3.OperationalError) as error:
            raise DatabaseUnavailable(f"the database cannot be used: {error}. Nothing was written.") from None

    def _write_adverse(self, record_ids: Ints, drafts: Drafts) -> None:
        self.append(
            AdverseRecord.__tablename__,
            {
                "record_id": record_ids,
                "subject_id": drafts.subject_ids,
                "ended_on": _days(drafts.ended),
                "noticed_on": _days(drafts.noticed),
            },
        )

    def _write_consents(self, drafts: Drafts) -> None:
        given = drafts.only(drafts.consents != NO_CONSENT)
        if not len(given):
            return
        statement = text(
            "INSERT INTO written_consents (batch_id, row_no, subject_id, consent_id) "
            "VALUES (:batch, :row, :subject, :consent) ON CONFLICT DO NOTHING"
        )
        columns = (given.rows.tolist(), given.subject_ids.tolist(), given.consents.tolist())
        rows = [
            {"batch": self.batch.batch_id, "row": row, "subject": subject, "consent": consent}
            for row, subject, consent in zip(*columns, strict=True)
        ]
        self.session.execute(statement, rows)


def sealed_place(quarantined_row_id: int) -> str:
    """What the content of a quarantined row is bound to."""
    return f"quarantined_rows/{quarantined_row_id}/content"


def _days(days: Ints) -> list[int | None]:
    return [None if day == UNKNOWN_DAY else day for day in days.tolist()]
