"""Rows that fit nobody wait, sealed, for somebody who knows whose they are."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.db import Session
from app.errors import Conflict, Invalid, NotFound
from app.jobs.sources import SourceReport, content_of_waiting, decide, waiting_rows
from app.models import AdverseRecord, Batch, QuarantinedRow, Record, SourceRow
from tests.district import OTHER_VILLAGE, VILLAGE
from tests.jobs.sources.conftest import MAPPINGS, TODAY, Desk
from tests.numbers import resident

LATER = datetime(2026, 12, 2, 2, tzinfo=UTC)
LAND = ["身份证号", "承包方代表", "所在村", "登记日期", "确权面积（亩）", "权证状态", "联系电话"]
SUBSIDY = ["身份证号", "发放流水号", "年度", "补贴金额（元）", "发放状态"]


def settle(desk: Desk, number: int, subject_id: int | None, **changed: Any) -> SourceReport:
    """Decide on a waiting row."""
    asked: dict[str, Any] = {"mappings": MAPPINGS, "on": TODAY, "at": LATER, "by": "officer"} | changed
    return decide(desk.district.engine, desk.district.cipher, number, subject_id=subject_id, **asked)


def waiting(desk: Desk) -> list[int]:
    """The numbers of the rows that wait."""
    return [row.quarantined_row_id for row in waiting_rows(desk.district.engine).rows]


def quarantined(desk: Desk, *, name: str = "王建国", village: str = "大兴镇长隆村") -> int:
    """A row about a number nobody has; its number in the quarantine."""
    row = [resident(900), name, village, "2026-06-30", "3.5", "有效", "13800000000"]
    assert desk.deliver(desk.csv(LAND, row), "land_right").quarantined == 1
    return waiting(desk)[0]


def test_a_row_that_fits_nobody_waits_and_is_never_given_to_a_namesake(desk: Desk) -> None:
    namesake = desk.district.household({}, name="王建国")
    number = quarantined(desk)
    assert desk.records() == []
    assert waiting_rows(desk.district.engine).rows[0].candidates == [
        {"subject_id": namesake, "similarity": 100}
    ]
    assert waiting_rows(desk.district.engine, source="subsidy").rows == []
    assert waiting(desk) == [number]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_candidates_live_in_the_village_of_the_row_and_come_near_by_name(desk: Desk) -> None:
    near = desk.district.household({}, name="王建国", code=VILLAGE)
    desk.district.household({}, name="李秀英", code=VILLAGE)
    desk.district.household({}, name="王建国", code=OTHER_VILLAGE)
    quarantined(desk, name="王建囯")
    found = waiting_rows(desk.district.engine).rows[0].candidates
    assert [each["subject_id"] for each in found] == [near]


def test_what_a_waiting_row_says_is_sealed_and_holds_only_what_the_mapping_reads(desk: Desk) -> None:
    number = quarantined(desk)
    with Session(desk.district.engine) as session:
        row = session.get_one(QuarantinedRow, number)
        assert resident(900).encode() not in row.content_cipher
    said = content_of_waiting(desk.district.engine, desk.district.cipher, number)
    assert (said["身份证号"], "联系电话" in said) == (resident(900), False)
    assert "王建国" not in "".join(waiting_rows(desk.district.engine).lines())


def test_a_decision_delivers_the_row_as_known_from_that_day(desk: Desk) -> None:
    number, household = quarantined(desk), desk.district.household({})
    settle(desk, number, household)
    assert desk.records(household) == [("confirmed_land_mu", 3.5, date(2026, 6, 30), 2)]
    with Session(desk.district.engine) as session:
        batch = session.get_one(Batch, session.query(Record).one().batch_id)
        assert (batch.recorded_at, batch.recorded_by, batch.file_name) == (LATER, "officer", "form.csv")
    assert waiting(desk) == []


def test_a_row_that_is_nobodys_leaves_no_record(desk: Desk) -> None:
    settle(desk, quarantined(desk), None)
    assert (desk.records(), waiting(desk)) == ([], [])


def test_nobody_decides_twice(desk: Desk) -> None:
    number = quarantined(desk)
    settle(desk, number, None)
    with pytest.raises(Conflict, match="has been decided on"):
        settle(desk, number, desk.district.household({}))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_land_of_a_household_is_not_given_to_an_entity(desk: Desk) -> None:
    number = quarantined(desk)
    with pytest.raises(Invalid, match="is no household"):
        settle(desk, number, desk.district.entity({}))
    assert waiting(desk) == [number]


def test_a_payment_found_later_is_added_to_the_others_of_its_year(desk: Desk) -> None:
    household = desk.district.household({})
    paid = [
        [resident(household), "S1", "2025", "100", "成功"],
        [resident(901), "S2", "2025", "20.5", "成功"],
        [resident(household), "S3", "2025", "3", "成功"],
        [resident(901), "S4", "2025", "0.01", "成功"],
    ]
    desk.deliver(desk.csv(SUBSIDY, *paid), "subsidy")
    for number in waiting(desk):
        settle(desk, number, household)
    assert [value for _, value, _, _ in desk.records(household)] == [10_300, 12_350, 12_351]
    with Session(desk.district.engine) as session:
        last = session.query(Record).order_by(Record.record_id.desc()).first()
        assert last is not None
        rows = session.query(SourceRow.source_row_no).filter_by(batch_id=last.batch_id, row_no=last.row_no)
        assert sorted(row for (row,) in rows) == [2, 3, 4, 5]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_adverse_row_found_later_takes_its_days_along(desk: Desk) -> None:
    household = desk.district.household({})
    header = ["借款人身份证号", "借据号", "报告月份", "贷款机构", "发放日期", "借款金额", "贷款余额",
     "逾期天数",
              "五级分类", "逾期告知日期", "逾期结清日期"]  # fmt: skip
    row = [resident(902), "L1", "2026-10", "演示银行", "2024-01-05", "50000", "20000", "12", "关注",
           "2026-09-10", "2026-11-20"]  # fmt: skip
    desk.deliver(desk.csv(header, row), "bank_return")
    assert settle(desk, waiting(desk)[0], household).loan_months == 1
    with Session(desk.district.engine) as session:
        found = session.query(AdverseRecord).one()
        assert (found.ended_on, found.noticed_on) == (date(2026, 11, 20), date(2026, 9, 10))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_whoever_decides_cannot_get_round_a_consent(desk: Desk) -> None:
    header = ["店铺编号", "店主身份证号", "统计月份", "年交易额（元）", "授权书编号"]
    desk.deliver(desk.csv(header, ["E1", resident(903), "2026-10", "100", "SQ-1"]), "e_commerce")
    with pytest.raises(Invalid, match="the row goes on waiting"):
        settle(desk, waiting(desk)[0], desk.district.household({}))
    assert (len(waiting(desk)), desk.records()) == (1, [])


def test_what_is_not_there_cannot_be_decided_on(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no quarantined row 77"):
        settle(desk, 77, None)
    with pytest.raises(Conflict, match="restore its file"):
        settle(desk, quarantined(desk), desk.district.household({}), mappings={})
