"""Which rating of a subject holds, and everything behind it."""

from collections.abc import Sequence
from datetime import date

from app.db import Session
from app.errors import NotFound
from app.models import Rating, RatingRun, Subject, SubjectKind
from app.ratings import store
from app.ratings.explained import ExplainedRating
from app.records.service import CurrentValue, current_values
from app.rules.service import card_of, rule_version

__all__ = [
    "ExplainedRating",
    "as_of",
    "current_rating",
    "explained",
    "history",
    "latest_run",
    "rating",
    "ratings_in_place",
    "sources",
    "superseded_on",
]


def latest_run(session: Session) -> RatingRun | None:
    """The newest published night, or none."""
    return store.latest_run(session)


def current_rating(session: Session, subject_id: int) -> Rating | None:
    """The rating of a subject that holds now; none before its first night."""
    return store.latest(session, subject_id)


def rating(session: Session, rating_id: int) -> Rating:
    """A published rating by its number."""
    found = store.rating(session, rating_id)
    if found is None:
        raise NotFound("there is no such rating in your division")
    return found


def history(session: Session, subject_id: int) -> Sequence[Rating]:
    """All ratings a subject has had, the newest first; each held until the one above it."""
    return store.history(session, subject_id)


def superseded_on(session: Session, rating: Rating) -> date | None:
    """The night a later rating of the same subject took the place of this one; none while it holds."""
    later = [other for other in store.history(session, rating.subject_id) if other.run_id > rating.run_id]
    if not later:
        return None
    run = store.run(session, later[-1].run_id)
    assert run is not None
    return run.as_of


def explained(session: Session, rating: Rating) -> ExplainedRating:
    """A rating explained from its own bins and the card as it was that night."""
    rule = rule_version(session, rating.rule_version_id)
    run = store.run(session, rating.run_id)
    assert run is not None
    card, unrated = card_of(rule), bool(rating.unrated_reason)
    explanation = card.explain(rating.packed_bins, vetoes=rating.vetoes, unrated=unrated)
    # Points lift no veto, and without a grade there is none to rise from.
    way_up = None if unrated or rating.vetoes else next(card.ways_up(rating.packed_bins), None)
    return ExplainedRating(rating, run, rule, explanation, way_up)


def sources(session: Session, rating: Rating) -> list[CurrentValue]:
    """The records a rating was made from: what counted on its night, with where it came from."""
    run = store.run(session, rating.run_id)
    assert run is not None
    return current_values(session, rating.subject_id, on=run.as_of, last_record_id=run.last_record_id)


def as_of(session: Session, rating: Rating) -> date:
    """The day a rating was made for."""
    run = store.run(session, rating.run_id)
    assert run is not None
    return run.as_of


def ratings_in_place(
    session: Session, place_id: int, *, kind: SubjectKind, after: int, limit: int
) -> Sequence[tuple[Rating, Subject]]:
    """The ratings that hold now of the households or entities of a place, after a subject."""
    return store.latest_in_place(session, place_id, kind=kind.value, after=after, limit=limit)
