"""What is on file about those who would hold a title, as the newest published night left it."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, or_, select

from app.db import Session
from app.designations.store.titles import parts
from app.models import (
    AgriEntity,
    EntityState,
    EntityStatus,
    Place,
    PlaceKind,
    Rating,
    RatingRun,
    Roster,
    RosterEntry,
    Subject,
    SubjectKind,
)


def latest_ratings(session: Session, subject_ids: Collection[int]) -> dict[int, Rating]:
    """The rating of each subject that holds now; who has none is left out."""
    found: dict[int, Rating] = {}
    for part in parts(subject_ids):
        newest = (
            select(func.max(Rating.rating_id))
            .join(RatingRun, RatingRun.run_id == Rating.run_id)
            .where(Rating.subject_id.in_(part), RatingRun.published_at.is_not(None))
            .group_by(Rating.subject_id)
        )
        for row in session.scalars(select(Rating).where(Rating.rating_id.in_(newest))):
            found[row.subject_id] = row
    return found


def entity_statuses(session: Session, subject_ids: Collection[int]) -> dict[int, EntityStatus]:
    """How the register has each entity."""
    found: dict[int, EntityStatus] = {}
    for part in parts(subject_ids):
        newest = (
            select(func.max(EntityState.entity_state_id))
            .where(EntityState.subject_id.in_(part))
            .group_by(EntityState.subject_id)
        )
        kept = select(AgriEntity.subject_id, AgriEntity.status).where(AgriEntity.subject_id.in_(part))
        found |= {row[0]: row[1] for row in session.execute(kept)}
        states = select(EntityState.subject_id, EntityState.status)
        rows = session.execute(states.where(EntityState.entity_state_id.in_(newest)))
        found |= {row[0]: row[1] for row in rows}
    return found


def on_newest_roster(session: Session, subject_ids: Collection[int], *, on: date) -> frozenset[int] | None:
    """Which entities the newest roster up to a day names and does not exclude; None before the first."""
    newest = select(Roster.roster_id).where(Roster.as_of <= on)
    roster = session.scalars(newest.order_by(Roster.as_of.desc(), Roster.roster_id.desc()).limit(1)).first()
    if roster is None:
        return None
    found: set[int] = set()
    for part in parts(subject_ids):
        rows = (
            select(AgriEntity.subject_id)
            .join(RosterEntry, RosterEntry.uscc == AgriEntity.uscc)
            .where(RosterEntry.roster_id == roster, RosterEntry.exclusion.is_(None))
            .where(AgriEntity.subject_id.in_(part))
        )
        found |= set(session.scalars(rows))
    return frozenset(found)


def subjects_below(session: Session, prefix: str, kind: SubjectKind) -> list[tuple[int, int]]:
    """The subjects of a kind in a division and below, each with where it lives, by their numbers."""
    first, last = prefix.ljust(12, "0"), prefix.ljust(12, "9")
    rows = (
        select(Subject.subject_id, Subject.place_id)
        .join(Place, Place.place_id == Subject.place_id)
        .where(Place.code.between(first, last), Subject.kind == kind)
        .order_by(Subject.subject_id)
    )
    return [(row[0], row[1]) for row in session.execute(rows)]


def homes(session: Session, subject_ids: Collection[int]) -> dict[int, tuple[SubjectKind, int]]:
    """What each subject is and where it lives."""
    found: dict[int, tuple[SubjectKind, int]] = {}
    for part in parts(subject_ids):
        rows = select(Subject.subject_id, Subject.kind, Subject.place_id).where(Subject.subject_id.in_(part))
        found |= {row[0]: (row[1], row[2]) for row in session.execute(rows)}
    return found


def places(session: Session, place_ids: Collection[int]) -> dict[int, Place]:
    """Divisions by their ids, those that are gone too."""
    found: dict[int, Place] = {}
    for part in parts(place_ids):
        for place in session.scalars(select(Place).where(Place.place_id.in_(part))):
            found[place.place_id] = place
    return found


def nights(session: Session, run_ids: Collection[int]) -> dict[int, date]:
    """The day each night is about."""
    found: dict[int, date] = {}
    for part in parts(run_ids):
        rows = session.execute(select(RatingRun.run_id, RatingRun.as_of).where(RatingRun.run_id.in_(part)))
        found |= {row[0]: row[1] for row in rows}
    return found


def village_counts(session: Session, town_ids: Collection[int], *, on: date) -> dict[int, int]:
    """How many villages (communities are none) lie in each town on a day."""
    ended = or_(Place.valid_to.is_(None), Place.valid_to > on)
    rows = (
        select(Place.parent_id, func.count())
        .where(Place.kind == PlaceKind.VILLAGE, Place.valid_from <= on, ended, Place.parent_id.in_(town_ids))
        .group_by(Place.parent_id)
    )
    return {row[0] or 0: row[1] for row in session.execute(rows)}
