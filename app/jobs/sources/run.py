"""A delivery of a source: checked block by block, landed whole or not at all, never twice."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from app.db import Engine
from app.db import reading as looking
from app.errors import Invalid
from app.jobs.imports.report import RowError, both
from app.jobs.imports.writing import landing as transaction_of
from app.jobs.progress import Progress
from app.jobs.sources.block import Asked
from app.jobs.sources.corrections import Corrections, corrected, read_corrections
from app.jobs.sources.definition import Mapping, Period
from app.jobs.sources.delivery import Block, Delivery, open_file
from app.jobs.sources.intake import Intake, Refused
from app.jobs.sources.layout import Layout, layout_of
from app.jobs.sources.report import SourceReport
from app.models import Batch, BatchKind
from app.subjects.cipher import Cipher
from app.subjects.free_text import paper_name, refuse_numbers
from app.subjects.keys import hold

_SENDER_LENGTH_MAX = 64


def import_source(
    engine: Engine,
    cipher: Cipher,
    delivered: Path | Delivery,
    *,
    mapping: Mapping,
    on: date,
    at: datetime,
    by: str,
    sender: str,
    dry_run: bool,
    progress: Progress,
    observed_on: date | None = None,
    corrections: Path | None = None,
) -> SourceReport:
    """Import what a source delivered: all of it, or nothing when anything is wrong.

    The same delivery again changes nothing. `observed_on` is the day of forms that name none; `corrections`
    are faulty rows of this file, corrected: they take the place of the rows they came from.
    """
    _check_asked(mapping, sender=sender, observed_on=observed_on, on=on)
    delivery = open_file(delivered) if isinstance(delivered, Path) else delivered
    paper_name(delivery.name, where="file_name")
    refuse_numbers(sender=sender, by=by)
    report = SourceReport(delivery.name, mapping.title.zh, dry_run)
    layout = _layout(delivery, mapping, report)
    if layout is None:
        return report
    mended = read_corrections(corrections, layout) if corrections else Corrections()
    asked = Asked(mapping, layout, on, observed_on)
    batch = Batch(
        kind=BatchKind.SOURCE,
        source=sender,
        mapping=mapping.fingerprint,
        file_name=delivery.name[:255],
        content_sha256=_fingerprint(delivery, asked, mended),
        row_count=0,
        recorded_at=at,
        recorded_by=by,
        synthetic=False,
    )
    try:
        with looking(engine) if dry_run else transaction_of(engine) as session:
            hold(session, cipher)
            intake = Intake(session, cipher, asked, report, batch, writes=not dry_run)
            intake.read(_blocks(delivery, mended, layout), progress=progress, size=delivery.size or 0)
    except Refused:
        report.errors.sort(key=lambda error: error.row)
    return report


def _check_asked(mapping: Mapping, *, sender: str, observed_on: date | None, on: date) -> None:
    if not 0 < len(sender) <= _SENDER_LENGTH_MAX:
        raise Invalid(f"the sender must have 1 to {_SENDER_LENGTH_MAX} characters; it has {len(sender)}")
    if (mapping.observed.period is Period.GIVEN) != (observed_on is not None):
        raise Invalid(
            both(
                f"{mapping.title.zh}：表中没有日期列，请给出观察日期",
                f"{mapping.code}: the form names no day; give the day of observation",
            )
            if observed_on is None
            else both(
                f"{mapping.title.zh}：日期取自表中的列，不要另给",
                f"{mapping.code}: the form names the day; give none",
            )
        )
    if observed_on is not None and observed_on > on:
        raise Invalid(both(f"观察日期 {observed_on} 晚于今天 {on}", f"{observed_on} lies in the future"))


def _layout(delivery: Delivery, mapping: Mapping, report: SourceReport) -> Layout | None:
    errors: list[RowError] = []
    layout = layout_of(delivery, mapping, errors=errors)
    for error in errors:
        report.refuse(error)
    if layout is not None:
        report.headers = layout.headers
    return layout


def _fingerprint(delivery: Delivery, asked: Asked, mended: Corrections) -> str:
    """What a delivery is known by when it comes again: its content, read in this way."""
    parts = (delivery.sha256, asked.mapping.code, str(asked.given or ""), mended.sha256)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _blocks(delivery: Delivery, mended: Corrections, layout: Layout) -> Iterator[Block]:
    return (corrected(block, mended, layout) for block in delivery.rows())
