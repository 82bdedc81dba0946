"""Consents of the demonstration: to the collection of income and assets, and to inquiries before a loan."""

from collections.abc import Mapping

import numpy as np

from app.jobs.demo.order import SOURCE, Floats, Ints, Order
from app.jobs.demo.writer import Writer
from app.models import Purpose
from app.models.base import epoch_day

_SHARE, _EXPIRED_SHARE, _WITHDRAWN_SHARE = 0.3, 0.03, 0.02
_TERM_DAYS = 1095
_RESTRICTED = (
    "annual_net_income_fen",
    "annual_income_fen",
    "debt_fen",
    "guarantee_fen",
    "net_assets_fen",
)


def append_written_consents(
    writer: Writer, facts: Mapping[str, Floats], *, ids: Ints, row_no: Ints, batch_id: int
) -> None:
    """Write under which consent of each household its income, debts and assets were collected."""
    rows = np.flatnonzero(np.any([~np.isnan(facts[name]) for name in _RESTRICTED], axis=0))
    writer.append(
        "written_consents",
        {
            "batch_id": batch_id,
            "row_no": row_no[rows],
            "subject_id": ids[rows],
            "reference": [f"演示授权书 {number:07d}" for number in row_no[rows].tolist()],
        },
    )


def append_consents(writer: Writer, order: Order, *, ids: Ints, organisation_id: int) -> int:
    """Write consents to the demonstration bank, a few of them expired or withdrawn; how many."""
    rng = order.random("consents")
    agreed = ids[rng.random(len(ids)) < _SHARE]
    today = epoch_day(order.on)
    expired = rng.random(len(agreed)) < _EXPIRED_SHARE
    given = today - np.where(expired, _TERM_DAYS + 60, rng.integers(1, 360, len(agreed)))
    withdrawn = rng.random(len(agreed)) < _WITHDRAWN_SHARE
    withdrawn_on = _texts(np.minimum(given + 45, today))
    return writer.append(
        "consents",
        {
            "subject_id": agreed,
            "organisation_id": organisation_id,
            "purpose": Purpose.PRE_LOAN.value,
            "effective_from": _texts(given),
            "effective_to": _texts(given + _TERM_DAYS),
            "withdrawn_on": [
                day if gone else None for day, gone in zip(withdrawn_on, withdrawn, strict=True)
            ],
            "evidence": f"{SOURCE} 授权书",
        },
    )


def _texts(days: Ints) -> list[str]:
    texts: list[str] = np.datetime_as_string(days.astype("M8[D]")).tolist()
    return texts
