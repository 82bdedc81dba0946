"""The night: what counts, what is written, and what readers see of it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from app import clock
from app.db import reading, transaction
from app.errors import Conflict, Invalid, SetupError
from app.jobs import nightly
from app.jobs.night import columns, records, staging
from app.models import (
    Base,
    EntityStatus,
    EntityType,
    Rating,
    RuleVersion,
    UnratedReason,
)
from app.ratings.service import current_rating, explained, history, latest_run, sources
from app.rules.service import card_of
from tests.district import DAY, GOOD, GOOD_ENTITY, VILLAGE, District
from tests.numbers import credit_code

SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ARROW = columns._arrow_connection
NEXT_DAY = DAY + timedelta(days=1)


def day(offset: int) -> date:
    return DAY + timedelta(days=offset)


def china(on: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(on.year, on.month, on.day, hour, minute, second, tzinfo=clock.CHINA)


def rating(district: District, subject_id: int) -> Rating:
    with reading(district.engine) as session:
        found = current_rating(session, subject_id)
    assert found is not None
    return found


def points(district: District, subject_id: int, name: str = "repayment_record") -> int:
    """The points of one characteristic in the rating that holds."""
    with reading(district.engine) as session:
        found = current_rating(session, subject_id)
        assert found is not None
        told = explained(session, found).explanation
    return next(line.points for line in told.lines if line.name == name)


# Each of these households was never overdue, as observed 15 days before. Then 91 days overdue are recorded.
OBSERVED = {
    "the newest observation counts": (day(-10), china(day(-10), 9), True),
    "an older observation recorded later": (day(-20), china(day(-1), 9), False),
    "of one day the later recorded counts": (day(-15), china(day(-1), 9), True),
    "observed on the day itself": (DAY, china(DAY, 9), True),
    "observed the day after": (NEXT_DAY, china(DAY, 9), False),
    "recorded in the last second of the day in China": (day(-5), china(DAY, 23, 59, 59), True),
    "recorded at midnight": (day(-5), china(NEXT_DAY, 0), False),
}


def test_the_newest_observation_known_on_the_day_counts(district):
    households = {}
    for case, (observed_on, recorded, _) in OBSERVED.items():
        households[case] = district.household(on=day(-15))
        district.observe(households[case], {"overdue_days_max_24m": 91}, on=observed_on, recorded=recorded)
    district.night()
    # Never overdue gives 20 points, 91 days none.
    expected = {case: 0 if counts else 20 for case, (_, _, counts) in OBSERVED.items()}
    assert {case: points(district, one) for case, one in households.items()} == expected
    with reading(district.engine) as session:
        told = {
            case: {value.name: value.value for value in sources(session, rating(district, one))}
            for case, one in households.items()
        }
    assert {case: values["overdue_days_max_24m"] for case, values in told.items()} == {
        case: 91 if counts else 0 for case, (_, _, counts) in OBSERVED.items()
    }


def test_the_same_night_twice_writes_no_row(district):
    district.household()
    district.household({"household_size": 3})
    district.entity()
    district.village({"registered_household_count": 2, "cadre_default_count": 0, "village_veto": 0})
    district.roster([(credit_code(900), EntityType.FAMILY_FARM, VILLAGE, None)])
    first = district.night()
    before = district.rows()
    again = district.night()
    assert district.rows() == before
    assert (first.published, again.published) == (True, False)
    assert (first.changed, again.changed, again.places_changed, again.coverage_changed) == (3, 0, 0, 0)
    assert "nothing was written" in "\n".join(again.lines())


def test_a_new_day_on_which_nothing_changed_is_published_as_one_row(district):
    district.household()
    district.night()
    before = district.counts()
    assert district.night(NEXT_DAY).published
    assert district.counts() == before | {"rating_runs": before["rating_runs"] + 1}
    with reading(district.engine) as session:
        newest = latest_run(session)
    assert newest is not None
    assert newest.as_of == NEXT_DAY


@pytest.mark.parametrize(("before", "after", "moved"), [(0, 91, (0, 1)), (91, 0, (1, 0)), (0, 0, (0, 0))])
def test_a_changed_fact_writes_one_new_rating_and_leaves_the_old_one(district, before, after, moved):
    changed = district.household(dict(GOOD, overdue_days_max_24m=before))
    district.household()
    district.night()
    kept = district.rows(Rating)["ratings"]
    district.observe(changed, {"overdue_days_max_24m": after}, on=NEXT_DAY)
    summary = district.night(NEXT_DAY)
    now = district.rows(Rating)["ratings"]
    assert now[: len(kept)] == kept
    assert [row[1] for row in now[len(kept) :]] == [changed] * sum(moved)
    assert (summary.changed, summary.upgraded, summary.downgraded) == (sum(moved), *moved)
    with reading(district.engine) as session:
        assert len(history(session, changed)) == 1 + sum(moved)


def test_from_and_to_unrated_is_a_change_but_no_upgrade_or_downgrade(district):
    lost, won = district.household(), district.household({"household_size": 3})
    first = district.night()
    assert (first.rated, first.unrated["required_missing"]) == (1, 1)
    # Values outside what the card takes are unknown.
    district.observe(lost, {"household_size": 0}, on=NEXT_DAY)
    district.observe(won, GOOD, on=NEXT_DAY)
    summary = district.night(NEXT_DAY)
    assert (summary.changed, summary.upgraded, summary.downgraded) == (2, 0, 0)
    assert rating(district, lost).unrated_reason is UnratedReason.REQUIRED_MISSING
    assert rating(district, won).grade == "AAA"


def test_a_late_correction_does_not_change_what_a_past_rating_was_made_from(district):
    household = district.household()
    district.night()
    past = rating(district, household)
    # It comes the same day, but after the night; then a night of the next day reads it.
    district.observe(household, {"overdue_days_max_24m": 91}, recorded=china(DAY, 23))
    district.night(NEXT_DAY)
    with reading(district.engine) as session:
        then = {value.name: value.value for value in sources(session, past)}
        now = {value.name: value.value for value in sources(session, rating(district, household))}
    assert (then["overdue_days_max_24m"], now["overdue_days_max_24m"]) == (0, 91)
    assert past.score == 100
    assert points(district, household) == 0


@SQLITE_ONLY
@pytest.mark.parametrize("status", list(EntityStatus))
def test_only_an_active_entity_is_rated_and_on_file(district, status):
    entity = district.entity(status=status)
    summary = district.night()
    found = rating(district, entity)
    if status is EntityStatus.ACTIVE:
        assert found.score is not None
        assert found.on_file
    else:
        assert (found.grade, found.score, found.on_file) == ("N", None, False)
        assert found.unrated_reason is UnratedReason.NOT_IN_OPERATION
        assert {name: count for name, count in summary.unrated.items() if count} == {"not_in_operation": 1}


def test_missing_is_never_zero(district):
    thin = district.household({"household_size": 3, "annual_net_income_fen": 15_000_000})
    empty = district.household({})
    summary = district.night()
    assert rating(district, thin).unrated_reason is UnratedReason.TOO_FEW_FACTS
    assert rating(district, empty).unrated_reason is UnratedReason.REQUIRED_MISSING
    assert {rating(district, one).score for one in (thin, empty)} == {None}
    assert (summary.rated, summary.subjects) == (0, 2)


def test_a_day_in_the_future_or_before_the_last_night_is_refused(district):
    district.night()
    before = district.counts()
    with pytest.raises(Invalid, match="lies in the future"):
        district.night(clock.today() + timedelta(days=1))
    with pytest.raises(Conflict, match="nights are published in order"):
        district.night(day(-1))
    assert district.counts() == before


def _mixed(district: District) -> None:
    for overdue in (0, 1, 31, 61, 91):
        district.household(dict(GOOD, overdue_days_max_24m=overdue, debt_fen=overdue * 10_000_000 / 3))
    district.household({"household_size": 3})
    district.household(dict(GOOD, judgment_defaulter=1))
    for status in EntityStatus:
        district.entity(status=status)
    borrower = district.household()
    district.loan(borrower, DAY, balance=7, overdue=3, code=3)
    district.village({"registered_household_count": 9, "cadre_default_count": 0, "village_veto": 0})
    district.roster([(credit_code(900), EntityType.FAMILY_FARM, VILLAGE, None)])


WRITTEN = (
    "ratings",
    "place_statuses",
    "place_measures",
    "place_gates",
    "place_grade_counts",
    "coverage_counts",
)


def _written(district: District) -> dict[str, list[tuple[object, ...]]]:
    rows = district.rows()
    return {name: rows[name] for name in WRITTEN}


def _undone(district: District) -> None:
    """As if the night had not been."""
    with transaction(district.engine) as session:
        for name in (*reversed(WRITTEN), "rating_runs"):
            session.execute(delete(Base.metadata.tables[name]))


@pytest.mark.parametrize(
    ("backend", "way"),
    [
        ("sqlite", "arrow"),
        ("sqlite", "small chunks"),
        ("sqlite", "staged"),
        ("postgresql", "arrow"),
        ("postgresql", "small chunks"),
    ],
    indirect=["backend"],
)
def test_every_way_to_read_and_write_gives_the_same_night(district, monkeypatch, way):
    _mixed(district)
    ways: dict[str, list[tuple[Any, str, Any]]] = {
        "arrow": [(columns, "_arrow_connection", ARROW), (columns, "ARROW_LEAST_ROWS", 0)],
        "small chunks": [(columns, "CHUNK_ROWS", 7), (records, "CHUNK_ROWS", 7)],
        "staged": [(staging, "LEAST_ROWS", 1)],
    }
    district.night()
    usual = _written(district)
    _undone(district)
    for module, name, value in ways[way]:
        monkeypatch.setattr(module, name, value)
    district.night()
    again = _written(district)
    assert {name: len(rows) for name, rows in again.items()} == {
        name: len(rows) for name, rows in usual.items()
    }
    assert _content(again) == _content(usual)
    assert district.night().published is False


def _content(written: dict[str, list[tuple[object, ...]]]) -> dict[str, set[tuple[object, ...]]]:
    """The rows without the numbers the database gave them."""
    skipped = {"ratings": (0, 2), "place_statuses": (0, 2), "coverage_counts": (0,)}
    kept = {row[0]: row[1] for row in written["place_statuses"]}
    content = {}
    for name, rows in written.items():
        if name in skipped:
            content[name] = {
                tuple(cell for position, cell in enumerate(row) if position not in skipped[name])
                for row in rows
            }
        else:
            content[name] = {(kept[row[0]], *row[1:]) for row in rows}
    return content


def test_every_rating_is_reproduced_from_its_bins_and_the_kept_card(district):
    _mixed(district)
    district.night()
    district.observe(district.household(), {"overdue_days_max_24m": 31}, on=NEXT_DAY)
    district.night(NEXT_DAY)
    with reading(district.engine) as session:
        rows = session.execute(select(Rating, RuleVersion).join(RuleVersion)).all()
    assert len(rows) == 13
    for row, rule in rows:
        told = card_of(rule).explain(row.packed_bins, vetoes=row.vetoes, unrated=bool(row.unrated_reason))
        assert (told.score, told.grade, told.known_count) == (row.score, row.grade, row.known_count)


def test_a_night_is_kept_with_its_day_its_rules_and_the_last_record_it_read(district):
    district.household(GOOD)
    district.entity(GOOD_ENTITY)
    summary = district.night()
    with reading(district.engine) as session:
        run = latest_run(session)
        known = set(session.scalars(select(RuleVersion.fingerprint)))
    assert run is not None
    assert run.published_at is not None
    assert (run.as_of, run.last_record_id) == (DAY, len(GOOD) + len(GOOD_ENTITY))
    assert len(run.rule_fingerprints) == 14
    assert run.known_until["records"] == run.last_record_id
    assert run.known_until["entity_states"] == 1
    assert set(run.rule_fingerprints.values()) <= known
    assert run.summary == summary.to_dict()
    assert (summary.rated, summary.changed, summary.subjects) == (2, 2, 2)


@SQLITE_ONLY
def test_rules_that_are_not_loaded_are_not_used(district):
    with transaction(district.engine) as session:
        session.execute(delete(RuleVersion))
    with pytest.raises(SetupError, match=r"not loaded.*credit-village init"):
        district.night()


@SQLITE_ONLY
def test_a_day_before_the_first_card_is_refused(district):
    with pytest.raises(SetupError):
        district.night(date(2022, 12, 31))


def test_without_any_subject_there_is_a_night_that_says_so(district):
    summary = district.night()
    assert (summary.subjects, summary.rated, summary.published) == (0, 0, True)
    with reading(district.engine) as session:
        assert nightly.has_published_night(session)
