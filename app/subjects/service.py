"""Who is behind a number, and what people may see of a subject."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from app.db import Session
from app.errors import AppError, Invalid, NotFound
from app.models import ContactKind, EntityState, EntityStatus, EntityType, Subject, SubjectKind
from app.places import service as places
from app.subjects import store
from app.subjects.cipher import Cipher
from app.subjects.contacts import masked_address, masked_phone, newest_contacts
from app.subjects.keys import follow
from app.subjects.numbers import masked_name, masked_number, resident_number, sex_and_birth, uscc
from app.subjects.store import (
    FoundEntity,
    FoundHousehold,
    has_subjects,
    has_synthetic,
    subjects_in_place,
)

__all__ = [
    "Found",
    "NamedSubject",
    "PublicName",
    "SubjectCard",
    "card_of",
    "describe",
    "entity_state",
    "find_by_number",
    "find_by_numbers",
    "has_subjects",
    "has_synthetic",
    "heads",
    "named_subjects",
    "public_name",
    "subject",
    "subjects_in_place",
    "with_contacts",
]


# No name of a person is longer; that of a large grower who trades under his own is one.
_PERSON_NAME_LENGTH_MAX = 4
_NOBODY = "nobody is on file under this number; compare it with the card or the licence"


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


Found = FoundHousehold | FoundEntity


def find_by_numbers(
    session: Session, cipher: Cipher, numbers: Collection[str], *, on: date
) -> dict[str, Found | Invalid | NotFound]:
    """By each number the household of a resident number, else the entity of a credit code, or the refusal.

    An old credit code can consist of digits only, so that both readings of a number are tried.
    """
    residents = {number: _resident_number(number, on=on) for number in numbers}
    persons = _persons(
        session, cipher, {number: read for number, read in residents.items() if isinstance(read, str)}
    )
    codes = {number: _uscc(number) for number in residents if number not in persons}
    entities = store.by_usccs(session, {code for code in codes.values() if isinstance(code, str)})
    told: dict[str, Found | Invalid | NotFound] = {}
    for number, resident in residents.items():
        code = codes.get(number)
        if isinstance(resident, Invalid) and isinstance(code, Invalid):
            told[number] = code if _looks_like_uscc(number) else resident
        elif code is None:
            told[number] = persons[number]
        elif isinstance(code, str) and code in entities:
            told[number] = entities[code]
        else:
            told[number] = NotFound(_NOBODY)
    return told


def _persons(session: Session, cipher: Cipher, numbers: Mapping[str, str]) -> dict[str, FoundHousehold]:
    """The households of resident numbers: of their heads, else of members; by what was asked for."""
    found: dict[str, FoundHousehold] = {}

    def look(
        households: Callable[[Session, Collection[bytes]], list[tuple[bytes, FoundHousehold]]],
    ) -> bool:
        """Look for those not found yet under every hash they may be filed under; whether all are found."""
        asked = {
            index: number
            for number, read in numbers.items()
            if number not in found
            for index in cipher.indexes(read)
        }
        if asked:
            found.update({asked[index]: household for index, household in households(session, asked)})
        return len(found) == len(numbers)

    if not look(store.by_heads):
        # Before anybody is called unknown: this process may not have heard of a new key yet.
        follow(session, cipher)
        if not look(store.by_heads):
            look(store.by_members)
    return found


def find_by_number(session: Session, cipher: Cipher, number: str, *, on: date) -> Subject:
    """The household or entity of one number; `Invalid` or `NotFound` where there is none."""
    found = find_by_numbers(session, cipher, [number], on=on)[number]
    if isinstance(found, AppError):
        raise found
    return subject(session, found.subject_id)


def card_of(cipher: Cipher, found: Found) -> SubjectCard:
    """The card of a household or entity that was found by its number."""
    if isinstance(found, FoundEntity):
        return SubjectCard(
            found.subject_id,
            found.kind,
            place_id=found.place_id,
            synthetic=found.synthetic,
            name=found.name,
            uscc=found.uscc,
            entity_type=found.entity_type,
            status=found.status,
        )
    row = f"households/{found.subject_id}"
    return SubjectCard(
        found.subject_id,
        found.kind,
        place_id=found.place_id,
        synthetic=found.synthetic,
        name_masked=masked_name(cipher.open(found.head_name_cipher, row=f"{row}/head_name")),
        number_masked=masked_number(cipher.open(found.head_id_number_cipher, row=f"{row}/head_id_number")),
        household_no=found.household_no,
    )


def with_contacts(session: Session, cipher: Cipher, card: SubjectCard) -> SubjectCard:
    """The same card with phone and address masked, for the desk to compare with what it is told."""
    known = newest_contacts(session, cipher, [card.subject_id]).get(card.subject_id, {})
    phone, address = known.get(ContactKind.PHONE), known.get(ContactKind.ADDRESS)
    return replace(
        card,
        phone_masked=phone and masked_phone(phone),
        address_masked=address and masked_address(address),
    )


def describe(session: Session, cipher: Cipher, subject: Subject) -> SubjectCard:
    """The card of a subject."""
    found = store.found_by_id(session, subject.subject_id, kind=subject.kind)
    if found is not None:
        return card_of(cipher, found)
    return SubjectCard(
        subject.subject_id,
        subject.kind,
        place_id=subject.place_id,
        synthetic=subject.synthetic,
        name=places.place(session, subject.place_id).name,
    )


@dataclass(frozen=True)
class PublicName:
    """A name as everybody may see it, and whether it is one of a natural person."""

    name: str
    of_person: bool


def public_name(session: Session, cipher: Cipher, subject: Subject) -> PublicName:
    """The name of a subject for notices and certificates.

    The head of a household is masked; so is a person whose name an entity bears: that of its legal
    representative wherever it stands, and that of a large grower who trades under his own.
    """
    card = describe(session, cipher, subject)
    if card.name is None:
        return PublicName(card.display_name, of_person=True)
    if card.entity_type is None:
        return PublicName(card.name, of_person=False)
    sealed = store.sealed_representative(session, subject.subject_id)
    of_entity = _Entity(subject.subject_id, card.name, card.entity_type, sealed)
    return _public_name_of_entity(cipher, of_entity)


@dataclass(frozen=True)
class NamedSubject:
    """A subject by the name everybody may see, none once its data are erased, and where it is at home."""

    subject_id: int
    name: str | None
    place_name: str


def named_subjects(
    session: Session, cipher: Cipher, subject_ids: Collection[int], *, scope: str
) -> dict[int, NamedSubject]:
    """Those of some subjects who are at home in a division, by their public names, in one query."""
    if not subject_ids:
        return {}
    return {
        one.subject_id: NamedSubject(one.subject_id, _public(cipher, one), places.spoken(one.place_name))
        for one in store.sealed_names(session, subject_ids)
        if places.within(scope, one.place_code)
    }


def _public(cipher: Cipher, one: store.SealedName) -> str | None:
    if one.erased:
        return None
    if one.head_name_cipher is not None:
        return masked_name(cipher.open(one.head_name_cipher, row=f"households/{one.subject_id}/head_name"))
    if one.name is None or one.entity_type is None or one.representative_cipher is None:
        return one.place_name
    of_entity = _Entity(one.subject_id, one.name, one.entity_type, one.representative_cipher)
    return _public_name_of_entity(cipher, of_entity).name


class _Entity(NamedTuple):
    subject_id: int
    name: str
    entity_type: EntityType
    sealed_representative: bytes


def _public_name_of_entity(cipher: Cipher, entity: _Entity) -> PublicName:
    row = f"agri_entities/{entity.subject_id}/legal_representative_name"
    person = cipher.open(entity.sealed_representative, row=row).strip()
    if len(person) > 1 and person in entity.name:
        return PublicName(entity.name.replace(person, masked_name(person)), of_person=True)
    if entity.entity_type is EntityType.LARGE_GROWER and len(entity.name) <= _PERSON_NAME_LENGTH_MAX:
        return PublicName(masked_name(entity.name), of_person=True)
    return PublicName(entity.name, of_person=False)


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
