"""What the people of a simulated year say to standing on a public notice: some later, some no longer."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from app.consents.service import give, withdraw
from app.db import Session
from app.jobs.demo.order import midnight
from app.jobs.simulation.world import Entity, Family
from app.models import Consent, ConsentChannel, ConsentKind

AGREES, AGREES_LATER = 0.9, 0.15
_THINKS_AGAIN = 0.008
_KEPT_BY = "simulation"


def ask(
    session: Session, people: Sequence[Family | Entity], rng: np.random.Generator, *, on: date, share: float
) -> None:
    """Keep the consents a share of those without one give on a day; a few of the others take theirs back."""
    for one in people:
        chance = rng.random()
        if one.agreement is None:
            one.agreement = _given(session, one, on=on) if chance < share else None
        elif chance < _THINKS_AGAIN:
            withdraw(
                session, one.agreement, on=on, channel=ConsentChannel.PAPER, evidence="撤回书（模拟）",
                at=midnight(on), by=_KEPT_BY,
            )  # fmt: skip
            one.agreement = None


def _given(session: Session, one: Family | Entity, *, on: date) -> Consent:
    consent = Consent(
        subject_id=one.subject_id, kind=ConsentKind.PUBLICATION, agreed=True, facts=[],
        reference=f"模拟公示同意 {one.subject_id}/{on}", effective_from=on,
        channel=ConsentChannel.PAPER, evidence="授权书（模拟）", recorded_at=midnight(on),
        recorded_by=_KEPT_BY,
    )  # fmt: skip
    return give(session, consent, on=on)
