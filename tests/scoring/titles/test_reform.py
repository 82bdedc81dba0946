"""What new criteria would change: who gains, who loses, by which gate, and what nobody measures."""

from pathlib import Path

import numpy as np
import pytest

from scoring import INSUFFICIENT, Measure, Profile
from scoring.titles import reformed
from tests.scoring.titles.places import POLICIES, PREFECTURE, VILLAGE, Books

ZHEJIANG = Profile.load(POLICIES / "zhejiang_2020/credit_village/2020-01-01.yaml")
ZHAOYANG = Profile.load(POLICIES / "zhaoyang_2014/credit_village/2014-12-30.yaml")
RICH, POOR, LATE = Books(credit=75), Books(credit=60), Books(credit=75, cadres=1.0)


def columns(*villages):
    """The measures of several villages side by side."""
    each = [village.measures() for village in villages]
    joined = {}
    for name, first in each[0].items():
        numerator = np.concatenate([item[name].numerator for item in each])
        whole = None
        if first.denominator is not None:
            whole = np.concatenate([item[name].denominator for item in each])
        joined[name] = Measure(numerator, whole, first.denominator_name)
    return joined


def test_who_gains_and_who_loses_is_told_by_position():
    found = reformed(VILLAGE, PREFECTURE, columns(RICH, POOR, LATE), places=3)
    assert (found.gained, found.lost, found.unmeasured) == ((2,), (1,), ())
    assert found.missed_by(1) == ("credit_household_share_registered",)
    assert found.missed_by(0) == ()


def test_a_profile_against_itself_changes_nothing():
    found = reformed(VILLAGE, VILLAGE, columns(RICH, POOR), places=2)
    assert (found.gained, found.lost) == ((), ())


def test_what_nobody_measures_is_unknown_everywhere_and_named():
    found = reformed(VILLAGE, ZHAOYANG, columns(RICH, POOR), places=2)
    assert (found.unmeasured, found.lost) == (("on_time_loan_share",), (0, 1))
    gate = next(gate for gate in found.after.gates if gate.criterion.name == "on_time_loan_share")
    assert gate.state.tolist() == [INSUFFICIENT] * 2


def test_a_ladder_whose_score_nobody_gives_is_missed_by_all():
    found = reformed(VILLAGE, ZHEJIANG, columns(RICH), places=1)
    assert (found.unmeasured, found.missed_by(0)) == (("assessed_score",), ("ladder",))


def test_a_reference_that_is_not_given_is_unknown_and_named(relative):
    found = reformed(VILLAGE, relative, columns(RICH), places=1)
    assert (found.unmeasured, found.missed_by(0)) == (("own_bank_npl_share",), ("npl_share",))


def test_a_reference_that_is_given_is_compared_with(relative):
    given = {"own_bank_npl_share": 0.02}
    found = reformed(VILLAGE, relative, columns(RICH), references=given, places=1)
    assert (found.unmeasured, found.missed_by(0)) == ((), ())


@pytest.fixture
def relative():
    return Profile.load(Path("tests/scoring/profiles/relative.yaml"))


def test_the_measures_of_a_ladder_are_read_too():
    ladder = Profile.load(Path("tests/scoring/profiles/ladder.yaml"))
    found = reformed(ladder, ladder, {}, places=2)
    assert found.unmeasured == ("cadre_default_count", "credit_household_share", "file_coverage")
