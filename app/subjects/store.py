"""Questions about credit subjects to the database."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AgriEntity, EntityState, Erasure, Household, Member, Subject, SubjectKind


def by_id(session: Session, subject_id: int) -> Subject | None:
    """The subject with this id."""
    return session.get(Subject, subject_id)


def by_head(session: Session, number_indexes: Sequence[bytes]) -> Subject | None:
    """The household whose head has this number, by every hash it may be filed under."""
    heads = select(Household.subject_id).where(Household.head_id_number_index.in_(number_indexes))
    return session.scalar(select(Subject).where(Subject.subject_id.in_(heads)))


def by_member(session: Session, number_indexes: Sequence[bytes]) -> Subject | None:
    """The household that has a member with this number; of several, the one recorded last."""
    members = select(Member.subject_id).where(Member.id_number_index.in_(number_indexes))
    newest_first = (Subject.recorded_at.desc(), Subject.subject_id.desc())
    return session.scalar(
        select(Subject).where(Subject.subject_id.in_(members)).order_by(*newest_first).limit(1)
    )


def by_uscc(session: Session, uscc: str) -> Subject | None:
    """The entity with this credit code."""
    entities = select(AgriEntity.subject_id).where(AgriEntity.uscc == uscc)
    return session.scalar(select(Subject).where(Subject.subject_id.in_(entities)))


def household(session: Session, subject_id: int) -> Household:
    """The household of a subject that is one."""
    return session.get_one(Household, subject_id)


def agri_entity(session: Session, subject_id: int) -> AgriEntity:
    """The entity of a subject that is one."""
    return session.get_one(AgriEntity, subject_id)


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
