"""Consents of the demonstration: to the collection of income and assets, to inquiries, ratings, notices."""

from collections.abc import Mapping

import numpy as np

from app.jobs.demo.order import SOURCE, Floats, Ints, Order
from app.jobs.demo.writer import Column, Writer
from app.models import ConsentChannel, ConsentKind, Purpose
from app.models.base import epoch_day

_SHARE, _EXPIRED_SHARE, _WITHDRAWN_SHARE, _REFUSED_SHARE = 0.3, 0.03, 0.02, 0.002
_TERM_DAYS = 1095
# A visit may lie years back; the consent to it is older still.
_COLLECTION_DAYS = 2 * _TERM_DAYS
_RESTRICTED = (
    "annual_net_income_fen",
    "annual_income_fen",
    "debt_fen",
    "guarantee_fen",
    "net_assets_fen",
)


def append_collection_consents(writer: Writer, order: Order, *, ids: Ints, row_no: Ints) -> Ints:
    """Write the consent of each household to the collection of what is restricted; the consents' numbers."""
    given = np.full(len(ids), epoch_day(order.delivered_on) - _COLLECTION_DAYS)
    numbers = [f"演示授权书 {number:07d}" for number in row_no.tolist()]
    return _append(writer, ids, given, kind=ConsentKind.COLLECTION, columns={"reference": numbers})


def append_written_consents(
    writer: Writer,
    facts: Mapping[str, Floats],
    *,
    ids: Ints,
    row_no: Ints,
    consent_ids: Ints,
    batch_id: int,
) -> None:
    """Write under which consent of each household its income, debts and assets were collected."""
    rows = np.flatnonzero(np.any([~np.isnan(facts[name]) for name in _RESTRICTED], axis=0))
    writer.append(
        "written_consents",
        {
            "batch_id": batch_id,
            "row_no": row_no[rows],
            "subject_id": ids[rows],
            "consent_id": consent_ids[rows],
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
    withdrawn_on = np.minimum(given + 45, today)[withdrawn]
    columns: dict[str, Column] = {
        "organisation_id": organisation_id,
        "purpose": Purpose.PRE_LOAN.value,
        "effective_to": _texts(given + _TERM_DAYS),
        "reference": [f"演示查询授权 {number:07d}" for number in range(1, len(agreed) + 1)],
    }
    consent_ids = _append(writer, agreed, given, kind=ConsentKind.INQUIRY, columns=columns)
    writer.append(
        "consent_withdrawals",
        {
            "consent_id": consent_ids[withdrawn],
            "withdrawn_on": _texts(withdrawn_on),
            "channel": ConsentChannel.COUNTER.value,
            "evidence": f"{SOURCE} 撤回申请",
            "recorded_at": _noons(withdrawn_on),
            "recorded_by": "credit-village demo",
        },
    )
    return len(agreed)


def append_publication_consents(writer: Writer, order: Order, *, ids: Ints) -> None:
    """Write that each of these households agrees to stand, masked, on a public notice."""
    given = np.full(len(ids), epoch_day(order.delivered_on) - 1)
    numbers = [f"演示公示同意 {number:07d}" for number in range(1, len(ids) + 1)]
    _append(writer, ids, given, kind=ConsentKind.PUBLICATION, columns={"reference": numbers})


def append_refusals(writer: Writer, order: Order, *, ids: Ints) -> int:
    """Write which households refused to be rated, at least one; how many."""
    rng = order.random("refusals")
    refuses = rng.random(len(ids)) < _REFUSED_SHARE
    refuses[rng.integers(len(ids))] = True
    refused = ids[refuses]
    given = np.full(len(refused), epoch_day(order.delivered_on) - 1)
    numbers = [f"演示拒绝 {number:05d}" for number in range(1, len(refused) + 1)]
    _append(writer, refused, given, kind=ConsentKind.RATING, columns={"reference": numbers, "agreed": False})
    return len(refused)


def _append(
    writer: Writer, ids: Ints, given: Ints, *, kind: ConsentKind, columns: Mapping[str, Column]
) -> Ints:
    consent_ids = writer.take_ids("consents", "consent_id", count=len(ids))
    common: dict[str, Column] = {
        "consent_id": consent_ids,
        "subject_id": ids,
        "kind": kind.value,
        "agreed": True,
        "facts": "[]",
        "effective_from": _texts(given),
        "channel": ConsentChannel.PAPER.value,
        "evidence": f"{SOURCE} 授权书",
        "recorded_at": _noons(given),
        "recorded_by": "credit-village demo",
    }
    writer.append("consents", common | dict(columns))
    return consent_ids


def _texts(days: Ints) -> list[str]:
    texts: list[str] = np.datetime_as_string(days.astype("M8[D]")).tolist()
    return texts


def _noons(days: Ints) -> list[str]:
    """The noon of each day in China, as the tables hold it."""
    return [f"{day} 04:00:00.000000" for day in _texts(days)]
