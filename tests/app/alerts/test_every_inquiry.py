"""An auditor reads every inquiry of the own division's users, on both databases, as the service connects."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app import clock
from app.access.tokens import issue_token
from app.main import create_app
from app.models import InquiryOutcome
from app.settings import Settings
from tests.app.alerts.audit import AT, WEDNESDAY, Audit, audit
from tests.district import KEY, VILLAGE, VILLAGE_OF_OTHER_TOWN, morning
from tests.district_databases import serving_address

__all__ = ["audit"]


@pytest.fixture
def client(audit: Audit, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The service over the audited district, in PostgreSQL with a role that owns nothing."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", AT.date)
    with serving_address(audit.district.engine, district_url) as url:
        app = create_app(Settings(database_url=url, master_key=KEY.hex()))
        with TestClient(app, raise_server_exceptions=False) as client:
            yield client
        app.state.engine.dispose()


@pytest.mark.parametrize(
    ("auditor", "read"),
    [("auditor", {"officer": 7, "elsewhere": 2}), ("town.auditor", {"officer": 7})],
)
def test_an_auditor_reads_probes_and_refusals_of_the_users_of_the_own_division(
    audit: Audit, client: TestClient, auditor: str, read: dict[str, int]
) -> None:
    near, far = audit.subjects(1, code=VILLAGE), audit.subjects(1, code=VILLAGE_OF_OTHER_TOWN)
    at = morning(WEDNESDAY)
    audit.ask("officer", 1, at=at, subjects=near)
    audit.ask("officer", 5, at=at, outcome=InquiryOutcome.NOT_FOUND, refusal_code="consent_missing")
    audit.ask("officer", 1, at=at, subjects=far, outcome=InquiryOutcome.REFUSED, refusal_code="x")
    audit.ask("elsewhere", 1, at=at, outcome=InquiryOutcome.NOT_FOUND, refusal_code="consent_missing")
    audit.ask("elsewhere", 1, at=at, subjects=near)
    state = client.app.state  # type: ignore[attr-defined]
    token = issue_token(audit.users[auditor], key=state.token_key, at=AT, minutes=30)
    answer = client.get("/v1/inquiry-log", headers={"Authorization": f"Bearer {token}"})
    by = [line["username"] for line in answer.json()["inquiries"]]
    assert {name: by.count(name) for name in sorted(set(by), reverse=True)} == read
