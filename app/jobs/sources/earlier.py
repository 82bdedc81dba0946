"""What earlier rows of the same delivery came to, for a row that is added to them later."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Integer, and_, select, type_coerce

from app.db import Session
from app.jobs.sources.drafts import Drafts
from app.jobs.sources.values import UNKNOWN_DAY
from app.models import AdverseRecord, Record, SourceRow, WrittenConsent


@dataclass(frozen=True, slots=True)
class Earlier:
    """A value as it stands, as one more row to combine with, and the rows of the file it was made of."""

    drafts: Drafts
    source_rows: list[int]


def earlier_value(session: Session, added: Drafts, *, fact_id: int, batch_ids: list[int]) -> Earlier | None:
    """What these batches last recorded of the same subject, fact and day as the added row."""
    ended, noticed = (
        type_coerce(column, Integer) for column in (AdverseRecord.ended_on, AdverseRecord.noticed_on)
    )
    day = type_coerce(Record.observed_on, Integer)
    same_row = and_(
        WrittenConsent.batch_id == Record.batch_id,
        WrittenConsent.row_no == Record.row_no,
        WrittenConsent.subject_id == Record.subject_id,
    )
    found = session.execute(
        select(Record, ended, noticed, AdverseRecord.record_id, WrittenConsent.consent_id)
        .outerjoin(AdverseRecord, AdverseRecord.record_id == Record.record_id)
        .outerjoin(WrittenConsent, same_row)
        .where(
            Record.subject_id == int(added.subject_ids[0]),
            Record.fact_id == fact_id,
            day == int(added.days[0]),
            Record.batch_id.in_(batch_ids),
        )
        .order_by(Record.record_id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    record, ended_on, noticed_on, adverse, consent_id = _with_gaps(tuple(found))
    # What is not adverse says nothing of an end: then the added row alone does.
    drafts = Drafts(
        added.subject_ids,
        added.days,
        np.array([record.value]),
        np.array([record.row_no]),
        added.ended if adverse is None else _day(ended_on),
        added.noticed if adverse is None else _day(noticed_on),
        added.consents if consent_id is None else np.array([consent_id]),
    )
    rows = select(SourceRow.source_row_no).where(
        SourceRow.batch_id == record.batch_id, SourceRow.row_no == record.row_no
    )
    return Earlier(drafts, list(session.scalars(rows)))


def _with_gaps(row: tuple[Any, ...]) -> tuple[Record, int | None, int | None, int | None, int | None]:
    """The row of an outer join: all but the record may be missing."""
    return row[0], row[1], row[2], row[3], row[4]


def _day(day: int | None) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.array([UNKNOWN_DAY if day is None else day], dtype=np.int64)
