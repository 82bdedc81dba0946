"""The requests of the matrix about accounts: the own one, and those an administrator manages."""

from base64 import b32decode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from app.access.passwords import hashed
from app.models import OrganisationKind, Role
from tests.app.access.calls import Call, Request, as_read, delete, form, get, post
from tests.district import DAY, morning

PASSWORD = "a horse of this test"
PASSWORD_HASH = hashed(PASSWORD)
SECRET = "A" * 32
CODE = (
    TOTP(b32decode(SECRET), 6, SHA1(), 30)
    .generate(int(morning(DAY + timedelta(days=1)).timestamp()))
    .decode()
)
OWN_ACCOUNT = frozenset(
    {
        "token_page", "token_page_issue", "own_sessions", "end_own_sessions", "sessions_page",
        "sessions_page_end",
        "change_password", "begin_second_factor", "confirm_second_factor", "account_page", "password_page",
        "password_page_change", "second_factor_page", "second_factor_page_begin",
        "second_factor_page_confirm",
    }
)  # fmt: skip
ACCOUNTS_WITHOUT_SCOPE = OWN_ACCOUNT | {"users", "clients", "organisations", "create_organisation"}


def _new_user(world: Any, code: str) -> Call:
    """What a role opens alone: a bank's administrator an officer, who manages the system a job's account."""
    role, kind = Role.LOAN_OFFICER, OrganisationKind.BANK
    if world.asking[0] is Role.SYSTEM_ADMIN:
        role, kind = Role.JOB, OrganisationKind.DEPARTMENT
    body = {"username": "new.officer", "display_name": "新人", "role": role,
            "organisation_id": world.organisations[kind],
            "place_id": world.district.place_id(code)}  # fmt: skip
    return Call("POST", "/v1/users", json=body)


def _changed_user(world: Any, code: str) -> Call:
    path = f"/v1/users/{world.managed(code).user_id}"
    return Call("PATCH", path, json={"display_name": "改名"}, headers={"If-Match": "*"})


def _new_client(world: Any, code: str) -> Call:
    return Call("POST", "/v1/clients", json={"user_id": world.workers[code].user_id})


ACCOUNT_REQUESTS: Mapping[str, Request] = {
    "change_password": post("/v1/me/password", old=PASSWORD, new="another horse entirely"),
    "begin_second_factor": post("/v1/me/second-factor", password=PASSWORD),
    "confirm_second_factor": post("/v1/me/second-factor/confirm", code=CODE),
    "own_sessions": get("/v1/me/sessions"),
    "end_own_sessions": post("/v1/me/sessions/end", password=PASSWORD),
    "account_page": get("/account"),
    "sessions_page": get("/account/sessions"),
    "token_page": get("/account/token"),
    "token_page_issue": form("/account/token", password=PASSWORD),
    "sessions_page_end": form("/account/sessions", password=PASSWORD),
    "password_page": get("/account/password"),
    "password_page_change": form(
        "/account/password", old=PASSWORD, new="another horse entirely", again="another horse entirely"
    ),
    "second_factor_page": get("/account/second-factor"),
    "second_factor_page_begin": form("/account/second-factor", password=PASSWORD),
    "second_factor_page_confirm": form("/account/second-factor/confirm", code=CODE),
    "users": get("/v1/users"),
    "user": get("/v1/users/{worker}"),
    "create_user": _new_user,
    "change_user": _changed_user,
    "sign_out_user": post("/v1/users/{worker}/sign-out"),
    "reset_password": as_read(post("/v1/users/{managed}/password")),
    "reset_second_factor": as_read(delete("/v1/users/{managed}/second-factor")),
    "create_client": _new_client,
    "clients": get("/v1/clients"),
    "revoke_client": delete("/v1/clients/{client}"),
    "organisations": get("/v1/organisations"),
    "create_organisation": post("/v1/organisations", code="new", name="新机构", kind="department"),
}
