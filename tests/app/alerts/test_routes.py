"""The auditor reads alerts and the log over HTTP, and nothing about a subject but its id."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import clock
from app.access import policy
from app.access.tokens import issue_token
from app.alerts.routes import router
from app.main import create_app
from app.models import InquiryOutcome, Role
from app.settings import Settings
from tests.app.alerts.audit import AT, WEDNESDAY, Audit, audit
from tests.district import KEY, morning

__all__ = ["audit"]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
OPERATIONS = ("inquiry_alerts", "note_inquiry_alert", "inquiry_log")
NIGHT = morning(WEDNESDAY) - timedelta(hours=7)


@dataclass
class Desk:
    """The service over the audited district."""

    audit: Audit
    client: TestClient

    def get(self, path: str, *, by: str = "auditor", **parameters: Any) -> Any:
        """Ask for something as a user."""
        return self.client.get(path, params=parameters, headers=self._headers(by))

    def note(self, number: int, *, by: str = "auditor", **body: Any) -> Any:
        """Write a note as a user."""
        return self.client.post(f"/v1/inquiry-alerts/{number}/notes", json=body, headers=self._headers(by))

    def _headers(self, username: str) -> dict[str, str]:
        state = self.client.app.state  # type: ignore[attr-defined]
        token = issue_token(self.audit.users[username], key=state.token_key, at=clock.now(), minutes=30)
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def desk(audit: Audit, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", lambda: WEDNESDAY + timedelta(days=1))
    auditors = policy.Permission(frozenset({Role.AUDITOR}), policy.Reach.DIVISION)
    rows = dict.fromkeys(OPERATIONS, auditors) | dict(policy.PERMISSIONS)
    monkeypatch.setattr(policy, "PERMISSIONS", rows)
    app = create_app(Settings(database_url=district_url, master_key=KEY.hex()))
    if not any(getattr(route, "path", "") == "/v1/inquiry-log" for route in app.routes):
        app.include_router(router)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Desk(audit, client)
    app.state.engine.dispose()


def test_an_alert_goes_from_the_scan_to_the_note_that_closes_it(desk):
    desk.audit.ask("officer", 3, at=NIGHT)
    desk.audit.scan()
    [alert] = desk.get("/v1/inquiry-alerts").json()["alerts"]
    assert (alert["rule"], alert["label"], alert["severity"]) == ("at_night", "深夜查询", "high")
    assert alert["user"]["organisation_name"] == "璧山农商行"
    assert (alert["inquiry_count"], alert["notes"]) == (3, [])
    answer = desk.note(alert["inquiry_alert_id"], text="账号被盗用", closes=True)
    assert (answer.status_code, answer.json()["noted_by"]) == (201, "auditor")
    assert desk.get("/v1/inquiry-alerts").json() == {"alerts": [], "next_before": None}


def test_only_an_auditor_reads_alerts_and_the_log(desk):
    desk.audit.ask("officer", 3, at=NIGHT)
    desk.audit.scan()
    for username in ("officer", "admin"):
        assert desk.get("/v1/inquiry-alerts", by=username).status_code == 403
        assert desk.get("/v1/inquiry-log", by=username).status_code == 403
        assert desk.note(1, by=username, text="x", closes=True).status_code == 403


def test_the_log_says_who_asked_when_and_for_what_but_not_about_whom(desk):
    household = desk.audit.district.household(name="王建国")
    desk.audit.ask(
        "officer", 1, at=NIGHT, subjects=[household], outcome=InquiryOutcome.REFUSED,
        refusal_code="consent_missing",
    )  # fmt: skip
    answer = desk.get("/v1/inquiry-log")
    [line] = answer.json()["inquiries"]
    assert line["subject_id"] == household
    assert (line["username"], line["organisation_code"]) == ("officer", "nsh")
    assert (line["purpose_label"], line["outcome_label"], line["refusal_code"]) == (
        "贷前审查", "已拒绝", "consent_missing",
    )  # fmt: skip
    assert "王建国" not in answer.text


def test_the_log_is_narrowed_by_days_of_china_user_and_organisation(desk):
    desk.audit.ask("officer", 2, at=morning(WEDNESDAY))
    desk.audit.ask("colleague", 1, at=morning(WEDNESDAY) - timedelta(hours=11))  # 23:00 of Tuesday in China

    def asked(**parameters):
        return [line["username"] for line in desk.get("/v1/inquiry-log", **parameters).json()["inquiries"]]

    assert asked() == ["colleague", "officer", "officer"]
    assert asked(**{"from": "2025-11-26"}) == ["officer", "officer"]
    assert asked(to="2025-11-26") == ["colleague"]
    assert asked(user="colleague") == asked(organisation="nsh-branch") == ["colleague"]
    assert asked(user="nobody") == []


def test_pages_end_with_null(desk):
    desk.audit.ask("officer", 3, at=NIGHT)
    first = desk.get("/v1/inquiry-log", limit=2).json()
    rest = desk.get("/v1/inquiry-log", limit=2, before=first["next_before"]).json()
    assert ([len(page["inquiries"]) for page in (first, rest)], rest["next_before"]) == ([2, 1], None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 501},
        {"limit": 0},
        {"before": 0},
        {"from": "soon"},
        {"from": "2025-02-01", "to": "2025-02-01"},
    ],
)  # fmt: skip
def test_a_malformed_question_is_refused(desk, wrong):
    assert desk.get("/v1/inquiry-log", **wrong).status_code == 422


def test_a_note_needs_a_text_and_an_alert_of_the_own_division(desk):
    desk.audit.ask("elsewhere", 3, at=NIGHT)
    desk.audit.scan()
    assert desk.note(1, text="", closes=True).status_code == 422
    assert desk.note(1, text="核查", closes=True, by="town.auditor").status_code == 404
    assert desk.note(99, text="核查", closes=True).status_code == 404
    assert desk.get("/v1/inquiry-alerts", by="town.auditor").json()["alerts"] == []
