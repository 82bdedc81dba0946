"""The roster of the demonstration: who ought to be on file, who is not, and who need not be."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from app.db import Session
from app.jobs.demo.batches import TOWN_OFFICE, add_batch
from app.jobs.demo.entities import Entities, invent
from app.jobs.demo.order import SOURCE, Order
from app.jobs.demo.villages import Villages
from app.jobs.demo.writer import Writer
from app.models import BatchKind, EntityStatus, ExclusionReason, Roster

_LISTED_SHARE, _NOT_ON_FILE_SHARE = 0.97, 0.01
_WITH_DOCUMENT_SHARE = 0.97
_OF_STATUS = {
    EntityStatus.SUSPENDED.value: ExclusionReason.SUSPENDED.value,
    EntityStatus.DEREGISTERED.value: ExclusionReason.DEREGISTERED.value,
    EntityStatus.REVOKED.value: ExclusionReason.REVOKED.value,
}
_OTHERWISE = (
    ExclusionReason.SHELL.value,
    ExclusionReason.REFUSED.value,
    ExclusionReason.UNREACHABLE.value,
    ExclusionReason.OUT_OF_DISTRICT.value,
)


def append_roster(
    session: Session, writer: Writer, order: Order, *, entities: Entities, villages: Villages
) -> int:
    """Write a roster that names most entities on file, and some that are not; how many entries."""
    rng = order.random("roster")
    on_file = np.flatnonzero(rng.random(order.entities) < _LISTED_SHARE)
    missing = invent(
        rng,
        villages,
        count=round(order.entities * _NOT_ON_FILE_SHARE),
        first=order.entities,
        seed=order.seed,
        on=order.on,
    )
    codes = [entities.credit_code[each] for each in on_file.tolist()] + missing.credit_code
    if not codes:
        return 0
    status = np.concatenate([entities.status[on_file], missing.status])
    exclusion = _exclusions(rng, status)
    return writer.append(
        "roster_entries",
        {
            "roster_id": _add_roster(session, order, row_count=len(codes)),
            "row_no": np.arange(1, len(codes) + 1),
            "name": [entities.name[each] for each in on_file.tolist()] + missing.name,
            "uscc": codes,
            "entity_type": np.concatenate([entities.entity_type[on_file], missing.entity_type]),
            "place_id": villages.place_id[np.concatenate([entities.village[on_file], missing.village])],
            "exclusion": exclusion,
            "exclusion_document": [
                None if reason is None else f"演示文号〔{order.on.year}〕{row + 1}号"
                for row, reason in enumerate(exclusion)
            ],
        },
    )


def _exclusions(rng: np.random.Generator, status: NDArray[np.str_]) -> list[str | None]:
    """The reason of each entry that does not count; without a document even a closed entity counts."""
    documented = rng.random(len(status)) < _WITH_DOCUMENT_SHARE
    other = rng.random(len(status)) < 0.006
    reasons = rng.choice(_OTHERWISE, len(status)).tolist()
    return [
        _OF_STATUS.get(each, reason if odd else None) if paper else None
        for each, paper, odd, reason in zip(
            status.tolist(), documented.tolist(), other.tolist(), reasons, strict=True
        )
    ]


def _add_roster(session: Session, order: Order, *, row_count: int) -> int:
    batch_id = add_batch(
        session,
        order,
        kind=BatchKind.ROSTER,
        row_count=row_count,
        recorded_on=order.delivered_on,
        source_code=TOWN_OFFICE,
    )
    roster = {
        "batch_id": batch_id,
        "name": "新型农业经营主体名录（演示）",
        "source": SOURCE,
        "as_of": order.delivered_on.replace(day=1) - timedelta(days=1),
    }
    return int(session.execute(insert(Roster).values(roster).returning(Roster.roster_id)).scalar_one())
