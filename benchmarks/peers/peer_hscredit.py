"""hscredit: quantile bins, weight of evidence, its ScoreCard."""

from typing import Any

import numpy as np
import pandas as pd
from harness import Peer, run
from hscredit import ScoreCard
from hscredit.core.binning import OptimalBinning
from numpy.typing import NDArray


class HsCredit(Peer):
    """The scorecard of hscredit."""

    name = distribution = "hscredit"
    how = "OptimalBinning(quantile, 5 bins) + ScoreCard"

    def fit(self, table: Any, bad: NDArray[np.int64]) -> None:
        """Bins as in its guide, then the card."""
        outcome = pd.Series(bad, index=table.index, name="bad")
        bins = OptimalBinning(method="quantile", max_n_bins=5, n_jobs=1)
        bins.fit(table, outcome)
        model = {"solver": "liblinear", "max_iter": 1000, "random_state": 42}
        self.card = ScoreCard(binner=bins, base_score=650, pdo=50, rate=2, base_odds=35, lr_kwargs=model)
        self.card.fit(table, outcome, input_type="raw")

    def score(self, table: Any) -> NDArray[Any]:
        """Points; more is better."""
        return np.asarray(self.card.predict(table))


if __name__ == "__main__":
    run(HsCredit)
