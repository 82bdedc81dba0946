"""Ratings as they are kept; what an unpublished night wrote does not exist."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ScalarResult, exists, func, select
from sqlalchemy.orm import aliased

from app.db import Session
from app.models import PeerGroup, PeerPoints, Rating, RatingRun, Subject


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
    found = select(PeerPoints).where(
        PeerPoints.rule_version_id == rating.rule_version_id,
        PeerPoints.peer_group == group,
        PeerPoints.place_id.is_(None) if place_id is None else PeerPoints.place_id == place_id,
        PeerPoints.run_id <= rating.run_id,
    )
    return session.scalars(found.order_by(PeerPoints.run_id.desc()).limit(1)).first()


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
