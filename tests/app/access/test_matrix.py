"""The authorisation matrix: every operation, asked by every role, from every scope, in every state."""

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx2 import Response

from app import clock
from app.access.policy import PERMISSIONS, PUBLIC
from app.access.routes import COOKIE
from app.access.tokens import read_token
from app.main import create_app
from app.models import Role, User
from app.settings import Settings
from app.web.sessions import form_token_of
from tests.app.access.account_calls import OWN_ACCOUNT, PASSWORD_HASH, SECRET
from tests.app.access.matrix import (
    ALLOWED,
    NOW,
    OF_WHOLE_DISTRICT,
    REFUSED,
    REQUESTS,
    SCOPES,
    WITHOUT_SCOPE,
    World,
    alter,
    documented,
    documented_limits,
    make_world,
)
from tests.district import DISTRICT, KEY, TOWN, District


@pytest.fixture
def backend() -> str:
    """What is decided here does not depend on the database."""
    return "sqlite"


@pytest.fixture
def client(district: District, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The application over the district of the test."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", NOW.date)
    app = create_app(Settings(database_url=district_url, master_key=KEY.hex()))
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def world(district: District, client: TestClient) -> World:
    """Everybody and everything there is a row of the matrix for."""
    return make_world(district, key=client.app.state.token_key)  # type: ignore[attr-defined]


def send(client: TestClient, world: World, operation: str, *, role: Role, scope: str) -> Response:
    """The request of an operation, by a role, about the data of a scope."""
    viewer_code, data_code = division_of(operation, scope), SCOPES[scope][1]
    world.asking = (role, viewer_code)
    call = REQUESTS[operation](world, data_code)
    token = world.token(role, viewer_code)
    if operation in OWN_ACCOUNT:
        _restore(world, world.users[role, viewer_code])
    client.cookies.clear()
    headers = dict(call.headers)
    if call.path.startswith("/v1/"):
        headers["Authorization"] = f"Bearer {token}"
    else:
        client.cookies.set(COOKIE, token)
    data = call.data
    if data is not None and not call.path.startswith("/v1/"):
        data = {**data, "form_token": form_token_of(read_token(token, key=world.key, at=NOW), key=world.key)}
    return client.request(call.method, call.path, json=call.json, data=data, headers=headers)


def division_of(operation: str, scope: str) -> str:
    """The division of whoever asks, seen from the data of a scope."""
    return DISTRICT if operation in OF_WHOLE_DISTRICT else SCOPES[scope][0]


def status_of(answer: Response) -> int:
    """The status of an answer; a page whose form was accepted says so on the next page."""
    return 204 if answer.headers.get("location", "").startswith("/account?done=") else answer.status_code


def _restore(world: World, user: User) -> None:
    """Give an account its password again, and a second factor that waits for its first code."""
    sealed = world.district.cipher.seal(SECRET, row=f"users/{user.user_id}/totp")
    alter(world, user, password_hash=PASSWORD_HASH, totp_cipher=sealed, totp_confirmed_at=None)


def someone_allowed(operation: str) -> Role:
    """The first role an operation is for."""
    return next(role for role in Role if role in PERMISSIONS[operation].roles)


def test_every_operation_of_the_service_is_decided_about_and_documented(client: TestClient) -> None:
    app = client.app
    schema = app.openapi()  # type: ignore[attr-defined]
    operations = {
        operation["operationId"] for path in schema["paths"].values() for operation in path.values()
    }
    pages = {route.name for route in _routes(app) if not route.include_in_schema}
    assert operations | pages == set(PERMISSIONS) | PUBLIC
    assert not set(PERMISSIONS) & PUBLIC
    assert set(documented()) == set(PERMISSIONS) == set(REQUESTS)


def test_the_document_says_who_may_do_what_just_as_it_is_decided() -> None:
    decided = {
        operation: {str(role): role in permission.roles for role in Role}
        for operation, permission in PERMISSIONS.items()
    }
    assert documented() == decided
    limits = {
        operation: (
            f"own {permission.reach}",
            "recipients" * permission.for_recipients + "always" * permission.before_ready,
        )
        for operation, permission in PERMISSIONS.items()
    }
    assert documented_limits() == limits


def test_every_role_gets_what_the_document_says_and_nothing_else(client: TestClient, world: World) -> None:
    wrong = []
    for operation, roles in documented().items():
        for role in Role:
            status = status_of(send(client, world, operation, role=role, scope="own"))
            if (status in ALLOWED) != roles[role] or status not in (ALLOWED | REFUSED):
                wrong.append((operation, str(role), status))
    assert not wrong


@pytest.mark.parametrize("scope", ["sibling", "parent", "foreign"])
def test_nobody_reaches_data_outside_his_own_division(client: TestClient, world: World, scope: str) -> None:
    wrong = []
    for operation in sorted(set(PERMISSIONS) - WITHOUT_SCOPE):
        for role in Role:
            status = send(client, world, operation, role=role, scope=scope).status_code
            if status not in REFUSED:
                wrong.append((operation, str(role), status))
    assert not wrong


@pytest.mark.parametrize(
    ("changes", "statuses", "but"),
    [
        ({"disabled": True}, {401, 303}, "nothing"),
        ({"must_change_password": True}, {403, 303}, "before_ready"),
        ({"admitted_at": None}, {403}, "not for_recipients"),
    ],
    ids=["disabled", "not ready", "not admitted"],
)
def test_an_account_in_another_state_is_refused(
    client: TestClient, world: World, changes: dict[str, object], statuses: set[int], but: str
) -> None:
    wrong = []
    for operation, permission in PERMISSIONS.items():
        stays = {
            "nothing": False,
            "before_ready": permission.before_ready,
            "not for_recipients": not permission.for_recipients,
        }[but]
        role = someone_allowed(operation)
        alter(world, world.users[role, division_of(operation, "own")], **changes)
        status = status_of(send(client, world, operation, role=role, scope="own"))
        if (status in ALLOWED) != stays or not (stays or status in statuses):
            wrong.append((operation, status))
    assert not wrong


def test_without_signing_in_only_the_public_operations_answer(client: TestClient, world: World) -> None:
    client.cookies.clear()
    for operation, request in REQUESTS.items():
        call = request(world, SCOPES["own"][1])
        answer = client.request(call.method, call.path, json=call.json, data=call.data, headers=call.headers)
        page = not call.path.startswith("/v1/")
        expected = (303, "/login?next=") if page else (401, "")
        assert (answer.status_code, answer.headers.get("location", "")[:12]) == expected, operation


def test_the_cookie_of_the_pages_does_not_open_the_interface_nor_a_token_the_pages(
    client: TestClient, world: World
) -> None:
    token = world.token(Role.DISTRICT_ADMIN, TOWN)
    client.cookies.set(COOKIE, token)
    assert client.get("/v1/me").status_code == 401
    client.cookies.clear()
    assert client.get("/", headers={"Authorization": f"Bearer {token}"}).status_code == 303


def test_a_list_holds_nothing_of_another_division(client: TestClient, world: World) -> None:
    for operation in ("villages", "objections", "first_page"):
        answer = send(client, world, operation, role=Role.TOWN_OFFICIAL, scope="own")
        codes = set(re.findall(r"\b\d{12}\b", answer.text))
        assert codes, operation
        assert {code for code in codes if not code.startswith(TOWN[:9])} <= {TOWN}, operation


def _routes(app: object) -> Iterator[APIRoute]:
    for route in app.routes:  # type: ignore[attr-defined]
        yield from _flat(route)


def _flat(route: object) -> Iterator[APIRoute]:
    if isinstance(route, APIRoute):
        yield route
    for inner in (
        *getattr(route, "routes", ()),
        *getattr(getattr(route, "original_router", None), "routes", ()),
    ):
        yield from _flat(inner)
