"""Approvals over HTTP: asked for, read with an ETag, decided with If-Match, carried out."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import clock
from app.access.tokens import issue_token
from app.main import create_app
from app.models import Organisation
from app.settings import Settings
from tests.app.approvals.people import AT, People, people
from tests.district import DAY, KEY, TOWN, VILLAGE_OF_OTHER_TOWN, district

__all__ = ["district", "people"]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
GRANT = {"granted": True, "reason": "已核对（演示）"}


class Office:
    """The service over the people's district."""

    def __init__(self, people: People, client: TestClient, key: bytes) -> None:
        self.people, self.client, self._key = people, client, key

    def send(self, method: str, path: str, *, by: str, if_match: str | None = None, json: Any = None) -> Any:
        """Send something as a user."""
        token = issue_token(self.people.users[by], key=self._key, at=AT, minutes=30)
        headers = {"Authorization": f"Bearer {token}"} | ({"If-Match": if_match} if if_match else {})
        return self.client.request(method, path, headers=headers, json=json)

    def asked(self, *, by: str = "clerk", place: str = TOWN, **more: Any) -> Any:
        """A request of a bulk export."""
        body = {
            "kind": "bulk_export", "place_code": place, "subjects": "household", "format": "csv",
            "reason": "镇年度核查（演示）", **more,
        }  # fmt: skip
        return self.send("POST", "/v1/approvals", by=by, json=body)

    def decided(self, number: int, *, by: str = "checker", json: Any = None) -> Any:
        """A decision on the state as it is."""
        tag = self.send("GET", f"/v1/approvals/{number}", by=by).headers.get("ETag", '"none"')
        path = f"/v1/approvals/{number}/decision"
        return self.send("POST", path, by=by, if_match=tag, json=json or GRANT)


@pytest.fixture
def office(people: People, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", lambda: DAY)
    app = create_app(Settings(database_url=district_url, master_key=KEY.hex(), password_grant="on"))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Office(people, client, app.state.token_key)


def test_an_export_is_asked_for_granted_and_taken_once(office: Office):
    office.people.district.household()
    office.people.district.night()
    made = office.asked()
    assert made.status_code == 201
    number = made.json()["approval_id"]
    assert (made.json()["state"], made.json()["may_decide"]) == ("waiting", False)
    assert office.decided(number).json()["state"] == "granted"
    taken = office.send("POST", "/v1/exports", by="clerk", json={"approval_id": number})
    assert taken.status_code == 201
    assert taken.headers["content-type"] == "text/csv; charset=utf-8"
    assert taken.headers["content-disposition"] == f'attachment; filename="ratings-{TOWN}-1.csv"'
    assert "导出人 clerk" in taken.text.splitlines()[0]
    again = office.send("POST", "/v1/exports", by="clerk", json={"approval_id": number})
    assert again.status_code == 409
    assert office.send("GET", f"/v1/approvals/{number}", by="clerk").json()["state"] == "used"


def test_what_waits_is_told_in_words_beside_the_target_wherever_it_is_answered(office: Office):
    made = office.asked().json()
    words = ("export/ratings/500120104000", "大兴镇，农户评级清单")
    [listed] = office.send("GET", "/v1/approvals", by="checker").json()["approvals"]
    shown = office.send("GET", f"/v1/approvals/{made['approval_id']}", by="checker").json()
    decided = office.decided(made["approval_id"]).json()
    for answer in (made, listed, shown, decided):
        assert (answer["target"], answer["target_label"]) == words


def test_the_maker_of_a_request_is_refused_as_its_checker(office: Office):
    number = office.asked(by="maker").json()["approval_id"]
    refused = office.decided(number, by="maker")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert office.decided(number).status_code == 200


def test_a_decision_names_the_state_it_was_made_on(office: Office):
    number = office.asked().json()["approval_id"]
    path = f"/v1/approvals/{number}/decision"
    read = office.send("GET", f"/v1/approvals/{number}", by="checker").headers["ETag"]
    assert office.send("POST", path, by="checker", json=GRANT).status_code == 428
    assert office.send("POST", path, by="checker", json=GRANT, if_match='"other"').status_code == 412
    made = office.send("POST", path, by="checker", json=GRANT, if_match=read)
    assert made.status_code == 200
    assert made.json()["decision"]["decided_by"] == "checker"
    assert made.headers["ETag"] != read
    assert office.send("POST", path, by="third", json=GRANT, if_match=read).status_code == 412
    assert office.decided(number, by="third").status_code == 409


def test_the_work_list_says_what_is_mine_to_decide(office: Office):
    number = office.asked().json()["approval_id"]
    listed = {
        by: [
            (one["approval_id"], one["may_decide"])
            for one in office.send("GET", "/v1/approvals", by=by).json()["approvals"]
        ]
        for by in ("checker", "clerk", "admin_of_other_town")
    }
    assert listed == {
        "checker": [(number, True)], "clerk": [(number, False)], "admin_of_other_town": []
    }  # fmt: skip


def test_an_approval_of_another_division_does_not_exist(office: Office):
    number = office.asked().json()["approval_id"]
    assert office.send("GET", f"/v1/approvals/{number}", by="admin_of_other_town").status_code == 404
    assert office.decided(number, by="admin_of_other_town").status_code == 404
    assert office.asked(place=VILLAGE_OF_OTHER_TOWN).status_code == 404


@pytest.mark.parametrize("by", ["officer", "auditor", "system"])
def test_who_has_no_part_in_approvals_sees_none(office: Office, by: str):
    number = office.asked().json()["approval_id"]
    listed, shown = (office.send("GET", f"/v1/approvals{more}", by=by) for more in ("", f"/{number}"))
    # Who manages accounts asks for accounts, and sees of all that is asked for nothing else.
    told = (200, 404) if by == "system" else (403, 403)
    assert (listed.status_code, shown.status_code) == told
    assert listed.json().get("approvals", []) == []
    assert office.decided(number, by=by).status_code == 403


def test_a_bank_is_admitted_over_the_interface(office: Office):
    body = {
        "kind": "new_recipient", "organisation_id": office.people.bank_id, "document": "协议（演示）",
        "reason": "新增合作银行",
    }  # fmt: skip
    made = office.send("POST", "/v1/approvals", by="maker", json=body)
    assert made.json()["content"]["name"] == "演示银行"
    assert office.decided(made.json()["approval_id"]).json()["state"] == "used"
    organisations = office.people.district.rows(Organisation)["organisations"]
    assert {row[1]: row[5] is not None for row in organisations} == {"office": False, "bank": True}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "override"},
        {"kind": "bulk_export", "place_code": "50012", "subjects": "household", "format": "csv"},
        {"kind": "bulk_export", "place_code": TOWN, "subjects": "village", "format": "csv"},
        {"kind": "bulk_export", "place_code": TOWN, "format": "csv"},
        {
            "kind": "bulk_export",
            "export": "plaques",
            "place_code": TOWN,
            "subjects": "household",
            "format": "csv",
        },
        {"kind": "bulk_export", "place_code": TOWN, "subjects": "household", "format": "pdf"},
        {"kind": "activate_rule", "code": "CQ-H-1", "effective_from": "2025-12-01"},
        {"kind": "new_recipient", "organisation_id": 0, "document": "x"},
    ],
)
def test_a_malformed_request_is_refused_with_the_place_of_its_fault(office: Office, body: dict[str, Any]):
    refused = office.send("POST", "/v1/approvals", by="maker", json={"reason": "演示", **body})
    assert refused.status_code == 422
    assert refused.json()["errors"]
