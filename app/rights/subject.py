"""Who a subject is, opened in full because the data are handed to nobody but the subject."""

from collections.abc import Sequence

from app.models import AgriEntity, Contact, ContactKind, Household, Member, Subject
from app.rights.report import Person, Who
from app.subjects.cipher import Cipher
from app.subjects.contacts import contact_row
from app.subjects.numbers import masked_name, masked_number


def household_who(
    cipher: Cipher,
    subject: Subject,
    *,
    household: Household,
    members: Sequence[Member],
    contacts: Sequence[Contact],
    division: str,
) -> Who:
    """A household with its head's name and number in full; the other members stay masked."""
    row = f"households/{subject.subject_id}"
    number = cipher.open(household.head_id_number_cipher, row=f"{row}/head_id_number")
    return Who(
        subject_id=subject.subject_id,
        kind=subject.kind.value,
        kind_label=subject.kind.label,
        name=cipher.open(household.head_name_cipher, row=f"{row}/head_name"),
        id_number=number,
        uscc=None,
        household_no=household.household_no,
        representative=None,
        division=division,
        phones=_of_kind(cipher, contacts, ContactKind.PHONE),
        addresses=_of_kind(cipher, contacts, ContactKind.ADDRESS),
        members=[person for member in members if (person := _person(cipher, member, own=number))],
        synthetic=subject.synthetic,
    )


def entity_who(
    cipher: Cipher, subject: Subject, *, entity: AgriEntity, contacts: Sequence[Contact], division: str
) -> Who:
    """An entity with its name and credit code; its legal representative is masked."""
    return Who(
        subject_id=subject.subject_id,
        kind=subject.kind.value,
        kind_label=entity.entity_type.label,
        name=entity.name,
        id_number=None,
        uscc=entity.uscc,
        household_no=None,
        representative=_representative(cipher, entity),
        division=division,
        phones=_of_kind(cipher, contacts, ContactKind.PHONE),
        addresses=_of_kind(cipher, contacts, ContactKind.ADDRESS),
        members=[],
        synthetic=subject.synthetic,
    )


def _representative(cipher: Cipher, entity: AgriEntity) -> str:
    row = f"agri_entities/{entity.subject_id}/legal_representative"
    name = masked_name(cipher.open(entity.legal_representative_name_cipher, row=f"{row}_name"))
    sealed = entity.legal_representative_number_cipher
    if sealed is None:
        return name
    return f"{name}（{masked_number(cipher.open(sealed, row=f'{row}_number'))}）"


def _person(cipher: Cipher, member: Member, *, own: str) -> Person | None:
    """Another adult of the household; none for the head, who is told of in full."""
    row, sealed = f"members/{member.member_id}", member.id_number_cipher
    number = None if sealed is None else cipher.open(sealed, row=f"{row}/id_number")
    if number == own:
        return None
    return Person(
        relation_code=member.relation_code,
        name_masked=masked_name(cipher.open(member.name_cipher, row=f"{row}/name")),
        number_masked=None if number is None else masked_number(number),
    )


def _of_kind(cipher: Cipher, contacts: Sequence[Contact], kind: ContactKind) -> list[str]:
    """The contacts of a kind, the newest first."""
    found = [each for each in contacts if each.kind is kind]
    return [cipher.open(each.value_cipher, row=contact_row(each.contact_id)) for each in reversed(found)]
