"""Whether those rated now still look like those the card was made for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.definition import Text
from scoring.validation.thresholds import Thresholds

STABLE, WATCH, SHIFTED, TOO_FEW = "stable", "watch", "shifted", "too_few"

Counts = NDArray[np.int64]
Places = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Stability:
    """The population stability index (PSI) of one thing between a base and a later sample.

    `by_chance` is the index two samples of these sizes have on average when nothing has changed at all
    (Yurdakul 2018: (cells - 1) · (1/base + 1/sample)). `verdict` is stable, watch, shifted or too_few.
    """

    name: str
    label: Text
    sample: str
    base_count: int
    sample_count: int
    index: float | None
    by_chance: float | None
    verdict: str


def stability(
    base: Counts, current: Counts, *, name: str, label: Text, sample: str, thresholds: Thresholds
) -> Stability:
    """The index of one thing from how many subjects each of its cells holds in the base and in the sample."""
    base_count, sample_count = int(base.sum()), int(current.sum())
    index = psi(base, current)
    few = min(base_count, sample_count) < thresholds.subjects_least
    cells = int(((base + current) > 0).sum())
    chance = None if index is None else (cells - 1) * (1 / base_count + 1 / sample_count)
    verdict = TOO_FEW if few or index is None else _verdict(index, thresholds)
    return Stability(name, label, sample, base_count, sample_count, index, chance, verdict)


def psi(base: Counts, current: Counts) -> float | None:
    """The sum of (share now - share then) · ln(share now / share then); None where a sample is empty.

    A cell empty in both counts nothing; one empty in one of them counts as half a subject there, so that the
    index stays finite.
    """
    if not base.sum() or not current.sum():
        return None
    used = (base + current) > 0
    then = np.maximum(base[used], 0.5) / base.sum()
    now = np.maximum(current[used], 0.5) / current.sum()
    return float(((now - then) * np.log(now / then)).sum())


def cell_counts(place: Places, cells: int) -> Counts:
    """How many subjects each cell holds."""
    return np.bincount(place, minlength=cells).astype(np.int64)


def worst(found: Sequence[Stability]) -> Stability | None:
    """The one with the highest index among those with enough subjects to judge by."""
    judged = [item for item in found if item.verdict != TOO_FEW and item.index is not None]
    return max(judged, key=lambda item: item.index or 0.0, default=None)


def _verdict(index: float, thresholds: Thresholds) -> str:
    if index >= thresholds.psi_shift:
        return SHIFTED
    return WATCH if index >= thresholds.psi_watch else STABLE
