"""What a card costs: new points for 10,000,000 ratings, new bins, one subject, its explanation, its ways up.

Run it with `.venv/bin/python benchmarks/bench_card.py`. Everything is the shipped household card on one core;
every figure is the median of five runs, taken in turns with a plain copy of the same columns.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring import Scorecard, WayUp
from scoring.facts import Columns
from scoring.kernel import bins_hit, with_derived

CARD = Path("scoring/policies/cq_bishan/household/2023-01-01.yaml")
RUNS = 5
RATINGS = 10_000_000
ROWS = 1_000_000
BLOCK = 32_768
SUBJECTS = 2_000


def main() -> None:
    """Print the figures as a Markdown table."""
    card = Scorecard.load(CARD)
    columns = synthetic(card, rows=ROWS)
    scores = card.score(columns)
    packed = np.resize(scores.packed, RATINGS)
    room = np.empty_like(packed)
    anew = median(lambda: card.totals(packed))
    copy = median(lambda: np.copyto(room, packed))
    print("| what | median of 5 | |")
    print("|---|--:|---|")
    line("new points for 10,000,000 ratings", f"{anew:.3f} s", f"{anew / copy:.1f} times a copy of them")
    binned = ROWS / median(lambda: rebinned(card, columns))
    line("bins of 15 characteristics", f"{binned / 1e6:.1f} million rows/s", "from checked values")
    whole = ROWS / median(lambda: card.score(columns))
    line("a whole rating from 25 facts", f"{whole / 1e6:.1f} million rows/s", "13 derived values, 3 vetoes")
    one_subject(card, columns)


def one_subject(card: Scorecard, columns: Mapping[str, NDArray[np.float64]]) -> None:
    """One subject at a time: rated, explained, and shown the ways up."""
    people = [{name: float(column[row]) for name, column in columns.items()} for row in range(SUBJECTS)]
    packed = [card.score_one(facts).packed for facts in people]
    line("one subject rated", each(card.score_one, people), "")
    line("one rating explained", each(card.explain, packed), "")
    for what, count in (("its cheapest way up", 1), ("its three cheapest", 3)):
        taken = [seconds(partial(ways, card, rating, count)) for rating in packed]
        line(what, f"{statistics.median(taken) * 1e6:.0f} µs", f"slowest {max(taken) * 1e6:.0f} µs")


def ways(card: Scorecard, rating: int, count: int) -> list[WayUp]:
    """The cheapest ways up of one rating."""
    return list(islice(card.ways_up(rating, beyond_fewest=1), count))


def rebinned(card: Scorecard, columns: Mapping[str, NDArray[np.float64]]) -> None:
    """All bins of all rows, from values that are checked and derived already."""
    for facts, values in BLOCKS or prepared(card, columns):
        for item in card.definition.characteristics:
            bins_hit(item, values, facts=facts)


BLOCKS: list[tuple[Any, Any]] = []


def prepared(card: Scorecard, columns: Mapping[str, NDArray[np.float64]]) -> list[tuple[Any, Any]]:
    """The checked and derived values, block by block."""
    given = Columns(card.definition.inputs, columns)
    for start in range(0, ROWS, BLOCK):
        stop = min(start + BLOCK, ROWS)
        facts = given.block(start, stop)
        BLOCKS.append((facts, with_derived(card.definition, facts.values, rows=stop - start)))
    return BLOCKS


def synthetic(card: Scorecard, *, rows: int) -> dict[str, NDArray[np.float64]]:
    """演示数据（合成）: values over every range, a tenth of them unknown."""
    rng = np.random.default_rng(1)
    found = {}
    for item in card.definition.inputs:
        values = rng.uniform(item.minimum, min(item.maximum, 1e8), rows)
        found[item.name] = np.where(rng.random(rows) < 0.1, np.nan, values)
    return found


def median(call: Callable[[], object]) -> float:
    """The median seconds of five runs, after one that does not count."""
    call()
    return statistics.median(seconds(call) for _ in range(RUNS))


def each(call: Callable[[Any], object], items: list[Any]) -> str:
    """The median of five runs over all items, for one of them."""
    whole = median(lambda: [call(item) for item in items])
    return f"{whole / len(items) * 1e6:.0f} µs"


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def line(what: str, figure: str, beside: str) -> None:
    """One line of the table."""
    print(f"| {what} | {figure} | {beside} |")


if __name__ == "__main__":
    main()
