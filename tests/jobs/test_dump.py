"""Whoever takes a copy of the database takes no number, name, phone or address of a person with it."""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from app import clock
from app.access.tokens import issue_token
from app.db import Engine, make_engine, reading
from app.errors import Invalid
from app.jobs.demo import make_demo
from app.jobs.nightly import run_night
from app.jobs.progress import quiet
from app.jobs.setup import initialise
from app.main import create_app
from app.models import AgriEntity, Base, Consent, Contact, ContactKind, Household, Inquiry, Member, User
from app.settings import Settings
from app.subjects.cipher import Cipher
from app.subjects.key_source import cipher_of
from app.subjects.numbers import resident_number

# Of each: numbers, names of persons, phones, addresses.
KNOWN_LEAST = 10_000
# Text that is about nobody: it may hold two characters that are also somebody's name.
PUBLIC = {"places", "facts", "sources", "rule_versions", "agri_entities", "roster_entries", "rating_runs"}
NUMBER = re.compile(r"\d{17}[\dX]")
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
# Every address of the demonstration ends so.
ADDRESS_END = "号（合成）"
ASK = "/v1/inquiries"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A rated district with some thousand persons in it."""
    folder = tmp_path_factory.mktemp("dump")
    made = Settings(database_url=f"sqlite:///{folder}/district.db", key_file=folder / "master.key")
    on, at = clock.today(), clock.now()
    initialise(made, on=on, at=at)
    engine = make_engine(made.database_url)
    make_demo(engine, cipher_of(made), households=10_000, entities=200, seed=11, on=on, progress=quiet)
    run_night(
        engine, policy_folder=made.policy_folder, district_code=made.district_code, as_of=on, started_at=at,
        progress=quiet,
    )  # fmt: skip
    ask_under_keys(made, engine)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return made


def ask_under_keys(settings: Settings, engine: Engine) -> None:
    """A bank asks by a paper, then by the consent it was kept as, under a key that is the number itself."""
    with reading(engine) as session:
        officer = session.scalars(select(User).where(User.username == "officer.nsh")).one()
        head = session.scalars(select(Household).order_by(Household.subject_id).limit(1)).one()
    row = f"households/{head.subject_id}/head_id_number"
    question = {
        "id_number": cipher_of(settings).open(head.head_id_number_cipher, row=row),
        "purpose": "guarantee_review",
    }
    on = clock.today()
    paper = {
        "reference": "授2025-001", "signed_on": on.isoformat(), "document": "授权书.pdf",
        "ends_on": (on + timedelta(days=9)).isoformat(), "document_sha256": "ab" * 32,
    }  # fmt: skip
    with TestClient(create_app(settings)) as client:
        ask = partial(_ask, client, officer)
        ask(question | {"authorisation": paper}, key="loan-1")
        with reading(engine) as session:
            kept = select(Consent.consent_id).where(Consent.reference == paper["reference"])
            given = session.scalars(kept).one()
        ask(question | {"consent_id": given}, key=question["id_number"])


def _ask(client: TestClient, officer: User, question: dict[str, Any], *, key: str) -> None:
    signed = client.app.state.token_key  # type: ignore[attr-defined]
    token = issue_token(officer, key=signed, at=clock.now(), minutes=30)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    assert client.post(ASK, json=question, headers=headers).status_code == 200


def plain_hashes(engine: Engine, numbers: set[str]) -> Iterator[str]:
    """What anybody can work out of each number, and of what may have been asked about it."""
    with reading(engine) as session:
        clear = session.execute(select(Inquiry.consent_id, Inquiry.purpose).distinct()).all()
    for number in numbers:
        yield sha256(number.encode()).hexdigest()
        for consent_id, purpose in clear:
            body = {
                "id_number": number, "uscc": None, "purpose": purpose.value, "consent_id": consent_id,
                "authorisation": None,
            }  # fmt: skip
            content = json.dumps({"path": ASK, "body": body}, sort_keys=True)
            yield sha256(content.encode()).hexdigest()


@dataclass
class Known:
    """What is on file of persons, opened: names one for each person, the others each once."""

    numbers: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)
    phones: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)


def known_persons(engine: Engine, cipher: Cipher) -> Known:
    """The numbers, names, phones and addresses of everybody on file."""
    known = Known()
    with reading(engine) as session:
        for head in session.scalars(select(Household)):
            row = f"households/{head.subject_id}"
            known.numbers.add(cipher.open(head.head_id_number_cipher, row=f"{row}/head_id_number"))
            known.names.append(cipher.open(head.head_name_cipher, row=f"{row}/head_name"))
        for member in session.scalars(select(Member)):
            row = f"members/{member.member_id}"
            known.names.append(cipher.open(member.name_cipher, row=f"{row}/name"))
            if member.id_number_cipher:
                known.numbers.add(cipher.open(member.id_number_cipher, row=f"{row}/id_number"))
        for entity in session.scalars(select(AgriEntity)):
            row = f"agri_entities/{entity.subject_id}/legal_representative"
            known.names.append(cipher.open(entity.legal_representative_name_cipher, row=f"{row}_name"))
        for contact in session.scalars(select(Contact)):
            value = cipher.open(contact.value_cipher, row=f"contacts/{contact.contact_id}/value")
            (known.phones if contact.kind is ContactKind.PHONE else known.addresses).add(value)
    return known


def is_resident_number(given: str) -> bool:
    """Whether eighteen characters are a number a person could have."""
    try:
        resident_number(given, on=clock.today())
    except Invalid:
        return False
    return True


def texts(file: Path) -> set[tuple[str, str]]:
    """Every text of the database, with its table."""
    found = set()
    with sqlite3.connect(file) as connection:
        for table in Base.metadata.tables:
            for row in connection.execute(f"SELECT * FROM {table}"):
                found |= {(table, cell) for cell in row if isinstance(cell, str)}
    return found


def numbers_in(content: bytes) -> set[str]:
    """Everything in a file that could be a number of a person, as ASCII, UTF-8 or GB 18030 and as UTF-16."""
    return _digits_in(content, rb"\d{17}[\dX]", rb"(?:\d\x00){17}[\dX]", rb"(?:\x00\d){17}\x00[\dX]")


def phones_in(content: bytes) -> set[str]:
    """Everything in a file that could be a mobile, in the same encodings."""
    return _digits_in(content, rb"1\d{10}", rb"1\x00(?:\d\x00){9}\d", rb"\x001(?:\x00\d){10}")


def _digits_in(content: bytes, *patterns: bytes) -> set[str]:
    found = {each for pattern in patterns for each in re.findall(rb"(?=(%b))" % pattern, content)}
    return {each.replace(b"\x00", b"").decode() for each in found}


def addresses_in(content: bytes, addresses: set[str]) -> set[str]:
    """The addresses that stand in a file, in any of the encodings."""
    found = set()
    for encoding in ENCODINGS:
        known = {address.encode(encoding): address for address in addresses}
        lengths = {len(each) for each in known}
        for end in re.finditer(re.escape(ADDRESS_END.encode(encoding)), content):
            ends = (content[max(0, end.end() - length) : end.end()] for length in lengths)
            found |= {known[each] for each in ends if each in known}
    return found


def test_no_number_is_in_the_file_and_no_name_in_what_is_about_persons(settings) -> None:
    engine = make_engine(settings.database_url)
    known = known_persons(engine, cipher_of(settings))
    hashes = set(plain_hashes(engine, known.numbers))
    engine.dispose()
    assert min(map(len, (known.numbers, known.names, known.phones, known.addresses))) >= KNOWN_LEAST
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    content = file.read_bytes()
    assert numbers_in(content) & known.numbers == set()
    assert phones_in(content) & known.phones == set()
    assert all(address.endswith(ADDRESS_END) for address in known.addresses)
    assert addresses_in(content, known.addresses) == set()
    kept = texts(file)
    words = {
        (table, cell[start : start + length])
        for table, cell in kept
        if table not in PUBLIC
        for length in (2, 3)
        for start in range(len(cell) - length + 1)
    }
    names = set(known.names)
    assert {(table, word) for table, word in words if word in names} == set()
    assert len(hashes) > len(known.numbers)
    assert [cell for _, cell in kept if cell in hashes] == []
    # And no other number that could be a person's: not of somebody who was refused, not in a file name.
    others = {found for _, cell in kept for found in NUMBER.findall(cell) if is_resident_number(found)}
    assert others == set()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_scan_finds_what_is_not_sealed(encoding: str) -> None:
    number, phone, address = "11010519491231002X", "15400000001", f"长隆村3组12{ADDRESS_END}"
    content = f"王建国 {number}。{address}，{phone}".encode(encoding)
    assert numbers_in(content) >= {number}
    assert phones_in(content) >= {phone}
    assert addresses_in(content, {address, f"狮子村1组1{ADDRESS_END}"}) == {address}
