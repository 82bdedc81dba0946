"""What a subject gets at the desk: everything of its own, nothing of others, and a record that it did."""

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db import Session
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import (
    Consent,
    ConsentChannel,
    ConsentKind,
    Disclosure,
    Inquiry,
    InquiryOutcome,
    Purpose,
    ReviewOutcome,
    ReviewRequest,
)
from app.ratings.service import current_rating
from app.rights import service
from app.rights.report import Explained
from app.rights.right import Format
from tests.app.objections.office import OFFICE, RAISED
from tests.app.rights.desk import ASKED, PHONE, PROOF, SPOUSE, Desk, desk, office
from tests.district import DAY, OTHER_VILLAGE, VILLAGE_OF_OTHER_TOWN, morning
from tests.numbers import credit_code, resident
from tests.office_steps import transaction

__all__ = ["desk", "office"]

# What asks the database nothing another test does not.
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def told(desk: Desk, subject_id: int) -> Explained:
    with transaction(desk.district.engine) as session:
        return service.explanation(
            session, subject_id, viewer=desk.office.viewers["clerk"], at=morning(RAISED)
        )


def test_two_reports_of_a_calendar_year_are_free_and_the_third_says_that_it_is_not(desk: Desk) -> None:
    household = desk.household()
    numbers = [(each.number_in_year, each.free) for each in (desk.report(household) for _ in range(3))]
    assert numbers == [(1, True), (2, True), (3, False)]
    next_year = desk.report(household, on=date(RAISED.year + 1, 1, 1))
    assert (next_year.number_in_year, next_year.free) == (1, True)


@ON_SQLITE
def test_what_was_handed_over_is_on_record_with_the_hash_of_its_bytes(desk: Desk) -> None:
    household = desk.household()
    handed = desk.report(household)
    with Session(desk.district.engine) as session:
        kept = session.get_one(Disclosure, handed.disclosure_id)
    assert (kept.subject_id, kept.document, kept.recorded_by) == (household, PROOF, "clerk")
    assert kept.content_sha256 == hashlib.sha256(handed.content).hexdigest()


@ON_SQLITE
def test_the_report_has_the_own_data_in_full_and_those_of_others_masked(desk: Desk) -> None:
    household = desk.household()
    desk.district.night()
    report = desk.read(household)
    who = report.held.who
    assert (who.name, who.id_number, who.phones) == ("王建国", resident(household), [PHONE])
    [spouse] = who.members
    assert spouse.name_masked == "李**"
    content = report.model_dump_json()
    assert SPOUSE not in content
    assert resident(household + 500) not in content
    assert "演示数据（合成）" in report.notice


def test_the_report_has_every_record_and_rating_and_who_asked(desk: Desk) -> None:
    household = desk.household()
    desk.district.night()
    desk.district.observe(household, {"overdue_days_max_24m": 40}, on=DAY + timedelta(days=1))
    desk.district.night(DAY + timedelta(days=1))
    with Session(desk.district.engine) as session:
        kept = [row[0] for row in desk.district.rows()["records"] if row[1] == household]
        assert session.scalar(select(Inquiry.inquiry_id)) is None
    report = desk.read(household)
    assert sorted(each.record_id for each in report.held.records) == kept
    [adverse] = [each for each in report.held.records if each.adverse]
    assert (adverse.words, adverse.use, adverse.source) == ("40 天", "counts", "镇街采集")
    newest, first = report.held.ratings
    assert (first.until, newest.until) == (newest.since, None)
    assert sum(line.points for line in first.lines) >= (first.score or 0) > (newest.score or 0)
    [asked] = report.inquiries
    assert (asked.organisation, asked.purpose_label, asked.consent_id) == (OFFICE, "依法履职", None)
    assert "clerk" not in report.model_dump_json(exclude={"issued"})


@ON_SQLITE
def test_what_was_corrected_is_not_shown_again_but_counted(desk: Desk) -> None:
    from app.corrections.service import Act, correct

    household = desk.household()
    wrong = desk.office.record_id(household)
    with transaction(desk.district.engine) as session:
        act = Act(RAISED, morning(RAISED), "colleague", "更正申请")
        correct(session, wrong, value=None, reason="录错", act=act)
    held = desk.read(household).held
    assert wrong not in {each.record_id for each in held.records}
    assert held.withheld_count == 1


@ON_SQLITE
def test_the_explanation_names_every_known_characteristic_and_every_missing_point(desk: Desk) -> None:
    household = desk.household()
    desk.district.observe(household, {"overdue_days_max_24m": 40}, on=DAY)
    desk.district.night()
    found = told(desk, household)
    [newest] = desk.read(household).held.ratings
    sentences = "".join(found.counted + found.cost)
    for line in newest.lines:
        assert (f"{line.label}：{line.bin_label}，" in sentences) == line.known
        assert f"得 {line.points} 分，满分 {line.points_maximum} 分" in sentences or not line.known
    assert len(found.cost) == len(newest.reasons) + len(newest.vetoes) > 0
    assert f"信用等级是 {newest.grade}" in found.summary[0]
    assert any(newest.card_fingerprint[:12] in each for each in found.made)
    assert any("不得只凭" in each for each in found.made)


@ON_SQLITE
def test_who_has_no_rating_is_told_so(desk: Desk) -> None:
    household = desk.household()
    assert "还没有评级" in told(desk, household).summary[0]
    refuse(desk, household)
    desk.district.night()
    found = told(desk, household)
    assert "未同意评级" in found.summary[0]
    assert (found.counted, found.cost, found.ways_up) == ([], [], [])


@ON_SQLITE
def test_a_subject_of_another_town_does_not_exist_and_leaves_nothing(desk: Desk) -> None:
    cipher, viewer, at = desk.district.cipher, desk.office.viewers["clerk"], morning(RAISED)
    stranger = desk.district.household(code=VILLAGE_OF_OTHER_TOWN)
    village = desk.district.village({}, code=OTHER_VILLAGE)
    desk.district.night()
    before = desk.district.counts()
    more: dict[str, Any] = {"viewer": viewer, "at": at}
    for subject_id in (stranger, village, 999_999):
        for ask in (
            lambda s, n: service.report(
                s, cipher, n, document=PROOF, form=Format.JSON, render=lambda _: b"", **more
            ),
            lambda s, n: service.portability(s, cipher, n, document=PROOF, **more),
            lambda s, n: service.asked_about(s, n, **more),
            lambda s, n: service.explanation(s, n, **more),
            lambda s, n: service.request_review(
                s, cipher, n, rating_id=None, text=ASKED, document=PROOF, **more
            ),
        ):
            with pytest.raises(NotFound), transaction(desk.district.engine) as session:
                ask(session, subject_id)
    for number in (resident(stranger), resident(stranger + 1)):
        with pytest.raises(NotFound, match="nobody is on file"), transaction(desk.district.engine) as session:
            service.find(session, cipher, number, **more)
    assert desk.district.counts() == before


@ON_SQLITE
def test_a_number_finds_its_household_or_entity_masked(desk: Desk) -> None:
    household, farm = desk.household(), desk.district.entity()
    with transaction(desk.district.engine) as session:
        viewer, cipher = desk.office.viewers["clerk"], desk.district.cipher
        card = service.find(session, cipher, resident(household), viewer=viewer, at=morning(RAISED))
        assert (card.subject_id, card.display_name) == (household, "王**")
        assert card.number_masked != resident(household)
        assert (card.phone_masked, card.address_masked) == ("138****2222", None)
        entity = service.find(session, cipher, credit_code(farm), viewer=viewer, at=morning(RAISED))
        assert entity.subject_id == farm


@ON_SQLITE
def test_every_look_is_on_record_as_official_duty(desk: Desk) -> None:
    household = desk.household()
    desk.district.night()
    told(desk, household)
    desk.report(household)
    desk.asks_for_review(household)
    with Session(desk.district.engine) as session:
        views = session.scalars(select(Inquiry)).all()
        clerk = desk.office.viewers["clerk"].user_id
        rating = desk.office.rating_id(household)
        assert {(v.user_id, v.purpose, v.subject_id, v.rating_id, v.outcome) for v in views} == {
            (clerk, Purpose.OFFICIAL_DUTY, household, rating, InquiryOutcome.ANSWERED)
        }
        assert len(views) == 3


def test_inquiries_of_more_than_five_years_ago_are_not_told(desk: Desk) -> None:
    household = desk.household()
    for day in (date(2020, 11, 30), date(2020, 12, 1)):
        told_on = morning(day)
        with transaction(desk.district.engine) as session:
            service.asked_about(session, household, viewer=desk.office.viewers["clerk"], at=told_on)
    with transaction(desk.district.engine) as session:
        found = service.asked_about(
            session, household, viewer=desk.office.viewers["clerk"], at=morning(RAISED)
        )
    assert [each.inquired_at.date() for each in found] == [RAISED, date(2020, 12, 1)]


@ON_SQLITE
def test_nobody_asks_for_a_review_of_the_rating_of_another(desk: Desk) -> None:
    first, second = desk.household(), desk.household()
    desk.district.night(RAISED)
    with Session(desk.district.engine) as session:
        of_other = current_rating(session, second)
    assert of_other is not None
    with pytest.raises(NotFound, match=f"subject {first} has no such rating"):
        desk.asks_for_review(first, rating_id=of_other.rating_id)
    assert desk.asks_for_review(second, rating_id=of_other.rating_id).request.subject_id == second


def test_a_review_waits_twenty_days_until_a_colleague_answers(desk: Desk) -> None:
    household = desk.household()
    desk.district.night()
    state = desk.asks_for_review(household)
    number = state.request.review_request_id
    assert (state.days_left(RAISED), desk.waits(household)) == (20, True)
    assert told(desk, household).review_open
    assert ASKED.encode() not in state.request.text_cipher
    with pytest.raises(Conflict, match="正在处理"):
        desk.asks_for_review(household)
    with pytest.raises(Forbidden, match="登记人"):
        desk.reviewed(number, by="clerk")
    with pytest.raises(NotFound):
        desk.reviewed(number, by="neighbour")
    assert desk.reviewed(number).answer is not None
    assert not desk.waits(household)
    with pytest.raises(Conflict, match="已于"):
        desk.reviewed(number, by="admin")


@ON_SQLITE
def test_nobody_is_told_that_something_was_corrected_while_it_was_not(desk: Desk) -> None:
    household = desk.household()
    desk.district.night()
    number = desk.asks_for_review(household).request.review_request_id
    with pytest.raises(Conflict, match="尚未更正"):
        desk.reviewed(number, ReviewOutcome.CORRECTED)
    desk.district.observe(household, {"overdue_days_max_24m": 40}, on=RAISED)
    desk.district.night(RAISED)
    assert desk.reviewed(number, ReviewOutcome.CORRECTED).answer is not None


def test_the_work_list_has_the_words_and_masks_the_person(desk: Desk) -> None:
    household = desk.household()
    desk.district.night()
    desk.asks_for_review(household)
    with transaction(desk.district.engine) as session:
        viewer, cipher = desk.office.viewers["colleague"], desk.district.cipher
        late = morning(RAISED + timedelta(days=21))
        found = service.open_reviews(session, cipher, viewer=viewer, at=late, limit=5)
        elsewhere = service.open_reviews(
            session, cipher, viewer=desk.office.viewers["neighbour"], at=late, limit=5
        )
    [item] = found.items
    assert (found.open_count, found.overdue_count) == (1, 1)
    assert (item.subject.display_name, item.text) == ("王**", ASKED)
    assert (elsewhere.items, elsewhere.open_count, elsewhere.overdue_count) == ((), 0, 0)


@ON_SQLITE
def test_without_a_proof_of_identity_nothing_is_handed_over(desk: Desk) -> None:
    household = desk.household()
    for document in ("", "   ", "身份证\n伪造", "证" * 201):
        with pytest.raises(Invalid, match="核验"), transaction(desk.district.engine) as session:
            service.portability(
                session, desk.district.cipher, household, document=document,
                viewer=desk.office.viewers["clerk"], at=morning(RAISED),
            )  # fmt: skip
    assert desk.district.rows(Disclosure, ReviewRequest) == {"disclosures": [], "review_requests": []}


def refuse(desk: Desk, subject_id: int) -> None:
    """The subject does not agree to be rated."""
    with transaction(desk.district.engine) as session:
        refusal = Consent(
            subject_id=subject_id, kind=ConsentKind.RATING, agreed=False, facts=[], reference="拒绝 1",
            organisation_id=None, purpose=None, effective_from=DAY, effective_to=None,
            channel=ConsentChannel.PAPER, evidence="拒绝书", recorded_at=morning(DAY), recorded_by="clerk",
        )  # fmt: skip
        session.add(refusal)
