"""A small district with officers of two banks, what they asked, and an auditor."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from app.access.scope import Viewer
from app.access.service import create_organisation, viewer
from app.alerts import service
from app.alerts.alert import ScanSummary
from app.alerts.rules import NOTHING_DECLARED, Declarations, shipped_rules
from app.db import transaction
from app.models import (
    ApiClient,
    BatchKind,
    Inquiry,
    InquiryOutcome,
    Loan,
    OrganisationKind,
    Purpose,
    Role,
    Subject,
    SubjectKind,
    User,
)
from tests.district import DISTRICT, OTHER_TOWN, TOWN, VILLAGE, District, morning

# A Wednesday; scanned on the morning after.
WEDNESDAY = date(2025, 11, 26)
AT = morning(WEDNESDAY + timedelta(days=1))
# What the bank's system signs in with.
CLIENT = "nsh-core"
USERS = {
    "officer": (Role.LOAN_OFFICER, "nsh", TOWN),
    "colleague": (Role.LOAN_OFFICER, "nsh-branch", TOWN),
    "elsewhere": (Role.LOAN_OFFICER, "other", OTHER_TOWN),
    "system": (Role.LOAN_OFFICER, "nsh", DISTRICT),
    "auditor": (Role.AUDITOR, "pboc", DISTRICT),
    "town.auditor": (Role.AUDITOR, "pboc", TOWN),
    "admin": (Role.DISTRICT_ADMIN, "pboc", DISTRICT),
}


@dataclass
class Audit:
    """The users of a small district by name, with the means to ask, to lend and to scan."""

    district: District
    users: dict[str, User] = field(default_factory=dict)
    viewers: dict[str, Viewer] = field(default_factory=dict)

    def subjects(self, count: int, *, code: str = VILLAGE) -> list[int]:
        """Households without anything on file but that they are there."""
        with transaction(self.district.engine) as session:
            made = [
                Subject(
                    kind=SubjectKind.HOUSEHOLD, place_id=self.district.place_id(code), recorded_at=AT,
                    synthetic=True,
                )
                for _ in range(count)
            ]  # fmt: skip
            session.add_all(made)
            session.flush()
            return [each.subject_id for each in made]

    def ask(
        self, username: str, count: int, *, at: datetime, every: float = 60.0,
        subjects: list[int] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        """Some inquiries of a user, one a minute."""
        user = self.users[username]
        rows = [
            {
                "inquired_at": at + timedelta(seconds=every * n), "user_id": user.user_id,
                "organisation_id": user.organisation_id, "purpose": Purpose.PRE_LOAN,
                "consent_id": None, "rating_id": None, "outcome": InquiryOutcome.ANSWERED,
                "subject_id": subjects[n] if subjects else None, "refusal_code": "",
                "client_id": None,
            } | more
            for n in range(count)
        ]  # fmt: skip
        with transaction(self.district.engine) as session:
            session.execute(insert(Inquiry), rows)

    def lend(self, subject_id: int, *, lender: str, on: date) -> None:
        """A loan of a lender by its name."""
        with transaction(self.district.engine) as session:
            batch_id = self.district.batch(session, AT, kind=BatchKind.LOAN_RETURN)
            session.add(
                Loan(
                    subject_id=subject_id, lender=lender, granted_on=on, amount_fen=100, batch_id=batch_id
                )
            )  # fmt: skip

    def scan(
        self, *, on: date = WEDNESDAY, days: int = 7, declared: Declarations = NOTHING_DECLARED
    ) -> ScanSummary:
        """What a scan of some days finds."""
        with transaction(self.district.engine) as session:
            return service.scan(session, shipped_rules(), on=on, at=AT, days=days, declared=declared)


@pytest.fixture
def audit(district: District) -> Audit:
    """The officers, a bank's system and the auditors of a district."""
    made = Audit(district)
    with transaction(district.engine) as session:
        bank = create_organisation(session, code="nsh", name="璧山农商行", kind=OrganisationKind.BANK)
        organisations = {
            "nsh": bank.organisation_id,
            "nsh-branch": create_organisation(
                session, code="nsh-branch", name="璧山农商行大兴支行", kind=OrganisationKind.BANK,
                parent_id=bank.organisation_id,
            ).organisation_id,
            "other": create_organisation(
                session, code="other", name="村镇银行", kind=OrganisationKind.BANK
            ).organisation_id,
            "pboc": create_organisation(
                session, code="pboc", name="人民银行", kind=OrganisationKind.PBOC
            ).organisation_id,
        }  # fmt: skip
        for name, (role, code, place) in USERS.items():
            user = User(
                username=name, display_name=name, password_hash="-", role=role,
                organisation_id=organisations[code], place_id=district.place_id(place), disabled=False,
                failed_attempts=0,
            )  # fmt: skip
            session.add(user)
            session.flush()
            made.users[name], made.viewers[name] = user, viewer(session, user.user_id)
        session.add_all(
            ApiClient(
                client_id=client_id, secret_hash="-", user_id=made.users[name].user_id, disabled=taken_back,
                failed_attempts=0, created_at=AT,
            )
            for name, client_id, taken_back in (("system", CLIENT, False), ("officer", "client-once", True))
        )  # fmt: skip
    return made
