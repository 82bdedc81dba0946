"""A simulated year: what the nights and the officials did is what the rules ask for, month by month."""

from itertools import pairwise
from pathlib import Path

import pytest

from app.db import make_engine
from app.errors import Conflict
from app.jobs.simulation import prepare
from app.models import DesignationAction
from tests.jobs.simulation.seeds import (
    BEGINS_ON,
    play,
    play_copy,
    prepared,
    settings_of,
    table_of_steps,
)

SEEDS = range(1, 3)
# Of several years together every kind of step is taken, or the years prove too little.
SELDOM = {DesignationAction.KEEP}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database in which nothing has happened yet."""
    made = tmp_path_factory.mktemp("simulation")
    with prepared(made):
        return made


@pytest.fixture(scope="module")
def years(folder):
    """Some years, played to the end."""
    return [play_copy(folder, seed) for seed in SEEDS]


def test_no_month_of_a_simulated_year_differs_from_what_the_oracle_says(years):
    assert {played.seed: played.faults for played in years if played.faults} == {}


def test_titles_are_given_kept_and_taken_in_every_way_there_is(years):
    taken = {action for played in years for action in played.actions}
    assert {action.value for action in DesignationAction if action not in SELDOM} <= taken


def test_no_step_is_taken_that_the_table_does_not_know(years):
    assert {step for played in years for step in played.steps} <= {*table_of_steps()}


def test_titles_of_entities_and_villages_are_given_reviewed_and_renewed_or_expire(years):
    taken = {step for played in years for step in played.steps}
    for kind in ("credit_entity", "credit_village"):
        assert {(kind, "noticed", "award"), (kind, "designated", "begin_review")} <= taken
        assert {(kind, "under_review", action) for action in ("renew", "lapse")} & taken


def test_entities_cross_the_threshold_both_ways(years):
    taken = {step for played in years for step in played.steps}
    assert ("credit_entity", "designated", "put_on_probation") in taken
    assert ("credit_entity", "on_probation", "restore") in taken


def test_officials_who_try_what_they_may_not_are_refused(years):
    assert all(played.refused > 20 for played in years)


def test_villages_cross_the_threshold_both_ways(years):
    states = [list(month.villages.values()) for played in years for month in played.months]
    held = [sum(state is not None and state.holds_title for state in month) for month in states]
    assert any(later > now for now, later in pairwise(held))
    assert any(later < now for now, later in pairwise(held))


def test_a_year_is_the_same_on_both_databases(folder, years, migrated_url):
    chosen = settings_of(folder / "unused.db", folder).model_copy(update={"database_url": migrated_url})
    engine = make_engine(migrated_url)
    prepare(chosen, engine, begins_on=BEGINS_ON)
    played = play(chosen, engine, 1, months=3)
    engine.dispose()
    assert (played.faults, played.months) == ([], years[0].months[:3])


def test_a_database_with_people_is_not_played_with(folder):
    file = folder / "settled.db"
    file.write_bytes((folder / "empty.db").read_bytes())
    chosen = settings_of(file, folder)
    engine = make_engine(chosen.database_url)
    play(chosen, engine, 1, months=1)
    with pytest.raises(Conflict, match="empty"):
        prepare(chosen, engine, begins_on=BEGINS_ON)
    engine.dispose()
