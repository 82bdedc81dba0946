"""Inquiries of one moment are committed together; each is answered as if it were alone, or none is."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from app import clock
from app.access.refresh import revoke_access_token
from app.access.tokens import read_token
from app.db import transaction
from app.inquiries.schemas import InquiryAnswer, InquiryBatchAnswer
from app.models import ConsentChannel, ConsentWithdrawal, User
from tests.app.inquiries.desk import NOON, SQLITE_ONLY, STRANGER, TODAY, Desk, problem
from tests.app.inquiries.test_logged import logged
from tests.district import GOOD, GOOD_ENTITY, VILLAGE_OF_OTHER_TOWN
from tests.numbers import credit_code, resident

CHANGING = {"inquiry_id", "inquired_at", "batch_uid"}


@contextmanager
def nobody_writes(desk: Desk) -> Iterator[None]:
    """The one place of the writer is taken: what is asked meanwhile waits, and is then handled together."""
    with desk.district.engine.execution_options(sqlite_begin="IMMEDIATE").begin() as connection:
        connection.execute(text("SELECT 1"))
        yield


def asked_together(desk, questions, *, before=lambda: None):
    """The answers to inquiries that are sent while nobody can write; `before` is done before somebody can."""
    with ThreadPoolExecutor(len(questions)) as pool:
        with nobody_writes(desk):
            answers = [pool.submit(desk.ask, **question) for question in questions]
            time.sleep(0.5)
            before()
        return [answer.result() for answer in answers]


@pytest.fixture
def questions(desk):
    households = [desk.district.household() for _ in range(8)]
    desk.district.night()
    return [{"id_number": resident(one), "consent_id": desk.consent(one)} for one in households]


@SQLITE_ONLY
def test_many_at_the_same_moment_are_on_the_disk_by_few_commits_and_each_gets_its_own_answer(desk, questions):
    commits = []
    event.listen(desk.client.app.state.engine, "commit", lambda _connection: commits.append(1))
    answers = asked_together(desk, questions)
    assert {answer.status_code for answer in answers} == {200}
    assert len(commits) <= 3
    told = {answer.json()["inquiry_id"]: answer.json()["subject"]["number_masked"] for answer in answers}
    records = {row["inquiry_id"]: row["subject_id"] for row in desk.records()}
    assert told.keys() == records.keys()
    for number, subject_id in records.items():
        assert told[number][-4:] == resident(subject_id)[-4:]
    entries = logged(desk.client.app.state.settings)
    assert {entry["uid"] for entry in entries} == {row["uid"] for row in desk.records()}


@SQLITE_ONLY
def test_where_the_log_cannot_be_written_nobody_of_a_group_is_answered_and_nothing_is_kept(desk, questions):
    assert desk.ask(**questions[0]).status_code == 200
    log = desk.client.app.state.settings.inquiry_log_folder / "inquiries-0.log"
    answers = asked_together(desk, questions[1:], before=log.unlink)
    for answer in answers:
        problem(answer, status=503, code="log_unavailable")
    assert len(desk.records()) == 1


@SQLITE_ONLY
def test_where_the_disk_of_the_database_is_full_nobody_is_answered_and_nothing_is_kept(desk, questions):
    engine = desk.client.app.state.engine

    def fill(connection, _record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(engine, "connect", fill)
    engine.dispose()
    batch = {"inquiries": [question | {"purpose": "pre_loan"} for question in questions] * 125}
    headers = desk.headers("officer.one")
    answer = desk.client.post("/v1/inquiry-batches", json=batch, headers=headers)
    problem(answer, status=503, code="database_unavailable")
    assert desk.records() == []


@SQLITE_ONLY
def test_a_group_that_fails_for_one_question_still_answers_the_others(desk, questions):
    broken = int(desk.district.rows()["households"][3][0])
    with transaction(desk.district.engine) as session:
        session.execute(
            text("UPDATE households SET head_name_cipher = :cipher WHERE subject_id = :id"),
            {"cipher": b"not sealed", "id": broken},
        )
    answers = asked_together(desk, questions)
    assert [answer.status_code for answer in answers] == [200] * 3 + [500] + [200] * 4
    assert len(desk.records()) == 7


def test_one_by_one_and_in_a_batch_the_answers_are_the_same_to_the_byte(desk):
    district = desk.district
    good, weak = district.household(), district.household(dict(GOOD, overdue_days_max_24m=45))
    farm, there = district.entity(GOOD_ENTITY), district.household(code=VILLAGE_OF_OTHER_TOWN)
    district.night()
    new = district.household()
    questions = [
        {"id_number": resident(good), "consent_id": desk.consent(good)},
        {"id_number": resident(weak), "consent_id": desk.consent(weak)},
        {"uscc": credit_code(farm), "consent_id": desk.consent(farm)},
        {"id_number": resident(there), "consent_id": desk.consent(there)},
        {"id_number": resident(new), "consent_id": desk.consent(new)},
        {"id_number": STRANGER, "consent_id": 1},
        {"id_number": resident(good), "consent_id": 999},
        {"uscc": "nonsense", "consent_id": 1},
        {"id_number": resident(good), "consent_id": desk.consent(good, withdrawn_on=TODAY)},
    ]
    questions = [question | {"purpose": "pre_loan"} for question in questions]
    alone = [desk.ask(**question) for question in questions]
    headers = desk.headers("officer.one")
    batch = desk.client.post("/v1/inquiry-batches", json={"inquiries": questions}, headers=headers)
    for one, line in zip(alone, batch.json()["inquiries"], strict=True):
        told = one.json()
        if one.status_code == 200:
            assert without_numbers(json.dumps(line["answer"])) == without_numbers(json.dumps(told))
            assert json.dumps(told, ensure_ascii=False, separators=(",", ":")) in as_sent(one)
        else:
            assert line["refusal"] == {name: told[name] for name in ("code", "title", "detail")}
    assert [line["answer"] is not None for line in batch.json()["inquiries"]] == [True] * 4 + [False] * 5
    assert InquiryBatchAnswer.model_validate_json(batch.content).model_dump_json() == as_sent(batch)
    for one in alone[:4]:
        assert InquiryAnswer.model_validate_json(one.content).model_dump_json() == as_sent(one)


def as_sent(answer):
    """The text of an answer."""
    return answer.content.decode()


def without_numbers(body):
    """An answer without what is new in every one."""
    return {name: value for name, value in json.loads(body).items() if name not in CHANGING}


def test_what_changed_a_moment_ago_is_seen_at_once(desk):
    household = desk.district.household()
    desk.district.night()
    question = {"id_number": resident(household), "consent_id": desk.consent(household)}
    assert desk.ask(**question).json()["rating"]["score"] == 100
    desk.district.observe(household, {"overdue_days_max_24m": 91}, on=TODAY)
    desk.district.night(TODAY)
    assert desk.ask(**question).json()["rating"]["score"] == 81
    with transaction(desk.district.engine) as session:
        withdrawn = ConsentWithdrawal(
            consent_id=question["consent_id"], withdrawn_on=TODAY, channel=ConsentChannel.COUNTER,
            evidence="撤回书", recorded_at=NOON, recorded_by="test",
        )  # fmt: skip
        session.add(withdrawn)
    problem(desk.ask(**question), status=403, code="consent_missing")


def test_a_token_that_was_read_before_holds_no_longer_than_it_may(desk, questions, monkeypatch):
    headers = desk.headers("officer.one")

    def ask(headers):
        body = questions[0] | {"purpose": "pre_loan"}
        return desk.client.post("/v1/inquiries", json=body, headers=headers)

    assert [ask(headers).status_code for _ in range(2)] == [200, 200]
    # Another process revokes it: this one has no word of that but in the database.
    token = headers["Authorization"].removeprefix("Bearer ")
    key = desk.client.app.state.token_key
    with transaction(desk.district.engine) as session:
        revoke_access_token(session, read_token(token, key=key, at=clock.now()), at=clock.now())
    assert ask(headers).status_code == 401
    fresh = desk.headers("officer.one")
    assert ask(fresh).status_code == 200
    with transaction(desk.district.engine) as session:
        session.get_one(User, desk.users["officer.one"].user_id).disabled = True
    assert ask(fresh).status_code == 401
    with transaction(desk.district.engine) as session:
        session.get_one(User, desk.users["officer.one"].user_id).disabled = False
    assert ask(fresh).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=30))
    assert ask(fresh).status_code == 401


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("body", "kind", "status", "locations"),
    [
        (b"", "application/json", 422, ["body"]),
        (b"{", "application/json", 422, ["body.1"]),
        (b"[]", "application/json", 422, ["body"]),
        (b"null", "application/json", 422, ["body"]),
        (b'{"uscc":"x","purpose":"pre_loan","consent_id":1}', "text/plain", 422, ["body"]),
        (b'{"uscc":"x","purpose":"a","consent_id":1}', "application/json", 422, ["body.purpose"]),
        (b'{"uscc":"\xff"}', "application/json", 400, []),
        (b"[" * 100_000, "application/json", 400, []),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_where_and_is_not_on_record(
    desk, body, kind, status, locations
):
    headers = desk.headers("officer.one") | {"Content-Type": kind}
    answer = desk.client.post("/v1/inquiries", content=body, headers=headers)
    told = problem(answer, status=status, code="malformed_request")
    assert [one["location"] for one in told.get("errors", [])] == locations
    assert desk.records() == []


@SQLITE_ONLY
def test_who_asks_is_decided_before_the_body_is_looked_at(desk):
    for username, status in (("official", 403), ("auditor", 403)):
        answer = desk.client.post("/v1/inquiries", content=b"{", headers=desk.headers(username))
        assert answer.status_code == status
    assert desk.client.post("/v1/inquiries", content=b"{").status_code == 401


@SQLITE_ONLY
def test_a_request_that_stands_twice_in_one_group_is_done_once(desk, questions):
    body = questions[0] | {"purpose": "pre_loan"}
    headers = desk.headers("officer.one") | {"Idempotency-Key": "twice"}

    def ask():
        return desk.client.post("/v1/inquiries", json=body, headers=headers)

    with ThreadPoolExecutor(6) as pool, nobody_writes(desk):
        answers = [pool.submit(ask) for _ in range(6)]
        time.sleep(0.5)
    told = [answer.result() for answer in answers]
    assert {answer.status_code for answer in told} == {200}
    assert len({answer.content for answer in told}) == 1
    assert sorted("idempotency-replayed" in answer.headers for answer in told) == [False] + [True] * 5
    assert len(desk.records()) == 1
