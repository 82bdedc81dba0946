"""The examples in the description of the interface are answers the operations really give."""

import pytest
from fastapi.testclient import TestClient

from app import clock
from app.db import reading, transaction
from app.examples import example
from app.jobs.demo import DEMO_PASSWORD
from app.main import create_app
from app.models import Consent, ConsentChannel, ConsentKind, Household, Purpose, Rating


@pytest.fixture(scope="module")
def district(demonstration):
    with TestClient(create_app(demonstration.settings)) as client:
        yield client, demonstration.engine, demonstration.cipher


def asked(client, username, path, **json):
    form = {"username": username, "password": DEMO_PASSWORD}
    token = client.post("/v1/token", data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.post(path, headers=headers, json=json) if json else client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def shape(value):
    """Names and kinds, without the values; null fits everything, a list is as its first item."""
    if isinstance(value, dict):
        # Which kinds and grades occur differs from place to place.
        return {key: shape(item) for key, item in value.items() if key != "grade_counts"}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, bool):
        return "yes or no"
    return {int: "number", float: "number", str: "text"}.get(type(value), "null")


def fits(one, other):
    if "null" in (one, other) or [] in (one, other):
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(fits(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return fits(one[0], other[0])
    return one == other


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("me", "/v1/me"),
        ("villages", "/v1/villages?state=fails"),
        ("village", f"/v1/villages/{example('village')['place']['code']}"),
        ("town", f"/v1/towns/{example('town')['place']['code']}"),
        ("coverage", "/v1/coverage?by=type"),
        ("cards", "/v1/cards"),
    ],
)
def test_an_example_has_the_shape_of_the_answer(district, name, path):
    client, _, _ = district
    assert fits(shape(example(name)), shape(asked(client, "admin.bishan", path)))


def test_the_example_of_a_card_is_the_card(district):
    client, _, _ = district
    assert asked(client, "admin.bishan", "/v1/cards/CQ-H-1/2023-01-01") == example("card")


def test_the_examples_of_a_rating_have_the_shape_of_the_answer(district):
    client, engine, _ = district
    with reading(engine) as session:
        rating_id = session.query(Rating.rating_id).filter(Rating.grade == "A").limit(1).scalar()
    found = asked(client, "admin.bishan", f"/v1/ratings/{rating_id}")
    assert fits(shape(example("rating")), shape(found))
    history = asked(client, "admin.bishan", f"/v1/ratings/{rating_id}/history")
    assert fits(shape(example("rating_history")), shape(history))


def test_the_example_of_an_inquiry_has_the_shape_of_the_answer(district):
    client, engine, cipher = district
    organisation_id = asked(client, "officer.nsh", "/v1/me")["organisation_id"]
    with transaction(engine) as session:
        household = session.query(Household).join(
            Rating, Rating.subject_id == Household.subject_id
        ).filter(Rating.grade == "A").limit(1).one()  # fmt: skip
        number = cipher.open(
            household.head_id_number_cipher, row=f"households/{household.subject_id}/head_id_number"
        )
        consent = Consent(
            subject_id=household.subject_id,
            kind=ConsentKind.INQUIRY,
            agreed=True,
            facts=[],
            reference="paper 1",
            organisation_id=organisation_id,
            purpose=Purpose.POST_LOAN,
            effective_from=clock.today(),
            channel=ConsentChannel.PAPER,
            evidence="paper 1",
            recorded_at=clock.now(),
            recorded_by="test",
        )
        session.add(consent)
        session.flush()
        consent_id = consent.consent_id
    found = asked(
        client, "officer.nsh", "/v1/inquiries", id_number=number, purpose="post_loan", consent_id=consent_id
    )
    assert fits(shape(example("inquiry")), shape(found))
