"""Overrides as they are kept: never changed, ended by a row of their own."""

from collections.abc import Collection
from datetime import date
from itertools import islice

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import aliased

from app.db import Session
from app.models import Organisation, Override, OverrideEnd, Place, Rating, RatingRun, User

_PER_QUERY = 500
_ASKING, _GRANTING = aliased(User), aliased(User)
Kept = tuple[Override, OverrideEnd | None, Place, str, str, str]
_ANY_ON_DAY = (
    select(Override.override_id)
    .where(
        Override.subject_id.in_(bindparam("subject_ids", expanding=True)),
        Override.effective_from <= bindparam("on"),
        Override.effective_to > bindparam("on"),
    )
    .limit(1)
)


def add(session: Session, row: Override) -> None:
    """Keep a new override."""
    session.add(row)
    session.flush()


def override(session: Session, override_id: int) -> Kept | None:
    """One override with its end, its village, its office and both officials."""
    return next(iter(_read(session, _kept().where(Override.override_id == override_id))), None)


def of_subjects(session: Session, subject_ids: Collection[int], *, on: date | None = None) -> list[Kept]:
    """Every override of some subjects, the newest first; with a day only those whose term has that day."""
    found: list[Kept] = []
    rest = iter(sorted(subject_ids))
    while part := list(islice(rest, _PER_QUERY)):
        # Of most subjects there is none, and that is quickly known.
        asked = {"subject_ids": part, "on": on}
        if on is not None and session.connection().execute(_ANY_ON_DAY, asked).first() is None:
            continue
        query = _kept().where(Override.subject_id.in_(part))
        if on is not None:
            query = query.where(Override.effective_from <= on, Override.effective_to > on)
        found += _read(session, query)
    return found


def within(session: Session, prefix: str, *, first: date, end: date, limit: int) -> list[Kept]:
    """The overrides of a division that began from a day until before another, the newest first."""
    query = _kept().where(
        Place.code.startswith(prefix, autoescape=True),
        Override.effective_from >= first,
        Override.effective_from < end,
    )
    return _read(session, query.limit(limit))


def ratings(session: Session, rating_ids: Collection[int]) -> dict[int, Rating]:
    """Some ratings by their numbers."""
    found: dict[int, Rating] = {}
    rest = iter(sorted(rating_ids))
    while part := list(islice(rest, _PER_QUERY)):
        found |= {
            one.rating_id: one for one in session.scalars(select(Rating).where(Rating.rating_id.in_(part)))
        }
    return found


def ratings_held(session: Session, subject_ids: Collection[int], *, on: date) -> dict[int, Rating]:
    """The rating each of some subjects held on a day."""
    newest: list[int] = []
    rest = iter(sorted(subject_ids))
    while part := list(islice(rest, _PER_QUERY)):
        query = (
            select(func.max(Rating.rating_id))
            .join(RatingRun, RatingRun.run_id == Rating.run_id)
            .where(Rating.subject_id.in_(part), RatingRun.published_at.is_not(None), RatingRun.as_of <= on)
            .group_by(Rating.subject_id)
        )
        newest += session.scalars(query)
    return {one.subject_id: one for one in ratings(session, newest).values()}


def user(session: Session, user_id: int) -> User:
    """An official who asked or granted."""
    return session.get_one(User, user_id)


def _kept() -> Select[Override, OverrideEnd, Place, str, str, str]:
    return (
        select(Override, OverrideEnd, Place, Organisation.name, _ASKING.username, _GRANTING.username)
        .outerjoin(OverrideEnd, OverrideEnd.override_id == Override.override_id)
        .join(Place, Place.place_id == Override.place_id)
        .join(Organisation, Organisation.organisation_id == Override.organisation_id)
        .join(_ASKING, _ASKING.user_id == Override.asked_by)
        .join(_GRANTING, _GRANTING.user_id == Override.granted_by)
        .order_by(Override.override_id.desc())
    )


def _read(session: Session, query: Select[Override, OverrideEnd, Place, str, str, str]) -> list[Kept]:
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in session.execute(query)]
