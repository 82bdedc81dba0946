"""Titles over HTTP: read with an ETag, a step with If-Match, of one or many; looks are on record."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import clock
from app.access.tokens import issue_token
from app.db import Session
from app.main import create_app
from app.models import DesignationAction, DesignationKind, Inquiry, User
from app.settings import Settings
from tests.app.designations.committee import NOTICE_DAYS, Committee, committee
from tests.district import DAY, KEY, OTHER_TOWN, TOWN, VILLAGE, morning

__all__ = ["committee"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ENTITY = DesignationKind.CREDIT_ENTITY


class Service:
    """The service over the committee's district, on a day that can be moved on."""

    def __init__(self, committee: Committee, client: TestClient, key: bytes) -> None:
        self.committee, self.client, self._key = committee, client, key
        self.on = DAY

    def send(self, method: str, path: str, *, by: str, if_match: str | None = None, json: Any = None) -> Any:
        """Send something as a user."""
        with Session(self.committee.district.engine) as session:
            user = session.scalars(select(User).where(User.username == by)).one()
        token = issue_token(user, key=self._key, at=clock.now(), minutes=30)
        headers = {"Authorization": f"Bearer {token}"} | ({"If-Match": if_match} if if_match else {})
        return self.client.request(method, path, headers=headers, json=json)

    def step(self, number: int, action: str, *, by: str, **more: str) -> Any:
        """A step on the title as it stands."""
        tag = self.send("GET", f"/v1/designations/{number}", by=by).headers["ETag"]
        path = f"/v1/designations/{number}/steps"
        return self.send("POST", path, by=by, if_match=tag, json={"action": action, **more})


@pytest.fixture
def service(committee: Committee, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    app = create_app(Settings(database_url=district_url, master_key=KEY.hex()))
    with TestClient(app, raise_server_exceptions=False) as client:
        made = Service(committee, client, app.state.token_key)
        monkeypatch.setattr(clock, "now", lambda: morning(made.on))
        monkeypatch.setattr(clock, "today", lambda: made.on)
        yield made


@pytest.fixture
def farms(service: Service) -> list[int]:
    """Two farms the night has proposed; the numbers of the titles."""
    for _ in range(2):
        service.committee.district.entity()
    service.committee.night()
    return service.committee.numbers(ENTITY)


def test_a_title_is_given_over_http_step_by_step(service, farms):
    assert service.step(farms[0], "check_town", by="clerk").json()["state"] == "town_checked"
    posted = service.step(farms[0], "post_notice", by="clerk").json()
    assert posted["steps"][-1]["notice_number"].startswith("GS-500120104200-2025-")
    service.on = DAY + NOTICE_DAYS
    given = service.step(farms[0], "award", by="admin")
    assert given.status_code == 200
    body = given.json()
    assert (body["state"], body["state_label"], body["sequence"]) == ("designated", "已授牌", 4)
    assert body["steps"][-1]["certificate_number"].startswith("CV-500120-2025-")
    assert [step["by"] for step in body["steps"]] == ["night", "clerk", "clerk", "admin"]
    assert body["steps"][0]["profile"] == "cq-bishan-2023-entity@2023-01-01"
    assert "begin_review" in body["next_actions"]


def test_a_step_names_the_state_it_starts_from(service, farms):
    path = f"/v1/designations/{farms[0]}/steps"
    missing = service.send("POST", path, by="clerk", json={"action": "check_town"})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    tag = service.send("GET", f"/v1/designations/{farms[0]}", by="clerk").headers["ETag"]
    assert service.step(farms[0], "check_town", by="colleague").status_code == 200
    stale = service.send("POST", path, by="clerk", if_match=tag, json={"action": "check_town"})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")


def test_many_titles_take_a_step_together_or_the_answer_names_each_refusal(service, farms):
    order = {
        "action": "check_town",
        "titles": [{"designation_id": number, "sequence": 1} for number in farms],
    }
    assert service.send("POST", "/v1/designations/steps", by="clerk", json=order).json()["taken"] == [
        {"designation_id": number, "sequence": 2} for number in farms
    ]
    again = service.send("POST", "/v1/designations/steps", by="colleague", json=order)
    assert again.status_code == 409
    assert [(one["designation_id"], one["code"]) for one in again.json()["refusals"]] == [
        (number, "precondition_failed") for number in farms
    ]
    order["titles"] = [{"designation_id": number, "sequence": 2} for number in farms]
    wrong = service.send("POST", "/v1/designations/steps", by="colleague", json=order)
    assert {one["code"] for one in wrong.json()["refusals"]} == {"conflict"}
    assert wrong.json()["taken"] == []


def test_a_refused_step_or_proposal_that_tells_what_stands_against_it_is_a_look_on_record(service, farms):
    engine = service.committee.district.engine

    def looks(by):
        own = select(Inquiry.subject_id).join(User, User.user_id == Inquiry.user_id)
        with Session(engine) as session:
            return session.scalars(own.where(User.username == by).order_by(Inquiry.inquiry_id)).all()

    holders = [service.committee.standing(number).designation.subject_id for number in farms]
    order = {
        "action": "check_town",
        "titles": [{"designation_id": number, "sequence": 2} for number in farms],
    }
    # Changed since it was read: that tells of nobody.
    assert service.send("POST", "/v1/designations/steps", by="clerk", json=order).status_code == 409
    assert looks("clerk") == []
    order = {"action": "award", "titles": [{"designation_id": number, "sequence": 1} for number in farms]}
    assert service.send("POST", "/v1/designations/steps", by="clerk", json=order).status_code == 409
    assert looks("clerk") == holders
    # Once as it is read for its ETag, once as it is refused.
    assert service.step(farms[0], "award", by="colleague").status_code == 409
    assert looks("colleague") == holders[:1] * 2
    assert service.committee.standing(farms[0]).last.sequence == 1


def test_the_work_list_says_what_waits_for_whom_and_until_when(service, farms):
    mine = service.send("GET", "/v1/designations/work-list", by="clerk").json()
    assert [(one["designation_id"], one["action"], one["level"], one["due_on"]) for one in mine["items"]] == [
        (number, "check_town", "town", "2025-12-31") for number in farms
    ]
    assert service.send("GET", "/v1/designations/work-list", by="village").json()["items"] == []
    assert {(one["kind"], one["ends_on"]) for one in mine["calendar"]} == {
        ("credit_household", "2025-12-31"),
        ("credit_entity", "2025-12-31"),
    }


def test_the_list_is_of_the_viewers_division_and_each_look_is_on_record(service, farms):
    listed = service.send("GET", "/v1/designations?kind=credit_entity&limit=1", by="clerk").json()
    assert [one["designation_id"] for one in listed["designations"]] == farms[:1]
    rest = service.send("GET", f"/v1/designations?cursor={listed['next_cursor']}", by="clerk").json()
    assert [one["designation_id"] for one in rest["designations"]] == farms[1:]
    assert rest["next_cursor"] is None
    assert service.send("GET", "/v1/designations", by="stranger").json()["designations"] == []
    outside = service.send("GET", f"/v1/designations?place={OTHER_TOWN}", by="clerk")
    assert outside.status_code == 404
    with Session(service.committee.district.engine) as session:
        seen = session.scalars(select(Inquiry).order_by(Inquiry.inquiry_id)).all()
    assert [(one.purpose.value, one.subject_id) for one in seen] == [
        ("official_duty", service.committee.standing(number).designation.subject_id) for number in farms
    ]


def test_everybody_of_a_town_who_qualifies_is_proposed_in_one_request(service):
    good = service.committee.district.entity()
    poor = service.committee.district.entity({"overdue_days_now": 400})
    service.committee.night(proposes=False)
    order = {"kind": "credit_entity", "place_code": TOWN}
    made = service.send("POST", "/v1/designations/proposals", by="clerk", json=order).json()
    assert len(made["designation_ids"]) == 1
    assert [one["subject_id"] for one in made["left_out"]] == [poor]
    assert made["left_out"][0]["labels"]
    assert (made["proposed_count"], made["left_out_count"]) == (1, 1)
    assert (made["left_out"][0]["name"], made["left_out"][0]["place_code"]) == (f"演示主体{poor}", VILLAGE)
    with Session(service.committee.district.engine) as session:
        assert session.scalars(select(Inquiry.subject_id)).all() == [poor]
    again = service.send("POST", "/v1/designations/proposals", by="clerk", json=order).json()
    assert again["reasons"]["proposed_already"] == 1
    assert good in {one["subject_id"] for one in again["left_out"]}
    path = "/v1/designations/proposals?most=0"
    short = service.send("POST", path, by="clerk", json=order).json()
    assert (short["left_out"], short["left_out_count"]) == ([], 2)


def test_an_application_without_an_appraisal_is_a_conflict_that_says_so(service):
    household = service.committee.district.household()
    service.committee.night()
    order = {"kind": "credit_household", "subject_id": household}
    refused = service.send("POST", "/v1/designations", by="clerk", json=order)
    assert refused.status_code == 409
    assert "no_appraisal" in refused.json()["detail"]
    with Session(service.committee.district.engine) as session:
        assert session.scalars(select(Inquiry.subject_id)).all() == [household]


@pytest.mark.parametrize("by", ["officer"])
def test_a_bank_has_no_part_in_titles(service, farms, by):
    assert service.send("GET", "/v1/designations", by=by).status_code == 403


def test_what_another_person_has_to_do_is_not_listed_and_hides_nothing_behind_it(service, farms):
    for number, by in zip(farms, ("admin", "clerk"), strict=True):
        service.step(number, "check_town", by=by)
        service.step(number, "post_notice", by="clerk")
    for by, waiting in (("admin", farms[1:]), ("deputy", farms[:1])):
        items = service.send("GET", "/v1/designations/work-list?limit=1", by=by).json()["items"]
        assert [(one["designation_id"], one["action"]) for one in items] == [(waiting[0], "award")]


def test_an_expiring_title_is_on_the_work_list_of_whoever_decides(service, farms):
    until = service.committee.designated(farms[0]) + timedelta(days=365)
    service.on = until - timedelta(days=30)
    service.committee.step(farms[0], DesignationAction.BEGIN_REVIEW, by="clerk", on=service.on)
    items = service.send("GET", "/v1/designations/work-list", by="deputy").json()["items"]
    mine = [one for one in items if one["designation_id"] == farms[0]]
    assert [(one["action"], one["due_on"]) for one in mine] == [
        ("renew", (until - timedelta(days=1)).isoformat())
    ]
