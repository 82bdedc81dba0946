"""The rights over HTTP: the desk hands out reports, a colleague looks at ratings, others get nothing."""

import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pypdf import PdfReader

from app import clock
from app.access import policy
from app.access.tokens import issue_token
from app.main import create_app
from app.models import Disclosure
from app.rights.report import PORTABILITY_VERSION, PortableCopy, Report
from app.rights.routes import router
from app.settings import Settings
from tests.app.objections.office import RAISED
from tests.app.rights.desk import ASKED, PROOF, Desk, desk, office
from tests.app.rights.test_service import ON_SQLITE
from tests.district import GOOD, KEY, morning
from tests.numbers import resident

__all__ = ["desk", "office"]

pytestmark = ON_SQLITE
IDENTIFIED = {"document": PROOF}
PATHS = {
    "/v1/subjects/find": {"id_number": resident(1)},
    "/v1/subjects/1/reports": IDENTIFIED | {"format": "json"},
    "/v1/subjects/1/portability": IDENTIFIED,
    "/v1/subjects/1/reviews": IDENTIFIED | {"text": ASKED},
    "/v1/subjects/1/consents/1/withdrawal": IDENTIFIED,
    "/v1/reviews/1/answer": {"outcome": "upheld", "text": "无误"},
}
READ = ("/v1/subjects/1/inquiries", "/v1/subjects/1/explanation", "/v1/subjects/1/consents")


class Window:
    """The service over the desk's district."""

    def __init__(self, desk: Desk, client: TestClient, key: bytes) -> None:
        self.desk, self.client, self._key = desk, client, key

    def post(self, path: str, body: dict[str, Any], *, by: str = "clerk") -> Any:
        """Send something as a user."""
        return self.client.post(path, content=json.dumps(body), headers=self._headers(by))

    def get(self, path: str, *, by: str = "clerk") -> Any:
        """Ask for something as a user."""
        return self.client.get(path, headers=self._headers(by))

    def _headers(self, username: str) -> dict[str, str]:
        user = self.desk.office.users[username]
        token = issue_token(user, key=self._key, at=clock.now(), minutes=30)
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


@pytest.fixture
def window(desk: Desk, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setattr(clock, "now", lambda: morning(RAISED).replace(microsecond=123456))
    monkeypatch.setattr(clock, "today", lambda: RAISED)
    app = create_app(Settings(database_url=district_url, master_key=KEY.hex()))
    if not any(getattr(route, "path", "") == "/v1/reviews" for route in app.routes):
        app.include_router(router)
        for route in (each for each in router.routes if isinstance(each, APIRoute)):
            monkeypatch.setitem(policy.PERMISSIONS, route.name, policy.PERMISSIONS["raise_objection"])
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Window(desk, client, app.state.token_key)
    app.state.engine.dispose()


def test_the_desk_finds_a_person_and_hands_over_the_report(window: Window) -> None:
    household = window.desk.household()
    window.desk.district.night()
    found = window.post("/v1/subjects/find", {"id_number": resident(household)})
    assert (found.json()["subject_id"], found.json()["name"]) == (household, "王**")
    assert resident(household) not in found.text
    path = f"/v1/subjects/{household}/reports"
    handed = window.post(path, IDENTIFIED | {"format": "json"})
    assert (handed.status_code, handed.headers["x-report-free"]) == (201, "true")
    assert Report.model_validate_json(handed.content).held.who.id_number == resident(household)
    window.post(path, IDENTIFIED | {"format": "json"})
    pages = window.post(path, IDENTIFIED | {"format": "pdf"})
    assert (pages.headers["content-type"], pages.headers["x-report-free"]) == ("application/pdf", "false")
    words = "".join(
        "".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pages.content)).pages
    )
    assert resident(household) in words.replace("\u200b", "")
    hashes = [row[6] for row in window.desk.district.rows(Disclosure)["disclosures"]]
    assert hashes[0] == hashlib.sha256(handed.content).hexdigest() == handed.headers["x-content-sha256"]
    assert hashes[2] == hashlib.sha256(pages.content).hexdigest()


def test_a_copy_to_take_away_names_its_form(window: Window) -> None:
    household = window.desk.household()
    handed = window.post(f"/v1/subjects/{household}/portability", IDENTIFIED)
    copy = PortableCopy.model_validate_json(handed.content)
    assert (copy.schema_version, copy.held.who.name) == (PORTABILITY_VERSION, "王建国")
    assert {each.fact for each in copy.held.records} >= set(GOOD)


def test_a_request_of_review_goes_from_the_desk_to_a_colleagues_answer(window: Window) -> None:
    household = window.desk.household()
    window.desk.district.night()
    asked = window.post(f"/v1/subjects/{household}/reviews", IDENTIFIED | {"text": ASKED})
    assert (asked.status_code, asked.json()["days_left"]) == (201, 20)
    [line] = window.get("/v1/reviews", by="colleague").json()["reviews"]
    assert (line["name"], line["text"]) == ("王**", ASKED)
    path = f"/v1/reviews/{asked.json()['review_id']}/answer"
    answer = {"outcome": "set_aside", "text": "自动评级不采用，另行评议。"}
    assert window.post(path, answer).status_code == 403
    answered = window.post(path, answer, by="colleague")
    assert (answered.status_code, answered.json()["outcome_label"]) == (200, "不采用自动评级")
    assert window.get("/v1/reviews", by="colleague").json()["open_count"] == 0


def test_the_person_is_told_who_asked_and_why_the_rating_is_what_it_is(window: Window) -> None:
    household = window.desk.household()
    window.desk.district.night()
    why = window.get(f"/v1/subjects/{household}/explanation").json()["explanation"]
    assert "信用等级" in why["summary"][0]
    [first, *_] = window.get(f"/v1/subjects/{household}/inquiries").json()["inquiries"]
    assert set(first) == {
        "organisation", "inquired_at", "purpose", "purpose_label", "outcome", "outcome_label", "consent_id",
    }  # fmt: skip


def test_banks_auditors_and_other_towns_get_nothing(window: Window) -> None:
    household = window.desk.household()
    assert household == 1
    window.desk.district.night()
    window.desk.asks_for_review(household)
    before = window.desk.texts()
    for username, refused in (("officer", 403), ("auditor", 403), ("neighbour", 404)):
        for path, body in PATHS.items():
            assert window.post(path, body, by=username).status_code == refused
        for path in READ:
            assert window.get(path, by=username).status_code == refused
    assert window.get("/v1/reviews", by="neighbour").json()["reviews"] == []
    assert window.desk.texts() == before


def test_no_refusal_repeats_a_number(window: Window) -> None:
    for body in ({"id_number": resident(77)}, {"id_number": resident(77)[:-1]}, {"id": resident(77)}):
        refused = window.post("/v1/subjects/find", body)
        assert refused.status_code in (404, 422)
        assert resident(77)[:-1] not in refused.text
