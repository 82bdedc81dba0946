"""A consent on paper that comes with an inquiry: judged before anybody is looked for, and kept once."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from app.consents.service import withdraw
from app.db import transaction
from app.models import Consent, ConsentChannel
from tests.app.inquiries.desk import NOON, STRANGER, TODAY, problem
from tests.district import VILLAGE_OF_OTHER_TOWN
from tests.numbers import resident

PAPER = {
    "reference": "P-77", "signed_on": "2025-12-09", "ends_on": "2026-06-01",
    "document": "授权书.pdf", "document_sha256": "ab" * 32,
}  # fmt: skip
OTHER = {"reference": "P-78", "document_sha256": "cd" * 32}


def kept(desk) -> list[Consent]:
    """The consents that are on file."""
    with transaction(desk.district.engine) as session:
        return list(session.scalars(select(Consent).order_by(Consent.consent_id)))


def take_back(desk, consent_id: int) -> None:
    """The subject withdraws at the counter."""
    with transaction(desk.district.engine) as session:
        given = session.get_one(Consent, consent_id)
        withdraw(
            session, given, on=TODAY, channel=ConsentChannel.COUNTER, evidence="撤回书", at=NOON, by="counter"
        )


@pytest.fixture
def household(desk) -> int:
    """A rated household of the town."""
    found: int = desk.district.household()
    desk.district.night()
    return found


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"purpose": "post_loan"},
        {"authorisation": PAPER | {"document_sha256": "cd" * 32}},
        {"authorisation": PAPER | {"reference": "P-78", "ends_on": "2027-06-01"}},
        {"authorisation": PAPER | OTHER},
        {"authorisation": PAPER | OTHER | {"signed_on": TODAY.isoformat()}},
    ],
    ids=["again", "for another purpose", "scanned anew", "renamed", "another", "another of that day"],
)
def test_what_the_subject_took_back_comes_back_on_no_paper(desk, household, changed) -> None:
    question = {"id_number": resident(household), "authorisation": PAPER}
    assert desk.ask(**question).status_code == 200
    [given] = kept(desk)
    take_back(desk, given.consent_id)
    told = problem(desk.ask(**question | changed), status=403, code="consent_missing")
    assert ("撤回" in told["detail"], TODAY.isoformat() in told["detail"]) == (True, True)
    assert [one.consent_id for one in kept(desk)] == [given.consent_id]
    assert desk.records()[-1]["consent_id"] == given.consent_id


def test_what_was_taken_back_is_of_one_subject_bank_and_purpose(desk, household, monkeypatch) -> None:
    question = {"id_number": resident(household), "authorisation": PAPER}
    neighbour = desk.district.household()
    desk.district.night()
    assert desk.ask(**question).status_code == 200
    take_back(desk, kept(desk)[0].consent_id)
    for username, changed in (
        ("officer.two", {}),
        ("officer.one", {"id_number": resident(neighbour)}),
        ("officer.one", {"purpose": "post_loan", "authorisation": PAPER | OTHER}),
    ):
        assert desk.ask(username, **question | changed).status_code == 200
    tomorrow = NOON + timedelta(days=1)
    monkeypatch.setattr("app.clock.now", lambda: tomorrow)
    later = PAPER | OTHER | {"signed_on": tomorrow.date().isoformat()}
    assert desk.ask(**question | {"authorisation": later}).status_code == 200


def test_a_paper_is_kept_once_however_often_it_comes(desk, household) -> None:
    question = {"id_number": resident(household), "authorisation": PAPER, "purpose": "pre_loan"}
    assert [desk.ask(**question).status_code for _ in range(3)] == [200] * 3
    headers = desk.headers("officer.one")
    other = {"authorisation": PAPER | OTHER}
    batch = {"inquiries": [question] * 3 + [question | other] * 2}
    told = desk.client.post("/v1/inquiry-batches", json=batch, headers=headers).json()
    assert told["answered_count"] == 5
    first, second = kept(desk)
    assert (first.reference, second.reference) == ("P-77", "P-78")
    consents = [record["consent_id"] for record in desk.records()]
    assert consents == [first.consent_id] * 6 + [second.consent_id] * 2


@pytest.mark.parametrize(
    "changed",
    [
        {"signed_on": (TODAY + timedelta(days=1)).isoformat()},
        {"ends_on": "2025-12-08"},
        {"ends_on": TODAY.isoformat()},
        {"reference": f"授权 {STRANGER}"},
        {"document": "13800001111.pdf"},
    ],
    ids=["signed tomorrow", "ended before it began", "ended", "a number in its name", "a phone"],
)
def test_a_paper_that_is_none_is_refused_alike_whoever_is_asked_about(desk, household, changed) -> None:
    elsewhere = desk.district.household(code=VILLAGE_OF_OTHER_TOWN)
    numbers = [resident(household), STRANGER, resident(elsewhere), "nonsense"]
    bodies = [
        problem(
            desk.ask("officer.town", id_number=number, authorisation=PAPER | changed),
            status=422,
            code="invalid_value",
        )
        for number in numbers
    ]
    assert len({body.pop("instance") for body in bodies}) == len(numbers)
    assert bodies == [bodies[0]] * len(numbers)
    assert kept(desk) == []
    records = desk.records()
    assert {(one["outcome"], one["refusal_code"]) for one in records} == {("refused", "invalid_value")}
    assert (records[0]["subject_id"], records[1]["subject_id"]) == (household, None)


def test_the_papers_of_a_batch_are_compared_by_one_statement(desk) -> None:
    households = [desk.district.household() for _ in range(4)]
    desk.district.night()
    statements: list[str] = []
    event.listen(
        desk.client.app.state.engine, "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: statements.append(statement),
    )  # fmt: skip
    counts = []
    for some in (households[:1], households):
        statements.clear()
        questions = [
            {"id_number": resident(one), "purpose": "pre_loan", "authorisation": PAPER} for one in some
        ]
        answer = desk.client.post(
            "/v1/inquiry-batches", json={"inquiries": questions}, headers=desk.headers("officer.one")
        )
        assert answer.json()["answered_count"] == len(some)
        counts.append(sum(one.startswith("SELECT consents") for one in statements))
    assert counts == [1, 1]
