"""Restricted facts: each value needs the number of a written consent that covers it (art. 14)."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from app.consents.service import collection_agreements
from app.db import Session
from app.jobs.imports.cells import BadCell
from app.jobs.imports.report import both
from app.jobs.sources.drafts import NO_CONSENT
from app.jobs.sources.matching import NOBODY

_EPOCH = date(1970, 1, 1)
_LAW = both("《征信业管理条例》第十四条：未取得书面同意不得采集此项", "art. 14: not without written consent")
_UNKNOWN = both("该主体没有登记这份授权书", "this subject has no such consent on file")
_NOT_COVERED = both("授权书不含此项，或当日未生效、已撤回", "the consent does not cover this on that day")
_FIX = both("填写已登记授权书的编号，或清空数值", "write the number of a consent on file, or clear the value")


def covering_consents(
    session: Session,
    references: Sequence[str | None],
    *,
    subject_ids: NDArray[np.int64],
    days: NDArray[np.int64],
    restricted: dict[str, NDArray[np.bool_]],
) -> tuple[NDArray[np.int64], dict[int, BadCell]]:
    """The consent of each row that holds a restricted value, and what is wrong with those that have none."""
    consents = np.full(len(references), NO_CONSENT, dtype=np.int64)
    bad: dict[int, BadCell] = {}
    wanted = np.zeros(len(references), dtype=bool)
    for written in restricted.values():
        wanted |= written
    places = np.flatnonzero(wanted & (subject_ids != NOBODY)).tolist()
    named = {reference for place in places if (reference := references[place]) is not None}
    agreements = collection_agreements(
        session, {int(subject_ids[place]) for place in places}, references=named
    )
    for place in places:
        reference, subject_id = references[place], int(subject_ids[place])
        if reference is None:
            bad[place] = BadCell(_LAW, fix=_FIX)
            continue
        given = agreements.get((subject_id, reference), [])
        on = _EPOCH + timedelta(days=int(days[place]))
        facts = [name for name, written in restricted.items() if written[place]]
        covering = [
            each.consent.consent_id
            for each in given
            if all(each.covers_collection(subject_id=subject_id, fact=fact, on=on) for fact in facts)
        ]
        if covering:
            consents[place] = covering[0]
        else:
            bad[place] = BadCell(_NOT_COVERED if given else _UNKNOWN, fix=_FIX)
    return consents, bad
