"""Whoever is shown what is asked for about a person, or how he stands, leaves a record: a refused one too."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import clock
from app.db import Session, transaction
from app.main import create_app
from app.models import Approval, ApprovalDecision, Inquiry, Purpose, Role
from app.settings import Settings
from tests.app.access.matrix import NOW, World, make_world
from tests.district import DISTRICT, KEY, OTHER_VILLAGE, TOWN, VILLAGE, VILLAGE_OF_OTHER_TOWN, District
from tests.district_databases import serving_address

ASKER, GRANTER = (Role.DISTRICT_ADMIN, TOWN), (Role.DISTRICT_ADMIN, DISTRICT)
COLLECTOR, SYSTEM = (Role.COLLECTOR, VILLAGE), (Role.SYSTEM_ADMIN, DISTRICT)
GRANT = {"granted": True, "reason": "同意"}


@dataclass
class Office:
    """The service, in PostgreSQL as a role that owns nothing, over somebody in every scope."""

    world: World
    client: TestClient

    def send(self, method: str, path: str, *, by: tuple[Role, str], json: Any = None, tag: str = "") -> Any:
        """Send something as a user."""
        headers = {"Authorization": f"Bearer {self.world.token(*by)}"} | ({"If-Match": tag} if tag else {})
        return self.client.request(method, path, headers=headers, json=json)

    def ask(self, grade: str, *, by: tuple[Role, str] = ASKER, code: str = VILLAGE) -> Any:
        """Ask that another grade than the card's be gone by."""
        body = {"kind": "override", "subject_id": self.world.households[code], "grade": grade,
                "reason_code": "O01", "document": "核实记录 3 号", "reason": "收入已核实"}  # fmt: skip
        return self.send("POST", "/v1/approvals", by=by, json=body)

    def grant(self, number: int) -> Any:
        """Grant what was asked for, as it stands."""
        tag = self.send("GET", f"/v1/approvals/{number}", by=GRANTER).headers["ETag"]
        return self.send("POST", f"/v1/approvals/{number}/decision", by=GRANTER, json=GRANT, tag=tag)

    def looks(self, by: tuple[Role, str]) -> list[int | None]:
        """Of whom a user has left a record, in the order they were left."""
        with Session(self.world.district.engine) as session:
            rows = select(Inquiry).where(Inquiry.user_id == self.world.users[by].user_id)
            found = session.scalars(rows.order_by(Inquiry.inquiry_id)).all()
        assert {row.purpose for row in found} <= {Purpose.OFFICIAL_DUTY}
        return [row.subject_id for row in found]


@pytest.fixture
def office(district: District, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", NOW.date)
    world = make_world(district, key=b"")
    with serving_address(district.engine, district_url) as url:
        app = create_app(Settings(database_url=url, master_key=KEY.hex()))
        world.key = app.state.token_key
        with TestClient(app, raise_server_exceptions=False) as client:
            yield Office(world, client)
        app.state.engine.dispose()


@pytest.mark.parametrize(
    "path",
    ["/v1/approvals", "/v1/approvals/{number}", "/v1/overrides", "/v1/certificates/{certificate}/sheet"],
)
def test_who_is_shown_what_is_asked_for_or_held_about_a_person_leaves_a_record(
    office: Office, path: str
) -> None:
    household = office.world.households[VILLAGE]
    number = office.ask("AA").json()["approval_id"]
    assert office.looks(ASKER) == [household]
    if "overrides" in path:
        assert office.grant(number).status_code == 200
        assert office.looks(GRANTER) == [household] * 2
    reader = (Role.DISTRICT_ADMIN, VILLAGE) if "certificate" in path or "overrides" in path else ASKER
    before = office.looks(reader)
    ids = office.world.ids(VILLAGE)
    assert office.send("GET", path.format(**ids | {"number": number}), by=reader).status_code == 200
    assert office.looks(reader) == [*before, household]


def test_a_list_of_plaques_is_a_look_at_each_of_its_holders_and_at_nobody_else(office: Office) -> None:
    reader = (Role.TOWN_OFFICIAL, TOWN)
    listed = office.send("GET", "/v1/certificates", by=reader).json()["certificates"]
    assert len(listed) == 2
    assert office.looks(reader) == [office.world.households[code] for code in (VILLAGE, OTHER_VILLAGE)]
    assert office.send("GET", "/v1/certificates?limit=1", by=reader).status_code == 200
    assert len(office.looks(reader)) == 3


def test_a_refused_override_that_tells_the_grade_is_on_record_and_who_may_not_ask_is_told_none(
    office: Office,
) -> None:
    refused = office.ask("AAA")
    assert (refused.status_code, "AAA" in refused.text) == (422, True)
    assert office.looks(ASKER) == [office.world.households[VILLAGE]]
    assert office.ask("AAA", code=VILLAGE_OF_OTHER_TOWN).status_code == 404
    assert len(office.looks(ASKER)) == 1
    for grade in ("AAA", "B"):
        asked = office.ask(grade, by=SYSTEM)
        assert (asked.status_code, "AAA" in asked.text) == (403, False)
    assert office.looks(SYSTEM) == []


def test_a_grant_that_is_refused_leaves_the_look_and_no_decision(office: Office) -> None:
    first, second = (office.ask("AA").json()["approval_id"] for _ in range(2))
    assert office.grant(first).status_code == 200
    before = office.looks(GRANTER)
    refused = office.grant(second)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    # One look at what is asked for, one at what the refusal tells.
    assert office.looks(GRANTER) == [*before, *[office.world.households[VILLAGE]] * 2]
    with Session(office.world.district.engine) as session:
        assert session.scalars(select(ApprovalDecision.approval_id)).all() == [first]


def test_an_altered_request_is_still_read_and_refused_whoever_it_names(office: Office) -> None:
    number = office.ask("AA").json()["approval_id"]
    with transaction(office.world.district.engine) as session:
        kept = session.get_one(Approval, number)
        kept.content = {**kept.content, "subject_id": 2**40}
    assert office.send("GET", "/v1/approvals", by=GRANTER).status_code == 200
    refused = office.grant(number)
    assert (refused.status_code, "tell the auditor" in refused.text) == (409, True)
    assert office.looks(GRANTER) == []


def test_a_refused_proposal_that_tells_what_stands_against_it_is_on_record(office: Office) -> None:
    def propose(code: str, **more: str) -> Any:
        body = {"kind": "credit_household", "subject_id": office.world.households[code], **more}
        return office.send("POST", "/v1/designations", by=COLLECTOR, json=body)

    refused = propose(VILLAGE)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert office.looks(COLLECTOR) == [office.world.households[VILLAGE]]
    assert propose(OTHER_VILLAGE).status_code == 404
    # Refused for what is asked, before anybody is looked up.
    assert propose(OTHER_VILLAGE, place_code=VILLAGE).status_code == 422
    assert len(office.looks(COLLECTOR)) == 1
