"""Those who give titles in the tests: collectors of a village, officials of a town, the district."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select

from app.access.scope import Viewer
from app.access.service import create_organisation, viewer
from app.certificates.signing import Signer
from app.db import Session, transaction
from app.designations.found import Holder
from app.designations.rules import TitleRules
from app.designations.service import proposing, rules, steps
from app.designations.service.announcing import Announcing
from app.designations.standing import Refusal, Standing
from app.models import (
    Designation,
    DesignationAction,
    DesignationKind,
    DesignationState,
    DesignationStep,
    ObjectionChannel,
    OrganisationKind,
    Role,
    User,
)
from app.notices import service as notices
from app.notices.service import Finding, Protest
from app.subjects.service import subject
from tests.district import DAY, DISTRICT, OTHER_TOWN, TOWN, VILLAGE, District, morning

A = DesignationAction
USERS = {
    "village": (Role.COLLECTOR, VILLAGE),
    "neighbour": (Role.COLLECTOR, VILLAGE),
    "clerk": (Role.TOWN_OFFICIAL, TOWN),
    "colleague": (Role.TOWN_OFFICIAL, TOWN),
    "mayor": (Role.TOWN_OFFICIAL, TOWN),
    "admin": (Role.DISTRICT_ADMIN, DISTRICT),
    "deputy": (Role.DISTRICT_ADMIN, DISTRICT),
    "director": (Role.DISTRICT_ADMIN, DISTRICT),
    "stranger": (Role.TOWN_OFFICIAL, OTHER_TOWN),
    "officer": (Role.LOAN_OFFICER, DISTRICT),
}
NOTICE_DAYS = timedelta(days=7)


@dataclass
class Committee:
    """The users of a small district and the steps they take."""

    district: District
    viewers: dict[str, Viewer]

    def rules(self, kind: DesignationKind, *, on: date = DAY) -> TitleRules:
        """What holds for a kind of title."""
        with Session(self.district.engine) as session:
            return rules.rules_in_force(session, kind, on=on)

    def apply(
        self,
        kind: DesignationKind,
        *,
        by: str = "clerk",
        on: date = DAY,
        subject_id: int | None = None,
        place: str | None = None,
        reason: str = "",
        document: str = "",
    ) -> int:
        """An application; the number of the title."""
        with transaction(self.district.engine) as session:
            found = rules.rules_in_force(session, kind, on=on)
            place_id = self.district.place_id(place) if place else self.place_of(session, subject_id)
            act = self._act(session, A.PROPOSE, by=by, on=on, reason=reason, document=document)
            return proposing.apply(session, Holder(place_id, subject_id), act, rules=found, by=by)

    def propose_all(
        self, kind: DesignationKind, *, within: str = TOWN, by: str = "clerk", on: date = DAY
    ) -> proposing.Proposed:
        """Everybody of a division who qualifies."""
        with transaction(self.district.engine) as session:
            return proposing.propose_all(
                session,
                kind,
                within=within,
                viewer=self.viewers[by],
                at=morning(on),
            )

    def step(
        self,
        number: int,
        action: DesignationAction,
        *,
        by: str,
        on: date = DAY,
        reason: str = "理由",
        document: str = "",
    ) -> DesignationStep:
        """One step of one title."""
        with transaction(self.district.engine) as session:
            standing = steps.seen_by(session, number, viewer=self.viewers[by])
            act = self._act(session, action, by=by, on=on, reason=reason, document=document)
            return steps.take_one(session, standing, act, announcing=self.announcing(by))

    def all_or_none(
        self, numbers: Iterable[int], action: DesignationAction, *, by: str, on: date = DAY
    ) -> steps.Taken:
        """One step of many titles."""
        with transaction(self.district.engine) as session:
            standings = steps.standings(session, list(numbers))
            act = self._act(session, action, by=by, on=on, reason="理由", document="")
            return steps.take(session, standings, act, announcing=self.announcing(by))

    def announcing(self, by: str) -> Announcing:
        """What notices and certificates take."""
        return Announcing(self.district.cipher, Signer(bytes(32)), by, self.viewers[by].organisation_name)

    def night(self, on: date = DAY, *, proposes: bool = True) -> None:
        """A night; if it is not to propose, what it proposed is forgotten again."""
        before = set(self.numbers())
        self.district.night(on)
        if proposes:
            return
        with transaction(self.district.engine) as session:
            made = [each for each in self.numbers() if each not in before]
            session.execute(delete(DesignationStep).where(DesignationStep.designation_id.in_(made)))
            session.execute(delete(Designation).where(Designation.designation_id.in_(made)))

    def numbers(self, kind: DesignationKind | None = None) -> list[int]:
        """The numbers of all titles there are, of one kind if given."""
        with Session(self.district.engine) as session:
            found = select(Designation.designation_id).order_by(Designation.designation_id)
            return list(session.scalars(found if kind is None else found.where(Designation.kind == kind)))

    def standing(self, number: int) -> Standing:
        """A title with its steps."""
        with Session(self.district.engine) as session:
            return steps.standings(session, [number])[0]

    def state(self, number: int) -> DesignationState:
        """Where a title stands."""
        return self.standing(number).state

    def noticed(self, number: int, *, on: date = DAY) -> None:
        """A title of an entity or village brought as far as its notice."""
        self.step(number, A.CHECK_TOWN, by="colleague", on=on)
        self.step(number, A.POST_NOTICE, by="colleague", on=on)

    def designated(self, number: int, *, on: date = DAY) -> date:
        """The same, and given when the notice is over; the day it is."""
        self.noticed(number, on=on)
        self.step(number, A.AWARD, by="admin", on=on + NOTICE_DAYS)
        return on + NOTICE_DAYS

    def objected(self, number: int, *, on: date = DAY) -> tuple[str, str]:
        """An objection to the whole notice of a title: the numbers of the notice and of the objection."""
        with transaction(self.district.engine) as session:
            notice_id = steps.standings(session, [number])[0].notice_id or 0
            notice = notices.standings(session, [notice_id], on=on)[notice_id].notice
            made = notices.object_at_office(
                session,
                self.district.cipher,
                notice.number,
                Protest("他家地租没交。", None, channel=ObjectionChannel.DESK),
                viewer=self.viewers["mayor"],
                at=morning(on),
            )
            return notice.number, made.objection.notice_objection_uid

    def answered(self, objection: tuple[str, str], *, upheld: bool, on: date = DAY) -> None:
        """What was found about an objection."""
        with transaction(self.district.engine) as session:
            notices.answer(
                session,
                self.district.cipher,
                *objection,
                Finding(upheld, "已核查。", "笔录"),
                viewer=self.viewers["deputy"],
                at=morning(on),
            )

    def place_of(self, session: Session, subject_id: int | None) -> int:
        """Where a subject lives."""
        assert subject_id is not None
        return subject(session, subject_id).place_id

    def _act(self, session, action, *, by, on, reason, document):
        return steps.act_of(
            self.viewers[by], action, session=session, at=morning(on), reason=reason, document=document
        )


def refused_codes(refusals: Iterable[Refusal]) -> list[str]:
    """The codes of refusals."""
    return [each.error.code for each in refusals]


@pytest.fixture
def committee(district: District) -> Committee:
    """The users over an empty district."""
    return committee_over(district)


def committee_over(district: District) -> Committee:
    """The users over a district."""
    with transaction(district.engine) as session:
        town = create_organisation(
            session, code="daxing", name="大兴镇人民政府", kind=OrganisationKind.TOWN_OFFICE
        )
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
    return Committee(district, viewers)
