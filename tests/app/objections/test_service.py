"""Objections: taken at once, answered in time by somebody else, kept with both versions."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app.corrections.service import Act, correct
from app.db import Session
from app.errors import AppError, Conflict, Forbidden, Invalid, NotFound, SetupError
from app.models import Objection, ObjectionChannel, ObjectionEvent, ObjectionEventKind
from app.objections import service
from app.objections.objection import Filing, ObjectionState, Reply
from app.objections.schemas import ObjectionNote
from tests.app.objections.office import CONFIRMED, FOUND, RAISED, RULES, TEXT, Office, office
from tests.app.objections.test_work_list import work_list
from tests.district import DAY, morning
from tests.office_steps import transaction

__all__ = ["office"]

SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
UNRESOLVED = Reply(ObjectionEventKind.UNRESOLVED, FOUND, "走访记录")
CORRECTED = Reply(ObjectionEventKind.CORRECTED, FOUND, "确权登记册")


def test_dispute_on_day_20_is_in_time_and_on_day_21_overdue(office: Office) -> None:
    household = office.district.household()
    number = office.raised(office.filing(household))
    states = {}
    for day in (0, 20, 21):
        on = RAISED + timedelta(days=day)
        with Session(office.district.engine) as session:
            [found] = service.open_objections(session, [household], on=on)
        states[day] = (found.state, found.days_left(on))
    assert states == {
        0: (ObjectionState.OPEN, 20), 20: (ObjectionState.OPEN, 0), 21: (ObjectionState.OVERDUE, -1),
    }  # fmt: skip
    late = office.answered(number, on=RAISED + timedelta(days=21))
    assert (late.state, late.outcome) == (ObjectionState.CLOSED, ObjectionEventKind.CONFIRMED)


def test_the_days_run_from_when_the_letter_came_not_from_when_it_was_written_down(office: Office) -> None:
    household = office.district.household()
    number = office.raised(office.filing(household, on=RAISED), on=RAISED + timedelta(days=3))
    [note] = office.notes(household)
    assert (note.objection_id, note.due_on) == (number, RAISED + timedelta(days=20))


@SQLITE_ONLY
@pytest.mark.parametrize("day", [DAY - timedelta(days=1), RAISED + timedelta(days=1)])
def test_nobody_objects_before_there_is_a_record_or_in_the_future(office: Office, day) -> None:
    household = office.district.household()
    with pytest.raises(Invalid, match="raised_on"):
        office.raised(office.filing(household, on=day))


def test_an_objection_is_shown_and_holds_back_a_downgrade_from_the_first_day_on(office: Office) -> None:
    household, other = office.district.household(), office.district.household()
    number = office.raised(office.filing(household))
    [note] = office.notes(household)
    assert (note.objection_id, note.record_id, note.state, note.outcome, note.both_versions_kept) == (
        number, office.record_id(household), ObjectionState.OPEN, None, False,
    )  # fmt: skip
    assert office.holds_back(household)
    assert not office.holds_back(household, on=RAISED - timedelta(days=1))
    assert (office.notes(other), office.holds_back(other)) == ([], False)
    office.answered(number)
    assert not office.holds_back(household)


def test_a_confirmed_record_loses_its_note_and_an_unresolved_one_keeps_it_for_ever(office: Office) -> None:
    settled, unsettled = office.district.household(), office.district.household()
    office.answered(office.raised(office.filing(settled)))
    office.answered(office.raised(office.filing(unsettled)), UNRESOLVED)
    assert office.notes(settled) == []
    [note] = office.notes(unsettled, on=RAISED + timedelta(days=3650))
    assert (note.state, note.outcome) == (ObjectionState.CLOSED, ObjectionEventKind.UNRESOLVED)
    assert note.both_versions_kept
    with Session(office.district.engine) as session:
        kept = session.scalars(select(Objection).where(Objection.subject_id == unsettled)).one()
        assert kept.record_id == office.record_id(unsettled)
        row = f"objections/{kept.objection_id}/text"
        assert office.district.cipher.open(kept.text_cipher, row=row) == TEXT


def test_a_corrected_record_keeps_its_note_until_a_night_has_read_the_correction(office: Office) -> None:
    household = office.district.household()
    office.district.night(DAY)
    number = office.raised(office.filing(household))
    _correct(office, household)
    office.answered(number, CORRECTED)
    assert [note.outcome for note in office.notes(household)] == [ObjectionEventKind.CORRECTED]
    tomorrow = RAISED + timedelta(days=1)
    office.district.night(tomorrow)
    assert office.notes(household, on=tomorrow) == []


def test_nobody_is_told_that_a_record_was_corrected_while_it_was_not(office: Office) -> None:
    household = office.district.household()
    number = office.raised(office.filing(household))
    with pytest.raises(Conflict, match="尚未更正"):
        office.answered(number, CORRECTED)
    assert office.notes(household)[0].outcome is None
    right = _correct(office, household)
    office.answered(number, Reply(CORRECTED.outcome, FOUND, CORRECTED.document, replaced_by=right))
    with Session(office.district.engine) as session:
        assert session.scalars(select(ObjectionEvent.document)).one() == f"确权登记册（更正后记录号 {right}）"


@SQLITE_ONLY
def test_only_a_later_record_of_the_same_fact_and_subject_replaces_a_record(office: Office) -> None:
    household, other = office.district.household(), office.district.household()
    number = office.raised(office.filing(household))
    wrong = {
        office.record_id(household): Invalid,
        office.record_id(household, last=True): Invalid,
        office.record_id(other): NotFound,
        2**40: NotFound,
    }
    for record_id, refusal in wrong.items():
        with pytest.raises(refusal):
            office.answered(number, Reply(CORRECTED.outcome, FOUND, "文件", replaced_by=record_id))
    with pytest.raises(Invalid, match="replaced_by"):
        office.answered(number, Reply(CONFIRMED.outcome, FOUND, "文件", replaced_by=1))


def test_a_rating_is_corrected_by_a_corrected_record_or_a_later_rating(office: Office) -> None:
    household = office.district.household()
    office.district.night(DAY)
    rating_id = office.rating_id(household)
    filing = Filing(household, TEXT, ObjectionChannel.LETTER, rating_id=rating_id)
    number = office.raised(filing)
    with pytest.raises(Conflict, match=f"rating {rating_id}"):
        office.answered(number, CORRECTED)
    _correct(office, household)
    assert office.answered(number, CORRECTED).outcome is ObjectionEventKind.CORRECTED
    again = office.raised(filing)
    office.district.observe(household, {"overdue_days_now": 40}, on=RAISED)
    office.district.night(RAISED)
    assert office.rating_id(household) != rating_id
    assert office.answered(again, CORRECTED).outcome is ObjectionEventKind.CORRECTED


def test_nobody_judges_his_own_work(office: Office) -> None:
    household = office.district.household()
    office.delivered_by(household, "admin")
    number = office.raised(office.filing(household))
    with pytest.raises(Forbidden, match="wrote the objection down"):
        office.answered(number, by="clerk")
    with pytest.raises(Forbidden, match="delivered the disputed record"):
        office.answered(number, by="admin")
    assert office.answered(number, by="colleague").outcome is ObjectionEventKind.CONFIRMED


def test_the_official_of_another_town_finds_nothing(office: Office) -> None:
    household = office.district.household()
    number = office.raised(office.filing(household))
    with pytest.raises(NotFound):
        office.raised(office.filing(household), by="neighbour")
    with pytest.raises(NotFound):
        office.answered(number, by="neighbour")
    with pytest.raises(NotFound):
        office.answered(number + 1)


def test_what_is_somebody_elses_cannot_be_objected_to(office: Office) -> None:
    household, other = office.district.household(), office.district.household()
    office.district.night(DAY)
    desk = ObjectionChannel.DESK
    for filing in (
        Filing(household, TEXT, desk, record_id=office.record_id(other)),
        Filing(household, TEXT, desk, rating_id=office.rating_id(other)),
        Filing(household, TEXT, desk, record_id=2**40),
        Filing(household, TEXT, desk, rating_id=2**40),
    ):
        with pytest.raises(NotFound):
            office.raised(filing)
    with pytest.raises(Invalid):
        office.raised(Filing(household, TEXT, ObjectionChannel.DESK))
    with pytest.raises(Invalid, match="channel"):
        office.raised(Filing(household, TEXT, ObjectionChannel.ONLINE, office.record_id(household)))


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("text", "taken"), [("", False), (" \n", False), ("字" * 1000, True), ("字" * 1001, False)]
)
def test_a_text_has_one_to_a_thousand_characters(office: Office, text: str, taken: bool) -> None:
    filing = office.filing(office.district.household(), text=text)
    if taken:
        assert office.raised(filing)
    else:
        with pytest.raises(Invalid, match="1000"):
            office.raised(filing)


@SQLITE_ONLY
@pytest.mark.parametrize("document", ["", "文" * 201, "第一行\n第二行", "\x00"])
def test_an_answer_rests_on_a_document_named_on_one_line(office: Office, document: str) -> None:
    number = office.raised(office.filing(office.district.household()))
    with pytest.raises(Invalid, match="document"):
        office.answered(number, Reply(CONFIRMED.outcome, FOUND, document))


def test_what_is_open_is_not_objected_to_twice_and_what_is_closed_may_be_again(office: Office) -> None:
    household = office.district.household()
    filing = office.filing(household)
    first = office.raised(filing)
    with pytest.raises(Conflict, match=str(first)):
        office.raised(filing, by="colleague")
    office.answered(first)
    second = office.raised(filing)
    assert [note.objection_id for note in office.notes(household)] == [second]


def test_of_two_answers_at_once_one_is_kept(office: Office) -> None:
    number = office.raised(office.filing(office.district.household()))
    refused: list[AppError] = []

    def second() -> None:
        try:
            office.answered(number, UNRESOLVED, by="admin")
        except AppError as refusal:
            refused.append(refusal)

    thread = threading.Thread(target=second)
    with transaction(office.district.engine) as session:
        office.answer(session, number, at=morning(RAISED), by="colleague")
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive(), "the second answer waits for the first"
    thread.join(timeout=30)
    assert [type(refusal) for refusal in refused] == [Conflict]
    assert _kinds(office) == [ObjectionEventKind.CONFIRMED]


def test_of_two_equal_objections_at_once_one_is_kept(office: Office) -> None:
    household = office.district.household()
    refused: list[AppError] = []

    def second() -> None:
        try:
            office.raised(office.filing(household), by="colleague")
        except AppError as refusal:
            refused.append(refusal)

    thread = threading.Thread(target=second)
    filing = office.filing(household)
    with transaction(office.district.engine) as session:
        service.raise_at_office(
            session, office.district.cipher, filing, viewer=office.viewers["clerk"], at=morning(RAISED),
            rules=RULES,
        )  # fmt: skip
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()
    thread.join(timeout=30)
    assert [type(refusal) for refusal in refused] == [Conflict]
    assert len(office.notes(household)) == 1


def test_an_answer_given_is_final(office: Office) -> None:
    number = office.raised(office.filing(office.district.household()))
    office.answered(number, UNRESOLVED)
    with pytest.raises(Conflict, match="无法核实"):
        office.answered(number, by="admin")
    with pytest.raises(Conflict):
        _withdraw(office, number)


def test_the_night_escalates_each_open_objection_once_five_days_before_the_end(office: Office) -> None:
    first, closed = (office.raised(office.filing(office.district.household())) for _ in range(2))
    office.answered(closed)
    later = office.raised(office.filing(office.district.household()), on=RAISED + timedelta(days=1))
    nights = [office.escalated(RAISED + timedelta(days=day)) for day in (14, 15, 15, 16, 17)]
    assert nights == [[], [first], [], [later], []]


def test_an_objection_taken_back_no_longer_counts(office: Office) -> None:
    household = office.district.household()
    number = office.raised(office.filing(household))
    _withdraw(office, number)
    assert (office.notes(household), office.holds_back(household)) == ([], False)
    with Session(office.district.engine) as session, pytest.raises(Conflict, match="没有答复"):
        _case(office, session, number)


def test_no_words_of_anybody_are_stored_in_the_clear(office: Office) -> None:
    number = office.raised(office.filing(office.district.household()))
    office.answered(number)
    stored = str(office.district.rows(Objection, ObjectionEvent))
    assert TEXT not in stored
    assert FOUND not in stored
    with Session(office.district.engine) as session:
        kept = session.scalars(select(Objection)).one()
        with pytest.raises(SetupError):
            office.district.cipher.open(kept.text_cipher, row=f"objections/{number + 1}/text")


def test_an_objection_to_a_rating_says_which_grade_of_which_day(office: Office) -> None:
    household = office.district.household()
    office.district.night(DAY)
    filing = Filing(household, TEXT, ObjectionChannel.LETTER, rating_id=office.rating_id(household))
    number = office.raised(filing)
    [town] = work_list(office, "clerk", day=0).towns
    assert town.items[0].about == (f"信用等级 AAA，100 分（2025年11月30日评定，评级号 {filing.rating_id}）")
    [note] = office.notes(household)
    shown = ObjectionNote.of(note).model_dump()
    assert (shown["objection_id"], shown["rating_id"], shown["state_label"]) == (
        number,
        filing.rating_id,
        "核查中",
    )
    assert TEXT not in str(shown)


@SQLITE_ONLY
@pytest.mark.parametrize("outcome", [ObjectionEventKind.WITHDRAWN, ObjectionEventKind.ESCALATED])
def test_an_answer_is_corrected_confirmed_or_unresolved(office: Office, outcome: ObjectionEventKind) -> None:
    number = office.raised(office.filing(office.district.household()))
    with pytest.raises(Invalid, match="outcome"):
        office.answered(number, Reply(outcome, FOUND, "文件"))


@SQLITE_ONLY
def test_the_term_comes_from_the_rules_of_the_day(office: Office) -> None:
    with Session(office.district.engine) as session:
        assert service.rules_in_force(session, on=DAY) == RULES
        with pytest.raises(SetupError, match="init"):
            service.rules_in_force(session, on=date(2022, 12, 31))


def _correct(office: Office, household: int) -> int:
    """Correct the disputed record; the number of the right one."""
    with transaction(office.district.engine) as session:
        act = Act(on=RAISED, at=morning(RAISED), by="admin", document="更正通知")
        event = correct(session, office.record_id(household), value=45, reason="录入有误", act=act)
        assert event.replaced_by is not None
        return event.replaced_by


def _withdraw(office: Office, number: int) -> None:
    with transaction(office.district.engine) as session:
        service.withdraw(
            session, office.district.cipher, number, text="本人申请撤回", document="撤回申请书",
            viewer=office.viewers["clerk"], at=morning(RAISED),
        )  # fmt: skip


def _case(office: Office, session: Session, number: int) -> None:
    viewer = office.viewers["auditor"]
    service.answered_case(session, office.district.cipher, number, viewer=viewer, at=morning(RAISED))


def _kinds(office: Office) -> list[ObjectionEventKind]:
    with Session(office.district.engine) as session:
        assert session.scalar(select(func.count()).select_from(ObjectionEvent)) == 1
        return list(session.scalars(select(ObjectionEvent.kind)))
