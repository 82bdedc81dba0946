"""Questions about objections to the database; what is written here is never changed."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select
from sqlalchemy.orm import Session

from app.models import (
    Batch,
    Fact,
    Objection,
    ObjectionEvent,
    ObjectionEventKind,
    Organisation,
    Place,
    Rating,
    RatingRun,
    Record,
    Source,
    Subject,
    User,
)

_ENDS = tuple(kind for kind in ObjectionEventKind if kind.ends)
# SQLite and PostgreSQL both take lists of this length; longer ones are asked in parts.
_LIST_LENGTH = 10_000
_ASKED = Objection.subject_id.in_(bindparam("subject_ids", expanding=True))
_ANY_OF_SUBJECTS = select(Objection.objection_id).where(_ASKED).limit(1)
_OF_SUBJECTS = select(Objection).where(_ASKED, Objection.raised_on <= bindparam("on"))


def add(session: Session, row: Objection | ObjectionEvent) -> None:
    """Write an objection or a step of one."""
    session.add(row)
    session.flush()


def lock_subject(session: Session, subject_id: int) -> None:
    """Let only one at a time object for a subject, until the end of the transaction."""
    session.execute(
        select(Subject.subject_id).where(Subject.subject_id == subject_id).with_for_update(key_share=True)
    )


def lock(session: Session, objection_id: int) -> None:
    """Let only one at a time close an objection, until the end of the transaction."""
    session.execute(
        select(Objection.objection_id)
        .where(Objection.objection_id == objection_id)
        .with_for_update(key_share=True)
    )


def objection(session: Session, objection_id: int) -> Objection | None:
    """An objection by its number."""
    return session.get(Objection, objection_id)


def events_of(session: Session, objection_ids: Collection[int]) -> dict[int, list[ObjectionEvent]]:
    """What happened to some objections, by objection, in the order it was written down."""
    found: dict[int, list[ObjectionEvent]] = {each: [] for each in objection_ids}
    for part in _parts(objection_ids):
        for event in session.scalars(
            select(ObjectionEvent)
            .where(ObjectionEvent.objection_id.in_(part))
            .order_by(ObjectionEvent.objection_event_id)
        ):
            found[event.objection_id].append(event)
    return found


def of_subjects(session: Session, subject_ids: Collection[int], *, on: date) -> list[Objection]:
    """Every objection of some subjects that had been raised by a day, the oldest first."""
    found: list[Objection] = []
    for part in _parts(subject_ids):
        # Of most subjects there is none, and that is quickly known.
        if session.connection().execute(_ANY_OF_SUBJECTS, {"subject_ids": part}).first() is None:
            continue
        found.extend(session.scalars(_OF_SUBJECTS, {"subject_ids": part, "on": on}))
    return sorted(found, key=lambda each: each.objection_id)


def open_of_subjects(session: Session, subject_ids: Collection[int], *, on: date) -> list[Objection]:
    """Those objections of some subjects that were open on a day, the oldest first."""
    found: list[Objection] = []
    for part in _parts(subject_ids):
        found.extend(session.scalars(_open(on).where(Objection.subject_id.in_(part))))
    return sorted(found, key=lambda each: each.objection_id)


def open_by_subject(session: Session, *, on: date) -> set[int]:
    """Everybody an objection of whom was open on a day."""
    return set(session.scalars(select(Objection.subject_id).where(*_is_open(on)).distinct()))


def open_about(
    session: Session, *, record_id: int | None, rating_id: int | None, on: date
) -> Objection | None:
    """The open objection to a record or a rating, if there is one."""
    about = Objection.rating_id == rating_id if record_id is None else Objection.record_id == record_id
    return session.scalars(_open(on).where(about)).first()


def open_due_by(session: Session, due_by: date, *, on: date) -> Sequence[Objection]:
    """The open objections due by a day that were not escalated yet; nobody else can take them."""
    escalated = exists().where(
        ObjectionEvent.objection_id == Objection.objection_id,
        ObjectionEvent.kind == ObjectionEventKind.ESCALATED,
    )
    return session.scalars(
        _open(on)
        .where(Objection.due_on <= due_by, ~escalated)
        .order_by(Objection.objection_id)
        .with_for_update(key_share=True)
    ).all()


def open_within(session: Session, prefix: str, *, on: date, limit: int) -> list[tuple[Objection, Place]]:
    """The open objections of a division whose code begins with these digits, those due first at the top."""
    rows = session.execute(
        select(Objection, Place)
        .join(Subject, Subject.subject_id == Objection.subject_id)
        .join(Place, Place.place_id == Subject.place_id)
        .where(_inside(prefix), *_is_open(on))
        .order_by(Objection.due_on, Objection.objection_id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def count_within(session: Session, prefix: str, *, on: date) -> tuple[int, int]:
    """How many objections of a division are open, and how many of them are overdue."""
    row = session.execute(
        select(func.count(), func.count().filter(Objection.due_on < on))
        .select_from(Objection)
        .join(Subject, Subject.subject_id == Objection.subject_id)
        .join(Place, Place.place_id == Subject.place_id)
        .where(_inside(prefix), *_is_open(on))
    ).one()
    return int(row[0]), int(row[1])


def record(session: Session, record_id: int) -> tuple[Record, Fact, Batch, Source] | None:
    """A record with its fact, the delivery it came in and the source of that."""
    row = session.execute(
        select(Record, Fact, Batch, Source)
        .join(Fact, Fact.fact_id == Record.fact_id)
        .join(Batch, Batch.batch_id == Record.batch_id)
        .join(Source, Source.source_id == Batch.source_id)
        .where(Record.record_id == record_id)
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


def rating(session: Session, rating_id: int) -> tuple[Rating, RatingRun] | None:
    """A published rating with its night."""
    row = session.execute(
        select(Rating, RatingRun)
        .join(RatingRun, RatingRun.run_id == Rating.run_id)
        .where(Rating.rating_id == rating_id, RatingRun.published_at.is_not(None))
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def office_of(session: Session, username: str) -> str | None:
    """The name of the organisation of a user."""
    return session.scalar(
        select(Organisation.name)
        .join(User, User.organisation_id == Organisation.organisation_id)
        .where(User.username == username)
    )


def _open(on: date) -> Select[Objection]:
    return select(Objection).where(*_is_open(on))


def _is_open(on: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    ended = exists().where(
        ObjectionEvent.objection_id == Objection.objection_id,
        ObjectionEvent.kind.in_(_ENDS),
        ObjectionEvent.happened_on <= on,
    )
    return Objection.raised_on <= on, ~ended


def _inside(prefix: str) -> ColumnElement[bool]:
    """The subjects of the divisions whose code begins with these digits; the query joins `places`."""
    return Place.code.between(prefix.ljust(12, "0"), prefix.ljust(12, "9"))


def _parts(ids: Iterable[int]) -> Iterator[list[int]]:
    listed = sorted(set(ids))
    for start in range(0, len(listed), _LIST_LENGTH):
        yield listed[start : start + _LIST_LENGTH]
