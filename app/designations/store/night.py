"""What a night asks about titles: where all of one kind stand, and what was known at past month-ends."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select, text

from app.db import Session
from app.designations.store.titles import HELD, parts
from app.models import (
    RUNG_GATE,
    Designation,
    DesignationKind,
    DesignationState,
    DesignationStep,
    GateState,
    Place,
    PlaceGate,
    PlaceStatus,
    Rating,
    RatingRun,
)


@dataclass(frozen=True, slots=True)
class Reached:
    """Where one title stands by its last step, and the last night or official step it is known up to."""

    designation_id: int
    rung: str
    holder: str
    subject_id: int | None
    place_id: int
    state: DesignationState
    valid_until: date | None
    step_id: int
    notice_id: int | None


def lock(session: Session) -> None:
    """Let nobody else take a step until the night is published; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE designations, designation_steps IN SHARE ROW EXCLUSIVE MODE"))


def reached(session: Session, kind: DesignationKind) -> list[Reached]:
    """Every title of a kind by its last step."""
    newest = (
        select(func.max(DesignationStep.designation_step_id))
        .join(Designation, Designation.designation_id == DesignationStep.designation_id)
        .where(Designation.kind == kind)
        .group_by(DesignationStep.designation_id)
    )
    rows = (
        select(
            Designation.designation_id,
            Designation.rung,
            Designation.holder,
            Designation.subject_id,
            Designation.place_id,
            DesignationStep.state,
            DesignationStep.valid_until,
            DesignationStep.designation_step_id,
            DesignationStep.notice_id,
        )
        .join(DesignationStep, DesignationStep.designation_id == Designation.designation_id)
        .where(DesignationStep.designation_step_id.in_(newest))
        .order_by(Designation.designation_id)
    )
    return [Reached(*row) for row in session.execute(rows)]


def held_places(session: Session, kind: DesignationKind, *, on: date, last_step_id: int | None) -> set[int]:
    """The divisions that hold a title on a day, as far as was known with a step."""
    taken = select(
        DesignationStep.designation_id, func.max(DesignationStep.sequence).label("sequence")
    ).where(DesignationStep.happened_on <= on)
    if last_step_id is not None:
        taken = taken.where(DesignationStep.designation_step_id <= last_step_id)
    newest = taken.group_by(DesignationStep.designation_id).subquery()
    rows = (
        select(Designation.place_id)
        .join(newest, newest.c.designation_id == Designation.designation_id)
        .join(
            DesignationStep,
            (DesignationStep.designation_id == newest.c.designation_id)
            & (DesignationStep.sequence == newest.c.sequence),
        )
        .join(Place, Place.place_id == Designation.place_id)
        .where(Designation.kind == kind, DesignationStep.state.in_(HELD), DesignationStep.valid_until > on)
        .where(or_(Place.valid_to.is_(None), Place.valid_to > on))
    )
    return set(session.scalars(rows))


def ratings_until(
    session: Session, subject_ids: Collection[int], *, on: date
) -> dict[int, list[tuple[date, Rating]]]:
    """Every rating of some subjects up to a day, the oldest first, with the day of its night."""
    found: dict[int, list[tuple[date, Rating]]] = {each: [] for each in subject_ids}
    for part in parts(subject_ids):
        rows = (
            select(RatingRun.as_of, Rating)
            .join(RatingRun, RatingRun.run_id == Rating.run_id)
            .where(Rating.subject_id.in_(part), RatingRun.as_of <= on, RatingRun.published_at.is_not(None))
            .order_by(Rating.run_id)
        )
        for day, rating in session.execute(rows):
            found[rating.subject_id].append((day, rating))
    return found


def states_until(
    session: Session, place_ids: Collection[int], *, rung: str, on: date
) -> dict[int, list[tuple[date, GateState]]]:
    """The state of some divisions on every night up to a day that changed it, the oldest first.

    With a rung, its score must be enough as well, where the night judged by a ladder that has it.
    """
    found: dict[int, list[tuple[date, GateState]]] = {each: [] for each in place_ids}
    of_rung = (PlaceGate.place_status_id == PlaceStatus.place_status_id) & (
        PlaceGate.name == f"{RUNG_GATE}{rung}"
    )
    for part in parts(place_ids):
        rows = (
            select(RatingRun.as_of, PlaceStatus.place_id, PlaceStatus.state, PlaceGate.state)
            .join(RatingRun, RatingRun.run_id == PlaceStatus.run_id)
            .outerjoin(PlaceGate, of_rung)
            .where(PlaceStatus.place_id.in_(part), RatingRun.as_of <= on, RatingRun.published_at.is_not(None))
            .order_by(PlaceStatus.run_id)
        )
        for day, place_id, state, enough in session.execute(rows):
            found[place_id].append((day, _worse(state, enough)))
    return found


def _worse(one: GateState, other: GateState | None) -> GateState:
    """The state of both together: what fails outweighs what is not known."""
    order = (GateState.FAILS, GateState.INSUFFICIENT)
    return next((state for state in order if state in (one, other)), one)
