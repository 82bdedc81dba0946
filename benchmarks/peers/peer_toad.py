"""toad: chi-merge bins, weight of evidence, its ScoreCard."""

from typing import Any

import numpy as np
import toad
from harness import Peer, run
from numpy.typing import NDArray


class Toad(Peer):
    """The scorecard of toad."""

    name = distribution = "toad"
    how = "Combiner(chi, min_samples 0.05) + WOETransformer + ScoreCard"

    def fit(self, table: Any, bad: NDArray[np.int64]) -> None:
        """Bins by chi-merge, then the card."""
        combiner = toad.transform.Combiner()
        combiner.fit(table, bad, method="chi", min_samples=0.05)
        encoder = toad.transform.WOETransformer()
        encoded = encoder.fit_transform(combiner.transform(table), bad)
        self.card = toad.ScoreCard(combiner=combiner, transer=encoder, max_iter=1000)
        self.card.fit(encoded, bad)

    def score(self, table: Any) -> NDArray[Any]:
        """Points; more is better."""
        return np.asarray(self.card.predict(table))


if __name__ == "__main__":
    run(Toad)
