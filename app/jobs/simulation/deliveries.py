"""What arrives on one day of a simulated year: records of each source, and the returns of the bank."""

import hashlib
from collections.abc import Mapping
from datetime import date

from sqlalchemy import insert

from app.db import Session
from app.jobs.demo.batches import BANK_RETURN, demo_facts
from app.jobs.demo.order import midnight
from app.models import AdverseRecord, Batch, BatchKind, LoanMonth, Record, Subject, SubjectKind
from app.records.service import source_by_code


class Deliveries:
    """The deliveries of a day, one batch a source; `finish` writes what was gathered."""

    def __init__(self, session: Session, *, on: date) -> None:
        self._session, self._on = session, on
        self._batches: dict[str, int] = {}
        self._records: list[dict[str, object]] = []
        self._adverse: dict[int, date | None] = {}
        self._months: list[dict[str, object]] = []
        self._facts = {kind: demo_facts(session, kind) for kind in SubjectKind}

    def batch(self, source: str) -> int:
        """The batch of a source on this day."""
        if source not in self._batches:
            name = f"simulation/{source}/{self._on}"
            made = Batch(
                kind=BatchKind.LOAN_RETURN if source == BANK_RETURN else BatchKind.OBSERVATIONS,
                source="模拟数据（合成）", source_id=source_by_code(self._session, source).source_id,
                file_name=name, content_sha256=hashlib.sha256(name.encode()).hexdigest(), row_count=1,
                recorded_at=midnight(self._on), recorded_by="simulation", synthetic=True,
            )  # fmt: skip
            self._session.add(made)
            self._session.flush()
            self._batches[source] = made.batch_id
        return self._batches[source]

    def records(self, subject_id: int, facts: Mapping[str, float]) -> None:
        """Facts of a subject as observed on this day; of what is adverse the person was told."""
        kind = self._session.get_one(Subject, subject_id).kind
        for name, value in facts.items():
            fact = self._facts[kind][name]
            self._records.append(
                {
                    "subject_id": subject_id,
                    "fact_id": fact.fact_id,
                    "value": float(value),
                    "observed_on": self._on,
                    "batch_id": self.batch(fact.source),
                    "row_no": len(self._records) + 1,
                }
            )
            if value >= fact.adverse_from:
                told = self._on if fact.must_notice else None
                self._adverse[len(self._records) - 1] = told

    def loan_month(
        self, loan_id: int, *, month_end: date, balance_fen: int, overdue_days: int, class_code: int
    ) -> None:
        """One loan at a month-end, in the return of the bank."""
        self._months.append(
            {
                "month_end_on": month_end,
                "loan_id": loan_id,
                "balance_fen": balance_fen,
                "overdue_days": overdue_days,
                "class_code": class_code,
                "batch_id": self.batch(BANK_RETURN),
            }
        )

    def finish(self) -> None:
        """Write everything that was gathered."""
        written = insert(Record).returning(Record.record_id, sort_by_parameter_order=True)
        ids = self._session.scalars(written, self._records).all() if self._records else []
        adverse = [
            {
                "record_id": ids[position],
                "subject_id": self._records[position]["subject_id"],
                "ended_on": None,
                "noticed_on": told,
            }
            for position, told in self._adverse.items()
        ]
        for model, rows in ((AdverseRecord, adverse), (LoanMonth, self._months)):
            if rows:
                self._session.execute(insert(model), rows)
