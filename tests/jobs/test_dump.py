"""Whoever takes a copy of the database takes no number and no name of a person with it."""

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select, text

from app import clock
from app.db import Engine, make_engine, reading
from app.errors import Invalid
from app.jobs.demo import make_demo
from app.jobs.nightly import run_night
from app.jobs.progress import quiet
from app.jobs.setup import initialise
from app.models import AgriEntity, Base, Household, Member
from app.settings import Settings
from app.subjects.cipher import Cipher
from app.subjects.key_source import cipher_of
from app.subjects.numbers import resident_number

KNOWN_LEAST = 10_000
# Text that is about nobody: it may hold two characters that are also somebody's name.
PUBLIC = {"places", "facts", "sources", "rule_versions", "agri_entities", "roster_entries", "rating_runs"}
NUMBER = re.compile(r"\d{17}[\dX]")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A rated district with some thousand persons in it."""
    folder = tmp_path_factory.mktemp("dump")
    made = Settings(database_url=f"sqlite:///{folder}/district.db", key_file=folder / "master.key")
    on, at = clock.today(), clock.now()
    initialise(made, on=on, at=at)
    engine = make_engine(made.database_url)
    make_demo(engine, cipher_of(made), households=5_600, entities=200, seed=11, on=on, progress=quiet)
    run_night(
        engine, policy_folder=made.policy_folder, district_code=made.district_code, as_of=on, started_at=at,
        progress=quiet,
    )  # fmt: skip
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return made


def known_persons(engine: Engine, cipher: Cipher) -> tuple[set[str], set[str]]:
    """The numbers and the names of everybody on file."""
    with reading(engine) as session:
        heads = session.scalars(select(Household)).all()
        members = session.scalars(select(Member)).all()
        entities = session.scalars(select(AgriEntity)).all()
    numbers: set[str] = set()
    names: set[str] = set()
    for head in heads:
        row = f"households/{head.subject_id}"
        numbers.add(cipher.open(head.head_id_number_cipher, row=f"{row}/head_id_number"))
        names.add(cipher.open(head.head_name_cipher, row=f"{row}/head_name"))
    for member in members:
        row = f"members/{member.member_id}"
        names.add(cipher.open(member.name_cipher, row=f"{row}/name"))
        if member.id_number_cipher:
            numbers.add(cipher.open(member.id_number_cipher, row=f"{row}/id_number"))
    for entity in entities:
        row = f"agri_entities/{entity.subject_id}/legal_representative"
        names.add(cipher.open(entity.legal_representative_name_cipher, row=f"{row}_name"))
    return numbers, names


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
    plain = re.findall(rb"(?=(\d{17}[\dX]))", content)
    little = re.findall(rb"(?=((?:\d\x00){17}[\dX]))", content)
    big = re.findall(rb"(?=((?:\x00\d){17}\x00[\dX]))", content)
    return {found.replace(b"\x00", b"").decode() for found in (*plain, *little, *big)}


def test_no_number_is_in_the_file_and_no_name_in_what_is_about_persons(settings) -> None:
    engine = make_engine(settings.database_url)
    numbers, names = known_persons(engine, cipher_of(settings))
    engine.dispose()
    assert len(numbers) + len(names) > KNOWN_LEAST
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    assert numbers_in(file.read_bytes()) & numbers == set()
    kept = texts(file)
    words = {
        (table, cell[start : start + length])
        for table, cell in kept
        if table not in PUBLIC
        for length in (2, 3)
        for start in range(len(cell) - length + 1)
    }
    assert {(table, word) for table, word in words if word in names} == set()
    # And no other number that could be a person's: not of somebody who was refused, not in a file name.
    others = {found for _, cell in kept for found in NUMBER.findall(cell) if is_resident_number(found)}
    assert others == set()


def test_the_scan_finds_what_is_not_sealed() -> None:
    number = "11010519491231002X"
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        assert numbers_in(f"王建国 {number}。".encode(encoding)) >= {number}
