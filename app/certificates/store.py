"""Questions about certificates to the database; what is written here is never changed."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.models import Certificate, Designation, DesignationState, DesignationStep, Place

T = TypeVar("T")


def add(session: Session, certificate: Certificate) -> None:
    """Write a certificate."""
    session.add(certificate)
    session.flush()


def count_from(session: Session, start: str) -> int:
    """How many certificates have a number that begins so; others who number wait until this is done."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(start))))
    counted = select(func.count()).where(func.substr(Certificate.number, 1, len(start)) == start)
    return session.scalar(counted) or 0


def place_of(session: Session, designation_id: int) -> Place:
    """Where the holder of a title is."""
    return session.execute(
        select(Place)
        .join(Designation, Designation.place_id == Place.place_id)
        .where(Designation.designation_id == designation_id)
    ).scalar_one()


def place_of_certificate(session: Session, number: str) -> Place | None:
    """Where the holder of a certificate's title is; None where the reader may not see the title."""
    return session.scalar(_with_places(select(Place)).where(Certificate.number == number))


def within(session: Session, prefix: str, *, after: int, limit: int) -> Sequence[Certificate]:
    """The certificates of a division whose code begins with these digits, in the order they were issued."""
    return session.scalars(
        _with_places(select(Certificate))
        .where(
            Place.code.between(prefix.ljust(12, "0"), prefix.ljust(12, "9")),
            Certificate.certificate_id > after,
        )
        .order_by(Certificate.certificate_id)
        .limit(limit)
    ).all()


def subjects_of(session: Session, certificate_ids: Collection[int]) -> list[int]:
    """The persons and entities who hold these certificates; a village or a town is none."""
    found = (
        _with_places(select(Designation.subject_id))
        .where(Certificate.certificate_id.in_(certificate_ids), Designation.subject_id.is_not(None))
        .distinct()
    )
    return sorted(subject_id for subject_id in session.scalars(found) if subject_id is not None)


def by_number(session: Session, number: str) -> Certificate | None:
    """A certificate by its number."""
    return session.scalar(select(Certificate).where(Certificate.number == number))


def newest_step(session: Session, certificate: Certificate, *, on: date) -> tuple[str, date, date] | None:
    """What became of a certificate's title by a day: its state, since when, and until when it was given.

    Everybody may ask this of a certificate, but not see the steps: PostgreSQL answers by its own function.
    """
    if session.get_bind().dialect.name == "postgresql":
        columns = ("state", "since", "valid_until")
        standing = func.certificate_standing(certificate.certificate_id, on).table_valued(*columns)
        found = session.execute(select(standing)).one_or_none()
    else:
        found = session.execute(_standing(certificate.designation_step_id, on=on)).first()
    return None if found is None else (str(found[0]), found[1], found[2])


def _standing(awarded_by: int, *, on: date) -> Select[DesignationState, date, date | None]:
    title = (
        select(DesignationStep.designation_id)
        .where(DesignationStep.designation_step_id == awarded_by)
        .scalar_subquery()
    )
    taken = DesignationStep.designation_id == title, DesignationStep.happened_on <= on
    until = (
        select(DesignationStep.valid_until)
        .where(*taken, DesignationStep.valid_until.is_not(None))
        .order_by(DesignationStep.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(DesignationStep.state, DesignationStep.happened_on, until)
        .where(*taken)
        .order_by(DesignationStep.sequence.desc())
        .limit(1)
    )


def _with_places(chosen: Select[T]) -> Select[T]:
    return (
        chosen.select_from(Certificate)
        .join(DesignationStep, DesignationStep.designation_step_id == Certificate.designation_step_id)
        .join(Designation, Designation.designation_id == DesignationStep.designation_id)
        .join(Place, Place.place_id == Designation.place_id)
    )
