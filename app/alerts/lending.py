"""Inquiries before a loan that no loan followed; where a lender cannot be told, nothing is alleged."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from app.alerts.columns import Circumstances, Finding, Flags, Inquiries, Ints, Loans, midnight, numbered
from app.alerts.rules import AlertRules
from app.models import InquiryOutcome, epoch_day

RULE = "no_loan_afterwards"
_DAYS = 1 << 20
_LONG_BEFORE = -_DAYS


def no_loan_afterwards(
    inquiries: Inquiries, rules: AlertRules, beside: Circumstances, *, first: date, on: date
) -> Iterator[Finding]:
    """The users of whose inquiries of a month too many were followed by no loan of their own bank.

    A month is judged on the day its last loans must have been reported, once.
    """
    answered = inquiries.of_outcomes(InquiryOutcome.ANSWERED, InquiryOutcome.UNRATED)
    chosen = answered & inquiries.of_purposes(rules.rules[RULE].purposes) & (inquiries.subject > 0)
    if rules.rules[RULE].persons_only:
        chosen &= inquiries.by_person
    asked = inquiries.only(chosen)
    for begin, end in months_due(rules, first=first, on=on):
        in_month = (asked.day >= epoch_day(begin)) & (asked.day < epoch_day(end))
        yield from _of_month(asked.only(in_month), rules, beside, begin=begin, end=end)


def months_due(rules: AlertRules, *, first: date, on: date) -> list[tuple[date, date]]:
    """The months (first day, first day of the next) that are judged on the days from `first` to `on`."""
    wait = timedelta(days=int(rules.limit(RULE, "days") + rules.limit(RULE, "report_days")))
    found, end = [], (first - wait).replace(day=1)
    while end + wait <= on:
        if end + wait >= first:
            found.append(((end - timedelta(days=1)).replace(day=1), end))
        end = (end + timedelta(days=32)).replace(day=1)
    return found


def _of_month(
    asked: Inquiries, rules: AlertRules, beside: Circumstances, *, begin: date, end: date
) -> Iterator[Finding]:
    share, least = rules.limit(RULE, "share_above"), rules.limit(RULE, "subjects_least")
    days = int(rules.limit(RULE, "days"))
    _, rows = np.unique(numbered(asked.user, asked.subject), return_index=True)
    once = asked.only(rows)
    followed, known = _followed(once, beside, days=days)
    for user in np.unique(once.user[known]):
        of_user = known & (once.user == user)
        judged, without = np.count_nonzero(of_user), np.count_nonzero(of_user & ~followed)
        if judged >= least and without > share * judged:
            yield Finding(
                rule=RULE,
                user_id=int(user),
                organisation_id=int(once.organisation[of_user][0]),
                window_from=midnight(epoch_day(begin)),
                window_to=midnight(epoch_day(end)),
                inquiry_count=int(np.count_nonzero(asked.user == user)),
                detail={
                    "subjects": int(judged), "without_loan": int(without), "share_above": share,
                    "unknown": int(np.count_nonzero((once.user == user) & ~known)),
                },
            )  # fmt: skip


def _followed(asked: Inquiries, beside: Circumstances, *, days: int) -> tuple[Flags, Flags]:
    """Which inquiries a loan of the asker's bank followed within days, and of which that can be told.

    It cannot where the bank has no loan on file, where its loans on file end before the term, and where
    the subject got a loan of a lender whose name fits no organisation.
    """
    loans = beside.loans
    lender = np.array([beside.lenders.get(int(each), 0) for each in asked.organisation], dtype=np.int64)
    followed = _granted(asked, lender, loans, days=days)
    unnamed = _granted(asked, np.zeros_like(lender), loans, days=days)
    until = {int(each): int(loans.granted[loans.lender == each].max()) for each in np.unique(loans.lender)}
    reported = np.array([until.get(int(each), _LONG_BEFORE) for each in lender], dtype=np.int64)
    known = (lender > 0) & (followed | ((asked.day + days <= reported) & ~unnamed))
    return followed & (lender > 0), known


def _granted(asked: Inquiries, lender: Ints, loans: Loans, *, days: int) -> Flags:
    """Whether the lender granted the subject a loan from the day of the inquiry to the end of the term."""
    both = numbered(np.concatenate([loans.lender, lender]), np.concatenate([loans.subject, asked.subject]))
    granted = np.sort(both[: len(loans.granted)] * _DAYS + loans.granted)
    day = both[len(loans.granted) :] * _DAYS + asked.day
    return np.asarray(np.searchsorted(granted, day + days, "right") > np.searchsorted(granted, day))
