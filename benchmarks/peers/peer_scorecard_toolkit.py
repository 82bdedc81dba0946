"""scorecard-toolkit: quantile bins, weight of evidence, its wrapper."""

from typing import Any

import numpy as np
import pandas as pd
from harness import Peer, run
from numpy.typing import NDArray
from ScoreCardModel import ScoreCardWrapper


class ScorecardToolkit(Peer):
    """The scorecard of scorecard-toolkit."""

    name = distribution = "scorecard-toolkit"
    how = "ScoreCardWrapper with its defaults"

    def fit(self, table: Any, bad: NDArray[np.int64]) -> None:
        """All in one; its points grow with the odds of class 1, so class 1 is good here."""
        self.card = ScoreCardWrapper(model_params={"max_iter": 1000})
        self.card.fit(table, pd.Series(1 - bad, index=table.index))

    def score(self, table: Any) -> NDArray[Any]:
        """Points; more is better."""
        return np.asarray(self.card.predict(table))


if __name__ == "__main__":
    run(ScorecardToolkit)
