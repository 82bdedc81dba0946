"""A scan raises each alert once, knows who is a system and whose lender it is, and the auditor closes it."""

from datetime import date, timedelta

import pytest

from app.alerts import service
from app.alerts.rules import Campaign, Declarations
from app.db import reading, transaction
from app.errors import Invalid, NotFound
from app.models import InquiryAlert, InquiryAlertNote, InquiryOutcome
from tests.app.alerts.audit import AT, CLIENT, WEDNESDAY, audit
from tests.district import DAY, DISTRICT, TOWN, VILLAGE, morning

__all__ = ["audit"]

NIGHT = morning(WEDNESDAY) - timedelta(hours=7)  # three o'clock in China
SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def opened(audit, *, scope=DISTRICT, limit=100, before=None):
    with reading(audit.district.engine) as session:
        found = service.open_alerts(session, scope=scope, before=before, limit=limit)
        return [(each.alert.rule, each.user.username) for each in found]


def test_an_alert_is_raised_once_however_often_the_days_are_scanned(audit):
    audit.ask("officer", 3, at=NIGHT)
    assert audit.scan().by_rule == {"at_night": 1}
    assert (audit.scan().added, audit.scan(days=1).added) == (0, 0)
    assert opened(audit) == [("at_night", "officer")]


@SQLITE_ONLY
def test_a_night_that_was_missed_is_made_up_for(audit):
    audit.ask("officer", 3, at=NIGHT - timedelta(days=5))
    assert audit.scan(days=1).added == 0
    assert audit.scan().added == 1


@SQLITE_ONLY
def test_the_system_of_a_bank_raises_no_alarm_by_its_hours(audit):
    audit.ask("system", 300, at=NIGHT, every=1, client_id=CLIENT)
    assert audit.scan().by_rule == {}
    audit.ask("system", 6, at=NIGHT, outcome=InquiryOutcome.NOT_FOUND, client_id=CLIENT)
    assert audit.scan().by_rule == {"refused_in_a_row": 1}


@pytest.mark.parametrize("username", ["officer", "system"])
def test_whoever_asks_in_person_is_watched_though_a_system_signs_in_for_the_account(audit, username):
    rated = [audit.district.household() for _ in range(12)]
    audit.district.night()
    audit.ask(username, 12, at=NIGHT, subjects=rated)
    assert {"at_night", "whole_village"} <= set(audit.scan().by_rule)


def test_a_village_is_measured_by_its_rated_subjects_and_named_by_its_code(audit):
    rated = [audit.district.household() for _ in range(12)]
    audit.subjects(300)
    audit.district.night()
    audit.ask("officer", 10, at=morning(WEDNESDAY), every=600, subjects=rated)
    audit.scan()
    with reading(audit.district.engine) as session:
        [found] = service.open_alerts(session, scope=DISTRICT, limit=5)
    assert found.alert.rule == "whole_village"
    assert found.alert.detail["villages"] == [{"place_code": VILLAGE, "subjects": 10, "rated": 12}]


@SQLITE_ONLY
def test_what_was_declared_beforehand_is_looked_for_and_left_out(audit):
    rated = [audit.district.household() for _ in range(12)]
    audit.district.night()
    audit.ask("colleague", 11, at=morning(WEDNESDAY), every=600, subjects=rated)
    nothing = Declarations({}, (Campaign("nsh", VILLAGE, WEDNESDAY, WEDNESDAY),), {}, "c")
    assert audit.scan(declared=nothing).by_rule == {}
    relatives = Declarations({"colleague": (VILLAGE,)}, (), {}, "r")
    summary = audit.scan(declared=relatives)
    assert summary.by_rule == {"relatives_village": 1, "whole_village": 1}
    assert summary.undeclared == 0


@SQLITE_ONLY
@pytest.mark.parametrize(
    "declared",
    [
        Declarations({"nobody": (VILLAGE,)}, (), {}, "x"),
        Declarations({"officer": ("999999999999",)}, (), {}, "x"),
        Declarations({}, (Campaign("nobody", VILLAGE, DAY, DAY),), {}, "x"),
        Declarations({}, (), {"nobody": ("农商行",)}, "x"),
    ],
)
def test_a_declaration_about_what_there_is_not_is_refused(audit, declared):
    with pytest.raises(Invalid, match="correct the declarations"):
        audit.scan(declared=declared)


MONTH, DUE = date(2025, 6, 3), date(2025, 7, 1) + timedelta(days=135)


@pytest.fixture
def asked_in_june(audit):
    subjects = audit.subjects(21)
    audit.ask("colleague", 20, at=morning(MONTH), every=900, subjects=subjects)
    return subjects


@SQLITE_ONLY
@pytest.mark.parametrize("lender", ["璧山农商行", " 璧山农商行大兴支行", "璧山农商行 "])
def test_the_loans_of_a_bank_are_those_of_its_branches(audit, asked_in_june, lender):
    audit.lend(asked_in_june[-1], lender=lender, on=MONTH + timedelta(days=130))
    summary = audit.scan(on=DUE)
    assert (summary.by_rule, summary.unmatched) == ({"no_loan_afterwards": 1}, ())
    assert audit.scan(on=DUE).added == 0


@SQLITE_ONLY
def test_a_loan_for_most_of_them_is_nothing_to_look_into(audit, asked_in_june):
    for subject_id in asked_in_june[:6]:
        audit.lend(subject_id, lender="璧山农商行", on=MONTH + timedelta(days=20))
    audit.lend(asked_in_june[-1], lender="璧山农商行", on=MONTH + timedelta(days=130))
    assert audit.scan(on=DUE).by_rule == {}


@SQLITE_ONLY
def test_a_lender_under_another_name_is_unknown_until_it_is_declared(audit, asked_in_june):
    audit.lend(asked_in_june[-1], lender="农商行", on=MONTH + timedelta(days=130))
    summary = audit.scan(on=DUE)
    assert (summary.by_rule, summary.unmatched) == ({}, ("璧山农商行大兴支行",))
    declared = Declarations({}, (), {"nsh": ("农商行",)}, "l")
    assert audit.scan(on=DUE, declared=declared).by_rule == {"no_loan_afterwards": 1}


def test_the_last_note_decides_whether_an_alert_is_closed(audit):
    audit.ask("officer", 3, at=NIGHT)
    audit.scan()

    def note(text, *, closes, by="auditor"):
        with transaction(audit.district.engine) as session:
            service.add_note(session, 1, text=text, closes=closes, viewer=audit.viewers[by], at=AT)

    note("已约谈", closes=False)
    assert opened(audit) == [("at_night", "officer")]
    note("账号被盗用，已停用", closes=True)
    assert opened(audit) == []
    note("再次核查", closes=False)
    assert opened(audit) == [("at_night", "officer")]
    assert audit.district.counts()[InquiryAlertNote.__tablename__] == 3
    assert audit.district.counts()[InquiryAlert.__tablename__] == 1
    with pytest.raises(Invalid, match="请写明核查情况"):
        note("  ", closes=True)


def test_an_auditor_sees_the_users_of_the_own_division_only(audit):
    audit.ask("officer", 3, at=NIGHT)
    audit.ask("elsewhere", 3, at=NIGHT)
    audit.scan()
    assert sorted(opened(audit)) == [("at_night", "elsewhere"), ("at_night", "officer")]
    assert opened(audit, scope=TOWN) == [("at_night", "officer")]
    with reading(audit.district.engine) as session:
        log = service.log_of_inquiries(session, service.Narrowed(), scope=TOWN, limit=10)
        foreign = next(
            each.alert.inquiry_alert_id
            for each in service.open_alerts(session, scope=DISTRICT, limit=5)
            if each.user.username == "elsewhere"
        )
    assert {username for _, username, _ in log} == {"officer"}
    with transaction(audit.district.engine) as session, pytest.raises(NotFound):
        service.add_note(
            session, foreign, text="核查", closes=True, viewer=audit.viewers["town.auditor"], at=AT
        )


@SQLITE_ONLY
def test_pages_follow_one_another_without_gap_or_overlap(audit):
    audit.ask("officer", 7, at=NIGHT)
    seen, before = [], None
    while True:
        with reading(audit.district.engine) as session:
            page = service.log_of_inquiries(
                session, service.Narrowed(), scope=DISTRICT, before=before, limit=3
            )
        if not page:
            break
        before = page[-1][0].inquiry_id
        seen += [row[0].inquiry_id for row in page]
    assert seen == [7, 6, 5, 4, 3, 2, 1]
