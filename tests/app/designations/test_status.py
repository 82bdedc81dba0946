"""How a village stands as it is shown: with what its newest night did not know, and what to do first."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import clock
from app.access.routes import COOKIE
from app.access.tokens import issue_token
from app.db import Session
from app.designations.service import documents_since
from app.main import create_app
from app.models import AttestationKind, User
from app.places.service import place
from app.settings import Settings
from tests.app.attestations.desk import AGREEMENT, DAY, Desk, desk, policies
from tests.app.designations.test_ways import DAY as SETTLED
from tests.app.designations.test_ways import settle
from tests.district import COMMUNITY, KEY, OTHER_VILLAGE, STREET, TOWN, VILLAGE, morning

__all__ = ["desk", "policies"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
VETO, ATTESTATION = AttestationKind.VETO, AttestationKind.ATTESTATION
TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def read(desk: Desk, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Read something as a user of the desk, an answer or a page."""
    monkeypatch.setattr(clock, "now", lambda: morning(TOMORROW))
    monkeypatch.setattr(clock, "today", lambda: TOMORROW)
    app = create_app(Settings(database_url=district_url, master_key=KEY.hex()))
    with TestClient(app, raise_server_exceptions=False) as client:

        def asked(path: str, *, by: str = "clerk") -> Any:
            with Session(desk.district.engine) as session:
                user = session.scalars(select(User).where(User.username == by)).one()
            token = issue_token(user, key=app.state.token_key, at=clock.now(), minutes=30)
            client.cookies.set(COOKIE, token)
            headers = {"Authorization": f"Bearer {token}"} if path.startswith("/v1/") else {}
            answer = client.get(path, headers=headers, follow_redirects=False)
            assert answer.status_code == 200, answer.text
            return answer

        yield asked


def gate(read: Any, name: str, *, by: str = "clerk") -> dict[str, Any]:
    gates = read(f"/v1/villages/{VILLAGE}", by=by).json()["gates"]
    return next(one for one in gates if one["name"] == name)


def test_a_veto_recorded_since_the_night_stands_beside_its_gate(desk: Desk, read):
    desk.committee.night(DAY, proposes=False)
    assert gate(read, "village_veto_count")["since_night"] == []
    desk.recorded(VETO, "village_veto_count", document="刑事判决书", on=TOMORROW)
    found = gate(read, "village_veto_count")
    assert (found["state"], found["documents"]) == ("holds", []), "the night did not know of it"
    (since,) = found["since_night"]
    assert (since["change"], since["kind"], since["stands_against"]) == ("recorded", "veto", True)
    assert since["document"]["document"] == "刑事判决书"
    assert since["note"]["zh"].startswith("自上次评定后登记了否决：")
    assert since["note"]["zh"].endswith("即日起不予办理，下次评定起计入")
    assert "counts from the next night" in since["note"]["en"]
    assert gate(read, "agreement")["since_night"] == []
    page = read(f"/villages/{VILLAGE}").text
    assert "自上次评定后登记了否决" in page
    assert "刑事判决书" in page
    told = read(f"/v1/villages/{VILLAGE}/way-to-title").json()["text"]
    assert "自上次评定后登记了否决" in told["zh"]
    assert "刑事判决书" not in told["zh"]
    assert "recorded since the last night: veto" in told["en"]
    desk.committee.night(TOMORROW, proposes=False)
    after = gate(read, "village_veto_count")
    assert (after["state"], len(after["documents"]), after["since_night"]) == ("fails", 1, [])


def test_whoever_may_not_list_documents_reads_that_one_stands_and_not_its_name(desk: Desk, read):
    desk.committee.night(DAY, proposes=False)
    desk.recorded(VETO, "village_veto_count", document="刑事判决书", on=TOMORROW)
    (since,) = gate(read, "village_veto_count", by="officer")["since_night"]
    assert since["document"]["document"] == ""
    assert "刑事判决书" not in str(since)
    assert "刑事判决书" not in read(f"/villages/{VILLAGE}", by="officer").text


@pytest.mark.parametrize(("by", "named"), [("clerk", True), ("officer", False)])
def test_the_documents_of_a_town_are_named_to_those_alone_who_may_list_them(desk: Desk, read, by, named):
    desk.recorded(ATTESTATION, AGREEMENT, place_code=TOWN, document="创建协议书")
    desk.committee.night(DAY, proposes=False)
    gates = read(f"/v1/towns/{TOWN}", by=by).json()["gates"]
    (document,) = next(one for one in gates if one["name"] == "agreement")["documents"]
    assert document["document"] == ("创建协议书" if named else "")
    page = read(f"/towns/{TOWN}", by=by).text
    assert ("已签协议" in page, "创建协议书" in page) == (True, named)


@pytest.mark.parametrize(
    ("document", "gate_name", "against"),
    [
        ((VETO, "village_veto_count"), "village_veto_count", False),
        ((ATTESTATION, AGREEMENT), "agreement", True),
    ],
)
def test_a_document_that_ended_since_the_night_is_told(desk: Desk, read, document, gate_name, against):
    desk.recorded(*document, valid_until=TOMORROW)
    desk.committee.night(DAY, proposes=False)
    (since,) = gate(read, gate_name)["since_night"]
    assert (since["change"], since["stands_against"]) == ("ended", against)
    assert ("即日起不予办理" in since["note"]["zh"]) is against


def test_a_page_of_a_place_with_a_veto_does_not_say_that_all_is_reached(desk: Desk, read, monkeypatch):
    settle(desk.district, good=10, code=OTHER_VILLAGE)
    desk.recorded(ATTESTATION, AGREEMENT, place_code=OTHER_VILLAGE)
    monkeypatch.setattr(clock, "now", lambda: morning(SETTLED))
    monkeypatch.setattr(clock, "today", lambda: SETTLED)
    desk.committee.night(SETTLED, proposes=False)
    before = read(f"/villages/{OTHER_VILLAGE}").text
    assert "全部标准都已达到" in before
    assert "可以提名" in before
    desk.recorded(VETO, "village_veto_count", place_code=OTHER_VILLAGE, on=SETTLED)
    after = read(f"/villages/{OTHER_VILLAGE}").text
    assert "自上次评定后登记了否决" in after
    assert "全部标准都已达到" not in after
    assert "可以提名" not in after


def test_only_the_place_a_document_is_about_is_told_of_it(desk: Desk):
    desk.committee.night(DAY, proposes=False)
    desk.recorded(VETO, "village_veto_count", on=TOMORROW)
    with Session(desk.district.engine) as session:
        places = [place(session, desk.district.place_id(code)) for code in (VILLAGE, OTHER_VILLAGE)]
        found = documents_since(session, places, on=TOMORROW)
    assert [len(found[each.place_id]) for each in places] == [1, 0]


def test_a_place_with_nothing_on_file_is_told_what_to_do_first(desk: Desk, read):
    desk.committee.night(DAY, proposes=False)
    first = read(f"/v1/villages/{OTHER_VILLAGE}").json()["first_step"]
    assert first["zh"].startswith("还没有任何数据：请先导入农户名册和档案")
    assert "credit-village import" in first["en"]
    for path in (f"/villages/{OTHER_VILLAGE}", f"/villages/{COMMUNITY}", f"/towns/{STREET}"):
        assert "请先导入农户名册和档案" in read(path, by="admin").text, path
    page = read(f"/villages/{OTHER_VILLAGE}").text
    assert "系统不作判断" not in page, "nothing of it is judged by hand"


def test_a_place_with_anything_on_file_is_told_what_it_lacks(desk: Desk, read):
    desk.district.household(on=DAY, code=VILLAGE)
    desk.committee.night(DAY, proposes=False)
    assert read(f"/v1/villages/{VILLAGE}").json()["first_step"] is None
    assert "请先导入" not in read(f"/villages/{VILLAGE}").text
    assert read(f"/v1/towns/{TOWN}").json()["first_step"] is None
