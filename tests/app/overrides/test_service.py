"""Overrides: capped by the appraisal, the card and its vetoes, by two persons, for a while, and shown."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.appraisals.service import open_round
from app.approvals import effects, proposals
from app.approvals import service as approvals
from app.db import Session
from app.designations.found import Block, Holder
from app.designations.service import status_report
from app.designations.service.facts import found_of
from app.designations.service.rules import rules_in_force
from app.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.models import Approval, DesignationKind, Place, Rating
from app.overrides import service
from app.overrides.override import Override, OverrideRefused
from tests.app.appraisals.village import CLOSES, Desk, Village, desk, mark, village
from tests.district import DAY, GOOD, VILLAGE, district, morning
from tests.numbers import resident
from tests.office_steps import transaction

__all__ = ["desk", "district", "village"]

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
NEXT = CLOSES + timedelta(days=1)
# 63 points without an appraisal, 62 with one of 46 points and 70 with one of 100: always an A.
MIDDLING = {
    name: value
    for name, value in GOOD.items()
    if name not in ("appraisal_score", "appraiser_count")
} | {
    "overdue_days_max_24m": 40, "net_assets_fen": 3_000_000, "annual_net_income_fen": 3_000_000,
    "credit_relation_years": 1, "confirmed_right_count": 2,
}  # fmt: skip


def settle(village: Village, facts: Any, points: int | None) -> int:
    """A household the card knows by these facts, appraised at so many points, and rated."""
    household = village.district.household(facts)
    village.households.append(household)
    if points is None:
        village.district.night(CLOSES)
        return household
    village.appraised([points], [points], [points])
    village.district.night(CLOSES)
    return household


def asked(village: Village, household: int, grade: str, *, by: str = "admin", **more: Any) -> int:
    """A request of an override; its number."""
    said: dict[str, Any] = {"reason_code": "O01", "document": "核实记录 3 号", "months": None}
    with transaction(village.district.engine) as session:
        wanted = proposals.override(
            session, household, grade=grade, maker=village.viewers[by], at=morning(NEXT), **said | more
        )
        return approvals.request(
            session, kind=wanted.kind, target=wanted.target, content=wanted.content, reason="收入已核实",
            maker=village.viewers[by], at=morning(NEXT),
        ).approval_id  # fmt: skip


def decided(village: Village, number: int, *, by: str = "checker", granted: bool = True) -> None:
    with transaction(village.district.engine) as session:
        decide(village, session, number, by=by, granted=granted)


def decide(
    village: Village, session: Session, number: int, *, by: str = "checker", granted: bool = True
) -> None:
    effects.decide(
        session, number, granted=granted, reason="同意", checker=village.viewers[by], at=morning(NEXT)
    )


def overridden(village: Village, household: int, grade: str, **more: Any) -> None:
    decided(village, asked(village, household, grade, **more))


def held(village: Village, household: int, *, on: date = NEXT) -> Override | None:
    with Session(village.district.engine) as session:
        return service.in_force(session, [household], on=on).get(household)


def grade_of(village: Village, household: int) -> str:
    with Session(village.district.engine) as session:
        return (
            session.scalars(
                select(Rating.grade).where(Rating.subject_id == household).order_by(Rating.rating_id.desc())
            ).first()
            or ""
        )


def test_override_above_appraisal_cap_refused(village: Village):
    household = settle(village, MIDDLING, 46)
    assert (grade_of(village, household), village.results()[household].grade) == ("A", "B")
    with pytest.raises(OverrideRefused, match="may not end above the grade of the village appraisal, B"):
        asked(village, household, "AA")
    assert village.district.counts()["overrides"] == 0


@sqlite
def test_an_override_is_about_one_household_and_moves_no_gate_of_its_village(village: Village):
    """A village's share is of the grades of the card: no favour to a few wins a plaque for all."""
    household = settle(village, MIDDLING, 100)
    before = credit_households(village)
    overridden(village, household, "B")
    village.district.night(NEXT)
    assert (before, credit_households(village)) == (1, 1)
    with Session(village.district.engine) as session:
        rules = rules_in_force(session, DesignationKind.CREDIT_HOUSEHOLD, on=NEXT)
        holder = Holder(village.district.place_id(VILLAGE), household)
        found = found_of(session, [holder], rules=rules, on=NEXT)[holder.key]
    assert (found.facts["grade"], found.facts["effective_grade"]) == ("A", "B")
    assert Block.GRADE_TOO_LOW in found.blocks


def credit_households(village: Village) -> float | None:
    """How many credit households the newest night counted in the village."""
    with Session(village.district.engine) as session:
        place = session.get_one(Place, village.district.place_id(VILLAGE))
        found = status_report(session, place).measure("credit_household_share")
    return None if found is None else found.numerator


@sqlite
def test_without_an_appraisal_that_holds_no_override_raises_a_grade(village: Village):
    household = settle(village, MIDDLING, None)
    with pytest.raises(OverrideRefused, match="no appraisal"):
        asked(village, household, "AA")


def test_an_override_up_to_the_appraisal_holds_beside_the_rating_and_changes_nothing_of_it(village: Village):
    household = settle(village, MIDDLING, 100)
    assert grade_of(village, household) == "A"
    before = village.district.rows(Rating)
    overridden(village, household, "AA")
    found = held(village, household)
    assert found is not None
    assert (found.card_grade, found.grade, found.office) == ("A", "AA", "大兴镇人民政府")
    assert (found.reason_label, found.asked_by, found.granted_by) == (
        "数据缺失或滞后，已核实",
        "admin",
        "checker",
    )
    assert (found.effective_from, found.effective_to) == (NEXT, date(2026, 6, 11))
    assert service.effective_grade("A", found) == "AA"
    assert service.effective_grade("A", None) == "A"
    assert village.district.rows(Rating) == before


@pytest.mark.parametrize(
    ("grade", "words"), [("AAA", "raise the grade of the card"), ("A", "says A already")]
)
@sqlite
def test_an_official_goes_one_grade_up_and_not_to_where_the_card_is(village: Village, grade: str, words: str):
    household = settle(village, MIDDLING, 100)
    with pytest.raises(AppError, match=words):
        asked(village, household, grade)


@sqlite
def test_one_grade_down_needs_no_appraisal(village: Village):
    household = settle(village, MIDDLING, None)
    overridden(village, household, "B", reason_code="O04")
    found = held(village, household)
    assert found is not None
    assert found.grade == "B"


@sqlite
def test_two_grades_down_are_too_many(village: Village):
    household = settle(village, GOOD, 100)
    with pytest.raises(OverrideRefused, match="lower the grade"):
        asked(village, household, "A")


@sqlite
def test_a_veto_is_corrected_and_not_overridden(village: Village):
    household = settle(village, {**GOOD, "overdue_days_now": 120}, 100)
    assert grade_of(village, household) == "B"
    with pytest.raises(OverrideRefused, match="the veto overdue_now holds the grade at B"):
        asked(village, household, "A")


@pytest.mark.parametrize(
    ("more", "refused"),
    [
        ({"grade": "N"}, Invalid),
        ({"reason_code": "X"}, Invalid),
        ({"document": "  "}, Invalid),
        ({"months": 13}, Invalid),
        ({"by": "neighbour"}, Forbidden),
    ],
)
@sqlite
def test_an_override_is_asked_for_in_good_order(village: Village, more: Any, refused: type[AppError]):
    household = settle(village, MIDDLING, 100)
    with pytest.raises(refused):
        asked(village, household, **{"grade": "AA"} | more)


@sqlite
def test_who_has_no_grade_has_none_to_depart_from(village: Village):
    household = settle(village, {"household_size": 3}, 100)
    with pytest.raises(Conflict, match="no grade to depart from"):
        asked(village, household, "A")


@sqlite
def test_the_maker_does_not_grant_and_an_appraiser_does_not_ask(village: Village):
    household = settle(village, MIDDLING, 100)
    number = asked(village, household, "AA")
    with pytest.raises(Forbidden, match="yourself"):
        decided(village, number, by="admin")
    assert held(village, household) is None
    with pytest.raises(Forbidden):
        asked(village, household, "AA", by="appraiser.1")


@sqlite
def test_what_is_refused_or_not_yet_decided_does_not_hold(village: Village):
    household = settle(village, MIDDLING, 100)
    number = asked(village, household, "AA")
    assert held(village, household) is None
    decided(village, number, granted=False)
    assert held(village, household) is None


@sqlite
def test_what_the_card_says_meanwhile_keeps_an_older_request_from_being_granted(village: Village):
    household = settle(village, MIDDLING, 100)
    number = asked(village, household, "AA")
    village.district.observe(household, {"overdue_days_now": 120}, on=NEXT)
    village.district.night(NEXT)
    with pytest.raises(OverrideRefused):
        decided(village, number)
    assert village.district.counts()["overrides"] == 0
    assert village.district.counts()["approval_decisions"] == 0


@sqlite
def test_a_second_override_waits_until_the_first_is_ended(village: Village):
    household = settle(village, MIDDLING, 100)
    overridden(village, household, "AA")
    with pytest.raises(Conflict, match="end it first"):
        asked(village, household, "B")


@pytest.mark.parametrize(("on", "holds"), [(date(2026, 6, 10), True), (date(2026, 6, 11), False)])
@sqlite
def test_an_override_ends_with_its_months(village: Village, on: date, holds: bool):
    household = settle(village, MIDDLING, 100)
    overridden(village, household, "AA")
    assert (held(village, household, on=on) is not None) is holds


@sqlite
def test_an_override_is_ended_early_with_a_reason_once(village: Village):
    household = settle(village, MIDDLING, 100)
    overridden(village, household, "AA")
    found = held(village, household)
    assert found is not None

    def end(by: str) -> Override:
        with transaction(village.district.engine) as session:
            viewer = village.viewers[by]
            return service.end(session, found.override_id, reason="情况已变", viewer=viewer, at=morning(NEXT))

    with pytest.raises(NotFound):
        end("neighbour")
    assert end("official").state == "ended"
    assert held(village, household) is None
    with pytest.raises(Conflict, match="over already"):
        end("admin")


@sqlite
def test_when_the_card_comes_to_another_grade_the_override_is_over(village: Village):
    household = settle(village, MIDDLING, 100)
    overridden(village, household, "AA")
    village.district.observe(household, {"overdue_days_now": 120}, on=NEXT)
    village.district.night(NEXT)
    assert grade_of(village, household) == "B"
    assert held(village, household) is None
    with Session(village.district.engine) as session:
        assert [one.state for one in service.of_subject(session, household, on=NEXT)] == ["overtaken"]


@sqlite
def test_when_a_newer_appraisal_is_lower_the_override_is_over(village: Village):
    household = settle(village, MIDDLING, 100)
    overridden(village, household, "AA")
    later = NEXT + timedelta(days=20)
    with transaction(village.district.engine) as session:
        again = open_round(
            session, "500120104200", opens_on=NEXT, closes_on=later, needs_consent=False,
            viewer=village.viewers["official"], at=morning(NEXT),
        ).round.appraisal_round_id  # fmt: skip
    for number in (1, 2, 3):
        village.invited(again, f"appraiser.{number}", at=morning(NEXT))
        village.submitted(again, f"appraiser.{number}", [mark(1, 46)], on=NEXT)
    village.closed(again, on=later)
    assert held(village, household, on=later - timedelta(days=1)) is not None
    assert held(village, household, on=later) is None


@sqlite
def test_overrides_are_counted_per_official_and_per_village(village: Village):
    first = settle(village, MIDDLING, 100)
    second = village.district.household(MIDDLING)
    village.district.night(CLOSES)
    overridden(village, first, "AA")
    overridden(village, second, "B", reason_code="O04")
    with Session(village.district.engine) as session:
        for by, expected in (("admin", (2, 1, 1, 2)), ("neighbour", None)):
            officials, villages = service.report(
                session, viewer=village.viewers[by], first=DAY, end=NEXT + timedelta(days=1), on=NEXT
            )
            lines = [
                (one.override_count, one.raised_count, one.lowered_count, one.in_force_count)
                for one in (*officials, *villages)
            ]
            assert lines == ([expected] * 2 if expected else [])
        assert officials == []


def test_every_answer_that_shows_a_grade_shows_the_override(desk: Desk):
    village = desk.village
    household = raised(desk)
    with Session(village.district.engine) as session:
        rating_id = session.scalars(select(Rating.rating_id)).one()
    expected = {"card_grade": "A", "grade": "AA", "office": "大兴镇人民政府", "effective_to": "2026-06-11"}
    rating = desk.send("GET", f"/v1/ratings/{rating_id}", by="official").json()
    assert (rating["grade"], _part(rating["override"], expected)) == ("A", expected)
    assert rating["override"]["reason"] == "收入已核实"
    history = desk.send("GET", f"/v1/ratings/{rating_id}/history", by="official").json()
    assert [_part(one, expected) for one in history["overrides"]] == [expected]
    listed = desk.send("GET", "/v1/overrides", by="official").json()
    assert [_part(one, expected) for one in listed["overrides"]] == [expected]
    proof = {"document": "身份证"}
    report = desk.send(
        "POST", f"/v1/subjects/{household}/reports", by="official", json=proof | {"format": "json"}
    )
    assert _part(report.json()["held"]["overrides"][0], expected) == expected
    assert "人工调整为 AA" in "".join(report.json()["explanation"]["summary"])
    copy = desk.send("POST", f"/v1/subjects/{household}/portability", by="official", json=proof)
    assert _part(copy.json()["held"]["overrides"][0], expected) == expected
    told = desk.send("GET", f"/v1/subjects/{household}/explanation", by="official").json()
    assert "人工调整为 AA" in json.dumps(told, ensure_ascii=False)
    counted = desk.send("GET", "/v1/overrides/report", by="auditor").json()
    assert [(one["code"], one["override_count"]) for one in counted["officials"]] == [("admin", 1)]


def raised(desk: Desk) -> int:
    """A household the card gives an A, which two officials agreed to go by an AA for."""
    desk.on(NEXT)
    household = settle(desk.village, MIDDLING, 100)
    desk.on(NEXT)
    why = {"reason_code": "O01", "document": "核实记录 3 号", "reason": "收入已核实"}
    body = {"kind": "override", "subject_id": household, "grade": "AA"} | why
    made = desk.send("POST", "/v1/approvals", by="admin", json=body).json()
    path = f"/v1/approvals/{made['approval_id']}"
    tag = desk.send("GET", path, by="checker").headers["ETag"]
    granted = {"granted": True, "reason": "已核实"}
    done = desk.send("POST", f"{path}/decision", by="checker", if_match=tag, json=granted)
    assert done.json()["state"] == "used"
    return household


def _part(whole: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: whole[name] for name in wanted}


@sqlite
def test_no_override_is_named_where_none_was_made(desk: Desk):
    desk.on(NEXT)
    settle(desk.village, MIDDLING, 100)
    answer = desk.send("GET", "/v1/ratings/1", by="official").json()
    assert answer["override"] is None
    assert desk.send("GET", "/v1/ratings/1/history", by="official").json()["overrides"] == []
    assert resident(1) not in json.dumps(answer)


@sqlite
def test_what_two_persons_agreed_on_is_what_holds(village: Village):
    household = settle(village, MIDDLING, 100)
    number = asked(village, household, "AA")
    with transaction(village.district.engine) as session:
        kept = session.get_one(Approval, number)
        kept.content = kept.content | {"months": 12}
    with pytest.raises(Conflict):
        decided(village, number)
    assert held(village, household) is None
