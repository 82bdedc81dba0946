"""Rounds of appraisal: who is asked, what counts, and what a closed round leaves behind."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select

from app.appraisals.appraisal import RoundResult
from app.appraisals.service import open_round, result_of_round, results_of, round_of, save_sheet
from app.db import Session
from app.errors import AppError, Conflict, Invalid, NotFound, PreconditionFailed
from app.models import (
    AppraisalMark,
    AppraisalSheet,
    Batch,
    Consent,
    ConsentChannel,
    ConsentKind,
    Fact,
    Inquiry,
    Rating,
    Record,
    Source,
)
from app.rules.appraisals import load_appraisal_rules
from app.subjects.lineage import merge
from scoring import Scorecard
from tests.app.appraisals.village import CLOSES, OPENS, Village, mark, village
from tests.district import (
    DAY,
    OTHER_VILLAGE,
    POLICIES,
    TOWN,
    VILLAGE,
    VILLAGE_OF_OTHER_TOWN,
    district,
    morning,
)
from tests.office_steps import transaction

__all__ = ["district", "village"]

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def refuse(village: Village, household: int) -> None:
    """Say that a household does not want to be rated."""
    with transaction(village.district.engine) as session:
        session.add(
            Consent(
                subject_id=household, kind=ConsentKind.RATING, agreed=False, facts=[], reference="拒绝 1",
                effective_from=DAY, channel=ConsentChannel.PAPER, evidence="拒绝书",
                recorded_at=morning(DAY), recorded_by="test",
            )
        )  # fmt: skip


def result(village: Village, round_id: int, *, by: str = "official") -> RoundResult:
    with transaction(village.district.engine) as session:
        return result_of_round(
            session, village.district.cipher, round_id, viewer=village.viewers[by], at=morning(CLOSES)
        )


def records(village: Village) -> dict[tuple[int, str], tuple[float, date, str]]:
    """What the appraisals put into the records."""
    with Session(village.district.engine) as session:
        rows = session.execute(
            select(Record, Fact.name, Batch, Source.code)
            .join(Fact, Fact.fact_id == Record.fact_id)
            .join(Batch, Batch.batch_id == Record.batch_id)
            .join(Source, Source.source_id == Batch.source_id)
            .where(Batch.file_name.startswith("appraisal-round-"))
        )
        return {(row[0].subject_id, row[1]): (row[0].value, row[0].observed_on, row[3]) for row in rows}


def test_a_closed_round_gives_every_household_with_a_quorum_a_score_a_grade_and_records(village: Village):
    village.settled(3)
    first, second, third = village.households
    village.appraised([100, 71, None], [71, 46, 71], [71, 46, 71])
    found = village.results()
    assert (found[first].score, found[first].grade, found[first].favourable_count) == (80.67, "AA", 3)
    assert (found[second].score, found[second].grade, found[second].favourable) == (54.33, "B", False)
    assert (found[third].score, found[third].grade, found[third].appraiser_count) == (None, None, 2)
    assert not found[third].favourable
    source = "village_appraisal"
    assert records(village) == {
        (first, "appraisal_score"): (80.67, CLOSES, source),
        (first, "appraiser_count"): (3, CLOSES, source),
        (second, "appraisal_score"): (54.33, CLOSES, source),
        (second, "appraiser_count"): (3, CLOSES, source),
    }


@sqlite
def test_the_next_night_rates_by_what_the_village_said(village: Village):
    village.settled(1)
    village.district.night()
    village.appraised([4], [4], [4])
    village.district.night(CLOSES)
    # 90 points of appraisal were worth 14 of 15 points, 4 are worth none; the bonus had only just begun.
    assert scores(village) == [100, 87]


def scores(village: Village) -> list[int | None]:
    with Session(village.district.engine) as session:
        return list(session.scalars(select(Rating.score).order_by(Rating.rating_id)))


@sqlite
def test_from_five_marks_on_the_best_and_the_worst_do_not_count(village: Village):
    village.settled(1)
    village.appraised([100], [71], [71], [71], [4])
    found = village.results()[village.households[0]]
    assert (found.score, found.appraiser_count, found.favourable_count) == (71.0, 5, 4)


@sqlite
def test_who_refused_is_not_asked_about_and_stays_in_the_denominator(village: Village):
    village.settled(4)
    refuse(village, village.households[3])
    round_id = village.appraised([71, 71, None], [71, 71, None], [71, None, None])
    found = result(village, round_id)
    shares = {one.name: (one.numerator, one.denominator, one.denominator_name) for one in found.measures}
    assert shares == {
        "appraisable_share": (3, 4, "总户数 all households"),
        "appraised_share": (1, 3, "可评议户数 appraisable households"),
        "appraised_of_all_share": (1, 4, "总户数 all households"),
        "favourable_household_share": (1, 1, "已评议户数 appraised households"),
    }
    assert [line.score for line in found.lines] == [71.0, None, None, None]
    assert village.households[3] not in village.results()


@sqlite
def test_a_household_that_was_merged_away_is_not_on_the_sheet(village: Village):
    village.settled(2)
    gone, stays = village.households
    with transaction(village.district.engine) as session:
        merge(session, gone, stays, happened_on=DAY, document="并户证明", on=DAY, at=morning(DAY), by="test")
    round_id = village.opened()
    village.invited(round_id, "appraiser.1")
    sheet = village.saved(round_id, "appraiser.1", [])
    assert [line.subject_id for line in sheet.lines] == [stays]


@sqlite
def test_whoever_reads_a_result_is_on_record_as_having_seen_its_households(village: Village):
    village.settled(2)
    round_id = village.appraised([71, 71])
    result(village, round_id)
    with Session(village.district.engine) as session:
        seen = session.scalars(select(Inquiry.subject_id)).all()
    assert sorted(one for one in seen if one) == sorted(village.households)


@pytest.mark.parametrize(
    ("opens", "closes", "refused"),
    [
        (OPENS - timedelta(days=1), CLOSES, Invalid),
        (OPENS, OPENS, Invalid),
        (OPENS, OPENS + timedelta(days=1), None),
        (OPENS, OPENS + timedelta(days=180), None),
        (OPENS, OPENS + timedelta(days=181), Invalid),
        (OPENS, date(9999, 12, 31), Invalid),
    ],
)
@sqlite
def test_a_round_begins_today_or_later_and_has_at_least_a_day_and_at_most_180(
    village: Village, opens: date, closes: date, refused: type[AppError] | None
):
    village.settled(1)
    if refused is None:
        assert village.opened(opens=opens, closes=closes)
    else:
        with pytest.raises(refused):
            village.opened(opens=opens, closes=closes)


@pytest.mark.parametrize("code", [VILLAGE_OF_OTHER_TOWN, TOWN, "500120104999"])
@sqlite
def test_a_round_is_opened_for_a_village_of_the_own_division(village: Village, code: str):
    village.settled(1)
    with pytest.raises(NotFound):
        village.opened(code=code)


@sqlite
def test_a_village_without_a_household_on_file_has_nothing_to_appraise(village: Village):
    with pytest.raises(Conflict, match="no household"):
        village.opened(code=OTHER_VILLAGE)


def test_a_village_has_one_open_round_and_the_next_one_gets_the_next_number(village: Village):
    village.settled(1)
    first = village.opened()
    with pytest.raises(Conflict, match="not closed"):
        village.opened()
    village.closed(first)
    with Session(village.district.engine) as session:
        second = open_round(
            session, VILLAGE, opens_on=CLOSES, closes_on=CLOSES + timedelta(days=1), needs_consent=False,
            viewer=village.viewers["official"], at=morning(CLOSES),
        )  # fmt: skip
    assert second.round.number == 2


@sqlite
def test_a_round_is_not_closed_before_its_day_unless_every_sheet_is_in(village: Village):
    village.settled(1)
    round_id = village.opened()
    early = CLOSES - timedelta(days=1)
    with pytest.raises(Conflict, match="only with a reason"):
        village.closed(round_id, on=early)
    village.invited(round_id, "appraiser.1", "appraiser.2")
    village.submitted(round_id, "appraiser.1", [mark(1)])
    with pytest.raises(Conflict, match="1 sheets are missing"):
        village.closed(round_id, on=early)
    village.submitted(round_id, "appraiser.2", [mark(1)])
    assert village.closed(round_id, on=early).state == "closed"


@sqlite
def test_on_its_day_a_round_is_closed_whoever_is_missing_and_too_few_marks_are_no_result(village: Village):
    village.settled(1)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1", "appraiser.2")
    village.submitted(round_id, "appraiser.1", [mark(1)])
    village.saved(round_id, "appraiser.2", [mark(1)])
    closed = village.closed(round_id)
    assert closed.closing is not None
    assert (closed.closing.sheet_count, closed.closing.batch_id) == (1, None)
    assert village.results()[village.households[0]].score is None
    assert records(village) == {}
    with pytest.raises(Conflict, match="is closed"):
        village.submitted(round_id, "appraiser.2", [mark(1)])


def test_of_two_who_close_a_round_at_once_one_does(village: Village):
    village.settled(2)
    round_id = village.opened()
    for number in (1, 2, 3):
        village.invited(round_id, f"appraiser.{number}")
        village.submitted(round_id, f"appraiser.{number}", [mark(1), mark(2)])

    def close(by: str) -> bool:
        try:
            village.closed(round_id, by=by)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(close, ["official", "admin", "official", "admin"]))
    assert sorted(done) == [False, False, False, True]
    assert len(records(village)) == 4
    assert village.district.counts()["appraisal_results"] == 2


def test_of_two_who_save_the_same_sheet_at_once_one_is_told_to_read_it_again(village: Village):
    village.settled(1)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1")

    def save(points: int) -> bool:
        try:
            with transaction(village.district.engine) as session:
                save_sheet(
                    session, village.district.cipher, round_id, [mark(1, points)], revision=0,
                    viewer=village.viewers["appraiser.1"], at=morning(OPENS),
                )  # fmt: skip
        except PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, [71, 46])) == [False, True]


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("official", "no account of an appraiser"),
        ("stranger", "no account"),
        ("appraiser.1", "invited already"),
    ],
)
@sqlite
def test_only_an_appraiser_of_the_place_is_invited_and_only_once(village: Village, who: str, words: str):
    village.settled(1)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1")
    with pytest.raises(AppError, match=words):
        village.invited(round_id, who)


@sqlite
def test_kin_is_declared_of_households_of_the_round(village: Village):
    village.settled(1)
    round_id = village.opened()
    with pytest.raises(Invalid, match="H99999"):
        village.invited(round_id, "appraiser.1", kin=["H99999"])


@sqlite
def test_nobody_is_invited_to_a_closed_round(village: Village):
    village.settled(1)
    round_id = village.appraised([71])
    with pytest.raises(Conflict, match="is closed"):
        village.invited(round_id, "appraiser.5")


@sqlite
def test_an_official_of_another_town_finds_no_round(village: Village):
    village.settled(1)
    round_id = village.opened()
    with Session(village.district.engine) as session, pytest.raises(NotFound):
        round_of(session, round_id, viewer=village.viewers["neighbour"], on=OPENS)


@pytest.mark.parametrize(
    ("on", "holds"),
    [
        (CLOSES - timedelta(days=1), False),
        (CLOSES, True),
        (date(2026, 12, 9), True),
        (date(2026, 12, 10), False),
    ],
)
@sqlite
def test_an_appraisal_holds_for_twelve_months(village: Village, on: date, holds: bool):
    village.settled(1)
    village.appraised([71], [71], [71])
    assert date(2025, 12, 10) == CLOSES
    assert (village.households[0] in village.results(on=on)) is holds


@sqlite
def test_the_newest_appraisal_with_a_score_holds(village: Village):
    village.settled(1)
    village.appraised([71], [71], [71])
    with transaction(village.district.engine) as session:
        again = open_round(
            session, VILLAGE, opens_on=CLOSES, closes_on=CLOSES + timedelta(days=1), needs_consent=False,
            viewer=village.viewers["official"], at=morning(CLOSES),
        ).round.appraisal_round_id  # fmt: skip
    village.closed(again, on=CLOSES + timedelta(days=1))
    found = village.results(on=CLOSES + timedelta(days=1))[village.households[0]]
    assert (found.score, found.round_id) == (71.0, again - 1)


def test_results_of_many_subjects_take_as_many_queries_as_of_one(village: Village):
    village.settled(5)
    village.appraised([71] * 5, [71] * 5, [71] * 5)
    asked: list[int] = []
    with Session(village.district.engine) as session:
        event.listen(session.get_bind(), "before_cursor_execute", lambda *_: asked.append(1))
        results_of(session, village.households[:1], on=CLOSES)
        one = len(asked)
        session.expunge_all()
        asked.clear()
        results_of(session, village.households, on=CLOSES)
    assert len(asked) <= one


def test_marks_and_sheets_are_kept_as_they_were_submitted(village: Village):
    village.settled(1)
    village.appraised([71], [46], [None])
    kept = village.district.rows(AppraisalMark, AppraisalSheet)
    assert [row[5] for row in kept["appraisal_marks"]] == [71, 46, None]
    assert len(kept["appraisal_sheets"]) == 3


def test_the_card_gives_an_appraisal_no_more_than_the_rules_allow():
    folder = POLICIES / "cq_bishan"
    for file in (folder / "household").glob("*.yaml"):
        card = Scorecard.load(file).definition
        newest = max(one for one in (folder / "appraisal").glob("*.yaml") if one.stem <= file.stem)
        rules = load_appraisal_rules(newest)
        most = {block.name: block.maximum for block in card.blocks}["appraisal"]
        assert most <= rules.weight_at_most <= 15
        assert [grade.code for grade in card.grades] == [code for code, _ in rules.scale]
