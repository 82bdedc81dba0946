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
    Place,
    Role,
    User,
)
from tests.app.access.calls import Call, Request
from tests.district import DAY, DISTRICT, TOWN, morning

NOW = morning(DAY + timedelta(days=1))


def _approval(world: Any, code: str, *, made_by: User, granted: bool) -> int:
    """An export of the ratings of a place that was asked for, and perhaps granted."""
    with transaction(world.district.engine) as session:
        place = session.scalars(select(Place).where(Place.code == code)).one()
        content = {
            "export": "ratings", "place_code": code, "place_name": place.name, "subjects": "household",
            "format": "csv",
        }  # fmt: skip
        made = Approval(
            kind=ApprovalKind.BULK_EXPORT, target=f"export/ratings/{code}", content=content,
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


def export(world: Any, code: str) -> Call:
    number = _approval(world, code, made_by=world.users[world.asking], granted=True)
    return Call("POST", "/v1/exports", json={"approval_id": number})
