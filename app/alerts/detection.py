"""Which inquiries look abnormal by the rules: a function of columns, without clock or database."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from app.alerts.columns import (
    Circumstances,
    Finding,
    Flags,
    Inquiries,
    Ints,
    instant,
    is_working,
    midnight,
    seconds_of,
)
from app.alerts.lending import no_loan_afterwards
from app.alerts.rules import AlertRules
from app.alerts.villages import whole_villages
from app.models import InquiryOutcome, epoch_day

_MINUTE = 60_000_000
_DAYS = 1 << 20


def detect(
    inquiries: Inquiries, rules: AlertRules, *, beside: Circumstances, first: date, on: date
) -> list[Finding]:
    """What the rules find on the days from `first` to `on`, by user, instant and rule.

    The columns also hold the time before that the rules look back to.
    """
    begin, end = epoch_day(first), epoch_day(on)
    expected = _expected(inquiries, beside)
    found = [
        *_at_odd_hours(inquiries, rules),
        *_quick(inquiries, rules, rule="burst"),
        *_quick(inquiries, rules, rule="refused_in_a_row"),
        *_many(inquiries, rules, expected=expected),
        *_above_own_habit(inquiries, rules, expected=expected),
        *_of_relatives(inquiries, rules, beside),
        *whole_villages(inquiries, rules, beside, counted=~expected, last=end),
    ]
    in_time = [each for each in found if midnight(begin) < each.window_to <= midnight(end + 1)]
    in_time += no_loan_afterwards(inquiries, rules, beside, first=first, on=on)
    return sorted(in_time, key=lambda each: (each.user_id, each.window_to, each.rule))


def days_looked_back(rules: AlertRules) -> int:
    """How many days before the first one the rules need, holidays included; months without loans apart."""
    villages = (rules.limit(name, "days") for name in ("whole_village", "whole_village_shared"))
    return 21 + int(max(2 * rules.limit("above_own_habit", "working_days"), *villages))


def _counted(inquiries: Inquiries, rules: AlertRules, *, rule: str) -> Flags:
    """Which inquiries a rule counts, by their purpose and by who asked."""
    chosen = inquiries.of_purposes(rules.rules[rule].purposes)
    if rules.rules[rule].persons_only:
        chosen &= inquiries.by_person
    return chosen


def _expected(inquiries: Inquiries, beside: Circumstances) -> Flags:
    """Which inquiries belong to an announced campaign of a bank in a village."""
    days, expected = inquiries.day, np.zeros(len(inquiries.at), dtype=bool)
    for visit in beside.campaigns:
        expected |= (
            np.isin(inquiries.organisation, list(visit.organisations))
            & np.isin(inquiries.place, list(visit.places))
            & (days >= epoch_day(visit.first))
            & (days <= epoch_day(visit.last))
        )
    return expected


def _at_odd_hours(inquiries: Inquiries, rules: AlertRules) -> Iterator[Finding]:
    days, seconds, hours = inquiries.day, inquiries.second, rules.hours
    working = is_working(days, holidays=rules.holidays, working_weekends=rules.working_weekends)
    at_work = working & (seconds >= seconds_of(hours.begin)) & (seconds < seconds_of(hours.end))
    night = (seconds >= seconds_of(hours.night_begin)) | (seconds < seconds_of(hours.night_end))
    for rule, odd in (("outside_hours", ~at_work), ("at_night", night)):
        counted = inquiries.only(odd & _counted(inquiries, rules, rule=rule))
        yield from _days_above(counted, rules, rule=rule)


def _many(inquiries: Inquiries, rules: AlertRules, *, expected: Flags) -> Iterator[Finding]:
    counted = ~expected & _counted(inquiries, rules, rule="many_a_day")
    yield from _days_above(inquiries.only(counted), rules, rule="many_a_day")


def _of_relatives(inquiries: Inquiries, rules: AlertRules, beside: Circumstances) -> Iterator[Finding]:
    own = np.zeros(len(inquiries.at), dtype=bool)
    for user, places in beside.relatives.items():
        own |= (inquiries.user == user) & np.isin(inquiries.place, list(places))
    counted = own & _counted(inquiries, rules, rule="relatives_village")
    yield from _days_above(inquiries.only(counted), rules, rule="relatives_village")


def _days_above(counted: Inquiries, rules: AlertRules, *, rule: str) -> Iterator[Finding]:
    """The days on which a user made more of these inquiries than the rule lets."""
    most = rules.limit(rule, "more_than")
    _, _, row, count = _by_day(counted)
    for at in np.flatnonzero(count > most):
        yield _of_day(counted, int(row[at]), rule=rule, count=int(count[at]), detail={"more_than": most})


def _quick(inquiries: Inquiries, rules: AlertRules, *, rule: str) -> Iterator[Finding]:
    """More inquiries of a user within minutes than the rule lets, once a day: from the first to the last."""
    chosen = _counted(inquiries, rules, rule=rule)
    if rule == "refused_in_a_row":
        chosen &= inquiries.of_outcomes(InquiryOutcome.REFUSED, InquiryOutcome.NOT_FOUND)
    counted = inquiries.only(chosen)
    counted = counted.only(np.lexsort((counted.at, counted.user)))
    most, minutes = int(rules.limit(rule, "more_than")), rules.limit(rule, "minutes")
    earlier = counted.only(np.arange(max(0, len(counted.at) - most)))
    later = counted.only(np.arange(most, max(most, len(counted.at))))
    near = (later.user == earlier.user) & (later.at - earlier.at <= minutes * _MINUTE)
    ends = np.flatnonzero(near) + most
    _, first, length = np.unique(_key(counted)[ends], return_index=True, return_counts=True)
    for start, last in zip(ends[first] - most, ends[first + length - 1], strict=True):
        yield Finding(
            rule=rule,
            user_id=int(counted.user[last]),
            organisation_id=int(counted.organisation[last]),
            window_from=instant(counted.at[start]),
            window_to=instant(counted.at[last]),
            inquiry_count=int(last - start + 1),
            detail={"more_than": most, "minutes": minutes},
        )


def _above_own_habit(inquiries: Inquiries, rules: AlertRules, *, expected: Flags) -> Iterator[Finding]:
    """Days far above the median of those of the last working days on which the user asked at all."""
    rule = "above_own_habit"
    counted = inquiries.only(~expected & _counted(inquiries, rules, rule=rule))
    most, times, back, least = (rules.limit(rule, name) for name in rules.rules[rule].limits)
    user, day, row, count = _by_day(counted)
    many = np.flatnonzero(count > most)
    if not len(many):
        return
    usual, active = _usual(user, day, count, many=many, working=_working_days(day, rules), back=int(back))
    for at in np.flatnonzero((active >= least) & (count[many] > times * usual)):
        place = many[at]
        yield _of_day(
            counted, int(row[place]), rule=rule, count=int(count[place]), detail={
                "median": float(usual[at]), "times": times, "active_days": int(active[at]),
            },
        )  # fmt: skip


def _usual(
    user: Ints, day: Ints, count: Ints, *, many: Ints, working: Ints, back: int
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], Ints]:
    """The median of a user's active days among the working days before some days, and their number."""
    users, line = np.unique(user, return_inverse=True)
    on_work = np.isin(day, working)
    table = np.full((len(users), back + len(working)), np.nan)
    table[line[on_work], back + np.searchsorted(working, day[on_work])] = count[on_work]
    until = np.searchsorted(working, day[many])
    before = np.sort(table[line[many][:, None], until[:, None] + np.arange(back)], axis=1)
    active = np.count_nonzero(~np.isnan(before), axis=1)
    rows, middle = np.arange(len(many)), np.maximum(active - 1, 0)
    return (before[rows, middle // 2] + before[rows, np.minimum(active // 2, back - 1)]) / 2, active


def _working_days(day: Ints, rules: AlertRules) -> Ints:
    days = np.arange(day.min(), day.max() + 1)
    return days[is_working(days, holidays=rules.holidays, working_weekends=rules.working_weekends)]


def _by_day(inquiries: Inquiries) -> tuple[Ints, Ints, Ints, Ints]:
    """User, day, a row and the number of the inquiries of every user and day."""
    key, row, count = np.unique(_key(inquiries), return_index=True, return_counts=True)
    return key // _DAYS, key % _DAYS, row, count


def _key(inquiries: Inquiries) -> Ints:
    return inquiries.user * _DAYS + inquiries.day


def _of_day(inquiries: Inquiries, row: int, *, rule: str, count: int, detail: dict[str, float]) -> Finding:
    """The finding of a whole day, told by one of its inquiries."""
    day = int(inquiries.day[row])
    return Finding(
        rule=rule,
        user_id=int(inquiries.user[row]),
        organisation_id=int(inquiries.organisation[row]),
        window_from=midnight(day),
        window_to=midnight(day + 1),
        inquiry_count=count,
        detail=detail,
    )
