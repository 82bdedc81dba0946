"""Documents of a simulated year: officials record a veto now and then, and withdraw some of them again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select

from app import clock
from app.approvals import effects, proposals, service
from app.approvals.proposals import Proposal
from app.attestations.service import Order
from app.db import Session, transaction
from app.errors import AppError
from app.jobs.simulation.officials import Office
from app.models import Attestation, AttestationKind

_RECORDED, _OF_A_VILLAGE, _OF_AN_ENTITY, _WITHDRAWN, _GRANTED = 0.2, 0.4, 0.25, 0.1, 0.85
_DAYS = (20, 150)


def record(office: Office, *, at: datetime) -> None:
    """A day on which a veto may be recorded, and another one withdrawn before its time."""
    chance = office.chance
    if chance.random() < _RECORDED:
        order = _order(office, at=at)
        _agree(
            office,
            lambda session: proposals.attestation(
                session, order, maker=office.viewer(session, "town.one"), on=clock.day_of(at)
            ),
            at=at,
        )
    if chance.random() < _WITHDRAWN:
        with transaction(office.engine) as session:
            numbers = session.scalars(select(Attestation.attestation_id).order_by(Attestation.attestation_id))
            known = numbers.all()
        if known:
            number = known[int(chance.integers(len(known)))]
            _agree(
                office,
                lambda session: proposals.attestation_withdrawal(
                    session, number, maker=office.viewer(session, "town.one"), on=clock.day_of(at)
                ),
                at=at,
            )


def _order(office: Office, *, at: datetime) -> Order:
    chance, on = office.chance, clock.day_of(at)
    of_village = chance.random() < _OF_A_VILLAGE
    villages = office.world.villages
    village = villages[int(chance.integers(len(villages)))]
    others = office.world.entities if chance.random() < _OF_AN_ENTITY else office.world.families
    subject_id = others[int(chance.integers(len(others)))].subject_id
    return Order(
        kind=AttestationKind.VETO,
        measure="village_veto_count" if of_village else "rating_veto_count",
        document="模拟文书",
        document_sha256=sha256(f"{at} {village.code} {subject_id}".encode()).hexdigest(),
        decided_on=on,
        valid_until=on + timedelta(days=int(chance.integers(*_DAYS))),
        subject_id=None if of_village else subject_id,
        place_code=village.code if of_village else None,
    )


def _agree(office: Office, propose: Callable[[Session], Proposal], *, at: datetime) -> None:
    """One official asks and mostly another one grants; what may not be is refused."""
    try:
        with transaction(office.engine) as session:
            wanted = propose(session)
            made = service.request(
                session,
                kind=wanted.kind,
                target=wanted.target,
                content=wanted.content,
                reason="模拟",
                maker=office.viewer(session, "town.one"),
                at=at,
            )
            if office.chance.random() < _GRANTED:
                checker = office.viewer(session, "district.one")
                effects.decide(session, made.approval_id, granted=True, reason="属实", checker=checker, at=at)
    except AppError as refusal:
        office.refused[refusal.code] += 1
