"""scorecardpy: tree bins, weight of evidence, its scorecard."""

from typing import Any

import numpy as np
import scorecardpy as sc
from harness import Peer, run
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression


class ScorecardPy(Peer):
    """The scorecard of scorecardpy."""

    name = distribution = "scorecardpy"
    how = "woebin(tree) + LogisticRegression + scorecard"

    def fit(self, table: Any, bad: NDArray[np.int64]) -> None:
        """Bins by a tree, then the card."""
        whole = table.assign(bad=bad)
        bins = sc.woebin(whole, y="bad", no_cores=1)
        encoded = sc.woebin_ply(whole, bins, no_cores=1).drop(columns="bad")
        model = LogisticRegression(max_iter=1000).fit(encoded, bad)
        self.card = sc.scorecard(bins, model, list(encoded.columns))

    def score(self, table: Any) -> NDArray[Any]:
        """Points; more is better."""
        return np.asarray(sc.scorecard_ply(table, self.card)["score"])


if __name__ == "__main__":
    run(ScorecardPy)
