"""A bank at the service: the users who ask, over a small district."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import clock
from app.access.service import create_organisation
from app.access.tokens import issue_token
from app.db import transaction
from app.main import create_app
from app.models import (
    Inquiry,
    OrganisationKind,
    Purpose,
    Role,
    User,
)
from app.settings import Settings
from tests.district import (
    DAY,
    DISTRICT,
    KEY,
    TOWN,
    District,
)
from tests.numbers import resident

SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
TODAY = DAY + timedelta(days=10)
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 4, tzinfo=UTC)
NAME = "王建国"
# Nobody on file has this number.
STRANGER = resident(900)
COLUMNS = [column.name for column in Inquiry.__table__.columns]


@dataclass
class Desk:
    """The service over a small district, and the users who ask."""

    district: District
    client: TestClient
    users: dict[str, User]

    def headers(self, username: str) -> dict[str, str]:
        """The token of a user."""
        state = self.client.app.state  # type: ignore[attr-defined]
        token = issue_token(self.users[username], key=state.token_key, at=clock.now(), minutes=30)
        return {"Authorization": f"Bearer {token}"}

    def ask(self, username: str = "officer.one", **question: Any) -> Any:
        """An inquiry before a loan."""
        question = {"purpose": "pre_loan"} | question
        return self.client.post("/v1/inquiries", json=question, headers=self.headers(username))

    def get(self, username: str, path: str) -> Any:
        """A page of the interface."""
        return self.client.get(path, headers=self.headers(username))

    def consent(
        self,
        subject_id: int,
        *,
        to: str = "officer.one",
        purpose: Purpose = Purpose.PRE_LOAN,
        first: date = TODAY,
        end: date | None = TODAY + timedelta(days=1),
        withdrawn_on: date | None = None,
    ) -> int:
        """A consent of a subject to the bank of a user; its number."""
        return self.district.consent(
            subject_id, self.users[to].organisation_id, purpose=purpose, first=first, end=end,
            withdrawn_on=withdrawn_on,
        )  # fmt: skip

    def records(self) -> list[dict[str, Any]]:
        """All inquiries on record."""
        rows = self.district.rows(Inquiry)["inquiries"]
        return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


@pytest.fixture
def desk(district, district_url, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    settings = Settings(database_url=district_url, master_key=KEY.hex())
    made = {}
    with transaction(district.engine) as session:
        banks = [
            create_organisation(session, code=code, name=code, kind=OrganisationKind.BANK, admitted_at=NOON)
            for code in ("one", "two")
        ]
        for username, role, bank, code in (
            ("officer.one", Role.LOAN_OFFICER, banks[0], DISTRICT),
            ("officer.two", Role.LOAN_OFFICER, banks[1], DISTRICT),
            ("officer.town", Role.LOAN_OFFICER, banks[0], TOWN),
            ("official", Role.TOWN_OFFICIAL, banks[0], TOWN),
            ("admin", Role.DISTRICT_ADMIN, banks[0], DISTRICT),
            ("auditor", Role.AUDITOR, banks[0], DISTRICT),
            ("job", Role.JOB, banks[0], DISTRICT),
        ):
            # Nobody signs in with a password here: making its hash takes longer than a night.
            user = User(
                username=username, display_name=username, password_hash="none", role=role,
                organisation_id=bank.organisation_id, place_id=district.place_id(code), disabled=False,
                failed_attempts=0,
            )  # fmt: skip
            session.add(user)
            made[username] = user
    app = create_app(settings)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Desk(district, client, made)
    app.state.engine.dispose()


def problem(answer, *, status, code):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    return answer.json()
