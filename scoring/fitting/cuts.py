"""The best way to merge neighbouring pre-bins: all ways are compared, by dynamic programming."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from scoring.fitting.woe import Floats

# More bins must be better by more than this, or rounding would decide.
WORTH_MORE = 1e-9
DECIMALS = 15
MAX_EXPONENT = 307


@dataclass(frozen=True)
class Rules:
    """What bins must keep to.

    At most `max_bins` by value, each with at least `min_share` of the known rows. One more bin must explain
    the outcomes better by `penalty` in log-likelihood. `smoothing` is in rows with average outcomes.
    """

    max_bins: int
    min_share: float
    prebins: int
    penalty: float
    smoothing: float


class Cuts(NamedTuple):
    """Where the bins begin, by pre-bin, and what they are worth together in log-likelihood."""

    starts: list[int]
    worth: float


def best_cuts(good: Floats, bad: Floats, *, rules: Rules, direction: str) -> Cuts:
    """The bins that explain the outcomes best among all that keep to the rules and the direction.

    In direction `up` the share of good rises from bin to bin, in `down` it falls, in `free` it may do both.
    """
    worth, share = _ranges(good, bad, rules=rules)
    before, after = share[:, :, None], share[None, :, :]
    rising = before < after
    allowed = {"up": rising, "down": before > after}.get(direction, np.ones_like(rising))
    size = len(good)
    best = np.full_like(worth, -math.inf)
    best[0] = worth[0]
    origins: list[NDArray[np.intp]] = []
    found, count, last = float(worth[0, size]), 1, 0
    for bins in range(2, rules.max_bins + 1):
        candidates = np.where(allowed, best[:, :, None], -math.inf)
        origins.append(candidates.argmax(axis=0))
        best = worth + candidates.max(axis=0)
        start = int(best[:, size].argmax())
        if best[start, size] > found + WORTH_MORE:
            found, count, last = float(best[start, size]), bins, start
    return Cuts(_traced(origins[: count - 1], last, size=size), found)


def rounded_edge(below: float, above: float) -> float:
    """The number with the fewest digits that is greater than `below` and not greater than `above`."""
    span = above - below
    if not math.isfinite(span):
        return above
    largest = min(math.floor(math.log10(max(abs(above), abs(below)))) + 1, MAX_EXPONENT)
    for exponent in range(largest, -DECIMALS, -1):
        steps = math.floor(above / 10.0**exponent + WORTH_MORE)
        edge = float(round(steps * 10.0**exponent, max(-exponent, 0)))
        if below < edge <= above:
            return edge
    return above


def _ranges(good: Floats, bad: Floats, *, rules: Rules) -> tuple[Floats, Floats]:
    """What a bin from one pre-bin to just before another is worth, and its share of good.

    A bin with too few rows is worth minus infinity, but one bin for everything is always possible.
    """
    goods, bads = (np.concatenate([[0.0], np.cumsum(part)]) for part in (good, bad))
    g, b = goods[None, :] - goods[:, None], bads[None, :] - bads[:, None]
    rows = g + b
    with np.errstate(divide="ignore", invalid="ignore"):
        share = g / rows
        worth = xlogy(g, share) + xlogy(b, b / rows) - rules.penalty
    worth[~((rows > 0) & (rows >= rules.min_share * rows[0, -1]))] = -math.inf
    return worth, share


def _traced(origins: list[NDArray[np.intp]], last: int, *, size: int) -> list[int]:
    """Where the bins begin, from the last back to the first."""
    starts, end = [last], size
    for origin in reversed(origins):
        before = int(origin[starts[0], end])
        end = starts[0]
        starts.insert(0, before)
    return starts
