"""The town office of the tests: a clerk takes objections, a colleague answers, others look on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.access.scope import Viewer
from app.access.service import create_organisation, viewer
from app.db import Session
from app.models import (
    Batch,
    ObjectionChannel,
    ObjectionEventKind,
    OrganisationKind,
    Rating,
    Record,
    Role,
    User,
)
from app.objections import service
from app.objections.objection import Filing, Note, ObjectionRules, Progress, Reply
from tests.district import DAY, DISTRICT, OTHER_TOWN, TOWN, District, morning
from tests.office_steps import transaction

RULES = ObjectionRules(days=20, escalate_before=5)
RAISED = DAY + timedelta(days=1)
TEXT, FOUND = "我家承包地是八亩，登记成了三十亩。", "经与确权登记册核对，登记为三十亩，无误。"
OFFICE = "大兴镇人民政府"
CONFIRMED = Reply(ObjectionEventKind.CONFIRMED, FOUND, "确权登记册第 12 页")
USERS = {
    "clerk": (Role.TOWN_OFFICIAL, TOWN),
    "colleague": (Role.TOWN_OFFICIAL, TOWN),
    "admin": (Role.DISTRICT_ADMIN, DISTRICT),
    "auditor": (Role.AUDITOR, DISTRICT),
    "officer": (Role.LOAN_OFFICER, DISTRICT),
    "neighbour": (Role.TOWN_OFFICIAL, OTHER_TOWN),
}


@dataclass
class Office:
    """The users of a small district, and the objections they take and answer."""

    district: District
    users: dict[str, User]
    viewers: dict[str, Viewer]

    def filing(self, household: int, *, text: str = TEXT, on: date | None = None) -> Filing:
        """An objection to what is recorded of the household's land."""
        return Filing(
            household, text, ObjectionChannel.DESK, record_id=self.record_id(household), raised_on=on
        )

    def raised(self, filing: Filing, *, on: date = RAISED, by: str = "clerk") -> int:
        """An objection taken by a user on a day; its number."""
        with transaction(self.district.engine) as session:
            return service.raise_at_office(
                session, self.district.cipher, filing, viewer=self.viewers[by], at=morning(on), rules=RULES
            ).objection_id

    def answered(
        self, number: int, reply: Reply = CONFIRMED, *, on: date = RAISED, by: str = "colleague"
    ) -> Progress:
        """An objection answered by a user on a day."""
        with transaction(self.district.engine) as session:
            return self.answer(session, number, reply, at=morning(on), by=by)

    def answer(
        self, session: Session, number: int, reply: Reply = CONFIRMED, *, at: datetime, by: str
    ) -> Progress:
        """An answer in a transaction of the test."""
        viewer = self.viewers[by]
        return service.answer(session, self.district.cipher, number, reply, viewer=viewer, at=at)

    def escalated(self, on: date) -> list[int]:
        """What the night of a day escalates."""
        with transaction(self.district.engine) as session:
            return service.escalate(session, on=on, at=morning(on), rules=RULES)

    def notes(self, household: int, *, on: date = RAISED) -> list[Note]:
        """What every answer about the household shows on a day."""
        with Session(self.district.engine) as session:
            return service.notes_of(session, household, on=on)

    def holds_back(self, household: int, *, on: date = RAISED) -> bool:
        """Whether no downgrade rests on this household on a day."""
        with Session(self.district.engine) as session:
            return service.holds_back_downgrade(session, household, on=on)

    def record_id(self, household: int, *, last: bool = False) -> int:
        """The first record of a household, or the last."""
        with Session(self.district.engine) as session:
            found = session.scalars(
                select(Record.record_id).where(Record.subject_id == household).order_by(Record.record_id)
            ).all()
            return found[-1 if last else 0]

    def rating_id(self, household: int) -> int:
        """The newest rating of a household."""
        with Session(self.district.engine) as session:
            return (
                session.scalars(
                    select(Rating.rating_id)
                    .where(Rating.subject_id == household)
                    .order_by(Rating.rating_id.desc())
                ).first()
                or 0
            )

    def delivered_by(self, household: int, username: str) -> None:
        """Say that a user delivered what is recorded of a household."""
        with transaction(self.district.engine) as session:
            record = session.get_one(Record, self.record_id(household))
            session.get_one(Batch, record.batch_id).recorded_by = username


@pytest.fixture
def office(district: District) -> Office:
    """The office over an empty district."""
    with transaction(district.engine) as session:
        town = create_organisation(session, code="daxing", name=OFFICE, kind=OrganisationKind.TOWN_OFFICE)
        users = {
            name: User(
                username=name, display_name=name, password_hash="none", role=role, disabled=False,
                organisation_id=town.organisation_id, place_id=district.place_id(code), failed_attempts=0,
            )
            for name, (role, code) in USERS.items()
        }  # fmt: skip
        session.add_all(users.values())
        session.flush()
        viewers = {name: viewer(session, user.user_id) for name, user in users.items()}
    return Office(district, users, viewers)
