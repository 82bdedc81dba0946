"""The cuts found are the best there are, and are written with few digits."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scoring.fitting.cuts import Rules, best_cuts, rounded_edge

COUNTS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=7)


@given(counts=COUNTS, direction=st.sampled_from(["up", "down", "free"]), max_bins=st.integers(1, 4))
def test_no_other_way_to_cut_is_better(counts: list[tuple[int, int]], direction: str, max_bins: int):
    counts = [(good + 1, bad) for good, bad in counts]
    rules = Rules(max_bins=max_bins, min_share=0.15, prebins=20, penalty=0.5, smoothing=1)
    good, bad = np.array(counts, dtype=float).T
    found = best_cuts(good, bad, rules=rules, direction=direction)
    tried = [
        worth
        for bins in range(1, max_bins + 1)
        for inner in itertools.combinations(range(1, len(counts)), bins - 1)
        if (worth := _worth(counts, [0, *inner], rules=rules, direction=direction)) is not None
    ]
    assert found.worth == pytest.approx(max(tried))
    assert _worth(counts, found.starts, rules=rules, direction=direction) == pytest.approx(found.worth)


def _worth(counts: list[tuple[int, int]], starts: list[int], *, rules: Rules, direction: str) -> float | None:
    """What one way to cut is worth, bin by bin; None where it breaks a rule."""
    total = sum(good + bad for good, bad in counts)
    worth, shares = 0.0, []
    for start, end in itertools.pairwise([*starts, len(counts)]):
        good, bad = (sum(part) for part in zip(*counts[start:end], strict=True))
        if len(starts) > 1 and good + bad < rules.min_share * total:
            return None
        shares.append(good / (good + bad))
        worth += sum(n * math.log(n / (good + bad)) for n in (good, bad) if n) - rules.penalty
    pairs = list(itertools.pairwise(shares))
    ordered = {"up": all(a < b for a, b in pairs), "down": all(a > b for a, b in pairs)}
    return worth if ordered.get(direction, True) else None


@pytest.mark.parametrize(
    ("below", "above", "edge"),
    [
        (24, 26, 26),
        (9, 13, 10),
        (-3, 2, 0),
        (3913, 3914, 3914),
        (0.123, 0.1299, 0.129),
        (980, 1049, 1000),
        (-1.7e308, 1.7e308, 1.7e308),
    ],
)
def test_an_edge_is_written_with_as_few_digits_as_can_be(below: float, above: float, edge: float):
    assert rounded_edge(below, above) == edge


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_an_edge_always_parts_the_two_values(one: float, other: float):
    assume(one != other)
    below, above = sorted((one, other))
    assert below < rounded_edge(below, above) <= above
