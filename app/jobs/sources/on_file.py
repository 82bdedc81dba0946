"""What a source has said before: the same value of the same day is not written again."""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Integer, select, type_coerce

from app.db import Session
from app.jobs.sources.drafts import Drafts
from app.jobs.sources.matching import among
from app.jobs.sources.seen import subject_days
from app.models import Batch, Record

_PER_QUERY = 50_000


def said_before(session: Session, drafts: Drafts, *, fact_id: int, source_id: int) -> NDArray[np.bool_]:
    """Which values this source has delivered before, as the last it said of that subject, fact and day."""
    same = np.zeros(len(drafts), dtype=bool)
    for start in range(0, len(drafts), _PER_QUERY):
        part = drafts.only(np.arange(start, min(start + _PER_QUERY, len(drafts))))
        same[start : start + len(part)] = _part(session, part, fact_id=fact_id, source_id=source_id)
    return same


def _part(session: Session, drafts: Drafts, *, fact_id: int, source_id: int) -> NDArray[np.bool_]:
    of_source = select(Batch.batch_id).where(Batch.source_id == source_id)
    days = type_coerce(Record.observed_on, Integer)
    first, last = int(drafts.days.min()), int(drafts.days.max())
    found = session.execute(
        select(Record.subject_id, days, Record.value)
        .where(
            among(session, Record.subject_id, np.unique(drafts.subject_ids).tolist()),
            Record.fact_id == fact_id,
            Record.batch_id.in_(of_source),
            days.between(first, last),
        )
        .order_by(Record.record_id)
    ).all()
    if not found:
        return np.zeros(len(drafts), dtype=bool)
    keys = subject_days(
        np.array([row[0] for row in found], dtype=np.int64),
        np.array([row[1] for row in found], dtype=np.int64),
    )
    # Of several the last counts: it comes first when the rows are turned round.
    known, at = np.unique(keys[::-1], return_index=True)
    values = np.array([row[2] for row in found], dtype=np.float64)[::-1][at]
    wanted = drafts.keys
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.asarray((known[place] == wanted) & (values[place] == drafts.values), dtype=bool)
