"""The rungs of ladders: what a night said of each, and which ones are held."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import func, or_, select

from app.db import Session
from app.designations.store.titles import HELD, parts
from app.models import RUNG_GATE, Designation, DesignationKind, DesignationStep, PlaceGate


def rung_gates(session: Session, status_ids: Collection[int]) -> dict[int, dict[str, PlaceGate]]:
    """The rungs of some statuses, by status and by the name of the rung."""
    found: dict[int, dict[str, PlaceGate]] = defaultdict(dict)
    for part in parts(status_ids):
        rows = select(PlaceGate).where(
            PlaceGate.place_status_id.in_(part), PlaceGate.name.startswith(RUNG_GATE, autoescape=True)
        )
        for gate in session.scalars(rows):
            found[gate.place_status_id][gate.name.removeprefix(RUNG_GATE)] = gate
    return found


def held_rungs(
    session: Session,
    kind: DesignationKind,
    *,
    holders: Collection[str],
    on: date,
    last_step_id: int | None,
) -> dict[str, frozenset[str]]:
    """The rungs of a title each of some holders bears on a day; with a step, as far as was known then."""
    newest = select(DesignationStep.designation_id, func.max(DesignationStep.sequence).label("sequence"))
    if last_step_id is not None:
        newest = newest.where(DesignationStep.designation_step_id <= last_step_id)
    last = newest.group_by(DesignationStep.designation_id).subquery()
    found: dict[str, set[str]] = defaultdict(set)
    for part in parts(holders):
        rows = (
            select(Designation.holder, Designation.rung)
            .join(last, last.c.designation_id == Designation.designation_id)
            .join(
                DesignationStep,
                (DesignationStep.designation_id == last.c.designation_id)
                & (DesignationStep.sequence == last.c.sequence),
            )
            .where(Designation.kind == kind, Designation.holder.in_(part), DesignationStep.state.in_(HELD))
            .where(or_(DesignationStep.valid_until.is_(None), DesignationStep.valid_until > on))
        )
        for holder, rung in session.execute(rows):
            found[holder].add(rung)
    return {holder: frozenset(rungs) for holder, rungs in found.items()}
