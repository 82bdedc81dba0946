"""The district, the bank and the circumstances that the examples for banks are about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from app.access.accounts import open_client
from app.access.passwords import hashed
from app.access.service import create_organisation
from app.access.tokens import issue_token
from app.db import Session, transaction
from app.models import (
    DesignationAction,
    DesignationKind,
    DesignationState,
    Organisation,
    OrganisationKind,
    Purpose,
    Role,
    User,
)
from tests.district import DAY, DISTRICT, GOOD, TOWN, VILLAGE, VILLAGE_OF_OTHER_TOWN, District
from tests.titles import title

TODAY = DAY + timedelta(days=10)
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 4, tzinfo=UTC)
PASSWORD = "a horse of this example"
USERS = {
    "officer.one": (Role.LOAN_OFFICER, "one"),
    "officer.two": (Role.LOAN_OFFICER, "two"),
    "manager.one": (Role.BANK_ADMIN, "one"),
}
# A household that has something to gain.
FACTS: Mapping[str, float] = {**GOOD, "overdue_days_max_24m": 45, "agricultural_insurance": 0}


@dataclass
class Bank:
    """The service over a district where every number is the same in every run."""

    district: District
    client: TestClient
    users: dict[str, User]

    def send(self, request: Mapping[str, Any]) -> Response:
        """A request as an example shows it; `as` names who is signed in."""
        headers = dict(request.get("headers", {}))
        if "as" in request:
            key = self.client.app.state.token_key  # type: ignore[attr-defined]
            token = issue_token(self.users[request["as"]], key=key, at=NOON, minutes=30)
            headers["Authorization"] = f"Bearer {token}"
        return self.client.request(
            request["method"],
            request["path"],
            headers=headers,
            json=request.get("json"),
            data=request.get("form"),
        )


def make_bank(district: District, client: TestClient) -> Bank:
    """Two banks; four households and an entity, with a consent of every kind."""
    with transaction(district.engine) as session:
        banks = {
            code: create_organisation(
                session, code=code, name=f"演示{code}银行", kind=OrganisationKind.BANK, admitted_at=NOON
            )
            for code in ("one", "two")
        }
        users = {
            name: _user(session, name, role=role, organisation=banks[bank], place=district.place_id(DISTRICT))
            for name, (role, bank) in USERS.items()
        }
        one = banks["one"].organisation_id
    household, _neighbour = district.household(FACTS), district.household()
    elsewhere, entity = district.household(code=VILLAGE_OF_OTHER_TOWN), district.entity()
    district.night()
    unrated = district.household(on=TODAY)
    later, sooner = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
    # In this order: the examples name them by their numbers.
    district.consent(household, one, end=later)
    district.consent(household, one, purpose=Purpose.POST_LOAN)
    district.consent(household, one, first=sooner, end=TODAY)
    district.consent(household, one, first=later)
    district.consent(household, one, withdrawn_on=TODAY)
    district.consent(elsewhere, one)
    district.consent(entity, one)
    district.consent(unrated, one)
    return Bank(district, client, users)


def _user(session: Session, name: str, *, role: Role, organisation: Organisation, place: int) -> User:
    made = User(
        username=name, display_name=name, password_hash=hashed(PASSWORD), role=role, disabled=False,
        organisation_id=organisation.organisation_id, place_id=place, failed_attempts=0,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _log_is_no_folder(bank: Bank, _request: Mapping[str, Any]) -> None:
    settings = bank.client.app.state.settings  # type: ignore[attr-defined]
    settings.inquiry_log_folder.write_text("no folder")


def _sent_before(bank: Bank, request: Mapping[str, Any]) -> None:
    assert bank.send(request).status_code == 200


def _sent_before_otherwise(bank: Bank, request: Mapping[str, Any]) -> None:
    other = {**request, "json": {**request["json"], "purpose": "post_loan"}}
    assert bank.send(other).status_code == 403


def _not_admitted(bank: Bank, _request: Mapping[str, Any]) -> None:
    with transaction(bank.district.engine) as session:
        session.get_one(Organisation, bank.users["officer.one"].organisation_id).admitted_at = None


def _wrong_passwords(bank: Bank, request: Mapping[str, Any]) -> None:
    for _ in range(5):
        assert bank.send({**request, "form": {**request["form"], "password": "wrong"}}).status_code == 401


def _with_a_second_factor(bank: Bank, _request: Mapping[str, Any]) -> None:
    with transaction(bank.district.engine) as session:
        session.get_one(User, bank.users["officer.one"].user_id).totp_confirmed_at = NOON


def _changed_since(bank: Bank, _request: Mapping[str, Any]) -> None:
    with transaction(bank.district.engine) as session:
        session.get_one(User, bank.users["officer.one"].user_id).revision += 1


def _with_a_client(bank: Bank, request: Mapping[str, Any]) -> None:
    with transaction(bank.district.engine) as session:
        user = session.get_one(User, bank.users["officer.one"].user_id)
        made, secret = open_client(session, user, at=NOON)
    request["form"].update(client_id=made.client_id, client_secret=secret)


def _signed_in_before(bank: Bank, request: Mapping[str, Any]) -> None:
    form = {"username": "officer.one", "password": PASSWORD}
    tokens = bank.client.post("/v1/token", data=form).json()
    request["form"]["refresh_token"] = tokens["refresh_token"]


def _asked_too_often(bank: Bank, request: Mapping[str, Any]) -> None:
    for _ in range(600):
        bank.send({**request, "method": "GET", "path": "/v1/me", "json": None})


def _with_titles(bank: Bank, _request: Mapping[str, Any]) -> None:
    awarded = (DesignationAction.AWARD, DesignationState.DESIGNATED, DAY)
    until = TODAY + timedelta(days=300)
    title(bank.district, DesignationKind.CREDIT_HOUSEHOLD, awarded, until=until, subject_id=1)
    title(bank.district, DesignationKind.CREDIT_VILLAGE, awarded, until=until, code=VILLAGE)
    reviewed = (DesignationAction.BEGIN_REVIEW, DesignationState.UNDER_REVIEW, TODAY)
    title(bank.district, DesignationKind.CREDIT_TOWN, awarded, reviewed, until=until, code=TOWN)


# What is so before the request of an example is sent.
GIVEN: Mapping[str, Callable[[Bank, Mapping[str, Any]], None]] = {
    "nothing else": lambda _bank, _request: None,
    "the household, its village and its town hold their titles": _with_titles,
    "the log of inquiries cannot be written": _log_is_no_folder,
    "the same request was answered before": _sent_before,
    "the key came with another request before": _sent_before_otherwise,
    "the bank is not admitted": _not_admitted,
    "five wrong passwords came before": _wrong_passwords,
    "the account has a second factor": _with_a_second_factor,
    "somebody else has changed the account": _changed_since,
    "the administrator has opened a client": _with_a_client,
    "the user has signed in": _signed_in_before,
    "600 requests came in this minute": _asked_too_often,
}
