"""Villages and towns over HTTP: who sees which, every page of them, and every number behind a gate."""

import pytest
from sqlalchemy import select

from app.db import reading
from app.models import Place, PlaceKind

TOWN, VILLAGE, VILLAGE_ELSEWHERE = "500120104000", "500120104200", "500120100200"
STREET_WITHOUT_VILLAGES, COMMUNITY = "500120002000", "500120002001"
READERS = ("officer.nsh", "town.daxing", "collector.daxing", "admin.bishan")
OTHERS = ("manager.nsh", "auditor.bishan", "system.bishan", "job.night")


def refused(answer, *, status, code):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    return answer.json()


def pages(get, username, **parameters):
    """Every page of the list of villages."""
    cursor: dict[str, str] = {}
    while True:
        body = get(username, "/v1/villages", **parameters, **cursor).json()
        yield body
        if body["next_cursor"] is None:
            return
        cursor = {"cursor": body["next_cursor"]}


def codes(get, username, **parameters):
    return [line["place"]["code"] for body in pages(get, username, **parameters) for line in body["villages"]]


@pytest.mark.parametrize("limit", [97, 194, 500])
def test_the_pages_show_every_village_and_community_exactly_once(get, demonstration, limit):
    units = select(Place.code).where(Place.kind.in_([PlaceKind.VILLAGE, PlaceKind.COMMUNITY]))
    with reading(demonstration.engine) as session:
        expected = sorted(session.scalars(units))
    assert len(expected) == 131 + 63
    assert codes(get, "admin.bishan", limit=limit) == expected


def test_pages_of_one_line_show_the_same(get):
    assert codes(get, "town.daxing", limit=1) == codes(get, "town.daxing")


def test_the_pages_of_one_state_show_every_village_in_it_exactly_once(get):
    everything = {
        line["place"]["code"]: line["state"]
        for body in pages(get, "admin.bishan", limit=500)
        for line in body["villages"]
    }
    by_state = {
        state: codes(get, "admin.bishan", state=state, limit=30)
        for state in ("holds", "fails", "insufficient", "not_applicable")
    }
    assert by_state == {
        state: [code for code, found in everything.items() if found == state] for state in by_state
    }
    assert len(by_state["not_applicable"]) == 63


def test_an_official_sees_his_own_town_and_nothing_else_exists_for_him(get):
    seen = codes(get, "town.daxing")
    assert {code[:9] for code in seen} == {TOWN[:9]}
    assert seen == codes(get, "town.daxing", town=TOWN) == codes(get, "admin.bishan", town=TOWN)
    assert get("town.daxing", f"/v1/villages/{VILLAGE}").status_code == 200
    assert get("town.daxing", f"/v1/towns/{TOWN}").status_code == 200
    for path in (f"/v1/villages/{VILLAGE_ELSEWHERE}", "/v1/towns/500120100000"):
        assert get("admin.bishan", path).status_code == 200
        refused(get("town.daxing", path), status=404, code="not_found")
    refused(get("town.daxing", "/v1/villages", town="500120100000"), status=404, code="not_found")
    refused(get("town.daxing", "/v1/villages", town="500120000000"), status=404, code="not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/villages/500120199200",
        f"/v1/villages/{TOWN}",
        f"/v1/towns/{VILLAGE}",
        "/v1/towns/500120000000",
        "/v1/villages/500120104200x",
        "/v1/villages/%00",
        "/v1/villages/" + "9" * 40,
    ],
)
def test_what_is_no_village_or_town_is_not_found(get, path):
    refused(get("admin.bishan", path), status=404, code="not_found")


@pytest.mark.parametrize(
    "wrong",
    [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"town": "500120"}, {"state": "gold"}],
    ids=str,
)
def test_a_malformed_question_is_refused(get, wrong):
    refused(get("admin.bishan", "/v1/villages", **wrong), status=422, code="malformed_request")


@pytest.mark.parametrize("username", READERS)
def test_who_works_with_villages_sees_those_of_his_division(get, username):
    assert get(username, "/v1/villages", limit=1).status_code == 200


@pytest.mark.parametrize("username", OTHERS)
def test_who_administers_or_audits_sees_no_village(get, username):
    refused(get(username, "/v1/villages", limit=1), status=403, code="forbidden")


@pytest.mark.parametrize("path", [f"/v1/villages/{VILLAGE}", f"/v1/towns/{TOWN}"])
def test_every_gate_tells_the_numbers_it_is_decided_by(get, path):
    body = get("admin.bishan", path).json()
    measures = {line["name"]: line for line in body["measures"]}
    assert len(body["gates"]) == (7 if "villages" in path else 4)
    for gate in body["gates"]:
        assert gate["operator"] in {">=", "<="}
        assert gate["basis"]["document"]
        assert gate["state_label"]
        if gate["denominator"]:
            assert gate["value"] == gate["numerator"] / gate["denominator"]
        if gate["value"] is not None:
            sign = 1 if gate["operator"] == ">=" else -1
            assert gate["margin"] == pytest.approx(sign * (gate["value"] - gate["threshold"]))
        if gate["state"] in {"holds", "fails"}:
            assert (gate["state"] == "holds") == (gate["margin"] >= 0)
        else:
            assert gate["name"] in body["missing"] or gate["state"] == "not_applicable"
        assert gate["denominator_name"] in {line["denominator_name"] for line in measures.values()}
    assert [name for name in body["missing"] if name not in {gate["name"] for gate in body["gates"]}] == []


def test_a_street_without_villages_is_not_judged_by_its_villages(get):
    body = get("admin.bishan", f"/v1/towns/{STREET_WITHOUT_VILLAGES}").json()
    gates = {gate["name"]: gate for gate in body["gates"]}
    gate = gates["designated_village_share"]
    assert gate["state"] == "not_applicable"
    assert (gate["value"], gate["denominator"]) == (None, 0)
    assert "designated_village_share" not in body["missing"]
    assert {line["place"]["kind"] for line in body["villages"]} == {"community"}
    assert len(body["villages"]) > 0


def test_a_community_is_measured_and_has_no_gates(get):
    body = get("admin.bishan", f"/v1/villages/{COMMUNITY}").json()
    assert (body["state"], body["gates"], body["missing"]) == ("not_applicable", [], [])
    assert {line["name"] for line in body["measures"]} >= {"file_coverage", "npl_share"}


def test_the_grades_of_a_town_are_those_of_its_villages_together(get):
    body = get("admin.bishan", f"/v1/towns/{TOWN}").json()
    together: dict[tuple[str, str], int] = {}
    for line in body["villages"]:
        for kind, counts in line["grade_counts"].items():
            for grade, count in counts.items():
                together[kind, grade] = together.get((kind, grade), 0) + count
    told = {
        (kind, grade): count
        for kind, counts in body["grade_counts"].items()
        for grade, count in counts.items()
    }
    assert told == together
    assert sum(told.values()) > 0
    share = next(line for line in body["measures"] if line["name"] == "credit_village_share")
    villages = [line for line in body["villages"] if line["place"]["kind"] == "village"]
    assert share["denominator"] == len(villages)
    assert share["numerator"] == sum(line["state"] == "holds" for line in villages)
