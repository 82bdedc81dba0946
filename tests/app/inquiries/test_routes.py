"""Inquiries over HTTP: whoever asks leaves a record, and a refusal tells nothing about anybody."""

import logging
from datetime import UTC, date, datetime, timedelta

import pytest

from app import clock
from app.models import (
    EntityStatus,
    Purpose,
)
from tests.app.inquiries.desk import NAME, NOON, SQLITE_ONLY, STRANGER, TODAY, problem
from tests.district import (
    DAY,
    GOOD,
    GOOD_ENTITY,
    VILLAGE,
    VILLAGE_OF_OTHER_TOWN,
)
from tests.numbers import credit_code, resident


def test_with_consent_and_purpose_a_bank_is_told_every_point(desk, caplog):
    caplog.set_level(logging.DEBUG)
    district = desk.district
    household = district.household(
        dict(GOOD, overdue_days_max_24m=45, debt_fen=9_000_000, honour_level=2, training_certificate=1,
             judgment_defaulter=1), name=NAME,
    )  # fmt: skip
    district.night()
    number = resident(household)
    answer = desk.ask(id_number=number, consent_id=desk.consent(household))
    assert answer.status_code == 200
    body = answer.json()
    rating = body["rating"]
    assert (rating["grade"], rating["score"], rating["as_of"]) == ("B", 90, DAY.isoformat())
    assert [veto["name"] for veto in rating["vetoes"]] == ["judgment_defaulter"]
    together: dict[str, int] = {}
    for line in rating["characteristics"]:
        together[line["block"]] = together.get(line["block"], 0) + line["points"]
        assert line["points"] <= line["points_maximum"]
        assert line["basis"]["document"]
    limited = {
        block["name"]: min(together[block["name"]], block["points_maximum"]) for block in rating["blocks"]
    }
    assert limited == {block["name"]: block["points"] for block in rating["blocks"]}
    assert rating["score"] == min(sum(limited.values()), 100)
    lost = [reason["points_lost"] for reason in rating["reasons"]]
    assert lost == sorted(lost, reverse=True)
    assert rating["reasons"][0]["code"] == "R02"
    assert rating["card"]["code"] == "CQ-H-1"
    assert body["subject"] == {
        "kind": "household", "name": "王**", "number_masked": f"{number[:6]}********{number[-4:]}",
        "household_no": f"H{household:05d}", "uscc": None, "synthetic": True, "designations": [],
    }  # fmt: skip
    assert body["village"]["place"]["code"] == VILLAGE
    assert body["village"]["state"] == "fails"
    assert "仅供参考" in body["notice"]
    [record] = desk.records()
    assert record["inquiry_id"] == body["inquiry_id"]
    assert (record["outcome"], record["refusal_code"], record["subject_id"], record["rating_id"]) == (
        "answered", "", household, rating["rating_id"],
    )  # fmt: skip
    for secret in (number, NAME):
        assert secret not in answer.text + caplog.text + str(desk.records())


def test_a_refusal_tells_only_what_is_wrong_with_the_bank_s_own_consent_and_is_on_record(desk, caplog):
    caplog.set_level(logging.DEBUG)
    district = desk.district
    household, neighbour = district.household(name=NAME), district.household()
    elsewhere = district.household(code=VILLAGE_OF_OTHER_TOWN)
    district.night()
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    mine, good = resident(household), desk.consent(household)
    cases = {
        "another purpose": ("officer.one", mine, desk.consent(household, purpose=Purpose.POST_LOAN)),
        "another bank": ("officer.two", mine, good),
        "another subject": ("officer.one", resident(neighbour), good),
        "expired": ("officer.one", mine, desk.consent(household, first=yesterday, end=TODAY)),
        "not begun": ("officer.one", mine, desk.consent(household, first=tomorrow, end=None)),
        "withdrawn": ("officer.one", mine, desk.consent(household, withdrawn_on=TODAY)),
        "no such consent": ("officer.one", mine, 2**63 - 1),
        "unknown number": ("officer.one", STRANGER, good),
        "outside the division": ("officer.town", resident(elsewhere), desk.consent(elsewhere)),
    }
    answers = {
        case: desk.ask(username, id_number=number, consent_id=consent_id)
        for case, (username, number, consent_id) in cases.items()
    }
    bodies = {case: problem(answer, status=403, code="consent_missing") for case, answer in answers.items()}
    assert len({body.pop("instance") for body in bodies.values()}) == len(cases)
    # Only of a consent that the bank itself holds of this subject is it told what is wrong with it.
    own = {
        case: bodies.pop(case)["detail"] for case in ("another purpose", "expired", "not begun", "withdrawn")
    }
    assert len({str(body) for body in bodies.values()}) == 1
    assert ["授权用途不符" in own["another purpose"], "到期" in own["expired"]] == [True, True]
    assert ["尚未生效" in own["not begun"], "撤回" in own["withdrawn"]] == [True, True]
    assert len({tuple(sorted(answer.headers)) for answer in answers.values()}) == 1
    records = dict(zip(cases, desk.records(), strict=True))
    for case, record in records.items():
        username, _, consent_id = cases[case]
        assert record["outcome"] == ("not_found" if case == "unknown number" else "refused")
        assert (record["refusal_code"], record["rating_id"]) == ("consent_missing", None)
        assert record["user_id"] == desk.users[username].user_id
        assert record["organisation_id"] == desk.users[username].organisation_id
        assert record["consent_id"] == (None if case == "no such consent" else consent_id)
        assert record["inquired_at"] == NOON
    subjects = {case: record["subject_id"] for case, record in records.items()}
    assert subjects == dict.fromkeys(cases, household) | {
        "another subject": neighbour, "unknown number": None, "outside the division": elsewhere,
    }  # fmt: skip
    said = caplog.text + str(desk.records()) + "".join(answer.text for answer in answers.values())
    for secret in (mine, STRANGER, resident(neighbour), resident(elsewhere), NAME):
        assert secret not in said


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("now", "answered"),
    [
        (datetime(2025, 11, 30, 15, 59, 59, tzinfo=UTC), False),
        (datetime(2025, 11, 30, 16, 0, tzinfo=UTC), True),
        (datetime(2025, 12, 2, 15, 59, 59, tzinfo=UTC), True),
        (datetime(2025, 12, 2, 16, 0, tzinfo=UTC), False),
    ],
)
def test_a_consent_begins_and_ends_at_midnight_in_china(desk, monkeypatch, now, answered):
    household = desk.district.household()
    desk.district.night()
    consent = desk.consent(household, first=date(2025, 12, 1), end=date(2025, 12, 3))
    monkeypatch.setattr(clock, "now", lambda: now)
    assert desk.ask(id_number=resident(household), consent_id=consent).status_code == (
        200 if answered else 403
    )


def test_a_number_that_cannot_be_one_is_refused_without_repeating_it_and_is_on_record(desk, caplog):
    caplog.set_level(logging.DEBUG)
    household = desk.district.household()
    right = resident(household)
    wrong = {
        "check digit": right[:17] + ("1" if right[17] != "1" else "2"),
        "too short": right[:15],
        "no date": "500120199013011234",
        "nothing": "",
        "a name": NAME,
    }
    texts = []
    for number in wrong.values():
        answer = desk.ask(id_number=number, consent_id=desk.consent(household))
        problem(answer, status=422, code="invalid_value")
        texts.append(answer.text)
    said = "".join(texts) + caplog.text + str(desk.records())
    assert [number for number in wrong.values() if number and number in said] == []
    assert {(record["outcome"], record["refusal_code"]) for record in desk.records()} == {
        ("refused", "invalid_value")
    }
    assert len(desk.records()) == len(wrong)


def test_who_is_on_file_but_not_rated_yet_is_told_so_with_consent_only(desk):
    desk.district.night()
    household = desk.district.household()
    consent = desk.consent(household)
    problem(desk.ask(id_number=resident(household), consent_id=consent), status=404, code="not_found")
    problem(
        desk.ask("officer.two", id_number=resident(household), consent_id=consent),
        status=403,
        code="consent_missing",
    )
    told = [(record["outcome"], record["refusal_code"]) for record in desk.records()]
    assert told == [("unrated", "not_found"), ("refused", "consent_missing")]


@SQLITE_ONLY
def test_an_entity_is_asked_for_by_its_credit_code_and_an_idle_one_is_unrated(desk):
    active = desk.district.entity(GOOD_ENTITY)
    idle = desk.district.entity(GOOD_ENTITY, status=EntityStatus.SUSPENDED)
    desk.district.night()
    body = desk.ask(uscc=credit_code(active), consent_id=desk.consent(active)).json()
    assert body["subject"]["name"] == f"演示主体{active}"
    assert body["subject"]["uscc"] == credit_code(active)
    assert (body["subject"]["number_masked"], body["rating"]["unrated_reason"]) == (None, None)
    assert body["rating"]["card"]["variant"] == "family_farm"
    assert body["rating"]["score"] == min(sum(block["points"] for block in body["rating"]["blocks"]), 100)
    rating = desk.ask(uscc=credit_code(idle).lower(), consent_id=desk.consent(idle)).json()["rating"]
    assert (rating["grade"], rating["score"], rating["unrated_reason"]) == ("N", None, "not_in_operation")


@SQLITE_ONLY
@pytest.mark.parametrize(
    "question",
    [
        {"id_number": STRANGER, "uscc": credit_code(1), "consent_id": 1},
        {"consent_id": 1},
        {"id_number": STRANGER},
        {"id_number": STRANGER, "consent_id": 0},
        {"id_number": STRANGER, "consent_id": 2**63},
        {"id_number": STRANGER, "consent_id": 1, "purpose": "curiosity"},
        {"id_number": STRANGER, "consent_id": 1, "note": STRANGER},
        {"id_number": STRANGER, "consent_id": 1, STRANGER: "x"},
        {"id_number": [STRANGER], "consent_id": 1},
        {"id_number": STRANGER * 3, "consent_id": 1},
        {"id_number": int(resident(2)[:17]), "consent_id": 1},
    ],
    ids=range(11),
)
def test_a_malformed_inquiry_is_refused_without_repeating_it(desk, caplog, question):
    caplog.set_level(logging.DEBUG)
    answer = desk.ask(**question)
    problem(answer, status=422, code="malformed_request")
    assert STRANGER not in answer.text + caplog.text
    assert resident(2)[:17] not in answer.text + caplog.text
    assert desk.records() == []


@SQLITE_ONLY
@pytest.mark.parametrize("username", ["official", "admin", "auditor", "job"])
def test_only_a_loan_officer_inquires(desk, username):
    problem(desk.ask(username, id_number=STRANGER, consent_id=1), status=403, code="forbidden")
    assert desk.records() == []


def test_an_official_who_looks_at_a_rating_of_his_division_leaves_a_record(desk):
    here, there = desk.district.household(), desk.district.household(code=VILLAGE_OF_OTHER_TOWN)
    desk.district.night()
    ids = {row[1]: row[0] for row in desk.district.rows()["ratings"]}
    answer = desk.get("official", f"/v1/ratings/{ids[here]}")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["subject_id"], body["score"]) == (here, 100)
    values = {record["name"]: record["value"] for record in body["records"]}
    assert values == GOOD
    # One of another division and one that is not there are refused in the same words.
    words = set()
    for path in (f"/v1/ratings/{ids[there]}", f"/v1/ratings/{ids[there]}/history"):
        refusal = problem(desk.get("official", path), status=404, code="not_found")
        words.add(refusal["detail"])
    assert words == {problem(desk.get("official", "/v1/ratings/999"), status=404, code="not_found")["detail"]}
    assert desk.get("admin", f"/v1/ratings/{ids[there]}").status_code == 200
    told = [(record["user_id"], record["subject_id"], record["purpose"]) for record in desk.records()]
    assert told == [
        (desk.users["official"].user_id, here, "official_duty"),
        (desk.users["admin"].user_id, there, "official_duty"),
    ]


def test_the_history_of_a_rating_is_told_newest_first_and_a_past_one_keeps_its_points(desk):
    household = desk.district.household()
    desk.district.night()
    desk.district.observe(household, {"overdue_days_max_24m": 91}, on=TODAY)
    desk.district.night(TODAY)
    past, now = [row[0] for row in desk.district.rows()["ratings"]]
    lines = desk.get("official", f"/v1/ratings/{past}/history").json()["ratings"]
    assert [(line["rating_id"], line["since"], line["score"]) for line in lines] == [
        (now, TODAY.isoformat(), 81),
        (past, DAY.isoformat(), 100),
    ]
    body = desk.get("official", f"/v1/ratings/{past}").json()
    assert (body["score"], body["since"]) == (100, DAY.isoformat())
    records = {record["name"]: record["value"] for record in body["records"]}
    assert records["overdue_days_max_24m"] == 0


@pytest.mark.parametrize("path", ["", "/history"])
def test_a_number_no_rating_can_have_is_not_our_fault_and_is_not_repeated(desk, path):
    number = "11010519491231002099"
    answer = desk.get("admin", f"/v1/ratings/{number}{path}")
    assert answer.status_code == 422
    assert number not in answer.text
    assert desk.get("admin", f"/v1/ratings/x{path}").status_code == 422


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("username", "status"),
    [("officer.one", 403), ("job", 403), ("official", 200), ("admin", 200), ("auditor", 403)],
)
def test_only_officials_look_at_ratings_without_an_inquiry(desk, username, status):
    desk.district.household()
    desk.district.night()
    for path in ("/v1/ratings/1", "/v1/ratings/1/history"):
        assert desk.get(username, path).status_code == status
    assert len(desk.records()) == (2 if status == 200 else 0)


@SQLITE_ONLY
@pytest.mark.parametrize("path", ["/v1/inquiries", "/v1/inquiry-batches"])
def test_what_an_inquiry_does_not_take_is_refused_as_everywhere(desk, path):
    headers = desk.headers("officer.one")
    problem(desk.client.get(path, headers=headers), status=405, code="method_not_allowed")
    problem(desk.client.post(f"{path}/none", headers=headers, json={}), status=404, code="not_found")
    problem(desk.client.post(path, json={}), status=401, code="not_signed_in")
    problem(desk.client.post(path, headers=headers, json={}), status=422, code="malformed_request")
    assert desk.records() == []
