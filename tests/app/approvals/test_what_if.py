"""Two persons put criteria in force knowing which villages gain and lose by them."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from app import clock
from app.access.tokens import issue_token
from app.approvals import effects, proposals, service
from app.approvals.proposals import WHAT_IF, Proposal
from app.cli_approvals import _change
from app.db import reading, transaction
from app.designations.found import fingerprint_of
from app.errors import Conflict, NotFound
from app.main import create_app
from app.models import Approval, User
from app.rules.service import load_rules, profile_in_force
from app.settings import Settings
from tests.app.approvals.people import AT, People, people
from tests.app.designations.test_ways import DAY, POOR, settle
from tests.district import KEY, OTHER_VILLAGE, POLICIES, TOWN, VILLAGE, district

__all__ = ["district", "people"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
OLD, NEW = date(2026, 11, 1), date(2026, 11, 10)
CODE, PIA = "cq-bishan-2026-village", "评估（演示）"
PATH = f"/v1/criteria/{CODE}/{NEW}/what-if"


@pytest.fixture
def stricter(people: People, tmp_path: Path) -> People:
    """Two villages, of which a profile that waits for two persons would cost one its title."""
    district = people.district
    district.policies = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    settle(district, good=6, poor=[POOR] * 4)
    settle(district, good=10, code=OTHER_VILLAGE)
    district.night(DAY)
    folder = district.policies / "cq_bishan" / "credit_village"
    text = (folder / f"{OLD}.yaml").read_text("utf-8")
    text = text.replace(f"effective_from: {OLD}", f"effective_from: {NEW}").replace(
        "measure: credit_household_share, at_least: 0.6", "measure: credit_household_share, at_least: 0.7"
    )
    (folder / f"{NEW}.yaml").write_text(text, "utf-8")
    with transaction(district.engine) as session:
        load_rules(session, district.policies, at=clock.now())
    return people


def wanted(people: People, *, day: date = NEW) -> Proposal:
    """What is asked for."""
    with reading(people.district.engine) as session:
        maker = people.viewers["maker"]
        return proposals.activation(session, CODE, effective_from=day, pia=PIA, maker=maker, on=DAY)


def ask(people: People) -> int:
    asked = wanted(people)
    with transaction(people.district.engine) as session:
        return service.request(
            session, kind=asked.kind, target=asked.target, content=asked.content, reason="演示",
            maker=people.viewers["maker"], at=AT,
        ).approval_id  # fmt: skip


def grant(people: People, number: int) -> None:
    with transaction(people.district.engine) as session:
        checker = people.viewers["checker"]
        effects.decide(session, number, granted=True, reason="演示", checker=checker, at=AT)


def in_force(people: People) -> date:
    with reading(people.district.engine) as session:
        return profile_in_force(session, "credit_village", on=DAY).effective_from


def test_the_second_person_sees_who_gains_and_loses(stricter):
    number = ask(stricter)
    with reading(stricter.district.engine) as session:
        seen = service.standing(session, number, viewer=stricter.viewers["checker"], at=AT)
        told = seen.approval.content[WHAT_IF]
    assert (told["holding_before_count"], told["holding_after_count"], told["gained"]) == (2, 1, [])
    [lost] = told["lost"]
    assert lost["code"] == VILLAGE
    assert [gate["name"] for gate in lost["missed"]] == ["credit_household_share"]
    assert (told["as_of"], told["new"]["effective_from"]) == (DAY.isoformat(), NEW.isoformat())
    rest = {name: value for name, value in told.items() if name != "fingerprint"}
    assert told["fingerprint"] == fingerprint_of(rest)


def test_the_terminal_tells_it_in_short(stricter):
    number = ask(stricter)
    with reading(stricter.district.engine) as session:
        seen = service.standing(session, number, viewer=stricter.viewers["checker"], at=AT)
        first, gain, lose = _change(seen.approval.content[WHAT_IF])
    assert first.endswith("2 → 1")
    assert (gain, lose) == ("新达标 gain: 无 none", "不再达标 lose: 长隆村村民委员会")


def test_what_was_shown_stands_though_a_night_came_between(stricter):
    number = ask(stricter)
    settle(stricter.district, good=3, code=VILLAGE)
    stricter.district.night(DAY + timedelta(days=1))
    grant(stricter, number)
    assert in_force(stricter) == NEW


def test_nobody_grants_what_was_shown_otherwise(stricter):
    number = ask(stricter)
    with transaction(stricter.district.engine) as session:
        kept = session.get_one(Approval, number)
        kept.content = kept.content | {WHAT_IF: kept.content[WHAT_IF] | {"lost": []}}
    with pytest.raises(Conflict, match="内容与申请时不一致"):
        grant(stricter, number)
    assert in_force(stricter) == OLD


def test_only_kept_profiles_of_places_are_asked_for(stricter):
    with pytest.raises(NotFound):
        wanted(stricter, day=date(2026, 10, 1))


@pytest.fixture
def client(stricter: People, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    app = create_app(Settings(database_url=district_url, master_key=KEY.hex()))
    monkeypatch.setattr(clock, "today", lambda: DAY)
    with TestClient(app, raise_server_exceptions=False) as client:
        token = issue_token(stricter.users["maker"], key=app.state.token_key, at=clock.now(), minutes=30)
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def test_the_same_is_read_before_anybody_asks(client, stricter):
    body = client.get(PATH).json()
    assert body == wanted(stricter).content[WHAT_IF]
    assert [place["code"] for place in body["lost"]] == [VILLAGE]


def test_an_account_of_a_part_of_the_district_reads_no_county_wide_change(client, stricter):
    with transaction(stricter.district.engine) as session:
        town = {"place_id": stricter.district.place_id(TOWN)}
        session.execute(update(User).where(User.user_id == stricter.viewers["maker"].user_id).values(town))
    refused = client.get(PATH)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("path", [PATH.replace(CODE, "CQ-H-1"), PATH.replace(str(NEW), "2026-10-01")])
def test_what_is_no_kept_profile_of_places_is_not_there(client, path):
    assert client.get(path).status_code == 404
