"""Documents for and against titles over HTTP and at the terminal."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from typer.testing import CliRunner, Result

from app import clock
from app.access.service import create_user
from app.access.tokens import issue_token
from app.cli_attestations import add_documents_to
from app.cli_designations import designations
from app.db import Session, transaction
from app.errors import Forbidden, Invalid
from app.main import create_app
from app.models import AttestationKind, Inquiry, Role, User
from app.settings import Settings
from app.web import gates
from tests.app.attestations.desk import AGREEMENT, DAY, SHA, UNTIL, Desk, desk, policies
from tests.district import DISTRICT, KEY, TOWN, VILLAGE, morning
from tests.district_databases import serving_address

__all__ = ["desk", "policies"]
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
VETO: dict[str, Any] = {
    "kind": "veto", "measure": "village_veto_count", "document": "刑事判决书", "document_sha256": SHA,
    "decided_on": f"{DAY}", "valid_until": f"{UNTIL}", "reason": "村内涉案", "place_code": VILLAGE,
}  # fmt: skip


@pytest.fixture
def send(desk: Desk, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Send something as a user of the desk, to a service that owns no table."""
    monkeypatch.setattr(clock, "now", lambda: morning(DAY))
    monkeypatch.setattr(clock, "today", lambda: DAY)
    with serving_address(desk.district.engine, district_url) as url:
        app = create_app(Settings(database_url=url, master_key=KEY.hex()))
        yield from _sending(app, desk)


def _sending(app: FastAPI, desk: Desk) -> Iterator[Any]:
    with TestClient(app, raise_server_exceptions=False) as client:

        def sent(method: str, path: str, *, by: str, json: Any = None, tag: str = "") -> Any:
            with Session(desk.district.engine) as session:
                user = session.scalars(select(User).where(User.username == by)).one()
            token = issue_token(user, key=app.state.token_key, at=clock.now(), minutes=30)
            headers = {"Authorization": f"Bearer {token}"} | ({"If-Match": tag} if tag else {})
            return client.request(method, path, headers=headers, json=json)

        yield sent


def granted(send: Any, number: int) -> None:
    tag = send("GET", f"/v1/approvals/{number}", by="admin").headers["ETag"]
    answer = send(
        "POST",
        f"/v1/approvals/{number}/decision",
        by="admin",
        tag=tag,
        json={"granted": True, "reason": "属实"},
    )
    assert answer.status_code == 200


def test_a_veto_is_recorded_shown_and_withdrawn_over_http(desk: Desk, send):
    asked = send("POST", "/v1/attestations", by="clerk", json=VETO)
    assert asked.status_code == 201
    assert (asked.json()["kind"], asked.json()["state"]) == ("attestation", "waiting")
    assert asked.json()["content"]["document_sha256"] == SHA
    assert send("GET", "/v1/attestations", by="clerk").json()["attestations"] == []
    granted(send, asked.json()["approval_id"])
    (kept,) = send("GET", f"/v1/attestations?place={VILLAGE}", by="clerk").json()["attestations"]
    assert (kept["kind"], kept["state"], kept["state_label"]) == ("veto", "in_force", "有效")
    assert (kept["asked_by"], kept["granted_by"], kept["valid_until"]) == ("clerk", "admin", f"{UNTIL}")
    desk.committee.night(DAY, proposes=False)
    gates = send("GET", f"/v1/villages/{VILLAGE}", by="clerk").json()["gates"]
    by_name = {gate["name"]: gate for gate in gates}
    assert by_name["village_veto_count"]["state"] == "fails"
    assert by_name["village_veto_count"]["documents"] == [
        {
            "attestation_id": kept["attestation_id"], "document": "刑事判决书", "document_sha256": SHA,
            "decided_on": f"{DAY}", "valid_until": f"{UNTIL}", "office": "大兴镇人民政府",
        }
    ]  # fmt: skip
    assert by_name["agreement"]["missing_document"] == {"zh": "创建协议", "en": "agreement"}
    path = f"/v1/attestations/{kept['attestation_id']}/withdrawal"
    withdrawn = send("POST", path, by="clerk", json={"reason": "判决撤销"})
    assert withdrawn.status_code == 201
    granted(send, withdrawn.json()["approval_id"])
    assert send("GET", "/v1/attestations", by="clerk").json()["attestations"] == []
    (ended,) = send("GET", "/v1/attestations?past=true", by="clerk").json()["attestations"]
    assert (ended["state"], ended["end_reason"], ended["ended_on"]) == ("withdrawn", "判决撤销", f"{DAY}")


def test_a_document_about_a_farm_is_recorded_over_http_and_seen_from_its_town_alone(desk: Desk, send):
    farm = desk.district.entity(on=DAY)
    order = {key: value for key, value in VETO.items() if key != "place_code"}
    order |= {"measure": "rating_veto_count", "subject_id": farm}
    asked = [send("POST", "/v1/attestations", by="clerk", json=order) for _ in range(2)]
    assert [each.status_code for each in asked] == [201, 201]
    granted(send, asked[0].json()["approval_id"])
    again = send("POST", "/v1/attestations", by="clerk", json=order)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    for by, seen in (("clerk", [farm]), ("admin", [farm]), ("stranger", [])):
        for query in ("", "?past=true"):
            listed = send("GET", f"/v1/attestations{query}", by=by).json()["attestations"]
            assert [one["subject_id"] for one in listed] == seen, (by, query)
            assert _looks(desk, by)[-1:] == seen, (by, query)
    # Two requests that were taken, and two lists.
    assert _looks(desk, "clerk") == [farm] * 4
    assert send("POST", "/v1/attestations", by="stranger", json=order).status_code == 404


def _looks(desk: Desk, username: str) -> list[int | None]:
    """Of whom a user has left a record."""
    own = select(Inquiry.subject_id).join(User, User.user_id == Inquiry.user_id)
    with Session(desk.district.engine) as session:
        return list(session.scalars(own.where(User.username == username).order_by(Inquiry.inquiry_id)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [("past=false", [3, 1, 4, 2]), ("past=true", [4, 3, 2, 1]), ("ending_within_days=5", [3, 1])],
)
def test_the_list_is_read_a_page_at_a_time(desk: Desk, send, query, expected):
    for number, days in enumerate((5, 9, 4, 5 + 1), start=1):
        desk.recorded(
            AttestationKind.VETO, "village_veto_count", valid_until=DAY + timedelta(days=days),
            document_sha256=f"{number:064x}",
        )  # fmt: skip
    pages = [send("GET", f"/v1/attestations?limit=1&{query}", by="clerk").json()]
    while cursor := pages[-1]["next_cursor"]:
        path = f"/v1/attestations?limit=1&{query}&cursor={cursor}"
        pages.append(send("GET", path, by="clerk").json())
    assert [[one["attestation_id"] for one in page["attestations"]] for page in pages] == [
        [number] for number in expected
    ]


@pytest.mark.parametrize("by", ["officer", "village"])
def test_who_may_not_list_documents_reads_on_no_door_what_they_are_called(desk: Desk, send, by):
    desk.recorded(AttestationKind.VETO, "village_veto_count", document="刑事判决书")
    desk.committee.night(DAY, proposes=False)
    answer = send("GET", f"/v1/villages/{VILLAGE}", by=by)
    gate = next(one for one in answer.json()["gates"] if one["name"] == "village_veto_count")
    (shown,) = gate["documents"]
    assert (shown["document"], shown["document_sha256"], shown["valid_until"]) == ("", "", f"{UNTIL}")
    assert ("刑事判决书" in answer.text, SHA in answer.text) == (False, False)
    line = next(one for one in desk.gates() if one.name == "village_veto_count")
    words = gates.document_words(line, named=False)
    assert words == ["一票否决（大兴镇人民政府，2026-11-02，有效至 2026-11-21）"]


@pytest.mark.parametrize(
    ("by", "changes", "status"),
    [
        ("officer", {}, 403),
        ("stranger", {}, 404),
        ("clerk", {"measure": "mood"}, 422),
        ("clerk", {"document_sha256": "AB" * 32}, 422),
        ("clerk", {"subject_id": 1}, 422),
        ("clerk", {"place_code": DISTRICT}, 404),
    ],
)
@sqlite
def test_what_is_refused_over_http(send, by, changes, status):
    assert send("POST", "/v1/attestations", by=by, json={**VETO, **changes}).status_code == status


@pytest.fixture
def terminal(desk: Desk, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command as a user, who types the password."""
    monkeypatch.setenv("DATABASE_URL", district_url)
    monkeypatch.setenv("CREDIT_VILLAGE_KEY", KEY.hex())
    monkeypatch.setattr(clock, "now", lambda: morning(DAY))
    monkeypatch.setattr(clock, "today", lambda: DAY)
    if not any(command.name == "attest" for command in designations.registered_commands):
        add_documents_to(designations)
    with transaction(desk.district.engine) as session:
        for name, role in (("anna", Role.TOWN_OFFICIAL), ("dora", Role.LOAN_OFFICER)):
            create_user(
                session, username=name, display_name=name, password=f"{name}-Password-1", role=role,
                organisation_id=desk.committee.viewers["clerk"].organisation_id,
                place_id=desk.district.place_id(TOWN),
            )  # fmt: skip

    def run(*words: object, by: str = "anna") -> Result:
        return CliRunner().invoke(designations, [*map(str, words), "--by", by], input=f"{by}-Password-1\n")

    return run


@sqlite
def test_a_document_is_recorded_listed_and_withdrawn_at_the_terminal(desk: Desk, terminal, tmp_path: Path):
    scan = tmp_path / "agreement.pdf"
    scan.write_bytes(b"signed")
    words = (
        AGREEMENT, "--place", VILLAGE, "--document", "创建协议书", "--file", scan, "--decided-on", DAY,
        "--valid-until", UNTIL, "--reason", "经核实",
    )  # fmt: skip
    said = terminal("attest", *words)
    assert (said.exit_code, "credit-village approval grant 1" in said.output) == (0, True)
    desk.granted(1)
    listed = terminal("documents", "--ending-within", 20).output
    assert f"证明 {AGREEMENT}  创建协议" in listed
    assert f"有效至 {UNTIL - timedelta(days=1)}" in listed
    assert "there is no document" in terminal("documents", "--ending-within", 19).output
    assert terminal("withdraw-document", 1, "--reason", "已解除").exit_code == 0
    desk.granted(2)
    assert "there is no document" in terminal("documents").output
    assert "已撤回" in terminal("documents", "--past").output
    veto = terminal("veto", "village_veto_count", *words[1:])
    assert veto.exit_code == 0


@sqlite
def test_what_is_refused_at_the_terminal(terminal, tmp_path: Path):
    scan = tmp_path / "agreement.pdf"
    scan.write_bytes(b"signed")
    words = (AGREEMENT, "--place", VILLAGE, "--document", "协议", "--file", scan, "--valid-until", UNTIL)
    wrong = terminal("attest", *words, "--decided-on", "soon", "--reason", "经核实")
    assert isinstance(wrong.exception, Invalid)
    other = terminal("attest", *words, "--decided-on", DAY, "--reason", "经核实", by="dora")
    assert isinstance(other.exception, Forbidden)
