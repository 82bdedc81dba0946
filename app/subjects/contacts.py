"""Phones and addresses: what can be one, what people may see of it, and the newest on file."""

import re
from collections.abc import Collection

from sqlalchemy import select

from app.db import Session
from app.errors import Invalid
from app.models import Contact, ContactKind
from app.subjects.cipher import Cipher

ADDRESS_LENGTH = range(4, 101)
_MOBILE = re.compile(r"(?:(?:\+|00)?86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(010|02\d|0[3-9]\d\d)([2-8]\d{6,7})")
_PER_QUERY = 500


def contact_row(contact_id: int) -> str:
    """What the sealed value of a contact is bound to."""
    return f"contacts/{contact_id}/value"


def phone_number(given: str) -> str:
    """A phone number in its one spelling: 11 digits of a mobile, or an area code and a number."""
    digits = re.sub(r"[\s()（）-]", "", given)
    if mobile := _MOBILE.fullmatch(digits):
        return mobile.group(1)
    if landline := _LANDLINE.fullmatch(digits):
        return "-".join(landline.groups())
    raise Invalid("phone: neither 11 digits of a mobile nor an area code (such as 023) and 7 or 8 digits")


def postal_address(given: str) -> str:
    """An address without blanks in it; too short, too long or of digits only it is none."""
    text = re.sub(r"\s", "", given)
    if len(text) not in ADDRESS_LENGTH or text.isdecimal():
        least, most = ADDRESS_LENGTH[0], ADDRESS_LENGTH[-1]
        raise Invalid(f"address: has {len(text)} characters; write {least} to {most}, not digits only")
    return text


def masked_phone(phone: str) -> str:
    """A phone number as people may see it: the first three and the last four characters."""
    return f"{phone[:3]}{'*' * max(len(phone) - 7, 1)}{phone[-4:] if len(phone) > 7 else ''}"


def masked_address(address: str) -> str:
    """An address as people may see it: the first six characters, of the town or village."""
    return f"{address[: min(6, len(address) // 2)]}***"


def newest_contacts(
    session: Session, cipher: Cipher, subject_ids: Collection[int]
) -> dict[int, dict[ContactKind, str]]:
    """The phone and the address that hold of each subject, opened: for comparing, not for showing."""
    wanted, sealed = sorted(subject_ids), dict[tuple[int, ContactKind], Contact]()
    for start in range(0, len(wanted), _PER_QUERY):
        part = wanted[start : start + _PER_QUERY]
        found = select(Contact).where(Contact.subject_id.in_(part)).order_by(Contact.contact_id)
        sealed |= {(contact.subject_id, contact.kind): contact for contact in session.scalars(found)}
    opened: dict[int, dict[ContactKind, str]] = {}
    for (subject_id, kind), contact in sealed.items():
        value = cipher.open(contact.value_cipher, row=contact_row(contact.contact_id))
        opened.setdefault(subject_id, {})[kind] = value
    return opened
