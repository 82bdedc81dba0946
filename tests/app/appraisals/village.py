"""A village of the tests that appraises its households: officials, appraisers online and on paper."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import clock
from app.access.scope import Viewer
from app.access.service import create_organisation, viewer
from app.access.tokens import issue_token
from app.appraisals import service
from app.appraisals.appraisal import AppraisalResult, Invited, Mark, OwnSheet, Round
from app.db import Session
from app.main import create_app
from app.models import OrganisationKind, Role, User
from app.settings import Settings
from tests.district import DAY, DISTRICT, KEY, OTHER_TOWN, TOWN, VILLAGE, District, morning
from tests.office_steps import transaction

OPENS, CLOSES = DAY, DAY + timedelta(days=10)
USERS = {
    "official": (Role.TOWN_OFFICIAL, TOWN),
    "admin": (Role.DISTRICT_ADMIN, DISTRICT),
    "checker": (Role.DISTRICT_ADMIN, DISTRICT),
    "neighbour": (Role.TOWN_OFFICIAL, OTHER_TOWN),
    "auditor": (Role.AUDITOR, DISTRICT),
    "stranger": (Role.APPRAISER, OTHER_TOWN),
    **{f"appraiser.{number}": (Role.APPRAISER, TOWN) for number in range(1, 7)},
}
# 还款意愿, 信誉, 经营能力, 负债: 100, 71, 48 and 4 points.
BEST = {"repayment_will": "A", "keeping_word": "A", "management": "A", "debts": "A"}
FAIR = {"repayment_will": "B", "keeping_word": "B", "management": "B", "debts": "B"}
POOR = {"repayment_will": "C", "keeping_word": "C", "management": "C", "debts": "B"}
WORST = {"repayment_will": "D", "keeping_word": "D", "management": "C", "debts": "C"}
POINTS = {100: BEST, 71: FAIR, 46: POOR, 4: WORST}


def mark(line: int, points: int | None = 71, **more: Any) -> Mark:
    """A mark of so many points; of None the household is not known."""
    if points is None:
        return Mark(line=line, knows=False, **more)
    given: dict[str, Any] = {"reasons": ("P01",) if points < 60 else (), "answers": POINTS[points]}
    return Mark(line=line, knows=True, **given | more)


@dataclass
class Village:
    """The users of a small district, and the rounds they hold."""

    district: District
    users: dict[str, User]
    viewers: dict[str, Viewer]
    households: list[int] = field(default_factory=list)

    def settled(self, count: int) -> "Village":
        """The village with so many households more."""
        self.households += [self.district.household() for _ in range(count)]
        return self

    def opened(
        self, *, by: str = "official", code: str = VILLAGE, opens: date = OPENS, closes: date = CLOSES
    ) -> int:
        """A new round; its number."""
        with transaction(self.district.engine) as session:
            return service.open_round(
                session, code, opens_on=opens, closes_on=closes, needs_consent=False,
                viewer=self.viewers[by], at=morning(OPENS),
            ).round.appraisal_round_id  # fmt: skip

    def invited(
        self,
        round_id: int,
        *who: str,
        kin: Sequence[str] = (),
        by: str = "official",
        at: datetime | None = None,
    ) -> list[Invited]:
        """Appraisers invited to a round: usernames, or names on paper where they are no usernames."""
        made = []
        for one in who:
            with transaction(self.district.engine) as session:
                made.append(
                    service.invite(
                        session, self.district.cipher, round_id, name=f"评议员{one}",
                        username=one if one in self.users else None, kin_household_nos=kin,
                        viewer=self.viewers[by], at=at or morning(OPENS),
                    )
                )  # fmt: skip
        return made

    def saved(self, round_id: int, by: str, marks: Sequence[Mark], *, on: date = OPENS) -> OwnSheet:
        """The sheet of an appraiser as it is saved now."""
        with transaction(self.district.engine) as session:
            at, cipher = morning(on), self.district.cipher
            now = service.own_sheet(session, cipher, round_id, viewer=self.viewers[by], on=on)
            return service.save_sheet(
                session, cipher, round_id, marks, revision=now.revision, viewer=self.viewers[by], at=at
            )

    def submitted(self, round_id: int, by: str, marks: Sequence[Mark], *, on: date = OPENS) -> OwnSheet:
        """The sheet of an appraiser, saved and handed in."""
        revision = self.saved(round_id, by, marks, on=on).revision
        with transaction(self.district.engine) as session:
            return service.submit_sheet(
                session, self.district.cipher, round_id, revision=revision, viewer=self.viewers[by],
                at=morning(on),
            )  # fmt: skip

    def handed_in(
        self, round_id: int, number: int, marks: Sequence[Mark], *, sha256: str = "a" * 64, on: date = OPENS
    ) -> None:
        """A sheet on paper, of an appraiser by his number."""
        with transaction(self.district.engine) as session:
            service.submit_paper(
                session, self.district.cipher, round_id, number, marks, file_sha256=sha256,
                viewer=self.viewers["official"], at=morning(on),
            )  # fmt: skip

    def awaited(self, round_id: int, number: int, *, on: date = OPENS) -> None:
        """The sheet that has yet to come in on paper, of an appraiser by his number."""
        with Session(self.district.engine) as session:
            service.awaited_form(
                session, self.district.cipher, round_id, number, viewer=self.viewers["official"], on=on
            )

    def closed(self, round_id: int, *, by: str = "official", on: date = CLOSES, reason: str = "") -> Round:
        """The round closed on a day."""
        with transaction(self.district.engine) as session:
            viewer = self.viewers[by]
            return service.close_round(
                session, self.district.cipher, round_id, viewer=viewer, at=morning(on), reason=reason
            )

    def appraised(self, *points: Sequence[int | None], on: date = CLOSES) -> int:
        """A closed round in which every appraiser gave the households these points, one list each."""
        round_id = self.opened()
        for number, column in enumerate(points, start=1):
            name = f"appraiser.{number}"
            self.invited(round_id, name)
            self.submitted(round_id, name, [mark(line, one) for line, one in enumerate(column, start=1)])
        self.closed(round_id, on=on)
        return round_id

    def results(self, *, on: date = CLOSES) -> Mapping[int, AppraisalResult]:
        """The appraisals that hold on a day."""
        with Session(self.district.engine) as session:
            return service.results_of(session, self.households, on=on)


@pytest.fixture
def village(district: District) -> Village:
    """The people over an empty district."""
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
    return Village(district, users, viewers)


class Desk:
    """The service over the village, asked over HTTP."""

    def __init__(
        self, village: Village, client: TestClient, key: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.village, self.client, self._key, self._patch = village, client, key, monkeypatch
        self.on(OPENS)

    def on(self, day: date) -> None:
        """Let it be a day."""
        self._patch.setattr(clock, "now", lambda: morning(day))
        self._patch.setattr(clock, "today", lambda: day)

    def send(self, method: str, path: str, *, by: str, if_match: str | None = None, **more: Any) -> Any:
        """Send something as a user."""
        token = issue_token(self.village.users[by], key=self._key, at=clock.now(), minutes=30)
        headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
        if if_match is not None:
            headers["If-Match"] = if_match
        return self.client.request(method, path, headers=headers, **more)

    def edited(self, method: str, path: str, *, by: str, **more: Any) -> Any:
        """Send a change of a sheet, of the state it is in."""
        sheet = path.removesuffix("/submission")
        tag = self.send("GET", sheet, by=by).headers.get("ETag", '"none"')
        return self.send(method, path, by=by, if_match=tag, **more)


@pytest.fixture
def desk(village: Village, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The service over the village's district."""
    app = create_app(Settings(database_url=district_url, master_key=KEY.hex()))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Desk(village, client, app.state.token_key, monkeypatch)
    app.state.engine.dispose()
