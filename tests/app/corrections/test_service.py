"""A record is corrected, repaired, ended, told of or commented on; it never changes itself."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.corrections.service import Act, correct, end, notice, repair, restore, state, statements_of
from app.db import reading, transaction
from app.errors import Conflict, Invalid, NotFound
from app.models import AdverseRecord, Fact, Record, RecordEvent, RecordEventKind
from app.ratings.service import current_rating, known_on, sources
from app.records.exclusions import Exclusion
from app.records.rules import load_record_rules
from app.records.service import current_values, known_records
from tests.district import DAY, GOOD, POLICIES, morning
from tests.numbers import resident

RULES = load_record_rules(POLICIES / "cq_bishan" / "records" / "2023-01-01.yaml")
COURT = "judgment_defaulters"
NEXT = DAY + timedelta(days=1)
ACT = Act(DAY, morning(DAY), "official", "更正申请表 1")


def number_of(district, subject_id: int, name: str) -> int:
    """The newest record of a fact."""
    found = select(Record.record_id).join(Fact).where(Record.subject_id == subject_id, Fact.name == name)
    with reading(district.engine) as session:
        return session.scalars(found.order_by(Record.record_id.desc())).first() or 0


def counting(district, subject_id: int, *, on: date = DAY) -> dict[str, float]:
    """What counts of a subject on a day."""
    with reading(district.engine) as session:
        values = current_values(session, [subject_id], known=known_on(session, on))
    return {value.name: value.value for value in values}


def do(district, what, *args, **named):
    """One act in a transaction of its own."""
    with transaction(district.engine) as session:
        return what(session, *args, **named)


def listed(district, *, on: date = DAY, noticed: bool = True, source: str = COURT) -> tuple[int, int]:
    """A household on the list of judgment defaulters, and the record of it."""
    household = district.household(GOOD, on=on)
    district.observe(household, {"judgment_defaulter": 1}, on=on, source=source, noticed=noticed)
    return household, number_of(district, household, "judgment_defaulter")


def test_a_wrong_value_is_replaced_by_the_right_one_from_the_next_night_on(district):
    household = district.household({**GOOD, "overdue_days_max_24m": 45})
    district.night()
    wrong = number_of(district, household, "overdue_days_max_24m")
    event = do(district, correct, wrong, value=0, reason="银行报送错误", act=ACT)
    district.night(NEXT)
    with reading(district.engine) as session:
        rating = current_rating(session, household)
        assert rating is not None
        behind = {value.name: value for value in sources(session, rating)}["overdue_days_max_24m"]
        kept = session.get_one(Record, wrong)
        history = known_records(session, [household], known=known_on(session, NEXT))
    assert (rating.grade, behind.value, behind.record_id) == ("AAA", 0, event.replaced_by)
    assert kept.value == 45
    assert [each.exclusion for each in history if each.record.record_id == wrong] == [Exclusion.CORRECTED]
    assert behind.source == "大兴镇"


def test_a_correction_without_a_right_value_leaves_the_older_record_to_count(district):
    household = district.household({"household_size": 3}, on=DAY - timedelta(days=9))
    district.observe(household, {"household_size": 30})
    newest = number_of(district, household, "household_size")
    do(district, correct, newest, value=None, reason="录入错误", act=ACT)
    assert counting(district, household) == {"household_size": 3}
    do(district, restore, newest, reason="原值无误", act=ACT)
    assert counting(district, household) == {"household_size": 30}


@pytest.mark.parametrize("value", [-1, 0, 2.5, 51, 3])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_correction_to_what_cannot_be_or_is_on_file_is_refused(district, value):
    household = district.household({"household_size": 3})
    record_id = number_of(district, household, "household_size")
    with pytest.raises(Invalid):
        do(district, correct, record_id, value=value, reason="错", act=ACT)
    assert counting(district, household) == {"household_size": 3}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_right_value_of_a_restricted_fact_keeps_the_consent_of_the_wrong_one(district):
    household = district.household({"judgment_defaulter": 0, "honour_level": 2})
    record_id = number_of(district, household, "honour_level")
    with pytest.raises(Invalid, match="the catalogue allows code"):
        do(district, correct, record_id, value=3, reason="错", act=ACT)
    do(district, correct, record_id, value=1, reason="错", act=ACT)
    with pytest.raises(Conflict, match="corrected already"):
        do(district, correct, record_id, value=0, reason="错", act=ACT)


@pytest.mark.parametrize(("days", "counts"), [(90, True), (91, False)])
def test_an_entry_of_a_public_list_is_repaired_once_its_least_term_is_over(district, days, counts):
    household, record_id = listed(district, on=DAY - timedelta(days=days))
    assert counting(district, household)["judgment_defaulter"] == 1
    if counts:
        with pytest.raises(Conflict, match="may be repaired from"):
            do(district, repair, record_id, repair_class="general", rules=RULES, act=ACT)
    else:
        do(district, repair, record_id, repair_class="general", rules=RULES, act=ACT)
        with pytest.raises(Conflict, match="repaired already"):
            do(district, repair, record_id, repair_class="general", rules=RULES, act=ACT)
    assert ("judgment_defaulter" in counting(district, household)) is counts


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_a_bank_reports_is_not_repaired_and_a_class_must_be_one_of_the_three(district):
    household = district.household({**GOOD, "overdue_days_max_24m": 45})
    late = number_of(district, household, "overdue_days_max_24m")
    with pytest.raises(Invalid, match="不适用信用修复"):
        do(district, repair, late, repair_class="light", rules=RULES, act=ACT)
    _, record_id = listed(district)
    with pytest.raises(Invalid, match="there are light, general, serious"):
        do(district, repair, record_id, repair_class="grave", rules=RULES, act=ACT)


def test_what_is_adverse_counts_once_the_person_was_told_of_it(district):
    household = district.household(GOOD)
    district.observe(household, {"overdue_days_max_24m": 45}, noticed=False)
    assert counting(district, household)["overdue_days_max_24m"] == 0
    record_id = number_of(district, household, "overdue_days_max_24m")
    do(district, notice, record_id, noticed_on=DAY, act=ACT)
    assert counting(district, household)["overdue_days_max_24m"] == 45


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_is_public_by_law_and_what_is_said_of_an_entity_counts_without_a_notice(district):
    household, _ = listed(district, noticed=False)
    assert counting(district, household)["judgment_defaulter"] == 1
    entity = district.entity()
    district.observe(entity, {"arrears_count": 2}, noticed=False)
    assert counting(district, entity)["arrears_count"] == 2


@pytest.mark.parametrize(("years", "counts"), [(5, True), (6, False)])
def test_the_years_are_counted_from_the_end_that_was_stated_last(district, years, counts):
    begun = date(DAY.year - 9, DAY.month, DAY.day)
    household, record_id = listed(district, on=begun)
    assert counting(district, household)["judgment_defaulter"] == 1
    do(district, end, record_id, ended_on=date(DAY.year - 7, 1, 1), act=ACT)
    assert "judgment_defaulter" not in counting(district, household)
    do(district, end, record_id, ended_on=date(DAY.year - years, DAY.month, DAY.day), act=ACT)
    assert ("judgment_defaulter" in counting(district, household)) is counts


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_end_or_a_notice_at_an_impossible_time_or_of_a_harmless_record_is_refused(district):
    household, record_id = listed(district)
    for ended_on in (DAY - timedelta(days=1), NEXT):
        with pytest.raises(Invalid, match="it cannot have ended on"):
            do(district, end, record_id, ended_on=ended_on, act=ACT)
    with pytest.raises(Invalid, match="lies after today"):
        do(district, notice, record_id, noticed_on=NEXT, act=ACT)
    harmless = number_of(district, household, "household_size")
    for what in (
        lambda session: end(session, harmless, ended_on=DAY, act=ACT),
        lambda session: notice(session, harmless, noticed_on=DAY, act=ACT),
        lambda session: state(session, district.cipher, harmless, text="说明", rules=RULES, act=ACT),
    ):
        with pytest.raises(Invalid, match="不是不良信息"):
            do(district, what)


def test_a_statement_of_a_hundred_characters_is_kept_sealed_beside_the_record(district):
    household, record_id = listed(district)
    with pytest.raises(Invalid, match="现有 101 字"):
        do(district, state, district.cipher, record_id, text="字" * 101, rules=RULES, act=ACT)
    other = replace(ACT, by="李某13800138000")
    with pytest.raises(Invalid, match=r"^by: 内含"):
        do(district, state, district.cipher, record_id, text="已还清。", rules=RULES, act=other)
    do(district, state, district.cipher, record_id, text="因病住院，已还清。", rules=RULES, act=ACT)
    do(district, state, district.cipher, record_id, text="字" * 100, rules=RULES, act=ACT)
    with reading(district.engine) as session:
        assert statements_of(session, district.cipher, household) == {record_id: "字" * 100}
    assert "字字" not in str(district.rows())


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nothing_is_done_to_a_record_that_is_not_there_or_without_a_document(district):
    with pytest.raises(NotFound, match="no record with the number 99"):
        do(district, correct, 99, value=1, reason="错", act=ACT)
    household, record_id = listed(district)
    with pytest.raises(Conflict, match="nothing to take back"):
        do(district, restore, record_id, reason="误", act=ACT)
    with pytest.raises(Invalid, match="请写明依据文件"):
        do(district, correct, record_id, value=0, reason="错", act=Act(DAY, morning(DAY), "official", " "))
    assert district.rows(RecordEvent)["record_events"] == []
    assert counting(district, household)["judgment_defaulter"] == 1


@pytest.mark.parametrize(
    ("field", "given"),
    [("document", {"document": f"承诺书 {resident(7)}"}), ("by", {"by": "李某13800138000"}), ("reason", {})],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_neither_document_reason_nor_official_of_an_act_is_a_number_of_a_person(district, field, given):
    household, record_id = listed(district)
    reason = "错" if given else f"与 {resident(7)} 混淆"
    with pytest.raises(Invalid, match=f"^{field}: 内含"):
        do(district, correct, record_id, value=0, reason=reason, act=replace(ACT, **given))
    assert district.rows(RecordEvent)["record_events"] == []
    assert counting(district, household)["judgment_defaulter"] == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_adverse_correction_of_an_adverse_record_was_told_when_the_first_one_was(district):
    household = district.household({**GOOD, "overdue_days_max_24m": 45})
    wrong = number_of(district, household, "overdue_days_max_24m")
    event = do(district, correct, wrong, value=10, reason="天数有误", act=ACT)
    assert event.kind is RecordEventKind.CORRECTED
    with reading(district.engine) as session:
        told = session.get_one(AdverseRecord, event.replaced_by)
    assert told.noticed_on == DAY
    assert counting(district, household)["overdue_days_max_24m"] == 10
