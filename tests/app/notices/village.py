"""A village of the tests: households proposed for a title, a notice of them, and who may answer."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.access.scope import Viewer
from app.access.service import create_organisation, viewer
from app.certificates.signing import Signer
from app.db import Session
from app.models import (
    ConsentKind,
    Designation,
    DesignationAction,
    DesignationKind,
    DesignationState,
    DesignationStep,
    Notice,
    NoticePurpose,
    OrganisationKind,
    Place,
    Role,
    RuleVersion,
    User,
)
from app.notices.service import NoticeLine, post
from tests.district import DAY, DISTRICT, OTHER_TOWN, TOWN, VILLAGE, District, morning
from tests.office_steps import transaction

BEGINS = DAY + timedelta(days=1)
DAYS = 7
ENDS = BEGINS + timedelta(days=DAYS)
POSTED = morning(BEGINS)
NAMES = ("王建国", "李秀英", "张桂芳")
MASKED = ("王**", "李**", "张**")
SIGNER = Signer(b"s" * 32)
USERS = {
    "poster": (Role.TOWN_OFFICIAL, TOWN),
    "proposer": (Role.TOWN_OFFICIAL, TOWN),
    "colleague": (Role.TOWN_OFFICIAL, TOWN),
    "admin": (Role.DISTRICT_ADMIN, DISTRICT),
    "officer": (Role.LOAN_OFFICER, DISTRICT),
    "neighbour": (Role.TOWN_OFFICIAL, OTHER_TOWN),
}


@dataclass
class Village:
    """Proposed households of one village, and the users of its town."""

    district: District
    titles: tuple[int, ...]
    subjects: tuple[int, ...]
    users: dict[str, User]
    viewers: dict[str, Viewer]
    rule_version_id: int

    def lines(self, **changed: str) -> list[NoticeLine]:
        """The lines of a notice in good order; of the first, what is said differently."""
        said = [
            {"shown_name": name, "shown_place": "大兴镇连枷村", "result": "拟认定为信用户"} for name in MASKED
        ]
        said[0] |= changed
        return [NoticeLine(title, **line) for title, line in zip(self.titles, said, strict=True)]

    def post(
        self,
        entries: list[NoticeLine] | None = None,
        *,
        purpose: NoticePurpose = NoticePurpose.AWARD,
        kind: DesignationKind = DesignationKind.CREDIT_HOUSEHOLD,
        code: str = VILLAGE,
        begins_on: date = BEGINS,
        days: int = DAYS,
        at: datetime = POSTED,
    ) -> Notice:
        """Post a notice of the village's households."""
        with transaction(self.district.engine) as session:
            return post(
                session,
                purpose=purpose,
                kind=kind,
                place=session.scalars(select(Place).where(Place.code == code)).one(),
                entries=self.lines() if entries is None else entries,
                begins_on=begins_on,
                days=days,
                rule_version_id=self.rule_version_id,
                by="poster",
                at=at,
            )

    def step(
        self,
        title: int,
        state: DesignationState,
        *,
        action: DesignationAction,
        on: date = DAY,
        valid_until: date | None = None,
        by: str | None = None,
        notice: Notice | None = None,
    ) -> DesignationStep:
        """Take a title one step further."""
        with transaction(self.district.engine) as session:
            taken = select(DesignationStep).where(DesignationStep.designation_id == title)
            made = DesignationStep(
                designation_id=title,
                sequence=len(session.scalars(taken).all()) + 1,
                action=action,
                state=state,
                happened_on=on,
                recorded_at=morning(on),
                user_id=None if by is None else self.users[by].user_id,
                rule_version_id=self.rule_version_id,
                facts={"score": 87},
                fingerprint="0" * 64,
                reason="",
                document="",
                notice_id=None if notice is None else notice.notice_id,
                valid_until=valid_until,
            )
            session.add(made)
            return made


def proposed(session: Session, *, subject_id: int | None, place_id: int, kind: DesignationKind) -> int:
    """A title somebody is proposed for; its number."""
    holder = f"p{place_id}" if subject_id is None else f"s{subject_id}"
    made = Designation(
        kind=kind,
        rung="",
        holder=holder,
        attempt=1,
        subject_id=subject_id,
        place_id=place_id,
        opened_at=morning(DAY),
        opened_by="night",
    )
    session.add(made)
    session.flush()
    return made.designation_id


def make_village(district: District) -> Village:
    """Three households of one village, proposed by a clerk."""
    subjects = tuple(district.household(name=name) for name in NAMES)
    for subject_id in subjects:
        district.agrees(subject_id, kind=ConsentKind.PUBLICATION)
    with transaction(district.engine) as session:
        office = create_organisation(
            session, code="daxing", name="大兴镇人民政府", kind=OrganisationKind.TOWN_OFFICE
        )
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
        titles = tuple(
            proposed(
                session,
                subject_id=subject_id,
                place_id=district.place_id(VILLAGE),
                kind=DesignationKind.CREDIT_HOUSEHOLD,
            )
            for subject_id in subjects
        )
        rules = session.scalars(
            select(RuleVersion.rule_version_id).where(RuleVersion.kind == "household").limit(1)
        ).one()
    village = Village(district, titles, subjects, users, viewers, rules)
    for title in titles:
        village.step(title, DesignationState.PROPOSED, action=DesignationAction.PROPOSE, by="proposer")
    return village


@pytest.fixture
def village(district: District) -> Village:
    """Three proposed households."""
    return make_village(district)
