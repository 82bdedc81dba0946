"""Questions about divisions to the database."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import BindParameter, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from app.models import Place, PlaceKind

CODE_SYSTEM = "NBS"
_IDS: BindParameter[int] = bindparam("place_ids", expanding=True)
_PARENTS = select(Place.parent_id).where(Place.place_id.in_(_IDS), Place.parent_id.is_not(None))
_WITH_PARENTS = select(Place.place_id, Place.code, Place.name, Place.kind, Place.parent_id).where(
    or_(Place.place_id.in_(_IDS), Place.place_id.in_(_PARENTS))
)


class PlaceInShort(NamedTuple):
    """A division: its code, its name and what it lies in."""

    place_id: int
    code: str
    name: str
    kind: PlaceKind
    parent_id: int | None


def all_places(session: Session) -> list[Place]:
    """Every division of every time and code system."""
    return list(session.scalars(select(Place).order_by(Place.code_system, Place.code, Place.valid_from)))


def by_id(session: Session, place_id: int) -> Place | None:
    """The division with this id."""
    return session.get(Place, place_id)


def with_parents(session: Session, place_ids: Collection[int]) -> dict[int, PlaceInShort]:
    """The divisions with these ids and those they lie directly in, by id."""
    rows = session.connection().execute(_WITH_PARENTS, {"place_ids": list(place_ids)})
    return {row[0]: PlaceInShort._make(row) for row in rows}


def by_ids(session: Session, place_ids: Collection[int]) -> dict[int, Place]:
    """The divisions with these ids, those that are gone too."""
    found = session.scalars(select(Place).where(Place.place_id.in_(place_ids)))
    return {place.place_id: place for place in found}


def by_code(session: Session, code: str, *, on: date) -> Place | None:
    """The division that had this code on that day."""
    return session.scalar(_existing(on).where(Place.code == code))


def children(session: Session, place_id: int, *, on: date) -> list[Place]:
    """The divisions directly in this one on that day, by code."""
    return list(session.scalars(_existing(on).where(Place.parent_id == place_id).order_by(Place.code)))


def with_prefix(
    session: Session, prefix: str, *, on: date, kinds: Collection[PlaceKind] | None
) -> list[Place]:
    """The divisions whose code begins with these digits, by code; of some kinds only, if given."""
    first, last = prefix.ljust(12, "0"), prefix.ljust(12, "9")
    inside = _existing(on).where(Place.code.between(first, last)).order_by(Place.code)
    return list(session.scalars(inside if kinds is None else inside.where(Place.kind.in_(kinds))))


def put(session: Session, place: Place) -> bool:
    """Hand the division to the database; True when it is new or differs from what is stored."""
    if place not in session:
        session.add(place)
        return True
    return session.is_modified(place)


def _existing(on: date) -> Select[Place]:
    ended = or_(Place.valid_to.is_(None), Place.valid_to > on)
    return select(Place).where(Place.code_system == CODE_SYSTEM, Place.valid_from <= on, ended)
