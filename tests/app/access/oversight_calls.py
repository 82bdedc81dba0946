"""The requests of the matrix about what takes a second person, and about what an auditor looks into."""

import itertools
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.approvals.approval import fingerprint_of
from app.db import transaction
from app.models import (
    Approval,
    ApprovalDecision,
    ApprovalKind,
    InquiryAlert,
    OrganisationKind,
    Place,
    Role,
    User,
)
from tests.app.access.calls import Call, Request
from tests.district import DAY, DISTRICT, TOWN, morning

NOW = morning(DAY + timedelta(days=1))


def _account(world: Any, code: str) -> dict[str, Any]:
    """An administrator of a bank whom somebody asks an account for."""
    return {
        "username": f"new.{code}", "display_name": "新行长", "role": "bank_admin",
        "organisation_id": world.organisations[OrganisationKind.BANK],
        "place_id": world.district.place_id(code),
    }  # fmt: skip


def _approval(world: Any, code: str, *, made_by: User, granted: bool) -> int:
    """An export of a place's ratings, or a privileged account there, asked for and perhaps granted."""
    with transaction(world.district.engine) as session:
        place = session.scalars(select(Place).where(Place.code == code)).one()
        kind, target = ApprovalKind.BULK_EXPORT, f"export/ratings/{code}"
        content: dict[str, Any] = {
            "export": "ratings", "place_code": code, "place_name": place.name, "subjects": "household",
            "format": "csv",
        }  # fmt: skip
        if world.asking[0] is Role.SYSTEM_ADMIN:
            said = _account(world, code)
            kind, target = ApprovalKind.PRIVILEGED_ACCOUNT, f"user/{said['username']}"
            terms = {"disabled": False, "oidc_subject": None, "place_name": place.name}
            bank = {"organisation_name": OrganisationKind.BANK.label}
            content = {"action": "open", "username": said.pop("username"), "terms": {**said, **terms, **bank}}
        made = Approval(
            kind=kind, target=target, content=content,
            fingerprint=fingerprint_of(content), reason="年审", place_id=place.place_id,
            made_by=made_by.user_id, made_at=NOW, expires_at=NOW + timedelta(days=14),
        )  # fmt: skip
        session.add(made)
        session.flush()
        if granted:
            checker = world.users[Role.DISTRICT_ADMIN, DISTRICT]
            session.add(
                ApprovalDecision(
                    approval_id=made.approval_id, granted=True, reason="同意", decided_by=checker.user_id,
                    decided_at=NOW,
                )
            )  # fmt: skip
        return made.approval_id


def asked_for(path: str, body: Any = None) -> Request:
    """A request about an approval that somebody else asked for."""

    def call(world: Any, code: str) -> Call:
        maker = world.users[Role.DISTRICT_ADMIN, DISTRICT]
        if world.asking == (Role.DISTRICT_ADMIN, DISTRICT):
            maker = world.users[Role.DISTRICT_ADMIN, TOWN]
        number = _approval(world, code, made_by=maker, granted=False)
        method = "GET" if body is None else "POST"
        return Call(method, path.format(approval=number), json=body, headers={"If-Match": "*"})

    return call


def alert_note(world: Any, code: str) -> Call:
    """A note on an alert about somebody who works in a division."""
    worker = world.workers[code]
    with transaction(world.district.engine) as session:
        made = InquiryAlert(
            rule="burst", rules_fingerprint="f" * 64, user_id=worker.user_id,
            organisation_id=worker.organisation_id, window_from=NOW - timedelta(seconds=next(_SECONDS)),
            window_to=NOW, inquiry_count=50, detail={}, raised_at=NOW,
        )  # fmt: skip
        session.add(made)
        session.flush()
        number = made.inquiry_alert_id
    return Call("POST", f"/v1/inquiry-alerts/{number}/notes", json={"text": "已核实", "closes": True})


_SECONDS = itertools.count(1)


def asking(world: Any, code: str) -> Call:
    """What a role may ask for: who manages accounts asks for one, all others for an export."""
    body: dict[str, Any] = {
        "kind": "bulk_export",
        "place_code": code,
        "subjects": "household",
        "format": "csv",
    }
    if world.asking[0] is Role.SYSTEM_ADMIN:
        body = {"kind": "privileged_account", "account": _account(world, code)}
    return Call("POST", "/v1/approvals", json=body | {"reason": "年审"})


def carrying_out(world: Any, code: str) -> Call:
    """A privileged account that was granted to whoever asks."""
    number = _approval(world, code, made_by=world.users[world.asking], granted=True)
    return Call("POST", f"/v1/approvals/{number}/account")


def export(world: Any, code: str) -> Call:
    number = _approval(world, code, made_by=world.users[world.asking], granted=True)
    return Call("POST", "/v1/exports", json={"approval_id": number})
