"""Each rule on both sides of its limit, and what must never raise an alarm."""

from datetime import UTC, date, datetime, timedelta

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from app.alerts.columns import (
    OUTCOMES,
    PURPOSES,
    Circumstances,
    ExpectedVisits,
    Inquiries,
    Loans,
    microseconds,
)
from app.alerts.detection import detect
from app.alerts.rules import shipped_rules
from app.clock import CHINA
from app.models import InquiryOutcome, Purpose, epoch_day

# A Wednesday, with the working days before it.
DAY = date(2025, 11, 26)
RULES = shipped_rules()
USER, COLLEAGUE, BANK, VILLAGE = 7, 8, 3, 5
ANSWERED, REFUSED, UNRATED = InquiryOutcome.ANSWERED, InquiryOutcome.REFUSED, InquiryOutcome.UNRATED


def asked(count=1, *, at="10:00", on=DAY, every=1800.0, user=USER, purpose=Purpose.PRE_LOAN,
          outcome=ANSWERED, place=VILLAGE, subject=1, organisation=BANK, client=0):  # fmt: skip
    """Some inquiries of a user, so many seconds apart, each about another subject."""
    hour, minute = map(int, at.split(":"))
    begin = datetime(on.year, on.month, on.day, hour, minute, tzinfo=CHINA)
    return [
        (microseconds((begin + timedelta(seconds=every * n)).astimezone(UTC)), user, organisation,
         PURPOSES.index(purpose), OUTCOMES.index(outcome), subject + n, place, client)
        for n in range(count)
    ]  # fmt: skip


def columns(rows):
    return Inquiries(*np.array(rows, dtype=np.int64).reshape(-1, 8).T)


def found(rows, *, first=DAY, on=DAY, **beside):
    return detect(columns(rows), RULES, beside=Circumstances(**beside), first=first, on=on)


def names(rows, **beside):
    return {each.rule for each in found(rows, **beside)}


@pytest.mark.parametrize(("count", "alarm"), [(6, False), (7, True)])
def test_inquiries_in_the_evening_of_a_working_day(count, alarm):
    assert ("outside_hours" in names(asked(count, at="18:30", every=60))) is alarm


@pytest.mark.parametrize(
    ("on", "alarm"),
    [
        (date(2025, 11, 28), False),
        (date(2025, 11, 29), True),  # a Saturday
        (date(2025, 10, 8), True),  # a Wednesday, 国庆节
        (date(2025, 10, 11), False),  # a Saturday that is worked on
    ],
)
def test_a_day_is_a_working_day_by_the_calendar_of_china(on, alarm):
    assert bool(found(asked(7, on=on, every=60), first=on, on=on)) is alarm


@pytest.mark.parametrize(
    ("at", "alarm"), [("21:58", False), ("22:00", True), ("05:57", True), ("06:00", False)]
)
def test_two_inquiries_at_night_are_too_many(at, alarm):
    assert ("at_night" in names(asked(2, at=at, every=60))) is alarm


def test_the_system_of_a_bank_works_at_night_and_fast():
    rules = {"at_night", "outside_hours", "burst", "many_a_day"}
    assert names(asked(500, at="01:00", every=1, client=1), rated={VILLAGE: 500}) == set()
    assert rules | {"whole_village"} <= names(asked(500, at="01:00", every=1), rated={VILLAGE: 500})


def test_what_a_system_asks_for_an_officer_hides_nothing_of_what_the_officer_asks():
    both = asked(500, at="01:00", every=1, client=1) + asked(30, at="02:00", every=60, subject=601)
    found_in_both = names(both, rated={VILLAGE: 60})
    assert found_in_both == names(asked(30, at="02:00", every=60, subject=601), rated={VILLAGE: 60})
    assert {"at_night", "outside_hours", "whole_village"} <= found_in_both


@pytest.mark.parametrize(("every", "alarm"), [(40.0, True), (40.1, False)])
def test_sixteen_inquiries_within_ten_minutes_are_a_burst(every, alarm):
    assert ("burst" in names(asked(16, every=every))) is alarm
    assert names(asked(15, every=1)) == set()


def test_a_burst_is_one_finding_from_its_first_to_its_last_inquiry():
    [burst] = [each for each in found(asked(40, every=30)) if each.rule == "burst"]
    assert burst.inquiry_count == 40
    assert burst.window_to - burst.window_from == timedelta(seconds=39 * 30)


def test_two_officers_together_are_no_burst():
    assert names(asked(10, every=1) + asked(10, every=1, user=COLLEAGUE)) == set()


def test_opening_a_list_of_objections_is_no_burst():
    assert names(asked(60, every=0, purpose=Purpose.OBJECTION)) == set()


@pytest.mark.parametrize(("count", "alarm"), [(100, False), (101, True)])
def test_more_than_a_hundred_a_day(count, alarm):
    assert ("many_a_day" in names(asked(count, at="08:00", every=300))) is alarm


@pytest.mark.parametrize(
    ("usual_days", "count", "alarm"), [(10, 31, True), (10, 30, False), (9, 31, False), (30, 31, True)]
)
def test_a_day_is_compared_with_the_median_of_ones_own_days(usual_days, count, alarm):
    days, usual = DAY, []
    for _ in range(usual_days):
        days -= timedelta(days=3 if days.weekday() == 0 else 1)
        usual += asked(10, on=days)
    assert ("above_own_habit" in names(usual + asked(count, at="08:00", every=900))) is alarm


@settings(max_examples=30)
@given(st.lists(st.integers(0, 30), min_size=30, max_size=30))
def test_the_usual_day_is_the_median_of_the_days_on_which_anything_was_asked(counts):
    days, rows = DAY, []
    for count in counts:
        days -= timedelta(days=3 if days.weekday() == 0 else 1)
        rows += asked(count, on=days, every=600, at="08:00")
    active = [count for count in counts if count]
    habit = [
        each for each in found(rows + asked(95, at="08:00", every=300)) if each.rule == "above_own_habit"
    ]
    expected = len(active) >= 10 and 3 * np.median(active) < 95
    assert [each.detail["median"] for each in habit] == ([np.median(active)] if expected else [])


@pytest.mark.parametrize(("count", "alarm"), [(12, False), (13, True)])
def test_more_than_three_tenths_of_a_villages_rated_subjects(count, alarm):
    assert ("whole_village" in names(asked(count), rated={VILLAGE: 40})) is alarm


def test_a_village_is_whole_only_from_ten_subjects_within_seven_days_on():
    assert names(asked(9), rated={VILLAGE: 10}) == set()
    slow = [row for n in range(13) for row in asked(on=DAY - timedelta(days=n), subject=1 + n)]
    assert names(slow, rated={VILLAGE: 40}) == set()


def test_asking_about_the_same_subjects_again_is_no_whole_village():
    again = [row for n in range(5) for row in asked(9, on=DAY - timedelta(days=n))]
    assert "whole_village" not in names(again, rated={VILLAGE: 20})


def test_a_village_without_a_rated_subject_has_no_share():
    assert names(asked(20)) == set()
    assert names(asked(20, outcome=UNRATED), rated={VILLAGE: 20}) == set()


def test_a_village_is_found_on_the_day_it_comes_to_exceed_and_not_again():
    rows = [row for n in range(4) for row in asked(10, on=DAY + timedelta(days=n - 3), subject=1 + 10 * n)]
    first = DAY - timedelta(days=9)
    [one] = [each for each in found(rows, first=first, rated={VILLAGE: 50}) if each.rule == "whole_village"]
    assert one.window_to.astimezone(CHINA).date() == DAY - timedelta(days=1)
    assert one.detail["villages"] == [{"place_id": VILLAGE, "subjects": 20, "rated": 50}]


def test_colleagues_who_share_a_village_are_found_together():
    both = asked(12) + asked(13, user=COLLEAGUE, subject=101)
    [one] = found(both, rated={VILLAGE: 60})
    assert (one.rule, one.user_id, one.detail["users"]) == (
        "whole_village_shared",
        COLLEAGUE,
        [USER, COLLEAGUE],
    )
    other_bank = asked(12) + asked(13, user=COLLEAGUE, subject=101, organisation=BANK + 1)
    assert found(other_bank, rated={VILLAGE: 60}) == []


def test_an_announced_campaign_in_a_village_is_expected_and_only_there():
    visit = ExpectedVisits({BANK}, {VILLAGE}, DAY, DAY)
    rows = asked(30, at="08:00", every=900)
    assert names(rows, rated={VILLAGE: 60}, campaigns=(visit,)) == set()
    elsewhere = ExpectedVisits({BANK}, {VILLAGE + 1}, DAY, DAY)
    assert names(rows, rated={VILLAGE: 60}, campaigns=(elsewhere,)) == {"whole_village"}


def test_the_village_of_ones_relatives_is_left_to_a_colleague():
    beside = {"relatives": {USER: frozenset({VILLAGE})}}
    assert names(asked(1), **beside) == {"relatives_village"}
    assert names(asked(1, user=COLLEAGUE) + asked(1, place=VILLAGE + 1), **beside) == set()


@pytest.mark.parametrize(("count", "every", "alarm"), [(5, 60, False), (6, 60, True), (6, 721, False)])
def test_six_refusals_within_an_hour_look_like_trying_out(count, every, alarm):
    rows = asked(count, every=every, outcome=REFUSED)
    assert ("refused_in_a_row" in names(rows)) is alarm


# Of a month whose loans are known by the middle of March.
MONTH, DUE = date(2025, 11, 3), date(2025, 12, 1) + timedelta(days=135)


def lending(loans, *, on=DUE, count=20, **more):
    """What is found of twenty inquiries before a loan, with loans (subject, lender, days afterwards)."""
    table = [(subject, lender, epoch_day(MONTH) + days) for subject, lender, days in loans]
    kept = Loans(*np.array(table, dtype=np.int64).reshape(-1, 3).T)
    rows = asked(count, on=MONTH, every=1000, at="08:00")
    beside = {"lenders": {BANK: BANK}, "loans": kept} | more
    return [each.detail for each in found(rows, first=on, on=on, **beside)]


LATER = (999, BANK, 130)  # a loan to somebody else: the bank's returns are on file up to then


def test_a_month_of_inquiries_without_loans_is_found_on_the_day_it_is_due():
    four, five = [(n, BANK, 90) for n in (1, 2, 3, 4)], [(n, BANK, 90) for n in (1, 2, 3, 4, 5)]
    assert lending([*four, LATER]) == [
        {"subjects": 20, "without_loan": 16, "share_above": 0.75, "unknown": 0}
    ]
    assert lending([*five, LATER]) == []
    assert lending([*four, LATER], on=DUE - timedelta(days=1)) == []
    assert lending([*four, LATER], on=DUE + timedelta(days=1)) == []


def test_a_loan_after_the_term_or_before_the_inquiry_or_of_another_bank_does_not_count():
    others = [(1, BANK, 91), (2, BANK, -1), (3, BANK + 1, 5), (4, BANK, 5), (5, BANK, 5), LATER]
    [found_] = lending(others)
    assert found_["without_loan"] == 18


def test_where_the_lender_cannot_be_told_nothing_is_alleged():
    assert lending([]) == []
    assert lending([(999, BANK + 1, 130)]) == []
    assert lending([LATER], lenders={}) == []
    assert lending([(999, BANK, 60)]) == []  # the returns end before the term
    assert lending([LATER, (1, 0, 10)]) == []  # one loan of an unknown lender: 19 are too few
    assert lending([LATER, (1, 0, 10)], count=21) == [
        {"subjects": 20, "without_loan": 20, "share_above": 0.75, "unknown": 1}
    ]


def test_fewer_inquiries_than_twenty_prove_nothing():
    assert lending([LATER], count=19) == []


def test_no_inquiries_no_findings():
    assert found([]) == []


def test_scanning_day_by_day_finds_the_same_as_scanning_at_once():
    rows = [
        row
        for n in range(12)
        for row in asked(8 + 3 * n, on=DAY + timedelta(days=n), every=40, at="17:58", subject=1 + 50 * n)
    ]
    last = DAY + timedelta(days=11)
    at_once = found(rows, on=last, rated={VILLAGE: 90})
    daily = [
        each
        for n in range(12)
        for each in found(
            rows, first=DAY + timedelta(days=n), on=DAY + timedelta(days=n), rated={VILLAGE: 90}
        )
    ]
    assert len({each.rule for each in at_once}) >= 3
    assert sorted(daily, key=str) == sorted(at_once, key=str)
