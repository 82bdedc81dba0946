"""Objections over HTTP: who may take, answer and read them, and the letter that ends them."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pypdf import PdfReader

from app import clock
from app.access.tokens import issue_token
from app.main import create_app
from app.models import Objection, ObjectionEvent
from app.objections.routes import router
from app.settings import Settings
from tests.app.objections.office import FOUND, RAISED, TEXT, Office, office
from tests.district import KEY, OTHER_VILLAGE, morning
from tests.numbers import resident

__all__ = ["office"]

ANSWER = {"outcome": "unresolved", "found": FOUND, "document": "走访记录"}
NOT_LETTING = ("officer", "auditor")


class Desk:
    """The service over the office's district."""

    def __init__(self, office: Office, app: FastAPI, client: TestClient) -> None:
        self.office, self.app, self.client = office, app, client

    def post(self, path: str, body: dict[str, Any], *, by: str) -> Any:
        """Send something as a user."""
        # What JSON can say and UTF-8 cannot (half a surrogate pair) is sent too.
        return self.client.post(path, content=json.dumps(body), headers=self._headers(by))

    def get(self, path: str, *, by: str) -> Any:
        """Ask for something as a user."""
        return self.client.get(path, headers=self._headers(by))

    def filing(self, household: int, **more: Any) -> dict[str, Any]:
        """An objection to what is recorded of a household's land."""
        about = {"subject_id": household, "record_id": self.office.record_id(household)}
        return {**about, "channel": "desk", "text": TEXT, **more}

    def _headers(self, username: str) -> dict[str, str]:
        token = issue_token(
            self.office.users[username], key=self.app.state.token_key, at=clock.now(), minutes=30
        )
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


@pytest.fixture
def desk(office: Office, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(clock, "now", lambda: morning(RAISED))
    monkeypatch.setattr(clock, "today", lambda: RAISED)
    app = create_app(Settings(database_url=district_url, master_key=KEY.hex()))
    if not any(getattr(route, "path", "") == "/v1/objections" for route in app.routes):
        app.include_router(router)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Desk(office, app, client)
    app.state.engine.dispose()


def test_an_objection_goes_from_the_desk_to_the_letter(desk: Desk) -> None:
    household = desk.office.district.household(name="王建国")
    raised = desk.post("/v1/objections", desk.filing(household), by="clerk")
    assert raised.status_code == 201
    body = raised.json()
    number = body["objection_id"]
    assert (body["state"], body["days_left"], body["due_on"], body["outcome"]) == (
        "open", 20, "2025-12-21", None,
    )  # fmt: skip
    [town] = desk.get("/v1/objections", by="colleague").json()["towns"]
    [item] = town["objections"]
    assert (town["town"]["name"], item["name"], item["text"], item["escalated"]) == (
        "大兴镇",
        "王**",
        TEXT,
        False,
    )
    assert desk.get(f"/v1/objections/{number}/letter", by="colleague").status_code == 409
    answered = desk.post(f"/v1/objections/{number}/answer", ANSWER, by="colleague")
    assert (answered.status_code, answered.json()["outcome"], answered.json()["days_left"]) == (
        200, "unresolved", None,
    )  # fmt: skip
    assert desk.get("/v1/objections", by="colleague").json()["towns"] == []
    letter = desk.get(f"/v1/objections/{number}/letter", by="colleague")
    assert (letter.status_code, letter.headers["content-type"]) == (200, "application/pdf")
    words = "".join(PdfReader(io.BytesIO(letter.content)).pages[0].extract_text().split())
    assert "王**：" in words
    assert FOUND in words
    for secret in ("王建国", resident(household)):
        assert secret not in words + raised.text + answered.text


def test_banks_and_auditors_neither_take_nor_read_objections(desk: Desk) -> None:
    household = desk.office.district.household()
    number = desk.office.raised(desk.office.filing(household))
    before = desk.office.district.rows(Objection, ObjectionEvent)
    for username in NOT_LETTING:
        for path, body in (
            ("/v1/objections", desk.filing(household)),
            (f"/v1/objections/{number}/answer", ANSWER),
            (f"/v1/objections/{number}/withdrawal", {"text": "撤回", "document": "申请"}),
        ):
            assert desk.post(path, body, by=username).status_code == 403
        assert desk.get("/v1/objections", by=username).status_code == 403
        assert desk.get(f"/v1/objections/{number}/letter", by=username).status_code == 403
    assert desk.client.get("/v1/objections").status_code == 401
    assert desk.office.district.rows(Objection, ObjectionEvent) == before


def test_an_objection_of_another_town_does_not_exist(desk: Desk) -> None:
    household = desk.office.district.household(code=OTHER_VILLAGE)
    number = desk.office.raised(desk.office.filing(household))
    desk.office.answered(number)
    refused = [
        desk.post("/v1/objections", desk.filing(household), by="neighbour"),
        desk.post(f"/v1/objections/{number}/answer", ANSWER, by="neighbour"),
        desk.get(f"/v1/objections/{number}/letter", by="neighbour"),
        desk.get(f"/v1/objections/{2**31 - 1}/letter", by="clerk"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(404, "not_found")] * 4
    assert desk.get("/v1/objections", by="neighbour").json()["open_count"] == 0


def test_an_objection_is_taken_back_over_http(desk: Desk) -> None:
    number = desk.office.raised(desk.office.filing(desk.office.district.household()))
    body = {"text": "本人申请撤回", "document": "撤回申请书"}
    answer = desk.post(f"/v1/objections/{number}/withdrawal", body, by="clerk")
    assert (answer.status_code, answer.json()["outcome_label"]) == (200, "已撤回")
    assert desk.post(f"/v1/objections/{number}/withdrawal", body, by="clerk").status_code == 409


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"record_id": None}, 422),
        ({"rating_id": 1}, 422),
        ({"channel": "online"}, 422),
        ({"text": ""}, 422),
        ({"text": "字" * 1001}, 422),
        ({"text": "\ud800"}, 422),
        ({"record_id": 2**63}, 422),
        ({"record_id": 2**63 - 1}, 404),
        ({"subject_id": 2**63 - 1}, 404),
        ({"raised_on": "2030-01-01"}, 422),
        ({"raised_on": "0001-01-01"}, 422),
        ({"name": "王建国"}, 422),
    ],
)
def test_a_malformed_objection_is_refused_in_one_shape_and_not_kept(
    desk: Desk, change: dict[str, Any], status: int
) -> None:
    household = desk.office.district.household()
    answer = desk.post("/v1/objections", desk.filing(household) | change, by="clerk")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "王建国" not in answer.text
    assert desk.office.district.rows(Objection)["objections"] == []
