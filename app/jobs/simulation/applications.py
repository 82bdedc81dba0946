"""Applications of a simulated year: whoever was refused, gave up or lost a title may ask for it again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from app.db import Session, transaction
from app.designations.service.proposing import propose_one
from app.errors import AppError
from app.jobs.simulation.officials import Office
from app.jobs.simulation.world import STAFF
from app.models import Designation, DesignationState, DesignationStep, Place

_ENDED = tuple(state for state in DesignationState if state.ends)


def apply_again(office: Office, *, at: datetime) -> None:
    """A day on which one of those without a title applies; who does not qualify is refused."""
    chance = office.chance
    with transaction(office.engine) as session:
        without = _without_a_title(session)
    by_kind = {title.kind: [one for one in without if one.kind is title.kind] for title in without}
    if not by_kind:
        return
    kind = sorted(by_kind)[int(chance.integers(len(by_kind)))]
    title = by_kind[kind][int(chance.integers(len(by_kind[kind])))]
    who = tuple(STAFF)[int(chance.integers(len(STAFF)))]
    try:
        with transaction(office.engine) as session:
            propose_one(
                session,
                kind,
                subject_id=title.subject_id,
                place_code=None if title.subject_id else session.get_one(Place, title.place_id).code,
                viewer=office.viewer(session, who),
                at=at,
                reason="重新申请（模拟）",
                document="",
            )
    except AppError as refusal:
        office.refused[refusal.code] += 1


def _without_a_title(session: Session) -> Sequence[Designation]:
    """The last attempt of everybody whose last attempt has ended."""
    attempts = select(func.max(Designation.designation_id)).group_by(Designation.kind, Designation.holder)
    steps = select(func.max(DesignationStep.designation_step_id)).group_by(DesignationStep.designation_id)
    return session.scalars(
        select(Designation)
        .join(DesignationStep, DesignationStep.designation_id == Designation.designation_id)
        .where(
            Designation.designation_id.in_(attempts),
            DesignationStep.designation_step_id.in_(steps),
            DesignationStep.state.in_(_ENDED),
        )
        .order_by(Designation.designation_id)
    ).all()
