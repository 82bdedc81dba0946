"""A bank's monthly return: every loan once, every month end once."""

from app.db import Session
from app.jobs.sources import SourceReport
from app.models import Loan, LoanMonth
from tests.jobs.sources.conftest import Desk
from tests.numbers import resident

HEADER = [
    "借据号",
    "借款人身份证号",
    "报告月份",
    "贷款机构",
    "发放日期",
    "贷款金额（元）",
    "贷款余额（元）",
    "逾期天数",
    "五级分类",
]


def loan(desk: Desk, subject_id: int, *months: str, number: str = "L1", **changed: str) -> SourceReport:
    """A return with one row a month about one loan."""
    row = {
        "lender": "演示银行", "granted": "2024-01-05", "amount": "50000", "balance": "20000",
        "overdue": "0", "class": "正常",
    } | changed  # fmt: skip
    rows = [[f"{number}-{month}", resident(subject_id), month, *row.values()] for month in months]
    return desk.deliver(desk.csv(HEADER, *rows), "bank_return")


def states(desk: Desk) -> list[tuple[int, int, int, int]]:
    """Loan, balance, days overdue and class of each month end."""
    with Session(desk.district.engine) as session:
        months = session.query(LoanMonth).order_by(LoanMonth.month_end_on, LoanMonth.loan_id)
        return [(row.loan_id, row.balance_fen, row.overdue_days, row.class_code) for row in months]


def test_a_loan_of_several_months_is_one_loan(desk: Desk) -> None:
    household = desk.district.household({})
    loan(desk, household, "2026-09")
    report = loan(desk, household, "2026-10", balance="10000", overdue="40", **{"class": "次级"})
    assert (report.loans, report.loan_months) == (0, 1)
    assert desk.count(Loan) == 1
    assert [state[1:] for state in states(desk)] == [(2_000_000, 0, 1), (1_000_000, 40, 3)]


def test_two_loans_alike_in_one_month_are_two_loans_in_every_month(desk: Desk) -> None:
    household = desk.district.household({})
    for month in ("2026-09", "2026-10"):
        row = ["演示银行", "2024-01-05", "50000", "20000", "0", "正常"]
        rows = [[f"{number}-{month}", resident(household), month, *row] for number in ("L1", "L2")]
        desk.deliver(desk.csv(HEADER, *rows), "bank_return")
    assert (desk.count(Loan), desk.count(LoanMonth)) == (2, 4)


def test_a_month_on_file_is_not_overwritten(desk: Desk) -> None:
    household = desk.district.household({})
    loan(desk, household, "2026-10")
    report = loan(desk, household, "2026-10", balance="19000")
    assert [(error.row, error.column) for error in report.errors] == [(2, "贷款余额（元）")]
    assert [state[1] for state in states(desk)] == [2_000_000]


def test_what_is_missing_or_impossible_in_a_loan_is_an_error(desk: Desk) -> None:
    household = desk.district.household({})
    report = loan(
        desk, household, "2026-10", granted="2026-11-05", amount="", overdue="-1", **{"class": "好"}
    )
    assert {error.column for error in report.errors} == {"发放日期", "贷款金额（元）", "逾期天数", "五级分类"}
    assert desk.count(Loan) == 0
