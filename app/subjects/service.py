"""Who is behind a number, and what people may see of a subject."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from app.db import Session
from app.errors import Invalid, NotFound
from app.models import ContactKind, EntityState, EntityStatus, EntityType, Subject, SubjectKind
from app.places import service as places
from app.subjects import store
from app.subjects.cipher import Cipher
from app.subjects.contacts import masked_address, masked_phone, newest_contacts
from app.subjects.keys import follow
from app.subjects.numbers import masked_name, masked_number, resident_number, sex_and_birth, uscc
from app.subjects.store import has_subjects, has_synthetic, subjects_in_place

__all__ = [
    "SubjectCard",
    "describe",
    "entity_state",
    "find_by_number",
    "has_subjects",
    "has_synthetic",
    "heads",
    "subject",
    "subjects_in_place",
    "with_contacts",
]


@dataclass(frozen=True)
class SubjectCard:
    """What pages and answers may show of a subject: of persons, only masked names and numbers."""

    subject_id: int
    kind: SubjectKind
    place_id: int
    synthetic: bool
    name: str | None = None
    name_masked: str | None = None
    number_masked: str | None = None
    household_no: str | None = None
    uscc: str | None = None
    entity_type: EntityType | None = None
    status: EntityStatus | None = None
    phone_masked: str | None = None
    address_masked: str | None = None

    @property
    def display_name(self) -> str:
        """The name to show: an entity's or village's own, a head of household's masked."""
        return self.name or self.name_masked or ""


def subject(session: Session, subject_id: int) -> Subject:
    """The subject with this id."""
    found = store.by_id(session, subject_id)
    if found is None:
        raise NotFound(f"there is no subject with the id {subject_id}")
    return found


def entity_state(session: Session, subject_id: int, *, last_id: int | None = None) -> EntityState | None:
    """Type and registration of an entity as known; with the last row of an earlier night, as known then."""
    return store.entity_state(session, subject_id, last_id=last_id)


def heads(session: Session, cipher: Cipher) -> Iterator[tuple[int, int, date]]:
    """Sex (1 male, 2 female) and birth of every head of household, for statistics; no number leaves."""
    for subject_id, sealed in store.sealed_heads(session):
        sex, born = sex_and_birth(cipher.open(sealed, row=f"households/{subject_id}/head_id_number"))
        yield subject_id, sex, born


def find_by_number(session: Session, cipher: Cipher, number: str, *, on: date) -> Subject:
    """The household of a resident number, else the entity of a credit code.

    An old credit code can consist of digits only, so that both readings of a number are tried.
    """
    resident, code = _resident_number(number, on=on), _uscc(number)
    if isinstance(resident, Invalid) and isinstance(code, Invalid):
        raise code if _looks_like_uscc(number) else resident
    found = None
    if isinstance(resident, str):
        found = _person(session, cipher, resident)
    if found is None and isinstance(code, str):
        found = store.by_uscc(session, code)
    if found is None:
        raise NotFound("nobody is on file under this number; compare it with the card or the licence")
    return found


def with_contacts(session: Session, cipher: Cipher, card: SubjectCard) -> SubjectCard:
    """The same card with phone and address masked, for the desk to compare with what it is told."""
    known = newest_contacts(session, cipher, [card.subject_id]).get(card.subject_id, {})
    phone, address = known.get(ContactKind.PHONE), known.get(ContactKind.ADDRESS)
    return replace(
        card,
        phone_masked=phone and masked_phone(phone),
        address_masked=address and masked_address(address),
    )


def _person(session: Session, cipher: Cipher, number: str) -> Subject | None:
    """The household of a resident number: of its head, else of a member."""
    found = store.by_head(session, cipher.indexes(number))
    if found is None:
        # Before anybody is called unknown: this process may not have heard of a new key yet.
        follow(session, cipher)
        indexes = cipher.indexes(number)
        found = store.by_head(session, indexes) or store.by_member(session, indexes)
    return found


def describe(session: Session, cipher: Cipher, subject: Subject) -> SubjectCard:
    """The card of a subject."""
    if subject.kind is SubjectKind.HOUSEHOLD:
        return _household_card(session, cipher, subject)
    if subject.kind is SubjectKind.AGRI_ENTITY:
        return _entity_card(session, subject)
    return SubjectCard(
        subject.subject_id,
        subject.kind,
        place_id=subject.place_id,
        synthetic=subject.synthetic,
        name=places.place(session, subject.place_id).name,
    )


def _household_card(session: Session, cipher: Cipher, subject: Subject) -> SubjectCard:
    household = store.household(session, subject.subject_id)
    row = f"households/{subject.subject_id}"
    return SubjectCard(
        subject.subject_id,
        subject.kind,
        place_id=subject.place_id,
        synthetic=subject.synthetic,
        name_masked=masked_name(cipher.open(household.head_name_cipher, row=f"{row}/head_name")),
        number_masked=masked_number(
            cipher.open(household.head_id_number_cipher, row=f"{row}/head_id_number")
        ),
        household_no=household.household_no,
    )


def _entity_card(session: Session, subject: Subject) -> SubjectCard:
    entity = store.agri_entity(session, subject.subject_id)
    return SubjectCard(
        subject.subject_id,
        subject.kind,
        place_id=subject.place_id,
        synthetic=subject.synthetic,
        name=entity.name,
        uscc=entity.uscc,
        entity_type=entity.entity_type,
        status=entity.status,
    )


def _resident_number(number: str, *, on: date) -> str | Invalid:
    try:
        return resident_number(number, on=on)
    except Invalid as refusal:
        return refusal


def _uscc(number: str) -> str | Invalid:
    try:
        return uscc(number)
    except Invalid as refusal:
        return refusal


def _looks_like_uscc(number: str) -> bool:
    """Whether the reason for a refusal should speak of a credit code: it has letters, or begins with 9."""
    text = number.strip().upper()
    return text.startswith("9") or bool(set(text[:-1]) - set("0123456789.E+"))
