"""Consents: what is kept, what is withdrawn, and every row that is refused."""

from datetime import date

import openpyxl
import pytest
from sqlalchemy import select

from app.db import Session, transaction
from app.errors import Invalid
from app.jobs.imports import ImportKind, write_template
from app.models import (
    Consent,
    ConsentChannel,
    ConsentKind,
    ConsentWithdrawal,
    Organisation,
    OrganisationKind,
    Purpose,
)
from tests.jobs.imports.conftest import ENTITY_HEADER, HOUSEHOLD_HEADER, entity, household
from tests.numbers import credit_code, resident

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
HEADER = [
    "户号", "身份证号", "统一社会信用代码", "授权类型", "是否同意", "授权书编号", "指标范围", "被授权机构",
    "用途", "生效日期", "截止日期", "方式", "凭证", "撤回日期",
]  # fmt: skip
INQUIRY = {"kind": "查询授权", "organisation": "bank", "purpose": "贷前审查"}


def consent(reference="授权书 1", **changed):
    """A row of the sheet: household 1 agrees to the collection of everything restricted."""
    row = {
        "no": "H00001",
        "person": "",
        "uscc": "",
        "kind": "限制类信息采集",
        "agreed": "是",
        "reference": reference,
        "facts": "",
        "organisation": "",
        "purpose": "",
        "from": "2026-01-01",
        "to": "2029-01-01",
        "channel": "纸质签字",
        "evidence": "演示档案柜 3-12",
        "withdrawn": "",
    }
    assert not changed.keys() - row.keys()
    return list((row | changed).values())


def withdrawal(reference="授权书 1", **changed):
    """A row that only withdraws."""
    said = {
        "kind": "",
        "agreed": "",
        "from": "",
        "to": "",
        "channel": "柜面办理",
        "evidence": "演示撤回书",
    }
    return consent(reference, **said | {"withdrawn": "2026-06-01"} | changed)


@pytest.fixture
def desk(desk):
    """A desk with a bank, two households and an entity on file."""
    with transaction(desk.engine) as session:
        session.add(Organisation(code="bank", name="演示银行（合成）", kind=OrganisationKind.BANK))
    desk.bring([HOUSEHOLD_HEADER, household(1), household(2)], "households")
    desk.bring([ENTITY_HEADER, entity(1)], "entities")
    return desk


def bring(desk, *rows):
    """Import a sheet of consents."""
    return desk.bring([HEADER, *rows], "consents")


def kept(desk):
    """Every consent on file with the day it was withdrawn."""
    with Session(desk.engine) as session:
        pairs = select(Consent, ConsentWithdrawal.withdrawn_on).outerjoin(
            ConsentWithdrawal, ConsentWithdrawal.consent_id == Consent.consent_id
        )
        return [(given, day) for given, day in session.execute(pairs.order_by(Consent.consent_id))]


def found(report):
    """Where the errors of a report are, and why."""
    return [(error.row, error.column, error.reason) for error in report.errors]


def test_a_consent_to_collection_lands_with_its_facts_term_and_paper(desk):
    report = bring(desk, consent(facts="家庭年收入、负债总额"))
    assert (found(report), report.added, report.changed) == ([], 1, 0)
    [(given, withdrawn_on)] = kept(desk)
    assert (given.kind, given.agreed, given.facts) == (
        ConsentKind.COLLECTION,
        True,
        ["annual_income_fen", "debt_fen"],
    )
    assert (given.effective_from, given.effective_to) == (date(2026, 1, 1), date(2029, 1, 1))
    assert (given.channel, given.evidence) == (ConsentChannel.PAPER, "演示档案柜 3-12")
    assert (given.organisation_id, given.purpose, given.recorded_by, withdrawn_on) == (
        None,
        None,
        "test",
        None,
    )


def test_consents_of_every_kind_and_subject_land_in_one_file(desk):
    by_person = {"no": "", "person": resident(2)}
    by_code = {"no": "", "uscc": credit_code(1)}
    report = bring(
        desk,
        consent("1", **INQUIRY, to=""),
        consent("1", kind="建档评级", agreed="否", **by_person),
        consent("1", **INQUIRY, **by_code),
    )
    assert (found(report), report.added) == ([], 3)
    stored = kept(desk)
    assert len({given.subject_id for given, _ in stored}) == 3
    assert [(given.kind, given.agreed, given.purpose) for given, _ in stored] == [
        (ConsentKind.INQUIRY, True, Purpose.PRE_LOAN),
        (ConsentKind.RATING, False, None),
        (ConsentKind.INQUIRY, True, Purpose.PRE_LOAN),
    ]
    assert (stored[0][0].effective_to, stored[0][0].organisation_id) == (None, 1)


def test_a_withdrawal_ends_the_consent_on_file_and_leaves_it_as_it_was(desk):
    bring(desk, consent(), consent("授权书 2"))
    report = bring(desk, withdrawal())
    assert (found(report), report.added, report.changed) == ([], 0, 1)
    assert [(given.reference, given.evidence, day) for given, day in kept(desk)] == [
        ("授权书 1", "演示档案柜 3-12", date(2026, 6, 1)),
        ("授权书 2", "演示档案柜 3-12", None),
    ]
    with Session(desk.engine) as session:
        [made] = session.scalars(select(ConsentWithdrawal))
    assert (made.channel, made.evidence) == (ConsentChannel.COUNTER, "演示撤回书")


@on_sqlite
def test_a_consent_may_be_given_and_withdrawn_in_one_row(desk):
    row = consent(withdrawn="2026-06-01")
    assert (bring(desk, row).added, kept(desk)[0][1]) == (1, date(2026, 6, 1))
    again = bring(desk, row, consent("授权书 2"))
    assert (found(again), again.added, again.changed) == ([], 1, 0)


@on_sqlite
def test_the_same_file_again_and_the_same_rows_again_change_nothing(desk):
    rows = (consent(), consent("2", **INQUIRY), consent("3", facts="负债总额、家庭年收入"))
    bring(desk, *rows)
    bring(desk, withdrawal(), withdrawal("2", **INQUIRY))
    before = desk.counts() | {"batches": 0}
    assert bring(desk, withdrawal(), withdrawal("2", **INQUIRY)).already_imported
    again = bring(
        desk, *rows[:2], consent("3", facts="家庭年收入，负债总额，负债总额"), consent("4", no="H00002")
    )
    assert (found(again), again.accepted, again.added, again.changed) == ([], 4, 1, 0)
    assert desk.counts() | {"batches": 0} == before | {"consents": before["consents"] + 1}


@on_sqlite
@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "建档评级"},
        {"agreed": "否"},
        {"facts": "家庭年收入"},
        {"from": "2026-01-02"},
        {"to": ""},
        {"channel": "线上办理"},
        {"evidence": "别处"},
    ],
    ids=str,
)
def test_another_content_under_the_same_subject_and_number_is_refused(desk, changed):
    bring(desk, consent())
    report = bring(desk, consent(**changed))
    assert [(row, column) for row, column, _ in found(report)] == [(2, "授权书编号")]
    assert "内容不同" in report.errors[0].reason


@on_sqlite
def test_two_subjects_may_have_papers_of_the_same_number(desk):
    bring(desk, consent())
    assert bring(desk, consent(no="H00002", to="")).added == 1


@on_sqlite
def test_one_number_of_one_subject_stands_once_in_a_file(desk):
    report = bring(desk, consent(), consent(no="", person=resident(1), agreed="否"))
    assert [(row, column) for row, column, _ in found(report)] == [(3, "授权书编号")]
    assert "第 2 行重复" in report.errors[0].reason


@on_sqlite
@pytest.mark.parametrize(
    ("changed", "column", "reason"),
    [
        ({"kind": ""}, "授权类型", "必填"),
        ({"kind": "口头同意"}, "授权类型", "不在可选范围内"),
        ({"agreed": ""}, "是否同意", "必填"),
        ({"reference": ""}, "授权书编号", "必填"),
        ({"reference": "长" * 65}, "授权书编号", "超过 64"),
        ({"from": ""}, "生效日期", "必填"),
        ({"from": "2026-12-02"}, "生效日期", "晚于今天"),
        ({"to": "2026-01-01"}, "截止日期", "不晚于生效日期 2026-01-01"),
        ({"channel": "历史登记"}, "方式", "不在可选范围内"),
        ({"evidence": ""}, "凭证", "必填"),
        ({"evidence": f"档案柜 {resident(9)}"}, "凭证", "内含居民身份证号"),
        ({"evidence": "张某 138 0013 8000"}, "凭证", "内含手机号码"),
        ({"reference": f"授权书 {resident(9)}"}, "授权书编号", "内含居民身份证号"),
        ({"withdrawn": "2025-12-31"}, "撤回日期", "早于生效日期"),
        ({"withdrawn": "2026-12-02"}, "撤回日期", "晚于今天"),
        ({"agreed": "否", "withdrawn": "2026-06-01"}, "撤回日期", "拒绝不能撤回"),
        ({"facts": "家庭年收入、宗教"}, "指标范围", "不是限制类指标：宗教"),
        ({"facts": "经营土地面积"}, "指标范围", "不是限制类指标：经营土地面积"),
        ({"organisation": "bank"}, "被授权机构", "限制类信息采集不填此列"),
        ({"purpose": "贷前审查"}, "用途", "限制类信息采集不填此列"),
        ({**INQUIRY, "facts": "家庭年收入"}, "指标范围", "查询授权不填此列"),
        ({**INQUIRY, "organisation": ""}, "被授权机构", "必填"),
        ({**INQUIRY, "purpose": ""}, "用途", "必填"),
        ({**INQUIRY, "purpose": "", "withdrawn": "2026-06-01"}, "用途", "必填"),
        ({**INQUIRY, "organisation": "shop"}, "被授权机构", "没有这个机构代码"),
        ({"no": "H00099"}, "户号", "查无此主体"),
        ({"no": ""}, "户号", "没有写明"),
        ({"person": resident(2)}, "身份证号", "与档案不符"),
        ({"uscc": credit_code(1)}, "统一社会信用代码", "两个主体"),
        ({"no": "", "uscc": credit_code(2)}, "统一社会信用代码", "查无此主体"),
    ],
    ids=str,
)
def test_a_bad_row_is_refused_where_it_is_wrong_and_the_file_lands_nowhere(desk, changed, column, reason):
    report = bring(desk, consent("2", no="H00002"), consent(**changed))
    assert [(row, column) for row, column, _ in found(report)] == [(3, column)]
    assert reason in report.errors[0].reason
    assert kept(desk) == []


@on_sqlite
def test_all_errors_of_a_file_are_told_at_once(desk):
    report = bring(desk, consent(kind="", to="never"), consent("2", no="H00099", agreed=""), withdrawal("3"))
    assert [(row, column) for row, column, _ in found(report)] == [
        (2, "截止日期"), (2, "授权类型"), (3, "户号"), (3, "是否同意"), (4, "授权书编号"),
    ]  # fmt: skip


@on_sqlite
@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (withdrawal(withdrawn="2026-06-02"), "撤回日期", "已于 2026-06-01 撤回"),
        (withdrawal(evidence="另一份"), "撤回日期", "已于 2026-06-01 撤回"),
        (withdrawal("2", withdrawn="2025-12-31"), "撤回日期", "早于生效日期 2026-01-01"),
        (withdrawal("2", kind="建档评级"), "授权书编号", "内容不同"),
        (withdrawal("refused"), "撤回日期", "拒绝不能撤回"),
        (withdrawal("none"), "授权书编号", "没有登记这份授权书"),
        (withdrawal(no="H00002"), "授权书编号", "没有登记这份授权书"),
    ],
)
def test_only_what_the_subject_agreed_to_is_withdrawn_and_once(desk, row, column, reason):
    bring(desk, consent(), consent("2"), consent("refused", agreed="否"))
    bring(desk, withdrawal())
    report = bring(desk, row)
    assert [(row, column) for row, column, _ in found(report)] == [(2, column)]
    assert reason in report.errors[0].reason


@on_sqlite
def test_a_consent_imported_here_lets_restricted_facts_in(desk):
    header = ["户号", "观察日期", "书面同意编号", "家庭年收入（元）"]
    row = ["H00001", "2026-06-01", "授权书 1", 80_000]
    assert len(desk.bring([header, row], "observations").errors) == 1
    bring(desk, consent())
    assert desk.bring([header, row], "observations").errors == []


@on_sqlite
def test_a_filled_template_imports_cleanly(desk):
    path = desk.folder / "consents.xlsx"
    write_template(ImportKind.CONSENTS, path)
    book = openpyxl.load_workbook(path)
    book["授权书"].append(consent())
    book.save(path)
    report = desk.run(path, "consents")
    assert (found(report), report.added) == ([], 1)


@on_sqlite
def test_no_error_shows_a_whole_number_of_a_person(desk):
    report = bring(desk, consent(no="", person=resident(9)))
    assert "查无此主体" in report.errors[0].reason
    assert resident(9) not in "".join(report.lines())
    far = bring(
        desk, consent(evidence=f"大兴镇便民服务中心二楼东侧档案室第三排铁皮柜 {resident(9)} 13800138000")
    )
    assert not any(part in "".join(far.lines()) for part in (resident(9)[:14], "13800138000"))


@on_sqlite
def test_the_name_of_a_file_is_not_the_number_of_a_person(desk):
    content = {"表": [HEADER, consent()]}
    with pytest.raises(Invalid, match=r"^file_name: 内含居民身份证号"):
        desk.run(desk.workbook(content, name=f"{resident(9)}.xlsx"), "consents")
    assert kept(desk) == []
