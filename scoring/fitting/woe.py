"""Weight of evidence: how far the outcomes of one bin speak for or against a borrower."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def weight_of_evidence(good: Floats, bad: Floats, *, smoothing: float) -> Floats:
    """The log-odds of good in each bin over those of all rows; 0 says nothing, more is better.

    `smoothing` rows with the odds of all rows are added to every bin, so no bin is infinitely good or bad.
    """
    goods, bads = good.sum(), bad.sum()
    rows = goods + bads
    log_odds = np.log(good + smoothing * goods / rows) - np.log(bad + smoothing * bads / rows)
    return np.asarray(log_odds - np.log(goods / bads))


def information_value(good: Floats, bad: Floats, *, smoothing: float) -> float:
    """How well the bins together tell good from bad: 0 is not at all, above 0.3 is strong."""
    evidence = weight_of_evidence(good, bad, smoothing=smoothing)
    return float(((good / good.sum() - bad / bad.sum()) * evidence).sum())
