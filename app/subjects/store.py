"""Questions about credit subjects to the database."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session

from app.models import (
    AgriEntity,
    EntityState,
    EntityStatus,
    EntityType,
    Erasure,
    Household,
    Member,
    Place,
    Subject,
    SubjectKind,
)

_INDEXES: BindParameter[bytes] = bindparam("indexes", expanding=True)
_OF_SUBJECT = (Subject.subject_id, Subject.kind, Subject.place_id, Subject.synthetic)
_HOUSEHOLDS = select(
    *_OF_SUBJECT, Household.household_no, Household.head_name_cipher, Household.head_id_number_cipher
).join(Household, Household.subject_id == Subject.subject_id)
_BY_HEADS = _HOUSEHOLDS.add_columns(Household.head_id_number_index).where(
    Household.head_id_number_index.in_(_INDEXES)
)
# Of several households of one person the one recorded last comes last.
_BY_MEMBERS = (
    _HOUSEHOLDS.add_columns(Member.id_number_index)
    .join(Member, Member.subject_id == Household.subject_id)
    .where(Member.id_number_index.in_(_INDEXES))
    .order_by(Subject.recorded_at, Subject.subject_id)
)
_ENTITIES = select(
    *_OF_SUBJECT, AgriEntity.name, AgriEntity.uscc, AgriEntity.entity_type, AgriEntity.status
).join(AgriEntity, AgriEntity.subject_id == Subject.subject_id)
_BY_USCCS = _ENTITIES.where(AgriEntity.uscc.in_(bindparam("usccs", expanding=True)))
_ID = Subject.subject_id == bindparam("subject_id")


class FoundHousehold(NamedTuple):
    """A household found by a number, with what its card is made of."""

    subject_id: int
    kind: SubjectKind
    place_id: int
    synthetic: bool
    household_no: str
    head_name_cipher: bytes
    head_id_number_cipher: bytes


class FoundEntity(NamedTuple):
    """An entity found by its credit code, with what its card is made of."""

    subject_id: int
    kind: SubjectKind
    place_id: int
    synthetic: bool
    name: str
    uscc: str
    entity_type: EntityType
    status: EntityStatus


def by_heads(session: Session, indexes: Collection[bytes]) -> list[tuple[bytes, FoundHousehold]]:
    """The households whose heads have these numbers, with the hash each is filed under."""
    return _households(session, _BY_HEADS, indexes)


def by_members(session: Session, indexes: Collection[bytes]) -> list[tuple[bytes, FoundHousehold]]:
    """The households that have members with these numbers; those recorded last come last."""
    return _households(session, _BY_MEMBERS, indexes)


def _households(
    session: Session, statement: Select[Any], indexes: Collection[bytes]
) -> list[tuple[bytes, FoundHousehold]]:
    rows = session.connection().execute(statement, {"indexes": list(indexes)})
    return [(bytes(row[-1]), FoundHousehold._make(row[:-1])) for row in rows]


def by_usccs(session: Session, usccs: Collection[str]) -> dict[str, FoundEntity]:
    """The entities with these credit codes, by code."""
    rows = session.connection().execute(_BY_USCCS, {"usccs": list(usccs)}) if usccs else ()
    return {row.uscc: FoundEntity(*row) for row in rows}


def by_id(session: Session, subject_id: int) -> Subject | None:
    """The subject with this id."""
    return session.get(Subject, subject_id)


def found_by_id(
    session: Session, subject_id: int, *, kind: SubjectKind
) -> FoundHousehold | FoundEntity | None:
    """A household or entity with what its card is made of; None for a village."""
    connection, asked = session.connection(), {"subject_id": subject_id}
    if kind is SubjectKind.HOUSEHOLD:
        return FoundHousehold(*connection.execute(_HOUSEHOLDS.where(_ID), asked).one())
    if kind is SubjectKind.AGRI_ENTITY:
        return FoundEntity(*connection.execute(_ENTITIES.where(_ID), asked).one())
    return None


class SealedName(NamedTuple):
    """Who a subject is, with the code and name of its place, as far as a name is made of it."""

    subject_id: int
    kind: SubjectKind
    place_code: str
    place_name: str
    erased: bool
    head_name_cipher: bytes | None
    name: str | None
    entity_type: EntityType | None
    representative_cipher: bytes | None


def sealed_names(session: Session, subject_ids: Collection[int]) -> list[SealedName]:
    """What the names of some subjects are made of, in one query."""
    rows = (
        select(
            Subject.subject_id,
            Subject.kind,
            Place.code,
            Place.name,
            Erasure.subject_id.is_not(None),
            Household.head_name_cipher,
            AgriEntity.name,
            AgriEntity.entity_type,
            AgriEntity.legal_representative_name_cipher,
        )
        .join(Place, Place.place_id == Subject.place_id)
        .outerjoin(Household, Household.subject_id == Subject.subject_id)
        .outerjoin(AgriEntity, AgriEntity.subject_id == Subject.subject_id)
        .outerjoin(Erasure, Erasure.subject_id == Subject.subject_id)
        .where(Subject.subject_id.in_(subject_ids))
    )
    return [SealedName(*row) for row in session.execute(rows)]


def entity_state(session: Session, subject_id: int, *, last_id: int | None) -> EntityState | None:
    """The newest state of an entity, up to a row."""
    found = select(EntityState).where(EntityState.subject_id == subject_id)
    if last_id is not None:
        found = found.where(EntityState.entity_state_id <= last_id)
    return session.scalars(found.order_by(EntityState.entity_state_id.desc()).limit(1)).first()


def subjects_in_place(
    session: Session, place_id: int, *, kind: SubjectKind, after: int, limit: int
) -> list[Subject]:
    """The next subjects of one kind in one division, by id."""
    return list(
        session.scalars(
            select(Subject)
            .where(Subject.place_id == place_id, Subject.kind == kind, Subject.subject_id > after)
            .order_by(Subject.subject_id)
            .limit(limit)
        )
    )


def sealed_heads(session: Session) -> Iterator[tuple[int, bytes]]:
    """The sealed number of the head of every household that is still on file."""
    erased = select(Erasure.subject_id).where(Erasure.subject_id == Household.subject_id).exists()
    columns = Household.subject_id, Household.head_id_number_cipher
    found = select(*columns).where(~erased).order_by(Household.subject_id)
    for row in session.execute(found.execution_options(yield_per=10_000)):
        yield row.subject_id, row.head_id_number_cipher


def has_subjects(session: Session) -> bool:
    """Whether anybody is on file."""
    return session.scalar(select(Subject.subject_id).limit(1)) is not None


def has_synthetic(session: Session) -> bool:
    """Whether any subject is synthetic."""
    return session.scalar(select(Subject.subject_id).where(Subject.synthetic).limit(1)) is not None


def sealed_representative(session: Session, subject_id: int) -> bytes:
    """The sealed name of the legal representative of an entity."""
    sealed: bytes = session.execute(
        select(AgriEntity.legal_representative_name_cipher).where(AgriEntity.subject_id == subject_id)
    ).scalar_one()
    return sealed
