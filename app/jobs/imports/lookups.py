"""What is on file already, read in bulk before a file is judged."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TypeVar

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.models import (
    AgriEntity,
    Batch,
    BatchKind,
    Consent,
    ConsentWithdrawal,
    Household,
    Member,
    Organisation,
    Place,
    PlaceKind,
    Record,
    Roster,
    Subject,
    SubjectKind,
)
from app.subjects.cipher import Cipher

_PER_QUERY = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Division:
    """A village or community, with the name of its town."""

    place_id: int
    name: str
    town: str


def seen_before(session: Session, kind: BatchKind, sha256: str) -> bool:
    """Whether this very file has been imported as this kind."""
    same = select(Batch.batch_id).where(Batch.kind == kind, Batch.content_sha256 == sha256)
    return session.scalar(same) is not None


def divisions(session: Session, *, on: date) -> dict[str, Division]:
    """The villages and communities that exist on a day, by their code."""
    town = Place.__table__.alias("town")
    rows = session.execute(
        select(Place.code, Place.place_id, Place.name, town.c.name)
        .join(town, town.c.place_id == Place.parent_id)
        .where(
            Place.code_system == "NBS",
            Place.kind.in_((PlaceKind.VILLAGE, PlaceKind.COMMUNITY)),
            Place.valid_from <= on,
            or_(Place.valid_to.is_(None), Place.valid_to > on),
        )
    )
    return {code: Division(place_id, name, town_name) for code, place_id, name, town_name in rows}


def households(
    session: Session, *, numbers: Collection[str] = (), heads: Collection[bytes] = ()
) -> list[tuple[Household, Subject]]:
    """The households that have one of these numbers or one of these heads."""
    found: dict[int, tuple[Household, Subject]] = {}
    pairs = select(Household, Subject).join(Subject, Subject.subject_id == Household.subject_id)
    for some in _parts(numbers):
        for household, subject in session.execute(pairs.where(Household.household_no.in_(some))):
            found[subject.subject_id] = (household, subject)
    for part in _parts(heads):
        for household, subject in session.execute(pairs.where(Household.head_id_number_index.in_(part))):
            found[subject.subject_id] = (household, subject)
    return list(found.values())


def people(cipher: Cipher, numbers: Collection[str]) -> dict[bytes, str]:
    """The numbers of persons by every keyed hash they may be on file under."""
    return {index: number for number in numbers for index in cipher.indexes(number)}


def members(session: Session, people: Mapping[bytes, str]) -> dict[str, Member]:
    """The members on file among some people, by their number."""
    rows = (
        member
        for part in _parts(people)
        for member in session.scalars(select(Member).where(Member.id_number_index.in_(part)))
    )
    return {people[member.id_number_index]: member for member in rows if member.id_number_index is not None}


def entities(session: Session, codes: Collection[str]) -> dict[str, tuple[AgriEntity, Subject]]:
    """The entities on file by their credit code."""
    pairs = select(AgriEntity, Subject).join(Subject, Subject.subject_id == AgriEntity.subject_id)
    return {
        entity.uscc: (entity, subject)
        for part in _parts(codes)
        for entity, subject in session.execute(pairs.where(AgriEntity.uscc.in_(part)))
    }


def village_subjects(session: Session, place_ids: Collection[int]) -> dict[int, int]:
    """The subject of each village that has one, by place."""
    return {
        place_id: subject_id
        for part in _parts(place_ids)
        for place_id, subject_id in session.execute(
            select(Subject.place_id, Subject.subject_id).where(
                Subject.kind == SubjectKind.VILLAGE, Subject.place_id.in_(part)
            )
        )
    }


def recorded(
    session: Session, subject_ids: Collection[int], *, facts: Collection[int], days: Collection[date]
) -> dict[tuple[int, int, date], float]:
    """The value on file for each subject, fact and day observed; of several, the one recorded last."""
    values: dict[tuple[int, int, date], float] = {}
    if not facts or not days:
        return values
    for part in _parts(subject_ids):
        rows = session.execute(
            select(Record.subject_id, Record.fact_id, Record.observed_on, Record.value)
            .where(
                and_(Record.subject_id.in_(part), Record.fact_id.in_(list(facts))),
                Record.observed_on.between(min(days), max(days)),
            )
            .order_by(Record.record_id)
        )
        values |= {(subject, fact, observed_on): value for subject, fact, observed_on, value in rows}
    return values


def consents(
    session: Session, subject_ids: Collection[int], *, references: Collection[str]
) -> dict[tuple[int, str], list[tuple[Consent, ConsentWithdrawal | None]]]:
    """The consents of some subjects that have one of these numbers, by subject and number."""
    found: dict[tuple[int, str], list[tuple[Consent, ConsentWithdrawal | None]]] = {}
    withdrawals = ConsentWithdrawal.consent_id == Consent.consent_id
    pairs = select(Consent, ConsentWithdrawal).outerjoin(ConsentWithdrawal, withdrawals)
    for part in _parts(subject_ids):
        rows = session.execute(pairs.where(Consent.subject_id.in_(part)).order_by(Consent.consent_id))
        for consent, withdrawal in rows:
            if consent.reference in references:
                found.setdefault((consent.subject_id, consent.reference), []).append((consent, withdrawal))
    return found


def organisations(session: Session) -> dict[str, int]:
    """Every organisation on file by its code."""
    rows = session.execute(select(Organisation.code, Organisation.organisation_id))
    return {row.code: row.organisation_id for row in rows}


def roster_exists(session: Session, *, name: str, source: str, as_of: date) -> bool:
    """Whether a roster of this name and source is frozen for this day."""
    same = select(Roster.roster_id).where(Roster.name == name, Roster.source == source, Roster.as_of == as_of)
    return session.scalar(same.limit(1)) is not None


def _parts(values: Collection[T]) -> Iterator[Sequence[T]]:
    rest = iter(values)
    while part := list(islice(rest, _PER_QUERY)):
        yield part
