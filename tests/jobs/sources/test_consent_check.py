"""Restricted facts come only with a written consent of the subject that covers them (article 14)."""

from datetime import date

import pytest

from app.db import Session, transaction
from app.jobs.sources import SourceReport
from app.models import Consent, ConsentChannel, ConsentKind, WrittenConsent
from tests.jobs.sources.conftest import NOW, Desk
from tests.numbers import resident

HEADER = ["店铺编号", "店主身份证号", "统计月份", "年交易额（元）", "授权书编号"]


def agree(
    desk: Desk, subject_id: int, reference: str, *, facts: list[str], first: date = date(2026, 1, 1)
) -> None:
    """A written consent on file."""
    with transaction(desk.district.engine) as session:
        session.add(
            Consent(
                subject_id=subject_id,
                kind=ConsentKind.COLLECTION,
                agreed=True,
                facts=facts,
                reference=reference,
                effective_from=first,
                effective_to=None,
                channel=ConsentChannel.PAPER,
                evidence="授权书",
                recorded_at=NOW,
                recorded_by="test",
            )
        )


def sell(desk: Desk, *shops: tuple[int, str]) -> SourceReport:
    """A return of turnover: household and the number of its consent, a row a shop."""
    rows = [
        [f"E{shop}", resident(subject_id), "2026-10", "100", reference]
        for shop, (subject_id, reference) in enumerate(shops)
    ]
    return desk.deliver(desk.csv(HEADER, *rows), "e_commerce")


def test_turnover_with_a_consent_is_recorded_with_it(desk: Desk) -> None:
    household = desk.district.household({})
    agree(desk, household, "SQ-1", facts=["online_sales_fen"])
    assert sell(desk, (household, "SQ-1"), (household, "SQ-1")).added == 1
    assert [value for _, value, _, _ in desk.records(household)] == [20_000]
    with Session(desk.district.engine) as session:
        kept = session.query(WrittenConsent).one()
        assert (kept.row_no, kept.subject_id) == (2, household)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("reference", "facts", "first", "reason"),
    [
        ("", ["online_sales_fen"], date(2026, 1, 1), "未取得书面同意"),
        ("SQ-9", ["online_sales_fen"], date(2026, 1, 1), "没有登记这份授权书"),
        ("SQ-1", ["annual_income_fen"], date(2026, 1, 1), "授权书不含此项"),
        ("SQ-1", ["online_sales_fen"], date(2026, 11, 1), "当日未生效"),
    ],
)
def test_without_a_covering_consent_nothing_is_collected(
    desk: Desk, reference: str, facts: list[str], first: date, reason: str
) -> None:
    household = desk.district.household({})
    agree(desk, household, "SQ-1", facts=facts, first=first)
    report = sell(desk, (household, reference))
    assert [(error.row, error.column) for error in report.errors] == [(2, "授权书编号")]
    assert reason in report.errors[0].reason
    assert desk.records() == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_consent_of_a_neighbour_does_not_count(desk: Desk) -> None:
    household, neighbour = desk.district.household({}), desk.district.household({})
    agree(desk, neighbour, "SQ-1", facts=[])
    assert sell(desk, (household, "SQ-1")).error_count == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_one_sum_cannot_rest_on_two_consents(desk: Desk) -> None:
    household = desk.district.household({})
    for reference in ("SQ-1", "SQ-2"):
        agree(desk, household, reference, facts=[])
    report = sell(desk, (household, "SQ-1"), (household, "SQ-2"))
    assert [(error.row, "不同的授权书" in error.reason) for error in report.errors] == [(3, True)]
