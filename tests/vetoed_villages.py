"""Documents against villages of the demonstration, each in force or not for a reason of its own."""

from datetime import timedelta

from sqlalchemy import select

from app import clock
from app.db import transaction
from app.models import (
    Approval,
    ApprovalKind,
    Attestation,
    AttestationEnd,
    AttestationKind,
    Organisation,
    OrganisationKind,
    Place,
    PlaceKind,
    Role,
    RuleVersion,
    User,
)


def veto_villages(engine, *, on):
    """Documents against four villages: one counts, one has expired, one was withdrawn, one begins later."""
    day = timedelta(days=1)
    terms = [
        (on, on + day, None),
        (on - day, on, None),
        (on - day, on + day, on),
        (on + day, on + 9 * day, None),
    ]
    with transaction(engine) as session:
        places = session.scalars(select(Place).where(Place.kind == PlaceKind.VILLAGE).order_by(Place.code))
        rule = session.scalars(select(RuleVersion.rule_version_id).limit(1)).one()
        office = Organisation(code="daxing", name="大兴镇人民政府", kind=OrganisationKind.TOWN_OFFICE)
        session.add(office)
        session.flush()
        for place, (first, end, withdrawn) in zip(places, terms, strict=False):
            user = _official(session, office, place)
            made = Attestation(
                kind=AttestationKind.VETO, holder=f"p{place.place_id}", subject_id=None,
                place_id=place.place_id, measure="village_veto_count", rule_version_id=rule,
                approval_id=_approval(session, user, place), reason="测试", document="文件",
                document_sha256="0" * 64, decided_on=first, effective_from=first, valid_until=end,
                organisation_id=office.organisation_id, asked_by=user.user_id, granted_by=user.user_id,
                granted_at=clock.now(),
            )  # fmt: skip
            session.add(made)
            session.flush()
            if withdrawn:
                session.add(
                    AttestationEnd(
                        attestation_id=made.attestation_id,
                        approval_id=_approval(session, user, place),
                        ended_on=withdrawn,
                        reason="测试",
                        asked_by=user.user_id,
                        granted_by=user.user_id,
                        ended_at=clock.now(),
                    )
                )


def _official(session, office, place):
    made = User(
        username=f"official.{place.place_id}", display_name="测试", password_hash="none",
        role=Role.DISTRICT_ADMIN, disabled=False, organisation_id=office.organisation_id,
        place_id=place.place_id, failed_attempts=0,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _approval(session, user, place):
    made = Approval(
        kind=ApprovalKind.ATTESTATION, target="attestation/test", content={}, fingerprint="0" * 64,
        reason="测试", place_id=place.place_id, made_by=user.user_id, made_at=clock.now(),
        expires_at=clock.now(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.approval_id
