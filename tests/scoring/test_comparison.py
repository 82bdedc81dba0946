"""A reform is compared subject by subject; where only points changed, from the bins already hit."""

import copy
from pathlib import Path

import numpy as np
import pytest

from scoring import CardError, Scorecard, loader
from scoring.comparison import compare, rescored, same_bins

FILE = Path("scoring/policies/cq_bishan/household/2023-01-01.yaml")
OLD = Scorecard.load(FILE)
ROWS = 3_000


def reformed(change):
    content = copy.deepcopy(loader.read(FILE))
    change(content)
    return Scorecard(loader.card(content, where="new"), "new")


def population(rows=ROWS):
    rng = np.random.default_rng(3)
    columns = {}
    for item in OLD.definition.inputs:
        top = min(item.maximum, 3e7)
        columns[item.name] = np.where(
            rng.random(rows) < 0.2, np.nan, rng.uniform(max(item.minimum, 0), top, rows)
        )
    columns["overdue_days_now"] = np.zeros(rows)
    columns["judgment_defaulter"] = (rng.random(rows) < 0.02).astype(float)
    return columns


FEWER_POINTS = reformed(lambda c: c["characteristics"][0]["bins"][1].update(points="9"))
OTHER_EDGE = reformed(
    lambda c: (
        c["characteristics"][0]["bins"][0].update(to="2"),
        c["characteristics"][0]["bins"][1].update({"from": "2"}),
    )
)
HIGHER_CUT = reformed(lambda c: c["grades"][2].update(minimum="55"))


def test_new_points_need_no_new_facts():
    columns = population()
    before = OLD.score(columns)
    for card in (FEWER_POINTS, HIGHER_CUT):
        assert same_bins(OLD.definition, card.definition)
        from_bins, from_facts = rescored(OLD, before, card, {}), card.score(columns)
        for field in ("total", "grade", "packed", "known", "vetoes", "unrated"):
            assert (getattr(from_bins, field) == getattr(from_facts, field)).all(), field


def test_new_edges_need_the_facts_again():
    columns = population()
    assert not same_bins(OLD.definition, OTHER_EDGE.definition)
    found = rescored(OLD, OLD.score(columns), OTHER_EDGE, columns)
    assert (found.packed == OTHER_EDGE.score(columns).packed).all()


def test_everybody_is_counted_once_and_moves_as_the_grades_say():
    columns = population()
    before, after = OLD.score(columns), FEWER_POINTS.score(columns)
    towns = np.where(np.arange(ROWS) % 3 == 0, "甲镇", np.where(np.arange(ROWS) % 3 == 1, "乙镇", ""))
    found = compare(OLD, FEWER_POINTS, before=before, after=after, groups={"town": towns})
    rated = (before.unrated == 0) & (after.unrated == 0)
    assert found.matrix.sum() == ROWS
    assert found.up == int((rated & (after.grade < before.grade)).sum()) == 0
    assert found.down == int((rated & (after.grade > before.grade)).sum()) > 0
    for rank in range(len(found.grades)):
        assert found.matrix[rank].sum() == (before.grade == rank).sum()
    by_town = {one.group: one for one in found.groups["town"]}
    assert set(by_town) == {"甲镇", "乙镇"}
    mine = (towns == "甲镇") & rated
    assert by_town["甲镇"].count == (towns == "甲镇").sum()
    assert by_town["甲镇"].down == int((mine & (after.grade > before.grade)).sum())
    assert by_town["甲镇"].mean_after == pytest.approx(after.total[mine].mean())


def test_a_small_group_is_said_to_be_too_small():
    columns = population(40)
    scores = OLD.score(columns)
    labels = np.array(["甲"] * 29 + ["乙"] * 11)
    found = compare(OLD, OLD, before=scores, after=scores, groups={"town": labels})
    assert all(one.too_small for one in found.groups["town"])
    assert (found.up, found.down) == (0, 0)


def test_cards_that_grade_differently_are_not_compared():
    other = Scorecard.load("scoring/policies/hunan_rcc/household/2010-01-01.yaml")
    scores = OLD.score(population(5))
    with pytest.raises(CardError, match="different grades"):
        compare(OLD, other, before=scores, after=scores, groups={})


def test_a_group_of_another_length_is_refused():
    scores = OLD.score(population(5))
    with pytest.raises(CardError, match="2 labels for 5 subjects"):
        compare(OLD, OLD, before=scores, after=scores, groups={"town": np.array(["甲", "乙"])})
