"""proscore: chi-merge bins, weight of evidence, its ScoreCard."""

from typing import Any

import numpy as np
import pandas as pd
from harness import Peer, run
from numpy.typing import NDArray
from proscore.binning import Binning
from proscore.modeling import ScoreCard
from proscore.transform import WOETransformer


class ProScore(Peer):
    """The scorecard of proscore."""

    name = distribution = "proscore"
    how = "Binning(chi, 5 bins) + WOETransformer + ScoreCard"

    def fit(self, table: Any, bad: NDArray[np.int64]) -> None:
        """Bins by chi-merge, then the card."""
        outcome = pd.Series(bad, index=table.index, name="bad")
        bins = Binning(method="chi", n_bins=5).fit(table, outcome)
        self.encoder = WOETransformer().fit(bins.bin_table_)
        self.card = ScoreCard(odds=50, pdo=20, base_score=600)
        self.card.fit(self.encoder.transform(table), outcome)

    def score(self, table: Any) -> NDArray[Any]:
        """Points; more is better."""
        return np.asarray(self.card.predict(self.encoder.transform(table)))


if __name__ == "__main__":
    run(ProScore)
