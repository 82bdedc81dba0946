"""Attestations as they are kept: never changed, withdrawn by a row of their own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app.db import Session
from app.models import Attestation, AttestationEnd, AttestationKind, Organisation, Place, User

_PER_QUERY = 500
_ASKING, _GRANTING = aliased(User), aliased(User)
Kept = tuple[Attestation, AttestationEnd | None, Place, str, str, str]


@dataclass(frozen=True)
class Until:
    """The last rows of both tables that may be read; none where everything may."""

    attestation_id: int | None = None
    attestation_end_id: int | None = None


EVERYTHING = Until()


def add(session: Session, row: Attestation) -> None:
    """Keep a new attestation."""
    session.add(row)
    session.flush()


def attestation(session: Session, attestation_id: int) -> Kept | None:
    """One attestation with its withdrawal, its place, its office and both officials."""
    return next(iter(_read(session, _kept().where(Attestation.attestation_id == attestation_id))), None)


def rule_versions_of(session: Session, attestation_ids: Collection[int]) -> dict[int, int]:
    """Under which profile each of some attestations was recorded."""
    rows = select(Attestation.attestation_id, Attestation.rule_version_id)
    found = session.execute(rows.where(Attestation.attestation_id.in_(attestation_ids)))
    return {row[0]: row[1] for row in found}


def of_holders(session: Session, holders: Collection[str], *, on: date, until: Until) -> list[Kept]:
    """What counts of some holders on a day, by their numbers."""
    found: list[Kept] = []
    rest = iter(sorted(holders))
    while part := list(islice(rest, _PER_QUERY)):
        query = _counting(_kept(), on=on, until=until).where(Attestation.holder.in_(part))
        found += _read(session, query)
    return found


def same_in_force(
    session: Session, holder: str, *, kind: AttestationKind, measure: str, sha256: str, on: date
) -> int | None:
    """The number under which the same document counts already for a measure of a holder on a day."""
    number = select(Attestation.attestation_id).outerjoin(
        AttestationEnd, AttestationEnd.attestation_id == Attestation.attestation_id
    )
    same = _counting(number, on=on, until=EVERYTHING).where(
        Attestation.holder == holder,
        Attestation.kind == kind,
        Attestation.measure == measure,
        Attestation.document_sha256 == sha256,
    )
    found: int | None = session.scalar(same.limit(1))
    return found


def of_subjects(session: Session, subject_ids: Collection[int]) -> list[Kept]:
    """Everything ever recorded of some subjects, by their numbers."""
    return _read(session, _kept().where(Attestation.subject_id.in_(subject_ids)))


def within(session: Session, prefix: str, *, after: int | None, limit: int) -> list[Kept]:
    """Everything ever recorded in a division, the newest first; with a number what was recorded before it."""
    query = _kept().where(Place.code.startswith(prefix, autoescape=True))
    if after is not None:
        query = query.where(Attestation.attestation_id < after)
    return _read(session, query.order_by(None).order_by(Attestation.attestation_id.desc()).limit(limit))


def counting_within(
    session: Session, prefix: str, *, on: date, ending_by: date | None, after: int | None, limit: int
) -> list[Kept]:
    """What counts in a division on a day, what ends first before the others, or only what ends by a day.

    With a number what comes after that one in the same order.
    """
    query = _counting(_kept(), on=on, until=EVERYTHING).where(Place.code.startswith(prefix, autoescape=True))
    if ending_by is not None:
        query = query.where(Attestation.valid_until <= ending_by)
    if after is not None:
        ends = select(Attestation.valid_until).where(Attestation.attestation_id == after).scalar_subquery()
        later = (Attestation.valid_until == ends) & (Attestation.attestation_id > after)
        query = query.where((Attestation.valid_until > ends) | later)
    order = (Attestation.valid_until, Attestation.attestation_id)
    return _read(session, query.order_by(None).order_by(*order).limit(limit))


def counts(
    session: Session, holders: Collection[str] | None, *, on: date, until: Until
) -> Sequence[tuple[str, str, str, int]]:
    """How many of each kind and measure count on a day, by holder; of everybody without holders."""
    grouped = (
        select(Attestation.kind, Attestation.measure, Attestation.holder, func.count())
        .select_from(Attestation)
        .outerjoin(AttestationEnd, AttestationEnd.attestation_id == Attestation.attestation_id)
        .group_by(Attestation.kind, Attestation.measure, Attestation.holder)
    )
    query = _counting(grouped, on=on, until=until)
    if holders is None:
        return [(row[0].value, row[1], row[2], row[3]) for row in session.execute(query)]
    found = []
    rest = iter(sorted(holders))
    while part := list(islice(rest, _PER_QUERY)):
        rows = session.execute(query.where(Attestation.holder.in_(part)))
        found += [(row[0].value, row[1], row[2], row[3]) for row in rows]
    return found


def attested_subjects(session: Session) -> list[int]:
    """The subjects any document was ever recorded of."""
    rows = select(Attestation.subject_id).where(Attestation.subject_id.is_not(None)).distinct()
    return [each for each in session.scalars(rows) if each is not None]


def user(session: Session, user_id: int) -> User:
    """One user."""
    return session.get_one(User, user_id)


def _counting(query: Any, *, on: date, until: Until) -> Any:
    ended = AttestationEnd.ended_on <= on
    if until.attestation_end_id is not None:
        ended = ended & (AttestationEnd.attestation_end_id <= until.attestation_end_id)
    query = query.where(
        Attestation.effective_from <= on,
        Attestation.valid_until > on,
        or_(AttestationEnd.attestation_end_id.is_(None), ~ended),
    )
    if until.attestation_id is not None:
        query = query.where(Attestation.attestation_id <= until.attestation_id)
    return query


def _kept() -> Any:
    return (
        select(Attestation, AttestationEnd, Place, Organisation.name, _ASKING.username, _GRANTING.username)
        .join(Place, Place.place_id == Attestation.place_id)
        .join(Organisation, Organisation.organisation_id == Attestation.organisation_id)
        .join(_ASKING, _ASKING.user_id == Attestation.asked_by)
        .join(_GRANTING, _GRANTING.user_id == Attestation.granted_by)
        .outerjoin(AttestationEnd, AttestationEnd.attestation_id == Attestation.attestation_id)
        .order_by(Attestation.attestation_id)
    )


def _read(session: Session, query: Any) -> list[Kept]:
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in session.execute(query)]
