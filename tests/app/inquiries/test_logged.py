"""What is asked is in the sealed log before it is answered."""

import json

from app.access.accounts import open_client
from app.db import transaction
from app.inquiry_log.lines import HASH
from app.inquiry_log.verify import read_key, verify
from app.models import User
from tests.app.inquiries.desk import NAME, NOON, SQLITE_ONLY, problem
from tests.numbers import resident


def logged(settings):
    """The entries of the log of inquiries, after its verification."""
    keys = [read_key(path) for path in settings.inquiry_seal_folders[0].glob("*.pem")]
    report = verify(settings.inquiry_log_folder, seal_folders=settings.inquiry_seal_folders, keys=keys)
    assert report.faults == []
    lines = (settings.inquiry_log_folder / "inquiries-0.log").read_bytes().splitlines()
    return [json.loads(line[HASH + 1 :]) for line in lines]


@SQLITE_ONLY
def test_who_asked_and_what_was_shown_is_in_the_sealed_log_and_no_name_or_number(desk):
    household = desk.district.household(name=NAME)
    desk.district.night()
    consent_id = desk.consent(household)
    assert desk.ask(id_number=resident(household), consent_id=consent_id).status_code == 200
    assert desk.ask("officer.two", id_number=resident(household), consent_id=consent_id).status_code == 403
    assert desk.get("official", "/v1/ratings/1").status_code == 200
    settings = desk.client.app.state.settings
    answered, refused, looked = logged(settings)
    assert (answered["outcome"], answered["shown"]["grade"], answered["shown"]["score"]) == (
        "answered",
        "AAA",
        100,
    )
    assert (refused["outcome"], refused["refusal_code"], refused["shown"]) == (
        "refused",
        "consent_missing",
        None,
    )
    assert (looked["purpose"], looked["user_id"]) == ("official_duty", desk.users["official"].user_id)
    assert [entry["uid"] for entry in (answered, refused, looked)] == [row["uid"] for row in desk.records()]
    text = (settings.inquiry_log_folder / "inquiries-0.log").read_text("utf-8")
    assert not [secret for secret in (NAME, resident(household), ascii(NAME)[1:-1]) if secret in text]


@SQLITE_ONLY
def test_whether_a_banks_system_asked_with_its_credentials_is_in_the_row_and_in_the_log(desk):
    household = desk.district.household()
    desk.district.night()
    question = {
        "id_number": resident(household), "purpose": "pre_loan", "consent_id": desk.consent(household)
    }  # fmt: skip
    with transaction(desk.district.engine) as session:
        user = session.get_one(User, desk.users["officer.one"].user_id)
        made, secret = open_client(session, user, at=NOON)
        form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": secret}
    token = desk.client.post("/v1/token", data=form).json()["access_token"]
    by_system = {"Authorization": f"Bearer {token}"}
    assert desk.client.post("/v1/inquiries", json=question, headers=by_system).status_code == 200
    assert desk.ask(**question).status_code == 200
    assert [row["client_id"] for row in desk.records()] == [form["client_id"], None]
    entries = logged(desk.client.app.state.settings)
    assert [entry["client_id"] for entry in entries] == [form["client_id"], None]


@SQLITE_ONLY
def test_where_the_log_cannot_be_written_nothing_is_answered_and_nothing_recorded(desk):
    household = desk.district.household()
    desk.district.night()
    consent_id = desk.consent(household)
    desk.client.app.state.settings.inquiry_log_folder.write_text("no folder")
    problem(
        desk.ask(id_number=resident(household), consent_id=consent_id), status=503, code="log_unavailable"
    )
    problem(desk.get("official", "/v1/ratings/1"), status=503, code="log_unavailable")
    assert desk.records() == []
