"""While keys are changed the service answers, imports land, and sign-ins hold."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import clock
from app.access.service import create_organisation
from app.access.tokens import SESSION_HOURS_MAX, TokenKey, issue_token, keys_of, read_token
from app.db import transaction
from app.errors import NotSignedIn
from app.inquiry_log.verify import read_key, verify
from app.jobs import rotation
from app.jobs.imports import ImportReport
from app.jobs.progress import quiet
from app.jobs.rotation import move, register_first, retire, switch
from app.jobs.sealed import counts
from app.main import create_app
from app.models import CipherKey, CipherSuite, Household, OrganisationKind, Role, User
from app.settings import Settings
from app.subjects import keys
from app.subjects.cipher import Cipher
from app.subjects.key_source import add_key, cipher_of
from app.subjects.keys import SETTLED, name_of, signing_keys
from app.web.sessions import form_token_of
from tests.district import DAY, DISTRICT, District, district, morning
from tests.district_databases import district_url, postgres_district, sqlite_district
from tests.jobs.imports.conftest import HOUSEHOLD_HEADER, Desk, cipher, household
from tests.jobs.sealed_world import NEW, OLD
from tests.numbers import resident

__all__ = ["cipher", "district", "district_url", "postgres_district", "sqlite_district"]
AT = morning(DAY)
WORKERS, HOUSEHOLDS = 4, 60


@pytest.fixture
def settings(district: District, district_url: str, tmp_path) -> Settings:
    """An installation whose key stands in a file, over households that can be asked about."""
    file = tmp_path / "master.key"
    file.write_text(OLD.hex())
    for _ in range(HOUSEHOLDS):
        district.household({"household_size": 3})
    district.night()
    with transaction(district.engine) as session:
        register_first(session, district.cipher, at=AT)
    return Settings(database_url=district_url, key_file=file, log_folder=tmp_path / "log")


@pytest.fixture
def officer(district: District, settings: Settings) -> User:
    """Somebody of a bank that every household has agreed to be asked about by."""
    return _user(district, Role.LOAN_OFFICER, OrganisationKind.BANK)


@pytest.fixture
def official(district: District, settings: Settings) -> User:
    """Somebody of a town office, who looks households up."""
    return _user(district, Role.TOWN_OFFICIAL, OrganisationKind.TOWN_OFFICE)


def _user(district: District, role: Role, kind: OrganisationKind) -> User:
    with transaction(district.engine) as session:
        office = create_organisation(session, code=kind, name=kind, kind=kind, admitted_at=AT)
        made = User(
            username=role, display_name=role, password_hash="none", role=role,
            organisation_id=office.organisation_id, place_id=district.place_id(DISTRICT), disabled=False,
            failed_attempts=0,
        )  # fmt: skip
        session.add(made)
    return made


def test_four_at_a_time_are_answered_while_everything_moves(
    district, settings, officer, official, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "ROWS_PER_STEP", 3)
    people = [row.subject_id for row in _households(district)]
    consents = {subject_id: district.consent(subject_id, officer.organisation_id) for subject_id in people}
    app, done = create_app(settings), threading.Event()
    statuses: list[int] = []

    def ask(client: TestClient, worker: int) -> None:
        count = 0
        while not done.is_set() or count < HOUSEHOLDS:
            subject_id = people[(count + worker) % HOUSEHOLDS]
            if worker % 2:
                statuses.append(_inquire(client, officer, subject_id, consents, key=f"{worker}-{count}"))
            else:
                statuses.append(_find(client, official, subject_id))
            count += 1

    with TestClient(app) as client, ThreadPoolExecutor(WORKERS) as pool:
        app.state.account_limiter.take = lambda *_args, **_kwargs: None
        asking = [pool.submit(ask, client, worker) for worker in range(WORKERS)]
        add_key(settings)
        moving = cipher_of(settings)
        assert switch(district.engine, moving, moving.in_force[0], at=clock.now(), leaked=False)
        left = move(district.engine, moving, progress=quiet).left
        answered_meanwhile = len(statuses)
        done.set()
        for each in asking:
            each.result()
    assert left == 0
    assert answered_meanwhile > WORKERS
    assert len(statuses) >= WORKERS * HOUSEHOLDS
    assert set(statuses) == {200}


def _inquire(
    client: TestClient, officer: User, subject_id: int, consents: dict[int, int], *, key: str
) -> int:
    body = {"id_number": resident(subject_id), "purpose": "pre_loan", "consent_id": consents[subject_id]}
    headers = _signed_in(client.app, officer) | {"Idempotency-Key": key}
    return client.post("/v1/inquiries", json=body, headers=headers).status_code


def _find(client: TestClient, official: User, subject_id: int) -> int:
    """200 where it is the right one."""
    answer = client.post(
        "/v1/subjects/find", json={"id_number": resident(subject_id)},
        headers=_signed_in(client.app, official),
    )  # fmt: skip
    if answer.status_code == 200:
        assert answer.json()["subject_id"] == subject_id
    return answer.status_code


def test_an_import_between_two_steps_files_nobody_twice(
    district, settings, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "ROWS_PER_STEP", 7)
    people = [row.subject_id for row in _households(district)]
    reports: list[ImportReport] = []
    stale = cipher_of(settings)
    desk = Desk(district.engine, stale, tmp_path)
    again = [household(number, no=f"H{number:05d}", name="王建军") for number in people]
    other_no = [household(people[-1], no="H99999")]

    def import_meanwhile(_seconds: float) -> None:
        if len(reports) < 2:
            rows = [again, other_no][len(reports)]
            reports.append(desk.bring([HOUSEHOLD_HEADER, *rows], "households", on=DAY))

    add_key(settings)
    moving = cipher_of(settings)
    switch(district.engine, moving, moving.in_force[0], at=AT, leaked=False)
    monkeypatch.setattr(time, "sleep", import_meanwhile)
    assert move(district.engine, moving, progress=quiet).left == 0
    assert (reports[0].errors, reports[0].added, reports[0].changed) == ([], 0, HOUSEHOLDS)
    assert "another household number" in reports[1].errors[0].reason
    assert len(_households(district)) == HOUSEHOLDS
    with transaction(district.engine) as session:
        assert [*counts(session)] == [moving.in_force[0]]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_switch_waits_for_the_import_that_files_under_the_former_key(district, settings) -> None:
    add_key(settings)
    moving, importing = cipher_of(settings), cipher_of(settings)
    switched = threading.Thread(
        target=switch, args=(district.engine, moving, moving.in_force[0]), kwargs={"at": AT, "leaked": False}
    )
    with transaction(district.engine) as session:
        keys.hold(session, importing)
        switched.start()
        switched.join(timeout=0.3)
        assert switched.is_alive()
        assert importing.in_force[0] != moving.in_force[0] or len(importing.in_force) == 1
    switched.join(timeout=10)
    assert not switched.is_alive()
    with transaction(district.engine) as session:
        keys.hold(session, importing)
    assert len(importing.in_force) == 2


def _key(cipher_: Cipher, at=AT, *, master: bytes, leaked=None, number: int = 1) -> CipherKey:
    name = next(n for n in (_name(master),) if cipher_.knows(n))
    return CipherKey(
        cipher_key_id=number, suite=CipherSuite.AES, key_id=name.key_id, seals_from=at, leaked_at=leaked
    )


def _name(master: bytes):
    return Cipher(master).in_force[0]


def test_a_new_key_signs_once_every_process_knows_it_and_the_former_ones_hold() -> None:
    both = Cipher(NEW, earlier=[OLD])
    found = [_key(both, AT, master=NEW, number=2), _key(both, AT - timedelta(days=9), master=OLD)]
    assert signing_keys(both, found, at=AT + SETTLED - timedelta(seconds=1)) == [OLD, NEW]
    assert signing_keys(both, found, at=AT + SETTLED) == [NEW, OLD]
    found[1].leaked_at = AT
    assert signing_keys(both, found, at=AT) == [NEW]
    assert signing_keys(both, found[:1], at=AT) == [NEW]


def test_a_token_and_a_form_of_the_former_key_hold_and_one_of_a_stranger_does_not() -> None:
    key = TokenKey(b"n" * 32)
    key.earlier = (b"o" * 32,)
    for signer in keys_of(key):
        token = issue_token(User(user_id=7), key=signer, at=AT, minutes=30)
        assert read_token(token, key=key, at=AT).user_id == 7
    with pytest.raises(NotSignedIn):
        read_token(issue_token(User(user_id=7), key=b"x" * 32, at=AT, minutes=30), key=key, at=AT)
    assert form_token_of(read_token(token, key=key, at=AT), key=key) != form_token_of(
        read_token(token, key=key, at=AT), key=key.earlier[0]
    )


def test_a_leaked_key_opens_no_door_and_seals_no_log_from_then_on(
    district, settings, officer, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "FOLLOW_SECONDS", 0.0)
    app = create_app(settings)
    subject_id = _households(district)[0].subject_id
    ask = _asking(app, {subject_id: district.consent(subject_id, officer.organisation_id)})
    with TestClient(app) as client:
        stolen = _signed_in(app, officer)
        assert ask(client, stolen) == 200
        add_key(settings)
        moving = cipher_of(settings)
        switch(district.engine, moving, moving.in_force[0], at=clock.now(), leaked=True)
        # The first request of a process looks at the keys; from the next on the stolen token is nothing.
        ask(client, stolen)
        assert ask(client, stolen) == 401
        assert ask(client, _signed_in(app, officer)) == 200
    folder = tmp_path / "log"
    public = sorted(folder.glob("log-key-*.pem"))
    assert len(public) == 2
    report = verify(folder, keys=[read_key(path) for path in public])
    assert (report.faults, report.unsealed) == ([], 0)
    assert report.seals >= 2
    assert verify(folder, keys=[read_key(public[0])]).faults


def test_whoever_signed_in_before_stays_signed_in_until_the_former_key_retires(
    district, settings, officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "FOLLOW_SECONDS", 0.0)
    app = create_app(settings)
    with TestClient(app) as client:
        before = _signed_in(app, officer)
        add_key(settings)
        moving = cipher_of(settings)
        old = name_of_in_force(district)
        switch(district.engine, moving, moving.in_force[0], at=clock.now() - SETTLED, leaked=False)
        move(district.engine, moving, progress=quiet)
        assert [client.get("/v1/me", headers=before).status_code for _ in range(3)] == [200] * 3
        client.get("/v1/coverage", headers=before)
        assert keys_of(app.state.token_key)[0] != keys_of(app.state.token_key)[1]
        retire(district.engine, old, at=clock.now() + SETTLED)
        client.get("/v1/coverage", headers=before)
        assert client.get("/v1/me", headers=before).status_code == 401
    assert SESSION_HOURS_MAX == 12


def name_of_in_force(district: District):
    """The one key in force."""
    with transaction(district.engine) as session:
        return name_of(keys.in_force(session)[0])


def _households(district: District) -> list[Household]:
    with transaction(district.engine) as session:
        return list(session.scalars(select(Household).order_by(Household.subject_id)))


def _signed_in(app: Any, user: User) -> dict[str, str]:
    token = issue_token(user, key=app.state.token_key, at=clock.now(), minutes=30)
    return {"Authorization": f"Bearer {token}"}


def _asking(app: Any, consents: dict[int, int]) -> Callable[[TestClient, dict[str, str]], int]:
    subject_id = min(consents)
    body = {"id_number": resident(subject_id), "purpose": "pre_loan", "consent_id": consents[subject_id]}
    return lambda client, headers: client.post("/v1/inquiries", json=body, headers=headers).status_code
