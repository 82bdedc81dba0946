"""Ratings as they are kept; what an unpublished night wrote does not exist."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ScalarResult, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from app.db import Session
from app.models import PeerGroup, PeerPoints, Rating, RatingRun, Subject

_NEWER, _NEWER_RUN = aliased(Rating), aliased(RatingRun)
_CURRENT = select(Rating.subject_id, Rating.rating_id).where(
    Rating.subject_id.in_(bindparam("subject_ids", expanding=True)),
    Rating.run_id
    == select(func.max(_NEWER.run_id))
    .join(_NEWER_RUN, _NEWER_RUN.run_id == _NEWER.run_id)
    .where(_NEWER.subject_id == Rating.subject_id, _NEWER_RUN.published_at.is_not(None))
    .scalar_subquery(),
)
_RATINGS = select(Rating).where(Rating.rating_id.in_(bindparam("rating_ids", expanding=True)))
_PEERS = (
    select(PeerPoints)
    .where(
        PeerPoints.rule_version_id == bindparam("rule"),
        PeerPoints.peer_group == bindparam("peer_group"),
        PeerPoints.run_id <= bindparam("run"),
    )
    .order_by(PeerPoints.run_id.desc())
    .limit(1)
)
_PEERS_OF_PLACE = _PEERS.where(PeerPoints.place_id == bindparam("place"))
_PEERS_OF_DISTRICT = _PEERS.where(PeerPoints.place_id.is_(None))
_NEWEST_NIGHT = (
    select(RatingRun.as_of)
    .where(RatingRun.published_at.is_not(None))
    .order_by(RatingRun.run_id.desc())
    .limit(1)
)


def latest_run(session: Session) -> RatingRun | None:
    """The newest published night."""
    published = select(RatingRun).where(RatingRun.published_at.is_not(None))
    return session.scalars(published.order_by(RatingRun.run_id.desc()).limit(1)).first()


def run(session: Session, run_id: int) -> RatingRun | None:
    """One night."""
    return session.get(RatingRun, run_id)


def run_in_force(session: Session, on: date) -> RatingRun | None:
    """The newest published night that is about a day or an earlier one."""
    found = select(RatingRun).where(RatingRun.published_at.is_not(None), RatingRun.as_of <= on)
    return session.scalars(found.order_by(RatingRun.run_id.desc()).limit(1)).first()


def in_force(session: Session, run_id: int) -> list[int]:
    """The newest rating of every subject up to a night."""
    newest = (
        select(func.max(Rating.rating_id))
        .join(RatingRun)
        .where(Rating.run_id <= run_id, RatingRun.published_at.is_not(None))
        .group_by(Rating.subject_id)
    )
    return list(session.scalars(newest.order_by(func.max(Rating.rating_id))))


def rating(session: Session, rating_id: int) -> Rating | None:
    """One published rating."""
    found = select(Rating).join(RatingRun).where(Rating.rating_id == rating_id)
    return session.scalars(found.where(RatingRun.published_at.is_not(None))).first()


def ratings(session: Session, rating_ids: Collection[int]) -> Sequence[Rating]:
    """Some ratings."""
    return session.scalars(_RATINGS, {"rating_ids": list(rating_ids)}).all()


def current_ratings(session: Session, subject_ids: Collection[int]) -> dict[int, int]:
    """The rating that holds now of each of some subjects, by subject."""
    rows = session.connection().execute(_CURRENT, {"subject_ids": list(subject_ids)})
    return {row[0]: row[1] for row in rows}


def newest_night(session: Session) -> date | None:
    """The day the newest published night was about."""
    return session.connection().scalar(_NEWEST_NIGHT)


def latest(session: Session, subject_id: int) -> Rating | None:
    """The rating of a subject that holds now."""
    return _of_subject(session, subject_id).first()


def history(session: Session, subject_id: int) -> Sequence[Rating]:
    """All ratings of a subject, the newest first."""
    return _of_subject(session, subject_id).all()


def _of_subject(session: Session, subject_id: int) -> ScalarResult[Rating]:
    found = select(Rating).join(RatingRun).where(Rating.subject_id == subject_id)
    return session.scalars(found.where(RatingRun.published_at.is_not(None)).order_by(Rating.run_id.desc()))


def peer_points(
    session: Session, rating: Rating, *, group: PeerGroup, place_id: int | None
) -> PeerPoints | None:
    """What the card of a rating gave one group on the night of the rating."""
    statement = _PEERS_OF_DISTRICT if place_id is None else _PEERS_OF_PLACE
    asked = {"rule": rating.rule_version_id, "peer_group": group, "place": place_id, "run": rating.run_id}
    return session.scalars(statement, asked).first()


def latest_in_place(
    session: Session, place_id: int, *, kind: str, after: int, limit: int
) -> Sequence[tuple[Rating, Subject]]:
    """The ratings that hold now of the subjects of a place, by subject, after a subject."""
    newer = aliased(Rating)
    newer_run = aliased(RatingRun)
    superseded = (
        exists()
        .where(newer.subject_id == Rating.subject_id)
        .where(newer.run_id > Rating.run_id)
        .where(newer_run.run_id == newer.run_id)
        .where(newer_run.published_at.is_not(None))
    )
    found = (
        select(Rating, Subject)
        .join(Subject, Subject.subject_id == Rating.subject_id)
        .join(RatingRun, RatingRun.run_id == Rating.run_id)
        .where(Subject.place_id == place_id, Subject.kind == kind, Subject.subject_id > after)
        .where(RatingRun.published_at.is_not(None), ~superseded)
        .order_by(Subject.subject_id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(found)]
