"""How much of the roster is on file and rated, by town and type."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.db import Session
from app.jobs.night.columns import Reader, table
from app.jobs.night.places import District
from app.jobs.night.rating import RatingColumns
from app.jobs.night.reading import ENTITY_TYPES, Extent
from app.models import EntityType, Roster


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


def roster_in_force(session: Session, *, until: Extent) -> int | None:
    """The newest roster that was delivered in time and not dated after the night."""
    found = select(Roster.roster_id).where(Roster.as_of <= until.as_of)
    if until.late_batches:
        found = found.where(Roster.batch_id.not_in(until.late_batches))
    return session.scalars(found.order_by(Roster.as_of.desc(), Roster.roster_id.desc()).limit(1)).first()


def roster_coverage(
    reader: Reader,
    roster_id: int | None,
    *,
    ratings: RatingColumns,
    district: District,
    grades: tuple[str, ...],
) -> list[CoverageRow]:
    """Match the roster with the files by credit code; an excluded entry counts only as excluded."""
    if roster_id is None:
        return []
    types = " ".join(f"WHEN '{kind.value}' THEN {code}" for code, kind in enumerate(ENTITY_TYPES))
    place_ids, type_codes, excluded, subject_ids = table(
        reader,
        f"SELECT r.place_id, CASE r.entity_type {types} END, "
        "CASE WHEN r.exclusion IS NULL THEN 0 ELSE 1 END, COALESCE(e.subject_id, -1) "
        "FROM roster_entries r LEFT JOIN agri_entities e ON e.uscc = r.uscc "
        f"WHERE r.roster_id = {roster_id}",
        (np.int64, np.int64, np.bool_, np.int64),
    )
    town = district.town_positions(place_ids)
    row = np.searchsorted(ratings.subject_ids, subject_ids)
    row = np.where(row < len(ratings.subject_ids), row, 0)
    filed = np.zeros(len(row), dtype=np.bool_)
    if len(ratings.subject_ids):
        filed = ratings.subject_ids[row] == subject_ids
    on_file, rated = filed.copy(), filed.copy()
    on_file[filed] = ratings.on_file[row[filed]]
    rated[filed] = ratings.grade[row[filed]] < len(grades) - 1
    key = town * len(ENTITY_TYPES) + type_codes
    named = town >= 0
    counts = np.stack(
        [
            np.bincount(key[named & chosen], minlength=len(district.towns) * len(ENTITY_TYPES))
            for chosen in (~excluded, excluded, ~excluded & on_file, ~excluded & rated)
        ]
    )
    return [
        CoverageRow(
            district.towns[position // len(ENTITY_TYPES)].place_id,
            ENTITY_TYPES[position % len(ENTITY_TYPES)],
            roster_id,
            *counts[:, position].tolist(),
        )
        for position in np.flatnonzero(counts.sum(axis=0)).tolist()
    ]


def by_town(
    rows: list[CoverageRow], district: District, *, told: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Entities on file and on the roster, by town; unknown where it is not told which files count."""
    if not told:
        unknown = np.full(len(district.towns), np.nan)
        return unknown, unknown
    positions = {town.place_id: position for position, town in enumerate(district.towns)}
    on_file, counted = np.zeros(len(district.towns)), np.zeros(len(district.towns))
    for row in rows:
        on_file[positions[row.place_id]] += row.on_file_count
        counted[positions[row.place_id]] += row.roster_count
    return on_file, counted
