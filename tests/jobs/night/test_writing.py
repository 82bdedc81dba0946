"""A night is published whole or not at all, and readers see one night."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.db import reading, transaction
from app.errors import Conflict
from app.jobs import nightly
from app.jobs.night import staging, writing
from app.models import Rating, RatingRun, UnratedReason
from app.ratings.service import current_rating, history, latest_run
from tests.district import DAY, District, morning

SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
NEXT_DAY = DAY + timedelta(days=1)


def rating(district: District, subject_id: int) -> Rating:
    with reading(district.engine) as session:
        found = current_rating(session, subject_id)
    assert found is not None
    return found


def test_another_night_published_meanwhile_is_a_conflict_and_nothing_is_written(district, monkeypatch):
    district.household()
    before = {}

    def meanwhile(*arguments, **named):
        monkeypatch.setattr(nightly, "staged", staging.staged)
        district.night()
        before.update(district.rows())
        return staging.staged(*arguments, **named)

    monkeypatch.setattr(nightly, "staged", meanwhile)
    with pytest.raises(Conflict, match="another night was published"):
        district.night()
    assert district.rows() == before
    assert len(before["rating_runs"]) == 1


@pytest.mark.parametrize("step", ["write_statuses", "write_coverage", "publish"])
def test_a_failure_in_the_middle_of_writing_leaves_last_night(district, monkeypatch, step):
    household = district.household()
    district.night()
    before = district.rows()
    district.observe(household, {"overdue_days_max_24m": 91}, on=NEXT_DAY)
    given = district.rows()

    def fails(*_arguments, **_named):
        raise RuntimeError("the power fails")

    with monkeypatch.context() as broken:
        broken.setattr(writing, step, fails)
        with pytest.raises(RuntimeError, match="the power fails"):
            district.night(NEXT_DAY)
    assert district.rows() == given
    assert given["rating_runs"] == before["rating_runs"]
    assert rating(district, household).score == 100
    assert district.night(NEXT_DAY).downgraded == 1


def test_who_reads_while_a_night_is_published_sees_one_night_only(district):
    household = district.household()
    district.night()
    with reading(district.engine) as reader:
        last = latest_run(reader)
        district.observe(household, {"overdue_days_max_24m": 91}, on=NEXT_DAY)
        district.night(NEXT_DAY)
        reader.expire_all()
        seen = latest_run(reader)
        assert (seen and seen.run_id) == (last and last.run_id)
        found = current_rating(reader, household)
        assert found is not None
        assert found.score == 100
        assert reader.scalar(select(func.count()).select_from(Rating)) == 1
    assert rating(district, household).score == 81


def test_who_reads_in_the_middle_of_publishing_sees_last_night(district, monkeypatch):
    household = district.household()
    district.night()
    district.observe(household, {"overdue_days_max_24m": 91}, on=NEXT_DAY)
    seen, publish = [], writing.publish

    def watched(session, run_id, *, at):
        publish(session, run_id, at=at)
        session.flush()
        with reading(district.engine) as reader:
            last = latest_run(reader)
            seen.append((last and last.as_of, len(history(reader, household))))

    monkeypatch.setattr(writing, "publish", watched)
    district.night(NEXT_DAY)
    assert seen == [(DAY, 1)]
    with reading(district.engine) as reader:
        assert len(history(reader, household)) == 2


def test_what_an_unpublished_night_wrote_does_not_exist(district):
    household = district.household()
    district.night()
    past = rating(district, household)
    with transaction(district.engine) as session:
        run = RatingRun(as_of=NEXT_DAY, started_at=morning(NEXT_DAY), published_at=None, last_record_id=0,
                        rule_fingerprints={}, summary={})  # fmt: skip
        session.add(run)
        session.flush()
        session.add(
            Rating(subject_id=household, run_id=run.run_id, rule_version_id=past.rule_version_id, grade="B",
                   score=1, packed_bins=0, vetoes=0, known_count=0, unrated_reason=UnratedReason.NONE,
                   on_file=False)
        )  # fmt: skip
    assert rating(district, household).rating_id == past.rating_id
    with reading(district.engine) as session:
        assert [one.rating_id for one in history(session, household)] == [past.rating_id]
    assert district.night(NEXT_DAY).changed == 0


@SQLITE_ONLY
def test_a_staged_night_that_fails_leaves_no_file_and_no_row(district, monkeypatch, tmp_path):
    household = district.household()
    district.night()
    district.observe(household, {"overdue_days_max_24m": 91}, on=NEXT_DAY)
    given = district.rows()

    def fails(*_arguments, **_named):
        raise RuntimeError("the power fails")

    monkeypatch.setattr(staging, "LEAST_ROWS", 1)
    monkeypatch.setattr(writing, "publish", fails)
    with pytest.raises(RuntimeError):
        district.night(NEXT_DAY)
    assert district.rows() == given
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".night-")] == []
