"""The loans of the demonstration written to the tables, and their months in the order of the key."""

import numpy as np

from app.jobs.demo.batches import BANK_RETURN, Deliveries
from app.jobs.demo.loans import Loans
from app.jobs.demo.logins import BANK
from app.jobs.demo.order import MONTHS, Ints, Order
from app.jobs.demo.writer import Writer
from app.jobs.progress import Progress

_LENDERS = np.array([BANK, "璧山村镇银行（演示）"], dtype=object)


class LoanBook:
    """Keeps the months of all loans until they can be written month by month."""

    def __init__(self, writer: Writer, order: Order, *, returns: Deliveries) -> None:
        self._writer, self._order, self._returns = writer, order, returns
        self._first, self._update = (each.batches[BANK_RETURN] for each in (returns.first, returns.update))
        self._next_id = self._first_id = writer.next_id("loans", "loan_id")
        self._kept: list[tuple[Ints, Loans]] = []

    @property
    def loan_count(self) -> int:
        """How many loans have been written."""
        return self._next_id - self._first_id

    def add(self, loans: Loans, *, ids: Ints) -> None:
        """Write loans whose owners are positions in `ids`, and keep their months."""
        loan_id = self._next_id + np.arange(len(loans.owner))
        self._next_id += len(loan_id)
        self._kept.append((loan_id, loans))
        self._writer.append(
            "loans",
            {
                "loan_id": loan_id,
                "subject_id": ids[loans.owner],
                "lender": _LENDERS[(loan_id % 5 == 0).astype(int)],
                "granted_on": loans.granted_on,
                "amount_fen": loans.amount_fen,
                "batch_id": np.where(
                    loans.granted_on <= self._order.first_month_ends[-1],
                    self._first,
                    self._update,
                ),
            },
        )

    def append_months(self, progress: Progress) -> int:
        """Write every month-end of every loan, oldest month first; how many."""
        if not self._kept:
            return 0
        loan_id = np.concatenate([each for each, _ in self._kept])
        overdue_days = np.concatenate([loans.overdue_days for _, loans in self._kept])
        balance_fen = np.concatenate([loans.balance_fen for _, loans in self._kept])
        class_code = np.concatenate([loans.class_code for _, loans in self._kept])
        returned_first = len(self._order.first_month_ends)
        for month, month_end_on in enumerate(self._order.month_ends.tolist()):
            progress(month, MONTHS, "贷款月报 loan months")
            there = overdue_days[:, month] >= 0
            delivery = self._returns.first if month < returned_first else self._returns.update
            batch_id = delivery.batches[BANK_RETURN]
            delivery.rows[batch_id] += self._writer.append(
                "loan_months",
                {
                    "month_end_on": month_end_on,
                    "loan_id": loan_id[there],
                    "balance_fen": balance_fen[there, month],
                    "overdue_days": overdue_days[there, month],
                    "class_code": class_code[there, month],
                    "batch_id": batch_id,
                },
            )
        progress(MONTHS, MONTHS, "贷款月报 loan months")
        return sum(self._returns.rows.values())
