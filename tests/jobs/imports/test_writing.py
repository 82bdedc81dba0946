"""A file lands whole or not at all, also when another import gets in its way."""

import pytest

from app.errors import Conflict
from app.jobs.imports import lookups
from tests.jobs.imports.conftest import HOUSEHOLD_HEADER, household
from tests.numbers import resident


def test_two_imports_of_one_file_at_once_land_once(desk, monkeypatch):
    path = desk.workbook({"农户": [HOUSEHOLD_HEADER, household(1)]})
    desk.run(path, "households")
    before = desk.counts()
    monkeypatch.setattr(lookups, "seen_before", lambda *_: False)
    with pytest.raises(Conflict, match="nothing was written, run it again"):
        desk.run(path, "households")
    assert desk.counts() == before


def test_a_failure_in_the_middle_leaves_nothing_behind(desk, monkeypatch):
    desk.bring([HOUSEHOLD_HEADER, household(1)], "households")
    before = desk.counts()
    monkeypatch.setattr(lookups, "households", lambda *_, **__: [])
    with pytest.raises(Conflict):
        desk.bring([HOUSEHOLD_HEADER, household(2), household(3, id_number=resident(1))], "households")
    assert desk.counts() == before
