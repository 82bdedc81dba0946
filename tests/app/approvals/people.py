"""The people of the tests: makers and checkers of the district, and those who may be neither."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.access.scope import Viewer
from app.access.service import create_organisation, viewer
from app.approvals import service
from app.db import Session, transaction
from app.models import Approval, ApprovalDecision, ApprovalKind, OrganisationKind, Role, User
from tests.district import DAY, DISTRICT, OTHER_TOWN, TOWN, District, morning

AT = morning(DAY)
CONTENT: Mapping[str, Any] = {"grade": "A", "members": ["甲", "乙"], "points": {"debt": 5, "income": 7}}
USERS = {
    "maker": (Role.DISTRICT_ADMIN, DISTRICT),
    "checker": (Role.DISTRICT_ADMIN, DISTRICT),
    "third": (Role.DISTRICT_ADMIN, DISTRICT),
    "clerk": (Role.TOWN_OFFICIAL, TOWN),
    "colleague": (Role.TOWN_OFFICIAL, TOWN),
    "admin_of_town": (Role.DISTRICT_ADMIN, TOWN),
    "admin_of_other_town": (Role.DISTRICT_ADMIN, OTHER_TOWN),
    "system": (Role.SYSTEM_ADMIN, DISTRICT),
    "auditor": (Role.AUDITOR, DISTRICT),
    "officer": (Role.LOAN_OFFICER, DISTRICT),
}


@dataclass
class People:
    """The users of a small district, and what they ask each other for."""

    district: District
    users: dict[str, User]
    viewers: dict[str, Viewer]
    bank_id: int

    def maker_of(self, kind: ApprovalKind) -> str:
        """Who asks for a kind."""
        return "system" if kind is ApprovalKind.PRIVILEGED_ACCOUNT else "maker"

    def asked(
        self,
        *,
        kind: ApprovalKind = ApprovalKind.REVOCATION,
        target: str = "rating/7",
        content: Mapping[str, Any] = CONTENT,
        by: str = "maker",
        at: datetime = AT,
    ) -> int:
        """A request of a user; its number."""
        with transaction(self.district.engine) as session:
            return service.request(
                session, kind=kind, target=target, content=content, reason="演示申请",
                maker=self.viewers[by], at=at,
            ).approval_id  # fmt: skip

    def decided(
        self, number: int, *, granted: bool = True, by: str = "checker", at: datetime = AT
    ) -> ApprovalDecision:
        """What a user decides about a request."""
        with transaction(self.district.engine) as session:
            return service.decide(
                session, number, granted=granted, reason="演示意见", checker=self.viewers[by], at=at
            )

    def granted(self, **asked: Any) -> int:
        """A request that another person has granted; its number."""
        number = self.asked(**asked)
        self.decided(number)
        return number

    def used(self, number: int, *, at: datetime = AT, **other: Any) -> Approval:
        """A grant carried out, as asked for unless said otherwise."""
        with transaction(self.district.engine) as session:
            return self.use(session, number, at=at, **other)

    def use(self, session: Session, number: int, *, at: datetime = AT, **other: Any) -> Approval:
        """A use in a transaction of the test."""
        thing: dict[str, Any] = {"kind": ApprovalKind.REVOCATION, "target": "rating/7", "content": CONTENT}
        by = self.users["maker"].user_id
        return service.use(session, number, **(thing | other), user_id=by, at=at, outcome={"done": True})

    def waiting(self, by: str, *, at: datetime = AT + timedelta(minutes=1)) -> dict[int, bool]:
        """The numbers of a user's work list, each with whether he may decide."""
        with Session(self.district.engine) as session:
            found = service.work_list(session, viewer=self.viewers[by], at=at, limit=500)
            return {one.approval.approval_id: one.may_decide for one in found}


@pytest.fixture
def people(district: District) -> People:
    """The people over an empty district."""
    with transaction(district.engine) as session:
        office = create_organisation(
            session, code="office", name="演示区农业农村委", kind=OrganisationKind.DEPARTMENT
        )
        bank = create_organisation(session, code="bank", name="演示银行", kind=OrganisationKind.BANK)
        users = {
            name: User(
                username=name, display_name=name, password_hash="none", role=role, disabled=False,
                organisation_id=office.organisation_id, place_id=district.place_id(code), failed_attempts=0,
            )
            for name, (role, code) in USERS.items()
        }  # fmt: skip
        session.add_all(users.values())
        session.flush()
        viewers = {name: viewer(session, user.user_id) for name, user in users.items()}
    return People(district, users, viewers, bank.organisation_id)
