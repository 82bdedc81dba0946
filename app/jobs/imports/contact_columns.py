"""The columns of a phone and an address, which may be left empty; an empty cell takes nothing away."""

from collections.abc import Mapping
from datetime import date

from app.errors import Invalid
from app.jobs.imports.cells import BadCell, code, limited, plain
from app.jobs.imports.columns import Column, Row
from app.jobs.imports.reading import Raw
from app.jobs.imports.report import both
from app.models import ContactKind
from app.subjects.contacts import ADDRESS_LENGTH, masked_address, masked_phone, phone_number, postal_address

Contacts = Mapping[ContactKind, str]


def _phone(raw: Raw, on: date) -> str:
    try:
        return phone_number(code(raw, on))
    except Invalid:
        raise BadCell(
            both("不是电话号码", "neither a mobile (11 digits) nor a landline with its area code"),
            fix=both(
                "填 11 位手机号，或 023-41421234 这样的固定电话；单元格格式设为“文本”",
                "write 11 digits, or a landline as 023-41421234, in a text cell",
            ),
        ) from None


def _address(raw: Raw, on: date) -> str:
    try:
        return postal_address(limited(ADDRESS_LENGTH[-1])(raw, on))
    except Invalid:
        raise BadCell(
            both("不是地址", f"shorter than {ADDRESS_LENGTH[0]} characters, or of digits only"),
            fix=both("写到村民小组和门牌", "write it down to the group and the house"),
        ) from None


def _shown_phone(raw: Raw) -> str:
    return masked_phone(plain(raw))[:40]


def _shown_address(raw: Raw) -> str:
    return masked_address(plain(raw))


PHONE = Column(
    "联系电话",
    _phone,
    required=False,
    show=_shown_phone,
    note="11 位手机号，或带区号的固定电话，单元格格式为文本；可留空",
    example="15400000001",
    also=("电话", "手机", "手机号", "手机号码", "联系方式"),
)
ADDRESS = Column(
    "地址",
    _address,
    required=False,
    show=_shown_address,
    note="写到村民小组和门牌；可留空",
    example="大兴镇长隆村3组12号",
    also=("住址", "家庭住址", "联系地址", "通讯地址", "经营地址"),
)
CONTACT_COLUMN = {ContactKind.PHONE: PHONE, ContactKind.ADDRESS: ADDRESS}
CONTACT_COLUMNS = tuple(CONTACT_COLUMN.values())


def contacts_in(row: Row) -> Contacts:
    """The contacts a row names."""
    named = {ContactKind.PHONE: row[PHONE.name], ContactKind.ADDRESS: row[ADDRESS.name]}
    return {kind: value for kind, value in named.items() if value is not None}


def news_in(contacts: Contacts, *, on_file: Contacts) -> Contacts:
    """Those that are not on file."""
    return {kind: value for kind, value in contacts.items() if on_file.get(kind) != value}
