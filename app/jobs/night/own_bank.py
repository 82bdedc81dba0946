"""The average of the banks that lend in a place: what a village or town may be held against (REQ-102)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import numpy as np
from sqlalchemy import case, func, select

from app.db import Session
from app.jobs.night.places import Counts, District
from app.jobs.night.reading import Extent
from app.models import Loan, LoanMonth, Subject


def own_bank_npl_shares(
    session: Session, month: date | None, *, district: District, until: Extent
) -> tuple[Counts, Counts]:
    """Of every unit and every town, the share of bad loans its banks have in the whole district.

    Where several banks lend, each counts by what it has lent there; where nobody lends, it is unknown (NaN).
    """
    balances, averages = _read(session, month, district=district, until=until)
    size = len(district.units)
    lent, expected = np.zeros(size), np.zeros(size)
    for lender, column in balances.items():
        lent += column
        expected += column * averages[lender]
    towns = [
        np.bincount(district.town_of_unit, weights=column, minlength=len(district.towns)).astype(float)
        for column in (lent, expected)
    ]
    return _share(expected, lent), _share(towns[1], towns[0])


def _read(
    session: Session, month: date | None, *, district: District, until: Extent
) -> tuple[Mapping[str, Counts], Mapping[str, float]]:
    """What each bank has lent in each unit, and its own share of bad loans in the district."""
    positions = district.unit_positions
    balances: dict[str, Counts] = defaultdict(lambda: np.zeros(len(district.units)))
    bad: dict[str, float] = defaultdict(float)
    bad_fen = case((LoanMonth.class_code >= 3, LoanMonth.balance_fen), else_=0)
    rows = (
        select(Subject.place_id, Loan.lender, func.sum(LoanMonth.balance_fen), func.sum(bad_fen))
        .join(Loan, Loan.loan_id == LoanMonth.loan_id)
        .join(Subject, Subject.subject_id == Loan.subject_id)
        .where(LoanMonth.month_end_on == month)
        .group_by(Subject.place_id, Loan.lender)
    )
    if until.late_batches:
        rows = rows.where(LoanMonth.batch_id.not_in(until.late_batches))
    for place_id, lender, balance, bad_balance in session.execute(rows):
        if place_id in positions:
            balances[lender][positions[place_id]] += float(balance)
            bad[lender] += float(bad_balance)
    averages = {
        lender: bad[lender] / column.sum() if column.sum() > 0 else 0.0 for lender, column in balances.items()
    }
    return balances, averages


def _share(part: Counts, whole: Counts) -> Counts:
    return part / np.where(whole > 0, whole, np.nan)
