"""Sent again under the same key, a request gets its first answer and is done once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import clock
from app.db import transaction
from app.inquiries.inquiry import Answered
from app.inquiries.service.repeats import REPEATED_FOR, KeyReused, claimed, repeat_key
from app.main import create_app
from app.models import IdempotencyKey
from app.settings import Settings
from app.subjects.cipher import Cipher
from tests.app.inquiries.desk import NOON, SQLITE_ONLY, TODAY, problem
from tests.district import KEY
from tests.district_databases import serving_address
from tests.numbers import resident


@pytest.fixture
def asked(desk):
    """Ask for a rated household, under a key."""
    household = desk.district.household()
    desk.district.night()
    question = {
        "id_number": resident(household),
        "consent_id": desk.consent(household),
        "purpose": "pre_loan",
    }

    def ask(key, path="/v1/inquiries", username="officer.one", **changed):
        body = question | changed if path == "/v1/inquiries" else {"inquiries": [question | changed] * 3}
        return desk.client.post(path, json=body, headers=desk.headers(username) | {"Idempotency-Key": key})

    return ask


@pytest.mark.parametrize("path", ["/v1/inquiries", "/v1/inquiry-batches"])
def test_the_same_key_gets_the_same_answer_and_is_on_record_once(desk, asked, path):
    first, again = asked("a-1", path), asked("a-1", path)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (
        None,
        "true",
    )
    assert len(desk.records()) == (1 if path == "/v1/inquiries" else 3)
    assert asked("a-2", path).content != first.content


@SQLITE_ONLY
def test_a_refusal_is_repeated_too(desk, asked):
    first = asked("a-1", consent_id=999)
    again = asked("a-1", consent_id=999)
    problem(again, status=403, code="consent_missing")
    assert again.content == first.content
    assert len(desk.records()) == 1


@SQLITE_ONLY
def test_a_key_is_for_one_request_of_one_user_and_for_ten_minutes(desk, asked, monkeypatch):
    assert asked("a-1").status_code == 200
    problem(asked("a-1", purpose="post_loan"), status=422, code="idempotency_key_reused")
    problem(asked("a-1", username="officer.two"), status=403, code="consent_missing")
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=10))
    later = asked("a-1")
    assert (later.status_code, later.headers.get("idempotency-replayed")) == (200, None)
    assert len(desk.records()) == 3


@SQLITE_ONLY
@pytest.mark.parametrize("key", ["", "a b", "密钥".encode(), "x" * 256])
def test_a_key_that_is_none_is_refused(desk, asked, key):
    assert asked(key).status_code == 422
    assert desk.records() == []


def test_many_at_the_same_moment_are_one_inquiry(desk, asked):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: asked("a-1"), range(64)))
    done = [answer for answer in answers if answer.status_code == 200]
    assert len({answer.content for answer in done}) == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(desk.records()) == 1


def test_a_batch_answers_each_question_on_its_own_and_in_order(desk):
    good, bare = desk.district.household(), desk.district.household({})
    desk.district.night()
    questions = [
        {"id_number": resident(good), "purpose": "pre_loan", "consent_id": desk.consent(good)},
        {"id_number": resident(bare), "purpose": "pre_loan", "consent_id": 999},
        {"id_number": resident(bare), "purpose": "pre_loan", "consent_id": desk.consent(bare)},
        {"uscc": "nonsense", "purpose": "pre_loan", "consent_id": 1},
    ]
    answer = desk.client.post(
        "/v1/inquiry-batches", json={"inquiries": questions}, headers=desk.headers("officer.one")
    )
    body = answer.json()
    assert (body["answered_count"], body["refused_count"]) == (2, 2)
    told = [one["answer"] and one["answer"]["rating"]["grade"] for one in body["inquiries"]]
    assert told == ["AAA", None, "N", None]
    assert [one["refusal"] and one["refusal"]["code"] for one in body["inquiries"]] == [
        None, "consent_missing", None, "invalid_value",
    ]  # fmt: skip
    assert {record["batch_uid"] for record in desk.records()} == {body["batch_uid"]}


@SQLITE_ONLY
@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_between_one_and_a_thousand_questions(desk, count):
    question = {"uscc": "x", "purpose": "pre_loan", "consent_id": 1}
    answer = desk.client.post(
        "/v1/inquiry-batches", json={"inquiries": [question] * count}, headers=desk.headers("officer.one")
    )
    problem(answer, status=422, code="malformed_request")


def test_an_authorisation_on_paper_is_recorded_with_the_inquiry_and_holds_for_the_next(desk):
    household = desk.district.household()
    desk.district.night()
    paper = {
        "reference": "授2025-001", "signed_on": "2025-12-09", "ends_on": "2026-06-01",
        "document": "授权书.pdf", "document_sha256": "ab" * 32,
    }  # fmt: skip
    first = desk.ask(id_number=resident(household), authorisation=paper)
    assert (first.status_code, first.json()["rating"]["grade"]) == (200, "AAA")
    consent_id = desk.records()[0]["consent_id"]
    assert desk.ask(id_number=resident(household), consent_id=consent_id).status_code == 200
    problem(
        desk.ask("officer.two", id_number=resident(household), consent_id=consent_id),
        status=403,
        code="consent_missing",
    )
    late = paper | {"signed_on": "2026-01-09"}
    problem(desk.ask(id_number=resident(household), authorisation=late), status=422, code="invalid_value")
    both = desk.ask(id_number=resident(household), authorisation=paper, consent_id=consent_id)
    problem(both, status=422, code="malformed_request")


@SQLITE_ONLY
def test_the_band_of_a_grade_is_for_orientation_and_an_unrated_subject_has_none(desk):
    good, bare = desk.district.household(), desk.district.household({})
    desk.district.night()
    limits = [
        desk.ask(id_number=resident(one), consent_id=desk.consent(one)).json()["reference_limit"]
        for one in (good, bare)
    ]
    assert limits[1] is None
    assert (limits[0]["low_fen"], limits[0]["high_fen"], limits[0]["reference_only"]) == (
        10_000_000, 20_000_000, True,
    )  # fmt: skip


def test_neither_the_key_nor_what_was_asked_can_be_told_from_what_is_kept(desk, asked):
    household = desk.district.rows()["households"][0][0]
    number = resident(household)
    question = {"id_number": number, "uscc": None, "purpose": "pre_loan", "authorisation": None}
    assert asked(number).status_code == 200
    assert asked(number).headers["idempotency-replayed"] == "true"
    body = question | {"consent_id": desk.records()[0]["consent_id"]}
    content = json.dumps({"path": "/v1/inquiries", "body": body}, sort_keys=True).encode()
    with transaction(desk.district.engine) as session:
        [row] = session.scalars(select(IdempotencyKey))
    told = str([row.key, row.fingerprint, row.status, row.user_id])
    guesses = {sha256(text).hexdigest() for text in (content, number.encode())}
    assert [guess for guess in (number, *guesses) if guess in told] == []


def test_what_is_too_old_is_let_go_whoever_asks_next(desk, asked, monkeypatch):
    for key in ("a-1", "a-2"):
        assert asked(key).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: NOON + REPEATED_FOR)
    assert asked("b-1", username="officer.two").status_code == 403
    assert [row[0] for row in kept_keys(desk)] == [desk.users["officer.two"].user_id]


def test_a_service_that_owns_no_table_keeps_and_lets_go_as_well(desk, district_url, monkeypatch):
    household = desk.district.household()
    desk.district.night()
    paper = {
        "reference": "P-77", "signed_on": "2025-12-09", "ends_on": "2026-06-01",
        "document": "授权书.pdf", "document_sha256": "ab" * 32,
    }  # fmt: skip
    body = {"id_number": resident(household), "purpose": "pre_loan", "authorisation": paper}
    with serving_address(desk.district.engine, district_url) as address:
        app = create_app(Settings(database_url=address, master_key=KEY.hex()))
        with TestClient(app) as client:
            for key, at in (("a-1", NOON), ("a-1", NOON), ("a-2", NOON + REPEATED_FOR)):
                monkeypatch.setattr(clock, "now", lambda at=at: at)
                headers = desk.headers("officer.one") | {"Idempotency-Key": key}
                assert client.post("/v1/inquiries", json=body, headers=headers).status_code == 200
        app.state.engine.dispose()
    assert [record["consent_id"] for record in desk.records()] == [1, 1]
    assert [row.created_at for row in kept_keys(desk)] == [NOON + REPEATED_FOR]


def test_a_night_lets_go_what_is_too_old(desk, asked):
    assert asked("a-1").status_code == 200
    day = TODAY + timedelta(days=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "today", lambda: day)
        desk.district.night(day)
    assert kept_keys(desk) == []


def test_an_answer_is_found_again_while_values_move_to_another_key(desk):
    former, key = desk.district.cipher, repeat_key("a-1", {"body": "b"})
    cipher = Cipher(bytes(range(32, 64)), earlier=[KEY])
    cipher.follow([*cipher.in_force, *former.in_force])
    asked = {"user_id": desk.users["officer.one"].user_id, "at": NOON}
    with transaction(desk.district.engine) as session:
        claimed(session, former, key, **asked).keep(former, Answered(200, b"{}"))
    with transaction(desk.district.engine) as session:
        assert claimed(session, cipher, key, **asked).earlier == Answered(200, b"{}", replayed=True)
        with pytest.raises(KeyReused):
            claimed(session, cipher, repeat_key("a-1", {"body": "c"}), **asked)
        other = Cipher(bytes(range(32, 64)))
        assert claimed(session, other, key, **asked).earlier is None


def kept_keys(desk):
    """What is kept of requests under their keys: user and instant."""
    with transaction(desk.district.engine) as session:
        return session.execute(select(IdempotencyKey.user_id, IdempotencyKey.created_at)).all()
