"""Titles on a ladder: one rung after the other, each with its name, and each lost by itself."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.certificates.certificate import CertificateText
from app.db import Session, reading, transaction
from app.designations.service import Holder, status_report, titles_of
from app.designations.service.shown import shown_titles
from app.designations.service.titles import listed
from app.designations.service.ways import village_way
from app.designations.store.titles import held_villages
from app.designations.way_schemas import NextRungAnswer
from app.designations.way_words import village_words
from app.errors import Conflict
from app.models import (
    Certificate,
    DesignationAction,
    DesignationKind,
    DesignationState,
    NoticeEntry,
    RuleVersion,
)
from app.places.service import place
from app.rules.service import JURISDICTION, load_rules
from app.web import gates
from scoring import Profile
from tests.app.designations.committee import NOTICE_DAYS, Committee, committee
from tests.district import GOOD, POLICIES, TOWN, VILLAGE, morning
from tests.oracle.tables import Titles
from tests.oracle.title_steps import faults_of_steps
from tests.oracle.titles import faults_of_counts, faults_of_night

__all__ = ["committee"]
A, S = DesignationAction, DesignationState
KIND = DesignationKind.CREDIT_VILLAGE
FILE = Path(__file__).with_name("ladder.yaml")
IN_FORCE = "credit_village/2026-11-02.yaml"
FIRST = date(2026, 11, 3)
POOR = dict.fromkeys(GOOD, 0) | {"overdue_days_now": 200, "overdue_days_max_24m": 200}
COUNTS = {"registered_household_count": 4, "cadre_default_count": 0, "village_veto": 0}
SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


class Ladder:
    """A village of four households under a profile with a ladder, and the oracle over it."""

    def __init__(self, committee: Committee, policies: Path) -> None:
        self.committee, self.district = committee, committee.district
        self.district.policies = policies
        with transaction(self.district.engine) as session:
            load_rules(session, policies, at=morning(date(2023, 1, 1)))
        self.village = self.district.village(COUNTS, on=FIRST)
        self.households = [self.district.household(on=FIRST) for _ in range(4)]

    @property
    def place_id(self) -> int:
        return self.district.place_id(VILLAGE)

    def good(self, count: int, *, on: date) -> None:
        """From a day on so many of the households are credit households."""
        for position, each in enumerate(self.households):
            self.district.observe(each, GOOD if position < count else POOR, on=on)

    def night(self, on: date) -> None:
        """A night, weighed by the oracle too."""
        self.committee.night(on)
        policies = self.district.policies / JURISDICTION
        tables = Titles(self.district.engine, policies=policies, credit_village=IN_FORCE)
        assert [*faults_of_night(tables, on), *faults_of_steps(tables), *faults_of_counts(tables, on)] == []

    def standings(self) -> dict[str, DesignationState]:
        """Where the newest title of each rung stands."""
        found = [self.committee.standing(each) for each in self.committee.numbers(KIND)]
        return {one.designation.rung: one.state for one in found}

    def number(self, rung: str) -> int:
        found = [self.committee.standing(each) for each in self.committee.numbers(KIND)]
        return [one.number for one in found if one.designation.rung == rung][-1]

    def given(self, rung: str, *, on: date) -> date:
        """The open proposal of a rung brought to its award; the day of it."""
        number = self.number(rung)
        self.committee.step(number, A.CHECK_VILLAGE, by="neighbour", on=on)
        self.committee.step(number, A.CHECK_TOWN, by="colleague", on=on)
        self.committee.step(number, A.POST_NOTICE, by="colleague", on=on)
        self.committee.step(number, A.AWARD, by="admin", on=on + NOTICE_DAYS)
        return on + NOTICE_DAYS

    def climbed(self, *rungs: str) -> date:
        """Rung by rung, a night before each; the day of the last award."""
        on = FIRST
        for rung in rungs:
            self.night(on)
            on = self.given(rung, on=on)
        return on


@pytest.fixture
def ladder(committee: Committee, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ladder:
    monkeypatch.setattr("app.clock.today", lambda: date(2027, 12, 31))
    policies = tmp_path / "policies"
    shutil.copytree(POLICIES, policies)
    shutil.copyfile(FILE, policies / JURISDICTION / IN_FORCE)
    return Ladder(committee, policies)


def test_a_village_climbs_one_rung_after_the_other_however_many_points_it_has(ladder):
    ladder.night(FIRST)
    assert ladder.standings() == {"A": S.PROPOSED}
    ladder.night(FIRST + timedelta(days=1))
    assert ladder.standings() == {"A": S.PROPOSED}
    on = ladder.given("A", on=FIRST + timedelta(days=1))
    ladder.night(on)
    assert ladder.standings() == {"A": S.DESIGNATED, "AA": S.PROPOSED}
    on = ladder.given("AA", on=on)
    ladder.night(on)
    on = ladder.given("AAA", on=on)
    ladder.night(on)
    assert ladder.standings() == dict.fromkeys(("A", "AA", "AAA"), S.DESIGNATED)


@pytest.mark.parametrize(
    ("good", "rung", "score"), [(1, None, 40), (2, "A", 70), (3, "AA", 85), (4, "AAA", 100)]
)
@SQLITE_ONLY
def test_the_status_says_the_score_and_the_rung_it_is_enough_for(ladder, good, rung, score):
    ladder.good(good, on=FIRST)
    ladder.night(FIRST)
    with reading(ladder.district.engine) as session:
        report = status_report(session, place(session, ladder.place_id))
    assert [line.name for line in report.rungs] == ["A", "AA", "AAA"]
    assert (report.rung and report.rung.name, report.rungs[0].score) == (rung, score)
    assert report.rungs[2].margin == score - 100
    assert ladder.standings() == ({"A": S.PROPOSED} if rung else {})


@SQLITE_ONLY
def test_a_village_without_the_points_for_the_next_rung_is_not_proposed_for_it(ladder):
    ladder.good(2, on=FIRST)
    on = ladder.climbed("A")
    ladder.night(on)
    assert ladder.standings() == {"A": S.DESIGNATED}
    with pytest.raises(Conflict, match=r"AA级信用村.*rung_too_high"):
        ladder.committee.apply(KIND, place=VILLAGE, by="village", on=on)
    made = ladder.committee.propose_all(KIND, on=on)
    assert (list(made.designation_ids), made.reasons["rung_too_high"]) == ([], 1)


@SQLITE_ONLY
def test_notice_certificate_and_lists_name_the_rung(ladder):
    on = ladder.climbed("A", "AA")
    with reading(ladder.district.engine) as session:
        results = session.scalars(select(NoticeEntry.result).order_by(NoticeEntry.notice_entry_id)).all()
        payloads = session.scalars(select(Certificate.payload).order_by(Certificate.certificate_id)).all()
        held = titles_of(session, [Holder(ladder.place_id)], on=on)
        rows = listed(
            session, viewer=ladder.committee.viewers["admin"], within=None, kind=KIND, state=None, after=0,
            limit=9,
        )  # fmt: skip
        lines = shown_titles(session, ladder.district.cipher, rows)
    assert results == ["拟认定为A级信用村", "拟认定为AA级信用村"]
    said = [CertificateText.read(payload) for payload in payloads]
    assert [(text.kind, text.named) for text in said] == [(KIND, "A级信用村"), (KIND, "AA级信用村")]
    assert [payload[:4] for payload in payloads] == ["CV2|", "CV2|"]
    told = [(title.rung, title.label) for title in held[Holder(ladder.place_id).key]]
    assert told == [("A", "A级信用村"), ("AA", "AA级信用村")]
    assert [line.title for line in lines] == ["A级信用村", "AA级信用村"]


@SQLITE_ONLY
def test_a_village_with_two_rungs_counts_once_for_its_town(ladder):
    on = ladder.climbed("A", "AA")
    ladder.night(on)
    town_id = ladder.district.place_id(TOWN)
    with reading(ladder.district.engine) as session:
        assert held_villages(session, [town_id], on=on, last_step_id=None) == {town_id: 1}
        share = status_report(session, place(session, town_id)).measure("designated_village_share")
    assert share is not None
    assert share.numerator == 1


def test_only_the_rungs_that_no_longer_hold_are_put_on_probation_and_taken(ladder):
    on = ladder.climbed("A", "AA", "AAA")
    assert on < date(2026, 11, 30)
    ladder.good(3, on=date(2026, 11, 29))
    ladder.night(date(2026, 11, 30))
    assert ladder.standings()["AAA"] is S.DESIGNATED
    ladder.night(date(2026, 12, 31))
    assert ladder.standings() == {"A": S.DESIGNATED, "AA": S.DESIGNATED, "AAA": S.ON_PROBATION}
    number, over = ladder.number("AAA"), date(2026, 12, 31) + timedelta(days=30)
    ladder.night(over)
    ladder.committee.step(number, A.POST_REVOCATION, by="colleague", on=over)
    ladder.committee.step(number, A.REVOKE, by="admin", on=over + NOTICE_DAYS)
    with Session(ladder.district.engine) as session:
        results = session.scalars(select(NoticeEntry.result).order_by(NoticeEntry.notice_entry_id)).all()
    assert results[-1] == "拟撤销AAA级信用村称号"
    ladder.good(4, on=over + NOTICE_DAYS)
    ladder.night(over + NOTICE_DAYS)
    assert ladder.standings() == {"A": S.DESIGNATED, "AA": S.DESIGNATED, "AAA": S.REVOKED}
    again = ladder.committee.apply(KIND, place=VILLAGE, by="village", on=over + NOTICE_DAYS)
    assert ladder.committee.standing(again).designation.rung == "AAA"


@SQLITE_ONLY
def test_a_rung_that_holds_again_at_a_month_end_is_restored(ladder):
    ladder.climbed("A", "AA", "AAA")
    ladder.good(3, on=date(2026, 11, 29))
    ladder.night(date(2026, 11, 30))
    ladder.night(date(2026, 12, 31))
    ladder.good(4, on=date(2027, 1, 20))
    ladder.night(date(2027, 1, 31))
    assert ladder.standings()["AAA"] is S.DESIGNATED


@SQLITE_ONLY
def test_a_rung_is_not_given_once_the_rung_below_is_lost(ladder):
    on = ladder.climbed("A")
    ladder.night(on)
    number = ladder.number("AA")
    ladder.committee.step(number, A.CHECK_VILLAGE, by="neighbour", on=on)
    ladder.committee.step(number, A.CHECK_TOWN, by="colleague", on=on)
    ladder.committee.step(number, A.POST_NOTICE, by="colleague", on=on)
    ladder.committee.step(ladder.number("A"), A.WITHDRAW, by="deputy", on=on, document="区信用办〔2026〕3号")
    with pytest.raises(Conflict, match=r"lower_rung_first"):
        ladder.committee.step(number, A.AWARD, by="admin", on=on + NOTICE_DAYS)


def test_a_rung_that_ended_is_proposed_again_the_next_night(ladder):
    over = ladder.climbed("A", "AA").replace(year=2027)
    ladder.good(4, on=over - timedelta(days=30))
    ladder.district.observe(ladder.village, COUNTS, on=over - timedelta(days=30))
    ladder.night(over)
    assert ladder.standings() == {"A": S.LAPSED, "AA": S.LAPSED}
    ladder.night(over + timedelta(days=1))
    assert ladder.standings() == {"A": S.PROPOSED, "AA": S.LAPSED}


def test_a_rung_nobody_decided_on_in_time_is_proposed_again_the_next_night(ladder):
    ladder.night(FIRST)
    number = ladder.number("A")
    ladder.committee.step(number, A.CHECK_VILLAGE, by="neighbour", on=FIRST)
    ladder.committee.step(number, A.CHECK_TOWN, by="colleague", on=FIRST)
    ladder.committee.step(number, A.POST_NOTICE, by="colleague", on=FIRST)
    late = FIRST + NOTICE_DAYS + timedelta(days=60)
    ladder.night(late)
    assert ladder.standings() == {"A": S.LAPSED}
    ladder.night(late + timedelta(days=1))
    assert ladder.standings() == {"A": S.PROPOSED}


@SQLITE_ONLY
def test_when_everything_is_lost_every_rung_falls(ladder):
    ladder.climbed("A", "AA")
    ladder.good(0, on=date(2026, 11, 29))
    ladder.night(date(2026, 11, 30))
    ladder.night(date(2026, 12, 31))
    assert ladder.standings() == {"A": S.ON_PROBATION, "AA": S.ON_PROBATION}


def way_to_title(ladder, on):
    with reading(ladder.district.engine) as session:
        return village_way(session, place(session, ladder.place_id), on=on)


@SQLITE_ONLY
def test_the_way_says_what_leads_to_the_next_rung(ladder):
    ladder.good(2, on=FIRST)
    on = ladder.climbed("A")
    way = way_to_title(ladder, on)
    assert way.way is not None
    assert (way.way.work, way.way.musts) == (0, ())
    answer = NextRungAnswer.of(way, amounts=True)
    assert answer is not None
    assert (answer.rung, answer.points_lacking, answer.work.households) == ("AA", 15, 1)
    words = village_words(way)
    assert "距AA级信用村还差 15 分：还需 1 户成为信用户；A级" in words.zh
    assert f"A级信用村自 {on} 起已授牌" in words.zh
    assert "15 points short of AA village: 1 more credit household" in words.en


@SQLITE_ONLY
def test_at_the_top_of_a_ladder_there_is_no_next_rung(ladder):
    ladder.night(FIRST)
    way = way_to_title(ladder, FIRST)
    assert (way.next_rung, NextRungAnswer.of(way, amounts=True)) == (None, None)


@SQLITE_ONLY
def test_the_way_to_the_lowest_rung_is_the_work_that_brings_its_points(ladder):
    ladder.good(1, on=FIRST)
    ladder.night(FIRST)
    way = way_to_title(ladder, FIRST)
    assert way.way is not None
    assert (way.way.household_count, way.way.musts) == (1, ())
    assert village_words(way).zh.startswith("长隆村还需 1 户成为信用户")


def test_a_kept_version_whose_rungs_have_names_too_long_to_keep_gives_the_title_without_rungs(ladder):
    long = (
        FILE.read_text("utf-8")
        .replace("name: AA,", f"name: {'A' * 60},")
        .replace("requires: AA,", f"requires: {'A' * 60},")
    )
    file = ladder.district.policies / JURISDICTION / IN_FORCE
    file.write_text(long, "utf-8")
    definition = Profile.load(file).definition
    with transaction(ladder.district.engine) as session:
        changed = {"content": definition.content, "fingerprint": definition.fingerprint}
        session.execute(update(RuleVersion).where(RuleVersion.code == definition.code).values(changed))
    ladder.committee.night(FIRST)
    assert ladder.standings() == {"": S.PROPOSED}


@SQLITE_ONLY
def test_the_page_of_a_village_says_how_many_points_are_asked(ladder):
    ladder.good(1, on=FIRST)
    ladder.night(FIRST)
    with reading(ladder.district.engine) as session:
        report = status_report(session, place(session, ladder.place_id))
    [lowest] = report.missing
    assert (lowest.label.zh, gates.value_words(lowest.measure)) == ("A级信用村：得分不低于70", "40 分")
    assert (gates.threshold_words(lowest), gates.margin_words(lowest)) == ("≥ 70 分", "差 30 分")
    assert gates.missing_words(lowest) == "得分：现为 40 分，须不低于 70 分"
