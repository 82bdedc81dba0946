"""optbinning: a BinningProcess with its defaults, logistic regression, points by odds."""

from typing import Any

import numpy as np
from harness import Peer, run
from numpy.typing import NDArray
from optbinning import BinningProcess, Scorecard
from sklearn.linear_model import LogisticRegression


class OptBinning(Peer):
    """The scorecard of optbinning."""

    name = distribution = "optbinning"
    how = "BinningProcess + LogisticRegression, scaling pdo_odds"

    def fit(self, table: Any, bad: NDArray[np.int64]) -> None:
        """Optimal binning of all 15 columns, then the card."""
        texts = [name for name in table if table[name].dtype.kind not in "if"]
        process = BinningProcess(list(table.columns), categorical_variables=texts)
        self.card = Scorecard(
            process,
            LogisticRegression(max_iter=1000),
            scaling_method="pdo_odds",
            scaling_method_params={"pdo": 20, "odds": 50, "scorecard_points": 600},
        )
        self.card.fit(table, bad)

    def score(self, table: Any) -> NDArray[Any]:
        """Points; more is better."""
        return np.asarray(self.card.score(table))


if __name__ == "__main__":
    run(OptBinning)
