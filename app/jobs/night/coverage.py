"""How much of the roster is on file and rated, by town and type."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.db import Session
from app.jobs.night.places import District
from app.jobs.night.rating import RatingColumns
from app.jobs.night.reading import Extent
from app.models import AgriEntity, EntityType, Place, Roster, RosterEntry, Subject


@dataclass(frozen=True)
class CoverageRow:
    """Coverage of one type in one town: who counts, who is excluded, and how far the counted ones are."""

    place_id: int
    entity_type: EntityType
    roster_id: int
    roster_count: int
    excluded_count: int
    on_file_count: int
    rated_count: int


def roster_in_force(session: Session, *, until: Extent) -> Roster | None:
    """The newest roster that was delivered in time and not dated after the night."""
    found = select(Roster).where(Roster.as_of <= until.as_of)
    if until.late_batches:
        found = found.where(Roster.batch_id.not_in(until.late_batches))
    return session.scalars(found.order_by(Roster.as_of.desc(), Roster.roster_id.desc()).limit(1)).first()


def roster_coverage(
    session: Session, roster: Roster | None, *, ratings: RatingColumns, district: District, unrated_rank: int
) -> list[CoverageRow]:
    """Match the roster with the files by credit code; an excluded entry counts only as excluded."""
    if roster is None:
        return []
    on_file = {int(ratings.subject_ids[row]) for row in np.flatnonzero(ratings.on_file)}
    rated = {int(ratings.subject_ids[row]) for row in np.flatnonzero(ratings.grade < unrated_rank)}
    towns = _town_by_place(session, district)
    tally: dict[tuple[int, EntityType], list[int]] = {}
    entries = (
        select(RosterEntry.place_id, RosterEntry.entity_type, RosterEntry.exclusion, Subject.subject_id)
        .outerjoin(AgriEntity, AgriEntity.uscc == RosterEntry.uscc)
        .outerjoin(Subject, Subject.subject_id == AgriEntity.subject_id)
        .where(RosterEntry.roster_id == roster.roster_id)
    )
    for place_id, entity_type, exclusion, subject_id in session.execute(entries):
        if place_id not in towns:
            continue
        counts = tally.setdefault((towns[place_id], entity_type), [0, 0, 0, 0])
        if exclusion is not None:
            counts[1] += 1
            continue
        counts[0] += 1
        counts[2] += subject_id in on_file
        counts[3] += subject_id in rated
    return [
        CoverageRow(place_id, entity_type, roster.roster_id, *counts)
        for (place_id, entity_type), counts in sorted(tally.items())
    ]


def by_town(rows: list[CoverageRow], district: District) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Entities on file and on the roster, by town."""
    positions = {town.place_id: position for position, town in enumerate(district.towns)}
    on_file, counted = np.zeros(len(district.towns)), np.zeros(len(district.towns))
    for row in rows:
        on_file[positions[row.place_id]] += row.on_file_count
        counted[positions[row.place_id]] += row.roster_count
    return on_file, counted


def _town_by_place(session: Session, district: District) -> dict[int, int]:
    """The town of every place of the district, as it is or was."""
    towns = {town.place_id for town in district.towns}
    found = {town_id: town_id for town_id in towns}
    for place_id, parent_id in session.execute(select(Place.place_id, Place.parent_id)):
        if parent_id in towns:
            found[place_id] = parent_id
    return found
