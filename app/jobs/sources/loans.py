"""The loans of a bank's return: known by borrower, lender, day and amount, with their month ends."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Integer, select, type_coerce

from app.jobs.imports.cells import BadCell
from app.jobs.imports.report import both
from app.jobs.sources import values
from app.jobs.sources.block import Part
from app.jobs.sources.definition import Field, LoanRule, Period
from app.jobs.sources.matching import NOBODY, Register, among
from app.jobs.sources.values import UNKNOWN_DAY
from app.jobs.sources.writing import Landing
from app.models import Loan, LoanClass, LoanMonth

_CLASSES = [item.label for item in LoanClass]
_REQUIRED = BadCell(both("必填，却是空的", "required, but empty"), fix=both("补填", "fill it in"))
_OTHER = BadCell(
    both("该笔贷款该月末已有不同数据", "this loan has other figures on file for this month"),
    fix=both("经更正程序办理，或删除此行", "ask for a correction, or delete the row"),
)
_EARLIER = BadCell(
    both("发放日期晚于月末", "granted after the end of the month"), fix=both("核对日期", "check both dates")
)

# Borrower, lender, day granted, amount in fen, and which of several alike it is.
Identity = tuple[int, str, int, int, int]
State = tuple[int, int, int]


@dataclass(slots=True)
class LoanMonths:
    """What a return says of loans: identity, month end and state by row, one after the other."""

    sender: str
    _seen: Counter[tuple[int, str, int, int, int]] = field(default_factory=Counter)

    def take(self, part: Part, *, register: Register, landing: Landing | None) -> None:
        """Check the loans of some rows and write those that are new; without a landing only check."""
        rule = part.asked.mapping.loans
        assert rule is not None
        read = _Columns.of(part, rule, sender=self.sender)
        sound = ~part.refused & (part.matches.subject_ids != NOBODY)
        places = np.flatnonzero(sound).tolist()
        rows = [(place, self._identity(part, read, place), read.state(place)) for place in places]
        on_file = _on_file(register, {identity[0] for _, identity, _ in rows})
        months = _months(register, set(on_file.values()), {int(part.days[place]) for place in places})
        new: dict[Identity, None] = {}
        states: list[tuple[Identity, int, State]] = []
        for place, identity, state in rows:
            month = int(part.days[place])
            known = months.get((on_file.get(identity, 0), month))
            if known is not None and known != state:
                part.refuse_row(place, column=rule.balance.name, value="", what=_OTHER)
            elif known is None:
                states.append((identity, month, state))
                if identity not in on_file:
                    new[identity] = None
        if landing is not None and part.report.accepted:
            _write(landing, list(new), on_file, states)
        part.report.loans += len(new)
        part.report.loan_months += len(states)

    def _identity(self, part: Part, read: "_Columns", place: int) -> Identity:
        """The loan of a row; of several alike in one month, the first row is the first loan."""
        alike = (
            int(part.matches.subject_ids[place]),
            read.lenders[place] or self.sender,
            int(read.granted[place]),
            int(read.amounts[place]),
        )
        counted = (*alike, int(part.days[place]))
        self._seen[counted] += 1
        return (*alike, self._seen[counted])


@dataclass(frozen=True, slots=True)
class _Columns:
    lenders: list[str | None]
    granted: NDArray[np.int64]
    amounts: NDArray[np.float64]
    balances: NDArray[np.float64]
    overdue: NDArray[np.float64]
    classes: NDArray[np.float64]

    @classmethod
    def of(cls, part: Part, rule: LoanRule, *, sender: str) -> "_Columns":
        on = part.asked.on
        granted = values.read_days(part.cells(rule.granted_on) or [], Period.DAY, on=on)
        part.refuse(rule.granted_on, part.cells(rule.granted_on) or [], granted.bad)
        _refuse_missing(part, rule.granted_on, granted.days == UNKNOWN_DAY, granted.bad)
        for place in np.flatnonzero((granted.days != UNKNOWN_DAY) & (granted.days > part.days)).tolist():
            part.refuse_row(place, column=rule.granted_on.name, value="", what=_EARLIER)
        lenders = [sender] * len(part) if rule.lender is None else part.texts(rule.lender)
        return cls(
            [lender[:64] if lender else None for lender in lenders],
            granted.days,
            _numbers(part, rule.amount, lambda raws: values.read_amount(raws, rule, on=on)),
            _numbers(part, rule.balance, lambda raws: values.read_amount(raws, rule, on=on)),
            _numbers(part, rule.overdue_days, lambda raws: values.read_count(raws, on=on)),
            _numbers(
                part,
                rule.class_code,
                lambda raws: values.read_words(raws, rule.classes, listed=_CLASSES, on=on),
            ),
        )

    def state(self, place: int) -> State:
        return int(self.balances[place]), int(self.overdue[place]), int(self.classes[place])


def _numbers(part: Part, wanted: Field, read: Any) -> NDArray[np.float64]:
    raws = part.cells(wanted) or []
    found: values.Values = read(raws)
    part.refuse(wanted, raws, found.bad)
    _refuse_missing(part, wanted, np.isnan(found.numbers), found.bad)
    return found.numbers


def _refuse_missing(part: Part, wanted: Field, missing: NDArray[np.bool_], bad: dict[int, BadCell]) -> None:
    for place in np.flatnonzero(missing).tolist():
        if place not in bad:
            part.refuse_row(place, column=wanted.name, value="", what=_REQUIRED)


def _on_file(register: Register, subject_ids: set[int]) -> dict[Identity, int]:
    found: dict[Identity, int] = {}
    alike: Counter[tuple[int, str, int, int]] = Counter()
    rows = register.session.execute(
        select(
            Loan.loan_id, Loan.subject_id, Loan.lender, type_coerce(Loan.granted_on, Integer), Loan.amount_fen
        )
        .where(among(register.session, Loan.subject_id, subject_ids))
        .order_by(Loan.loan_id)
    )
    for loan_id, subject_id, lender, granted_on, amount_fen in rows:
        key = (subject_id, lender, granted_on, amount_fen)
        alike[key] += 1
        found[(*key, alike[key])] = loan_id
    return found


def _months(register: Register, loan_ids: set[int], days: set[int]) -> dict[tuple[int, int], State]:
    month = type_coerce(LoanMonth.month_end_on, Integer)
    rows = register.session.execute(
        select(
            LoanMonth.loan_id, month, LoanMonth.balance_fen, LoanMonth.overdue_days, LoanMonth.class_code
        ).where(month.in_(days), among(register.session, LoanMonth.loan_id, loan_ids))
    )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}


def _write(
    landing: Landing,
    new: list[Identity],
    on_file: dict[Identity, int],
    states: list[tuple[Identity, int, State]],
) -> None:
    ids = landing.take_ids("loans", count=len(new)).tolist() if new else []
    loans = on_file | dict(zip(new, ids, strict=True))
    if new:
        landing.append(
            "loans",
            {
                "loan_id": ids,
                "subject_id": [each[0] for each in new],
                "lender": [each[1] for each in new],
                "granted_on": [each[2] for each in new],
                "amount_fen": [each[3] for each in new],
                "batch_id": landing.batch.batch_id,
            },
        )
    if states:
        landing.append(
            "loan_months",
            {
                "month_end_on": [month for _, month, _ in states],
                "loan_id": [loans[identity] for identity, _, _ in states],
                "balance_fen": [state[0] for _, _, state in states],
                "overdue_days": [state[1] for _, _, state in states],
                "class_code": [state[2] for _, _, state in states],
                "batch_id": landing.batch.batch_id,
            },
        )
