"""A block too wide for one look-up gives what its characteristics give, limited."""

import numpy as np
import pytest

from scoring import Scorecard
from tests.scoring.naive import NaiveCard

LABEL = "{zh: 甲, en: a}"
STEPS = "".join(f"{{from: {edge}, to: {edge + 1}, points: {edge % 4}}}, " for edge in range(1, 120))
WIDE = f"""
card: WIDE
title: {LABEL}
effective_from: 2023-01-01
maximum: 20
least_known_share: 0
sources: {{P: {{document: 演示数据（合成）, article: 全部, dated: 2023-01-01}}}}
blocks:
  - {{name: wide, label: {LABEL}, maximum: 9}}
  - {{name: narrow, label: {LABEL}, maximum: 2}}
inputs: [{", ".join(f"{{name: x{n}, label: {LABEL}, unit: 个, minimum: 0, maximum: 200}}" for n in range(5))}]
characteristics:
"""
for number in range(5):
    WIDE += (
        f"  - {{name: c{number}, label: {LABEL}, block: {'wide' if number < 4 else 'narrow'}, of: x{number}, "
        f"basis: P, unknown: {{points: 1}}, "
        f"bins: [{{to: 1, points: -2}}, {STEPS}{{from: 120, points: 3}}]}}\n"
    )
WIDE += f"""
grades: [{{code: A, label: {LABEL}, minimum: 5}}, {{code: B, label: {LABEL}, minimum: 0}}]
unrated: {{code: N, label: {LABEL}}}
"""


@pytest.fixture(scope="module")
def card():
    return Scorecard.parse(WIDE)


def test_the_block_has_look_ups_of_its_own(card):
    assert [most for most, _ in card.tables.wide] == [9]
    assert len(card.tables.wide[0][1]) > 1


def test_every_subject_gets_what_the_naive_scorer_gives(card):
    rng = np.random.default_rng(3)
    columns = {f"x{n}": np.where(rng.random(400) < 0.2, np.nan, rng.integers(0, 130, 400)) for n in range(5)}
    scores, naive = card.score(columns), NaiveCard(WIDE)
    for row in range(400):
        one = naive.rate({name: float(column[row]) for name, column in columns.items()})
        assert int(scores.total[row]) == one.total
        assert int(card.totals(scores.packed[row : row + 1])[0]) == one.total
