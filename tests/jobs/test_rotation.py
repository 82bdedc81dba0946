"""Another master key or suite while the service runs: nothing is lost, nobody is filed twice."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, func, select, update

from app.db import Session, make_engine, reading, transaction
from app.errors import Conflict, NotFound, NotReady
from app.jobs import rotation
from app.jobs.demo import make_demo
from app.jobs.progress import quiet
from app.jobs.rotation import Moved, move, register_first, retire, switch
from app.jobs.sealed import Counts, counts, sealed_tables
from app.jobs.setup import initialise
from app.models import Base, CipherKey, Household, Member
from app.models.base import Hashed, Sealed
from app.settings import Settings
from app.subjects.cipher import HEAD_BYTES, Cipher, KeyName, Suite
from app.subjects.key_source import add_key, cipher_of
from app.subjects.keys import SETTLED, follow, in_force, name_of
from app.subjects.service import find_by_number
from tests.district import DAY, District, district, morning
from tests.district_databases import district_url, postgres_district, sqlite_district
from tests.jobs.sealed_world import MEMBER_NUMBER, NEW, OLD, fill, texts
from tests.numbers import resident

__all__ = ["district", "district_url", "postgres_district", "sqlite_district"]
AT = morning(DAY)
LATER = AT + SETTLED
SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
# What is no text of a person: the hash of a random token, a signature.
NOT_SEALED = {"certificates.signature", "refresh_tokens.token_hash"}


def rotate(district: District, cipher: Cipher, *, leaked: bool = False) -> Moved:
    """Everything to the first key of a cipher."""
    with transaction(district.engine) as session:
        register_first(session, Cipher(OLD, earlier=[NEW]), at=AT - timedelta(days=1))
    switch(district.engine, cipher, cipher.in_force[0], at=AT, leaked=leaked)
    return move(district.engine, cipher, progress=quiet)


def binary_values(engine) -> dict[str, list[bytes]]:
    """Everything in every binary column."""
    with engine.connect() as connection:
        return {
            f"{table.name}.{column.name}": [
                bytes(value) for value in connection.scalars(select(column).where(column.is_not(None)))
            ]
            for table in Base.metadata.tables.values()
            for column in table.columns
            if isinstance(column.type, LargeBinary)
        }


def test_every_binary_column_says_what_it_holds() -> None:
    unmarked = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if (isinstance(column.type, LargeBinary) and not isinstance(column.type, Sealed | Hashed))
        or (column.name.endswith("_cipher") and not isinstance(column.type, Sealed))
    }
    assert unmarked == NOT_SEALED


@pytest.mark.parametrize(
    ("master", "suite"), [(NEW, "aes"), (OLD, "sm4"), (NEW, "sm4")], ids=["key", "suite", "both"]
)
def test_every_sealed_value_moves_and_says_the_same(district, master: bytes, suite: Suite) -> None:
    fill(district)
    with reading(district.engine) as session:
        before, columns = texts(session, district.cipher), set(counts(session)[KeyName.of(OLD, "aes")])
    # Whoever adds a sealed column adds a value of it to the sealed world.
    assert columns == {f"{each.table.name}.{column}" for each in sealed_tables() for column in each.sealed}
    hashes = {name: values for name, values in binary_values(district.engine).items() if "_index" in name}
    moved = rotate(district, Cipher(master, suite, earlier=[OLD]))
    assert (moved.left, moved.stuck, moved.values) == (0, [], len(before))
    retire(district.engine, KeyName.of(OLD, "aes"), at=LATER)
    alone = Cipher(master, suite)
    with reading(district.engine) as session:
        assert [*counts(session)] == [KeyName.of(master, suite)]
        assert texts(session, alone) == before
        follow(session, alone)
        member = session.scalars(select(Member)).one()
        assert find_by_number(session, alone, MEMBER_NUMBER, on=DAY).subject_id == member.subject_id
    for name, values in binary_values(district.engine).items():
        assert all(value[:HEAD_BYTES] != KeyName.of(OLD, "aes").head for value in values), name
        if name in hashes:
            assert len(values) == len(hashes[name])
            assert not set(values) & set(hashes[name]), name


def test_what_is_half_done_is_found_and_goes_on(district, monkeypatch: pytest.MonkeyPatch) -> None:
    households = fill(district, households=4)
    monkeypatch.setattr(rotation, "ROWS_PER_STEP", 1)
    cipher, steps = Cipher(NEW, earlier=[OLD]), []

    def cut_off(seconds: float) -> None:
        steps.append(seconds)
        if len(steps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", cut_off)
    with pytest.raises(KeyboardInterrupt):
        rotate(district, cipher)
    with reading(district.engine) as session:
        assert {name.key_id for name in counts(session)} == {
            KeyName.of(OLD, "aes").key_id, KeyName.of(NEW, "aes").key_id
        }  # fmt: skip
        again = Cipher(OLD, earlier=[NEW])
        for household in households:
            assert find_by_number(session, again, resident(household), on=DAY).subject_id == household
        with pytest.raises(NotFound):
            find_by_number(session, again, resident(900), on=DAY)
    assert move(district.engine, cipher, progress=quiet).left == 0


def test_a_process_that_was_not_given_the_new_key_says_so_and_finds_nobody_wrongly(district) -> None:
    household = fill(district)[0]
    rotate(district, Cipher(NEW, earlier=[OLD]))
    stale = Cipher(OLD)
    with reading(district.engine) as session, pytest.raises(NotReady, match="was not given to this process"):
        find_by_number(session, stale, resident(household), on=DAY)


def test_nothing_is_changed_where_the_former_key_is_missing(district) -> None:
    fill(district)
    before = district.rows()
    with pytest.raises(NotReady, match="that key was not given; nothing was changed"):
        switch(district.engine, Cipher(NEW), KeyName.of(NEW, "aes"), at=AT, leaked=False)
    assert district.rows() == before


def test_data_under_a_lost_key_are_not_taken_over_with_another(district) -> None:
    fill(district)
    with transaction(district.engine) as session, pytest.raises(NotReady, match="was not given"):
        register_first(session, Cipher(NEW), at=AT)
    with transaction(district.engine) as session:
        assert register_first(session, Cipher(NEW, earlier=[OLD]), at=AT) == 1
        assert [name_of(key) for key in in_force(session)] == [KeyName.of(OLD, "aes")]


def test_a_key_retires_only_when_nothing_is_under_it_and_nobody_seals_with_it(district) -> None:
    fill(district)
    old, new = KeyName.of(OLD, "aes"), KeyName.of(NEW, "aes")
    cipher = Cipher(NEW, earlier=[OLD])
    with transaction(district.engine) as session:
        register_first(session, district.cipher, at=AT)
    with pytest.raises(Conflict, match="seals; let another key seal first"):
        retire(district.engine, old, at=LATER)
    switch(district.engine, cipher, new, at=AT, leaked=False)
    with pytest.raises(Conflict, match=r"values are under .* households.head_name_cipher 3"):
        retire(district.engine, old, at=LATER)
    move(district.engine, cipher, progress=quiet)
    with pytest.raises(Conflict, match="may still seal"):
        retire(district.engine, old, at=LATER - timedelta(seconds=1))
    retire(district.engine, old, at=LATER)
    with reading(district.engine) as session:
        assert [name_of(key) for key in follow(session, Cipher(NEW))] == [new]
    with pytest.raises(Conflict, match="is not in force"):
        retire(district.engine, old, at=LATER)


def test_a_rotation_goes_on_to_the_key_that_seals_by_now(district, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(district)
    monkeypatch.setattr(rotation, "ROWS_PER_STEP", 1)
    third = bytes(range(200, 232))
    first, second = Cipher(NEW, earlier=[OLD, third]), Cipher(third, earlier=[OLD, NEW])
    switched: list[bool] = []

    def switch_meanwhile(_seconds: float) -> None:
        if not switched:
            switched.append(True)
            switch(district.engine, second, KeyName.of(third, "aes"), at=AT, leaked=False)

    monkeypatch.setattr(time, "sleep", switch_meanwhile)
    assert rotate(district, first).left == 0
    with reading(district.engine) as session:
        assert [*counts(session)] == [KeyName.of(third, "aes")]


def test_back_to_the_former_suite_is_a_rotation_like_any_other(district) -> None:
    fill(district)
    assert rotate(district, Cipher(OLD, "sm4")).left == 0
    assert rotate(district, Cipher(OLD, "aes")).left == 0
    with reading(district.engine) as session:
        assert [*counts(session)] == [KeyName.of(OLD, "aes")]
        assert [str(name_of(key))[:3] for key in in_force(session)] == ["aes", "sm4"]


def test_a_person_who_stands_in_two_rows_is_told_and_left_as_it_is(district) -> None:
    first, second, third = fill(district)
    cipher = Cipher(NEW, earlier=[OLD])
    with transaction(district.engine) as session:
        row = session.get_one(Household, second)
        row.head_id_number_cipher = cipher.seal(resident(first), row=f"households/{second}/head_id_number")
        row.head_name_cipher = cipher.seal("王建国", row=f"households/{second}/head_name")
        row.head_id_number_index = cipher.index(resident(first))
    moved = rotate(district, cipher)
    assert moved.stuck == [f"households/{first}: the same person is on file in another row"]
    with reading(district.engine) as session:
        assert counts(session)[KeyName.of(OLD, "aes")] == {
            "households.head_name_cipher": 1, "households.head_id_number_cipher": 1
        }  # fmt: skip
        assert find_by_number(session, cipher, resident(third), on=DAY).subject_id == third


def test_a_value_that_does_not_open_is_told_and_the_rest_moves(district) -> None:
    fill(district)
    with transaction(district.engine) as session:
        other = session.scalars(select(Household.head_name_cipher)).first()
        session.execute(update(Member).values(name_cipher=other))
    moved = rotate(district, Cipher(NEW, earlier=[OLD]))
    assert [stuck.split("/")[0] for stuck in moved.stuck] == ["members"]
    assert moved.left == 2


def test_an_erased_number_keeps_its_noise(district) -> None:
    household = fill(district)[0]
    noise = os.urandom(32)
    with transaction(district.engine) as session:
        row = session.get_one(Household, household)
        row.head_id_number_cipher = district.cipher.seal("", row=f"households/{household}/head_id_number")
        row.head_id_number_index = noise
    assert rotate(district, Cipher(NEW, earlier=[OLD])).left == 0
    with Session(district.engine) as session:
        assert bytes(session.get_one(Household, household).head_id_number_index) == noise


def test_a_killed_rotation_goes_on_when_it_is_run_again(migrated_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=migrated_url, key_file=tmp_path / "master.key")
    initialise(settings, on=DAY, at=AT)
    engine = make_engine(migrated_url)
    make_demo(engine, cipher_of(settings), households=3_000, entities=60, seed=3, on=DAY, progress=quiet)
    old = cipher_of(settings).in_force[0]
    add_key(settings)
    new = cipher_of(settings).in_force[0]
    environment = os.environ | {
        "DATABASE_URL": migrated_url, "CREDIT_VILLAGE_KEY_FILE": str(settings.key_file)
    }  # fmt: skip
    command = [sys.executable, "-m", "app", "keys", "rotate"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    found: Counts = {old: {}}
    while process.poll() is None and not found.get(new):
        with reading(engine) as session:
            found = counts(session)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with reading(engine) as session:
        assert {old, new} == set(counts(session)), "it was killed in the middle"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    with reading(engine) as session:
        assert [*counts(session)] == [new]
        people = session.scalars(select(func.count()).select_from(Household)).one()
        assert session.scalars(select(func.count(CipherKey.cipher_key_id))).one() == 2
    engine.dispose()
    assert people == 3_000
