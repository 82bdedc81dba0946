"""Rows that fit no subject: listed, and decided one by one by somebody who knows whose they are."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.db import Engine, Session
from app.db import reading as looking
from app.errors import Conflict, Invalid, NotFound
from app.jobs.imports.report import RowError, both
from app.jobs.imports.writing import landing as transaction_of
from app.jobs.progress import quiet
from app.jobs.sources import definition
from app.jobs.sources.block import Asked
from app.jobs.sources.delivery import Block, Delivery
from app.jobs.sources.intake import Intake, Refused
from app.jobs.sources.layout import layout_of
from app.jobs.sources.quarantine_content import Content, parsed_content
from app.jobs.sources.report import SourceReport
from app.jobs.sources.writing import sealed_place
from app.models import Batch, BatchKind, QuarantineDecision, QuarantinedRow, Source, Subject
from app.subjects.cipher import Cipher
from app.subjects.free_text import refuse_numbers
from app.subjects.keys import hold


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row that waits: from which delivery, why, and who comes near (ids and likeness, 0 to 100)."""

    quarantined_row_id: int
    source: str
    sender: str
    file_name: str
    row_no: int
    reason: str
    candidates: list[dict[str, int]]
    recorded_at: datetime

    def line(self) -> str:
        """The row as one line; nothing of its content is shown."""
        near = "、".join(f"{each['subject_id']}（{each['similarity']}%）" for each in self.candidates)
        where = f"{self.source} · {self.sender} · {self.file_name} 第{self.row_no}行 row {self.row_no}"
        return f"{self.quarantined_row_id}: {where}: {self.reason} · 候选 candidates: {near or '无 none'}"


@dataclass(frozen=True, slots=True)
class WaitingReport:
    """All rows that wait for a decision."""

    rows: list[WaitingRow]

    def lines(self) -> Iterator[str]:
        """One line a row, the oldest first."""
        yield both(f"待认领 {len(self.rows)} 行", f"{len(self.rows)} rows wait for a decision")
        for row in self.rows:
            yield row.line()


def waiting_rows(engine: Engine, *, source: str | None = None) -> WaitingReport:
    """The rows nobody has decided on, of all sources or of one."""
    found = (
        select(QuarantinedRow, Batch, Source.code)
        .join(Batch, Batch.batch_id == QuarantinedRow.batch_id)
        .join(Source, Source.source_id == Batch.source_id)
        .where(QuarantinedRow.quarantined_row_id.not_in(select(QuarantineDecision.quarantined_row_id)))
        .order_by(QuarantinedRow.quarantined_row_id)
    )
    if source is not None:
        found = found.where(Source.code == source)
    with looking(engine) as session:
        return WaitingReport([_waiting(row, batch, code) for row, batch, code in session.execute(found)])


def content_of_waiting(engine: Engine, cipher: Cipher, quarantined_row_id: int) -> dict[str, str]:
    """What a waiting row says, by column: for the eyes of whoever decides on it."""
    with looking(engine) as session:
        row = _undecided(session, quarantined_row_id)
        return _opened(row, cipher).cells


def decide(
    engine: Engine,
    cipher: Cipher,
    quarantined_row_id: int,
    *,
    subject_id: int | None,
    mappings: Mapping[str, definition.Mapping],
    on: date,
    at: datetime,
    by: str,
) -> SourceReport:
    """Say whose a waiting row is and record what it says, or that it is nobody's (`subject_id` None)."""
    refuse_numbers(by=by)
    with transaction_of(engine) as session:
        hold(session, cipher)
        row = _undecided(session, quarantined_row_id)
        origin = session.get_one(Batch, row.batch_id)
        report, batch_id = SourceReport(origin.file_name, "", dry_run=False, rows=1), None
        if subject_id is not None:
            content = _opened(row, cipher)
            mapping = _mapping(content, mappings)
            _check_subject(session, subject_id, mapping)
            report.mapping, report.rows = mapping.title.zh, 0
            batch = _batch(row, origin, mapping, at=at, by=by)
            asked, block = _asked(content, mapping, report, row=row.row_no, on=on)
            intake = Intake(session, cipher, asked, report, batch, writes=True, forced=subject_id)
            intake.add_earlier(_batches_of(session, row.batch_id))
            _deliver(intake, block, report)
            batch_id = batch.batch_id
        session.add(
            QuarantineDecision(
                quarantined_row_id=quarantined_row_id,
                subject_id=subject_id,
                batch_id=batch_id,
                recorded_at=at,
                recorded_by=by,
            )
        )
    return report


def _deliver(intake: Intake, block: Block, report: SourceReport) -> None:
    """Take the row; when it cannot be recorded, it goes on waiting."""
    try:
        intake.read(iter([block]), progress=quiet, size=1)
    except Refused:
        raise _unusable(report.errors[0]) from None


def _unusable(error: RowError) -> Invalid:
    return Invalid(f"{error.line()} · {both('该行仍待认领', 'the row goes on waiting')}")


def _waiting(row: QuarantinedRow, batch: Batch, code: str) -> WaitingRow:
    return WaitingRow(
        row.quarantined_row_id,
        code,
        batch.source,
        batch.file_name,
        row.row_no,
        row.reason,
        row.candidates,
        batch.recorded_at,
    )


def _undecided(session: Session, quarantined_row_id: int) -> QuarantinedRow:
    row = session.get(QuarantinedRow, quarantined_row_id)
    if row is None:
        raise NotFound(
            both(f"没有待认领行 {quarantined_row_id}", f"there is no quarantined row {quarantined_row_id}")
        )
    if session.get(QuarantineDecision, quarantined_row_id) is not None:
        raise Conflict(
            both(f"待认领行 {quarantined_row_id} 已处理", f"row {quarantined_row_id} has been decided on")
        )
    return row


def _opened(row: QuarantinedRow, cipher: Cipher) -> Content:
    return parsed_content(cipher.open(row.content_cipher, row=sealed_place(row.quarantined_row_id)))


def _mapping(content: Content, mappings: Mapping[str, definition.Mapping]) -> definition.Mapping:
    if content.mapping not in mappings:
        raise Conflict(
            both(
                f"映射 {content.mapping} 已不存在，请恢复该映射文件",
                f"the mapping {content.mapping!r} is gone; restore its file",
            )
        )
    return mappings[content.mapping]


def _check_subject(session: Session, subject_id: int, mapping: definition.Mapping) -> None:
    subject = session.get(Subject, subject_id)
    if subject is None or subject.kind is not mapping.subject_kind:
        raise Invalid(
            both(
                f"主体 {subject_id} 不是{mapping.subject_kind.label}",
                f"subject {subject_id} is no {mapping.subject_kind}; choose one of that kind",
            )
        )


def _batch(
    row: QuarantinedRow, origin: Batch, mapping: definition.Mapping, *, at: datetime, by: str
) -> Batch:
    """The decision as a delivery of its own: what was decided today was not known before."""
    same = f"{origin.content_sha256}/quarantined_rows/{row.quarantined_row_id}"
    return Batch(
        kind=BatchKind.SOURCE,
        source=origin.source,
        mapping=mapping.fingerprint,
        file_name=origin.file_name,
        content_sha256=hashlib.sha256(same.encode()).hexdigest(),
        row_count=1,
        recorded_at=at,
        recorded_by=by,
        synthetic=origin.synthetic,
    )


def _asked(
    content: Content, mapping: definition.Mapping, report: SourceReport, *, row: int, on: date
) -> tuple[Asked, Block]:
    headers: list[Any] = list(content.cells)
    delivery = Delivery(report.file_name, content.sheet, "", [headers], 1, lambda: iter(()))
    errors: list[RowError] = []
    layout = layout_of(delivery, mapping, errors=errors)
    if layout is None:
        raise _unusable(errors[0])
    block = Block(row, 1, [[cell] for cell in content.cells.values()])
    return Asked(mapping, layout, on, content.given), block


def _batches_of(session: Session, batch_id: int) -> list[int]:
    """A delivery and the decisions on its rows."""
    decided = (
        select(QuarantineDecision.batch_id)
        .join(QuarantinedRow, QuarantinedRow.quarantined_row_id == QuarantineDecision.quarantined_row_id)
        .where(QuarantinedRow.batch_id == batch_id, QuarantineDecision.batch_id.is_not(None))
    )
    return [batch_id, *(found for found in session.scalars(decided) if found is not None)]
