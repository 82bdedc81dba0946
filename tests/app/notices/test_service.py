"""Notices: posted in good order, objected to by anybody in time, answered by somebody else."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.db import Session, reading
from app.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.models import (
    DesignationAction,
    DesignationKind,
    DesignationState,
    Inquiry,
    Notice,
    NoticeObjection,
    NoticeObjectionAnswer,
    ObjectionChannel,
)
from app.notices import service, store
from app.notices.service import Finding, NoticeLine, Protest
from tests.app.notices.village import BEGINS, DAYS, ENDS, Village, proposed, village
from tests.district import DISTRICT, OTHER_TOWN, TOWN, VILLAGE, morning
from tests.office_steps import transaction

__all__ = ["village"]
LAST = ENDS - timedelta(days=1)
SAID = "他家去年把地租出去没有交钱。"
FOUND = Finding(upheld=False, found="经核对合同，租金已付清。", document="土地流转合同 2025-07")


def objected(
    village: Village, notice: Notice, *, line: int | None = None, on: date = BEGINS, by: str | None = None
) -> str:
    """An objection, over the public page or at the desk of a user; its name."""
    district = village.district
    with transaction(district.engine) as session:
        if by is None:
            made = service.object_publicly(
                session, district.cipher, notice.number, Protest(SAID, line), at=morning(on)
            )
            return made.notice_objection_uid
        protest = Protest(SAID, line, channel=ObjectionChannel.DESK)
        return service.object_at_office(
            session, district.cipher, notice.number, protest, viewer=village.viewers[by], at=morning(on)
        ).objection.notice_objection_uid


def answered(
    village: Village,
    notice: Notice,
    uid: str,
    *,
    upheld: bool = False,
    on: date = BEGINS,
    by: str = "colleague",
) -> service.ProtestCase:
    """An answer by a user."""
    finding = Finding(upheld, FOUND.found, FOUND.document)
    with transaction(village.district.engine) as session:
        return service.answer(
            session,
            village.district.cipher,
            notice.number,
            uid,
            finding,
            viewer=village.viewers[by],
            at=morning(on),
        )


def standing(village: Village, notice: Notice, *, on: date) -> service.NoticeStanding:
    """How a notice stands on a day."""
    with reading(village.district.engine) as session:
        return service.standings(session, [notice.notice_id], on=on)[notice.notice_id]


def test_a_notice_is_numbered_by_its_division_and_year_and_runs_until_the_day_before_it_ends(village):
    first, second = village.post(), village.post()
    assert [first.number, second.number] == ["GS-500120104200-2025-0001", "GS-500120104200-2025-0002"]
    assert (first.begins_on, first.ends_on) == (BEGINS, ENDS)
    assert not standing(village, first, on=LAST).ended
    assert standing(village, first, on=ENDS).ended


@pytest.mark.parametrize(("days", "posted"), [(6, False), (7, True), (8, True)])
def test_a_notice_runs_at_least_as_long_as_the_rules_say(village, days, posted):
    if posted:
        assert village.post(days=days).ends_on == BEGINS + timedelta(days=days)
        return
    with pytest.raises(Invalid, match="at least 7 days, not 6"):
        village.post(days=days)


@pytest.mark.parametrize(("late", "posted"), [(1, False), (0, True), (-1, True)])
def test_a_notice_does_not_begin_in_the_past(village, late, posted):
    at = morning(BEGINS + timedelta(days=late))
    if posted:
        assert village.post(at=at).begins_on == BEGINS
        return
    with pytest.raises(Invalid, match="begins on 2025-12-02 or later"):
        village.post(at=at)


@pytest.mark.parametrize("name", ["王建国", "王建*", "建国**", "王", "王国", "*建国", "1**", "王** 500120"])
def test_a_name_of_a_person_that_is_not_masked_is_not_posted_nor_repeated(village, name):
    with pytest.raises(Invalid, match="shown_name") as refused:
        village.post(village.lines(shown_name=name))
    assert "建国" not in refused.value.detail


@pytest.mark.parametrize("name", ["王*", "王**", "王＊＊", "**", "欧***", "（本人未同意公示姓名）"])
def test_a_masked_name_is_posted(village, name):
    assert village.post(village.lines(shown_name=name)).number


@pytest.mark.parametrize(
    "changed",
    [
        {"result": "87 分，拟认定"},
        {"result": "收入 5万元"},
        {"result": "评分８７"},
        {"result": " "},
        {"shown_place": "连枷村 510231197001011234"},
        {"shown_place": ""},
        {"shown_place": "村" * 129},
        {"result": "好\n坏"},
    ],
)
def test_a_line_shows_no_score_no_amount_and_no_number(village, changed):
    with pytest.raises(Invalid, match=next(iter(changed))):
        village.post(village.lines(**changed))


def test_an_empty_notice_and_one_that_names_a_title_twice_are_refused(village):
    with pytest.raises(Invalid, match="without a line"):
        village.post([])
    with pytest.raises(Invalid, match="stands twice"):
        village.post([*village.lines(), village.lines()[0]])


def test_a_village_is_named_in_full(village):
    with transaction(village.district.engine) as session:
        title = proposed(
            session,
            subject_id=None,
            place_id=village.district.place_id(VILLAGE),
            kind=DesignationKind.CREDIT_VILLAGE,
        )
    line = NoticeLine(title, "连枷村", "大兴镇", "拟认定为信用村")
    notice = village.post([line], kind=DesignationKind.CREDIT_VILLAGE, code=TOWN)
    with reading(village.district.engine) as session:
        shown = service.public_notice(session, notice.number, on=BEGINS)
    assert shown.place_name == "璧山区大兴镇"
    assert [(entry.shown_name, entry.result) for entry in shown.entries] == [("连枷村", "拟认定为信用村")]


def test_an_objection_to_a_line_blocks_that_title_until_it_is_answered(village):
    notice, (first, second, _) = village.post(), village.titles
    uid = objected(village, notice, line=1)
    assert standing(village, notice, on=BEGINS).open_objections == {first: 1}
    objected(village, notice, line=1)
    objected(village, notice, line=2)
    assert standing(village, notice, on=BEGINS).open_objections == {first: 2, second: 1}
    answered(village, notice, uid)
    after = standing(village, notice, on=BEGINS)
    assert (after.open_objections, after.upheld) == ({first: 1, second: 1}, frozenset())


def test_an_objection_to_the_whole_notice_counts_for_every_line(village):
    notice = village.post()
    uid = objected(village, notice)
    assert standing(village, notice, on=BEGINS).open_objections == dict.fromkeys(village.titles, 1)
    answered(village, notice, uid, upheld=True)
    after = standing(village, notice, on=BEGINS)
    assert (after.open_objections, after.upheld) == ({}, frozenset(village.titles))


def test_what_is_upheld_after_the_notice_ended_still_counts_and_ending_is_a_matter_of_days(village):
    notice, (first, *_) = village.post(), village.titles
    uid = objected(village, notice, line=1, on=LAST)
    late = ENDS + timedelta(days=5)
    answered(village, notice, uid, upheld=True, on=late)
    assert standing(village, notice, on=ENDS).open_objections == {first: 1}
    assert standing(village, notice, on=ENDS).ended
    assert standing(village, notice, on=late).upheld == {first}


@pytest.mark.parametrize(
    ("on", "refusal"),
    [
        (BEGINS - timedelta(days=1), NotFound),
        (BEGINS, None),
        (LAST, None),
        (ENDS, Conflict),
        (ENDS + timedelta(days=29), Conflict),
        (ENDS + timedelta(days=30), NotFound),
    ],
)
def test_anybody_objects_while_the_notice_runs_and_nobody_afterwards(village, on, refusal):
    notice = village.post(at=morning(BEGINS - timedelta(days=2)))
    if refusal is None:
        assert objected(village, notice, on=on)
        return
    with pytest.raises(refusal):
        objected(village, notice, on=on)


def test_a_letter_that_came_in_time_is_written_down_later_and_one_that_came_late_is_not(village):
    notice, district = village.post(), village.district

    def written_down(raised_on: date) -> NoticeObjection:
        protest = Protest(SAID, channel=ObjectionChannel.LETTER, raised_on=raised_on)
        with transaction(district.engine) as session:
            return service.object_at_office(
                session,
                district.cipher,
                notice.number,
                protest,
                viewer=village.viewers["colleague"],
                at=morning(ENDS),
            ).objection

    assert written_down(LAST).raised_on == LAST
    for day, refusal in (
        (ENDS, Conflict),
        (BEGINS - timedelta(days=1), Conflict),
        (ENDS + timedelta(days=1), Invalid),
    ):
        with pytest.raises(refusal):
            written_down(day)


def test_what_is_objected_and_how_to_reach_the_person_are_sealed(village):
    notice, district = village.post(), village.district
    protest = Protest(f"  {SAID}\n", 2, contact=" 电话 139 0000 0000 ")
    with transaction(district.engine) as session:
        service.object_publicly(session, district.cipher, notice.number, protest, at=morning(BEGINS))
    row = district.rows(NoticeObjection)["notice_objections"][0]
    assert not any(isinstance(value, bytes) and (b"139" in value or SAID.encode() in value) for value in row)
    with transaction(district.engine) as session:
        (case,) = service.objections(
            session, district.cipher, notice.number, viewer=village.viewers["colleague"], at=morning(BEGINS)
        )
    assert (case.text, case.contact) == (SAID, "电话 139 0000 0000")
    assert case.entry is not None
    assert case.entry.line_number == 2
    assert case.due_on == BEGINS + timedelta(days=20)


@pytest.mark.parametrize(
    "protest", [Protest(" "), Protest("字" * 1001), Protest("字", contact="话" * 101), Protest("字", 4)]
)
def test_an_objection_without_words_too_long_or_to_no_line_is_refused(village, protest):
    notice = village.post()
    with pytest.raises(AppError), transaction(village.district.engine) as session:
        service.object_publicly(session, village.district.cipher, notice.number, protest, at=morning(BEGINS))
    assert village.district.rows(NoticeObjection) == {"notice_objections": []}


@pytest.mark.parametrize("by", ["poster", "proposer", "clerk"])
def test_who_posted_proposed_or_wrote_the_objection_down_does_not_answer_it(village, by):
    notice = village.post()
    uid = objected(village, notice, line=1, by="admin" if by == "clerk" else "colleague")
    with pytest.raises(Forbidden, match="let a colleague answer"):
        answered(village, notice, uid, by="admin" if by == "clerk" else by)
    assert answered(village, notice, uid, by="colleague" if by == "clerk" else "admin").found == FOUND.found


def test_who_proposed_another_title_answers(village):
    with transaction(village.district.engine) as session:
        place_id = village.district.place_id(VILLAGE)
        title = proposed(session, subject_id=None, place_id=place_id, kind=DesignationKind.CREDIT_VILLAGE)
    village.step(title, DesignationState.PROPOSED, action=DesignationAction.PROPOSE, by="colleague")
    notice = village.post()
    assert answered(village, notice, objected(village, notice), by="colleague").answer is not None


def test_an_objection_is_answered_once(village):
    notice = village.post()
    uid = objected(village, notice)
    answered(village, notice, uid)
    with pytest.raises(Conflict, match="answered already"):
        answered(village, notice, uid, upheld=True, by="admin")
    (kept,) = village.district.rows(NoticeObjectionAnswer)["notice_objection_answers"]
    assert kept[0] == uid


def test_of_two_answers_at_once_one_is_kept(village, monkeypatch):
    notice = village.post()
    uid = objected(village, notice)
    answered(village, notice, uid)
    monkeypatch.setattr(store, "objections_of", lambda session, ids: [(_objection(session, uid), None)])
    with pytest.raises(Conflict, match="answered already"):
        answered(village, notice, uid, upheld=True, by="admin")


def _objection(session: Session, uid: str) -> NoticeObjection:
    return session.get_one(NoticeObjection, uid)


@pytest.mark.parametrize(
    "finding", [Finding(True, " ", "d"), Finding(True, "f", ""), Finding(True, "f", "a\nb")]
)
def test_an_answer_gives_its_reason_and_its_document(village, finding):
    notice = village.post()
    uid = objected(village, notice)
    with pytest.raises(Invalid), transaction(village.district.engine) as session:
        service.answer(
            session,
            village.district.cipher,
            notice.number,
            uid,
            finding,
            viewer=village.viewers["colleague"],
            at=morning(BEGINS),
        )


def test_another_town_neither_reads_nor_answers_nor_takes_objections(village):
    notice = village.post()
    uid = objected(village, notice)
    for act in (
        lambda: answered(village, notice, uid, by="neighbour"),
        lambda: objected(village, notice, by="neighbour"),
    ):
        with pytest.raises(NotFound):
            act()
    with reading(village.district.engine) as session:
        assert service.work_list(session, viewer=village.viewers["neighbour"], limit=10) == []


def test_reading_what_is_said_of_a_person_leaves_a_record(village):
    notice = village.post()
    objected(village, notice, line=1)
    objected(village, notice)
    with transaction(village.district.engine) as session:
        service.objections(
            session, village.district.cipher, notice.number, viewer=village.viewers["admin"], at=morning(LAST)
        )
    with Session(village.district.engine) as session:
        (left,) = session.scalars(select(Inquiry))
    assert (left.subject_id, left.purpose.value) == (village.subjects[0], "objection")


def test_the_work_list_says_what_waits_and_when_the_first_answer_is_due(village):
    early = village.post()
    later = village.post(begins_on=BEGINS + timedelta(days=1))
    uid = objected(village, early, on=BEGINS + timedelta(days=2))
    objected(village, early, on=LAST)

    def listed() -> list[tuple[str, int, int, date | None]]:
        with reading(village.district.engine) as session:
            found = service.work_list(session, viewer=village.viewers["colleague"], limit=10)
        return [
            (each.listed.notice.number, each.listed.line_count, each.open_count, each.due_on)
            for each in found
        ]

    assert listed() == [
        (later.number, 3, 0, None),
        (early.number, 3, 2, BEGINS + timedelta(days=22)),
    ]
    answered(village, early, uid)
    assert listed()[1][2:] == (1, LAST + timedelta(days=20))


@pytest.mark.parametrize(
    ("on", "seen"),
    [
        (BEGINS - timedelta(days=1), False),
        (BEGINS, True),
        (ENDS + timedelta(days=29), True),
        (ENDS + timedelta(days=30), False),
    ],
)
def test_the_public_sees_a_notice_from_its_first_day_until_30_days_after_its_end(village, on, seen):
    notice = village.post(at=morning(BEGINS - timedelta(days=2)))
    with reading(village.district.engine) as session:
        found = service.public_notices(session, code=DISTRICT, on=on, limit=10)
        assert [shown.notice.number for shown in found] == [notice.number] * seen
        assert service.public_notices(session, code=OTHER_TOWN, on=on, limit=10) == []
        if not seen:
            with pytest.raises(NotFound):
                service.public_notice(session, notice.number, on=on)
        viewer = village.viewers["colleague"]
        assert service.notice_of_division(session, notice.number, viewer=viewer, on=on).place.code == VILLAGE
    assert DAYS == 7
