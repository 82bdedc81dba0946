"""Titles and their steps as they are kept: written once, never changed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, false, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.db import Session
from app.models import (
    Certificate,
    Designation,
    DesignationAction,
    DesignationKind,
    DesignationState,
    DesignationStep,
    Place,
    PlaceKind,
    Role,
    User,
)

Row = Mapping[str, Any]
Attempt = tuple[Designation, DesignationStep]
HELD = tuple(state for state in DesignationState if state.holds_title)
UNDER_WAY = tuple(state for state in DesignationState if not state.ends and not state.holds_title)
# SQLite and PostgreSQL both take lists of this length; longer ones are asked in parts.
_LIST_LENGTH = 10_000
# Without the facts of a step, which are most of it. Both halves are found by an index.
_STEPS_OF_HOLDERS = (
    select(
        Designation.designation_id,
        Designation.kind,
        Designation.rung,
        Designation.holder,
        DesignationStep.action,
        DesignationStep.state,
        DesignationStep.happened_on,
        DesignationStep.valid_until,
        DesignationStep.rule_version_id,
    )
    .join(DesignationStep, DesignationStep.designation_id == Designation.designation_id)
    .where(
        or_(
            Designation.subject_id.in_(bindparam("subject_ids", expanding=True)),
            and_(
                Designation.place_id.in_(bindparam("place_ids", expanding=True)),
                Designation.kind.in_([DesignationKind.CREDIT_VILLAGE, DesignationKind.CREDIT_TOWN]),
            ),
        )
    )
    .order_by(Designation.designation_id, DesignationStep.sequence)
)


class StepInShort(NamedTuple):
    """A step without its facts, and whose title it is."""

    designation_id: int
    kind: DesignationKind
    rung: str
    holder: str
    action: DesignationAction
    state: DesignationState
    happened_on: date
    valid_until: date | None
    rule_version_id: int


def designation(session: Session, designation_id: int) -> Designation | None:
    """One title by its number."""
    return session.get(Designation, designation_id)


def designations(session: Session, designation_ids: Collection[int]) -> list[Designation]:
    """Titles by their numbers, in their order."""
    found: list[Designation] = []
    for part in parts(designation_ids):
        found.extend(session.scalars(select(Designation).where(Designation.designation_id.in_(part))))
    return sorted(found, key=lambda each: each.designation_id)


def designations_of_steps(session: Session, step_ids: Collection[int]) -> list[Designation]:
    """The titles some steps belong to."""
    found: list[Designation] = []
    for part in parts(step_ids):
        steps = select(DesignationStep.designation_id).where(DesignationStep.designation_step_id.in_(part))
        found += session.scalars(select(Designation).where(Designation.designation_id.in_(steps)))
    return found


def steps_of(session: Session, designation_ids: Collection[int]) -> dict[int, list[DesignationStep]]:
    """Every step of some titles, in their order."""
    found: dict[int, list[DesignationStep]] = {each: [] for each in designation_ids}
    order = (DesignationStep.designation_id, DesignationStep.sequence)
    for part in parts(designation_ids):
        rows = select(DesignationStep).where(DesignationStep.designation_id.in_(part)).order_by(*order)
        for step in session.scalars(rows):
            found[step.designation_id].append(step)
    return found


def last_attempts(
    session: Session, kind: DesignationKind, *, holders: Collection[str]
) -> dict[str, dict[str, Attempt]]:
    """The last attempt of each holder at each rung with its last step; who never was proposed is left out."""
    found: dict[str, dict[str, Attempt]] = {}
    for part in parts(holders):
        rows = _with_last_step().where(Designation.kind == kind, Designation.holder.in_(part))
        for made, step in session.execute(rows.order_by(Designation.attempt)):
            found.setdefault(made.holder, {})[made.rung] = (made, step)
    return found


def numbers_of_subjects(session: Session, subject_ids: Collection[int]) -> Sequence[int]:
    """The numbers of every attempt of some subjects at any title, the oldest first."""
    of_subjects = select(Designation.designation_id).where(Designation.subject_id.in_(subject_ids))
    return session.scalars(of_subjects.order_by(Designation.designation_id)).all()


def steps_of_holders(
    session: Session, *, subject_ids: Collection[int], place_ids: Collection[int]
) -> Iterator[StepInShort]:
    """Every step of every attempt of some subjects, villages and towns at any title, in their order."""
    subjects, places = list(subject_ids), list(place_ids)
    for first in range(0, max(len(subjects), len(places)), _LIST_LENGTH):
        asked = slice(first, first + _LIST_LENGTH)
        given = {"subject_ids": subjects[asked], "place_ids": places[asked]}
        for row in session.connection().execute(_STEPS_OF_HOLDERS, given):
            yield StepInShort._make(row)


def count_open(session: Session, prefix: str, *, kind: DesignationKind) -> int:
    """How many proposals of a kind are under way in a division and below."""
    first, last = prefix.ljust(12, "0"), prefix.ljust(12, "9")
    rows = _with_last_step().join(Place, Place.place_id == Designation.place_id)
    rows = rows.where(
        Place.code.between(first, last),
        Designation.kind == kind,
        DesignationStep.state.in_(UNDER_WAY),
    )
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def page(
    session: Session,
    prefix: str,
    *,
    kind: DesignationKind | None,
    state: DesignationState | None,
    after: int,
    limit: int,
) -> list[tuple[Designation, DesignationStep, Place]]:
    """The next titles of a division and below, in the order of their numbers, each with its last step."""
    rows = _within(prefix).where(Designation.designation_id > after)
    if kind is not None:
        rows = rows.where(Designation.kind == kind)
    if state is not None:
        rows = rows.where(DesignationStep.state == state)
    found = session.execute(rows.order_by(Designation.designation_id).limit(limit))
    return [(row[0], row[1], row[2]) for row in found]


def waiting(
    session: Session,
    prefix: str,
    *,
    states: Collection[tuple[DesignationKind, DesignationState]],
    limit: int,
    skipped: int,
) -> list[tuple[Designation, DesignationStep, Place]]:
    """The next titles of a division and below that stand so, those that end first before the others."""
    stand = [and_(Designation.kind == kind, DesignationStep.state == state) for kind, state in states]
    rows = _within(prefix).where(or_(false(), *stand))
    ends = func.coalesce(DesignationStep.valid_until, date.max)
    found = session.execute(rows.order_by(ends, Designation.designation_id).limit(limit).offset(skipped))
    return [(row[0], row[1], row[2]) for row in found]


def held_villages(
    session: Session, town_ids: Collection[int], *, on: date, last_step_id: int | None
) -> dict[int, int]:
    """How many villages of each town hold the title; with a step, as far as was known then."""
    newest = _last_sequences(last_step_id)
    rows = (
        select(Place.parent_id, func.count(Place.place_id.distinct()))
        .select_from(Designation)
        .join(newest, newest.c.designation_id == Designation.designation_id)
        .join(
            DesignationStep,
            (DesignationStep.designation_id == newest.c.designation_id)
            & (DesignationStep.sequence == newest.c.sequence),
        )
        .join(Place, Place.place_id == Designation.place_id)
        .where(Designation.kind == DesignationKind.CREDIT_VILLAGE, DesignationStep.state.in_(HELD))
        .where(Place.kind == PlaceKind.VILLAGE, Place.parent_id.in_(town_ids))
        .where(or_(Place.valid_to.is_(None), Place.valid_to > on))
        .where(or_(DesignationStep.valid_until.is_(None), DesignationStep.valid_until > on))
        .group_by(Place.parent_id)
    )
    return {row[0] or 0: row[1] for row in session.execute(rows)}


def add_designations(session: Session, rows: Sequence[Row]) -> dict[str, int] | None:
    """Open attempts at once; their numbers by holder, or none where somebody else opened one first."""
    written = insert(Designation).returning(Designation.holder, Designation.designation_id)
    try:
        with session.begin_nested():
            return {row.holder: row.designation_id for row in session.execute(written, list(rows))}
    except IntegrityError:
        return None


def add_steps(session: Session, rows: Sequence[Row]) -> bool:
    """Write steps at once; False where somebody else took one of them first."""
    try:
        with session.begin_nested():
            session.execute(insert(DesignationStep), list(rows))
    except IntegrityError:
        return False
    return True


def certificate_numbers(session: Session, step_ids: Collection[int]) -> dict[int, str]:
    """The number of the certificate each of some steps was given, if it was."""
    found = select(Certificate.designation_step_id, Certificate.number)
    rows = session.execute(found.where(Certificate.designation_step_id.in_(step_ids)))
    return {row[0]: row[1] for row in rows}


def place_codes(session: Session, place_ids: Collection[int]) -> dict[int, str]:
    """The codes of some divisions."""
    rows = session.execute(select(Place.place_id, Place.code).where(Place.place_id.in_(place_ids)))
    return {row[0]: row[1] for row in rows}


def users(session: Session, user_ids: Collection[int]) -> dict[int, str]:
    """The names users sign in with, by their ids."""
    found = select(User.user_id, User.username).where(User.user_id.in_(user_ids))
    return {row[0]: row[1] for row in session.execute(found)}


def roles(session: Session, user_ids: Collection[int]) -> dict[int, tuple[Role, PlaceKind]]:
    """The role of some users and what kind of division theirs is, by their ids."""
    found = (
        select(User.user_id, User.role, Place.kind)
        .join(Place, Place.place_id == User.place_id)
        .where(User.user_id.in_(user_ids))
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(found)}


def parts(values: Collection[Any]) -> Iterator[list[Any]]:
    """Many values in lists a database takes."""
    rest = iter(values)
    while part := list(islice(rest, _LIST_LENGTH)):
        yield part


def _within(prefix: str) -> Select[Designation, DesignationStep, Place]:
    first, last = prefix.ljust(12, "0"), prefix.ljust(12, "9")
    rows = _with_last_step().join(Place, Place.place_id == Designation.place_id).add_columns(Place)
    return rows.where(Place.code.between(first, last))


def _with_last_step() -> Select[Designation, DesignationStep]:
    later = aliased(DesignationStep)
    superseded = select(later.designation_id).where(
        later.designation_id == DesignationStep.designation_id, later.sequence > DesignationStep.sequence
    )
    return (
        select(Designation, DesignationStep)
        .join(DesignationStep, DesignationStep.designation_id == Designation.designation_id)
        .where(~superseded.exists())
    )


def _last_sequences(last_step_id: int | None) -> Any:
    found = select(DesignationStep.designation_id, func.max(DesignationStep.sequence).label("sequence"))
    if last_step_id is not None:
        found = found.where(DesignationStep.designation_step_id <= last_step_id)
    return found.group_by(DesignationStep.designation_id).subquery()
