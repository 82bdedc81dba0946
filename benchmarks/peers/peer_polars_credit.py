"""polars-credit: quantile bins and weight of evidence; it has no points, the model's log-odds stand in."""

from typing import Any

import numpy as np
import polars as pl
from harness import Columns, Peer, run
from numpy.typing import NDArray
from polars.exceptions import PolarsError
from polars_credit.bin import QuantileBinner
from polars_credit.woe import WOETransformer
from sklearn.linear_model import LogisticRegression


class PolarsCredit(Peer):
    """The transformers of polars-credit and a weighted sum."""

    name = distribution = "polars-credit"
    how = "QuantileBinner(5) + WOETransformer + LogisticRegression log-odds (it makes no points)"
    makes_points = False
    refusals = (PolarsError,)

    def table(self, columns: Columns) -> Any:
        """A polars frame."""
        return pl.DataFrame(
            {
                name: column if column.dtype.kind != "O" else column.tolist()
                for name, column in columns.items()
            }
        )

    def fit(self, table: Any, bad: NDArray[np.int64]) -> None:
        """Bins, then weight of evidence, then the weights."""
        self.binner = QuantileBinner(q=5).fit(table)
        binned = self.binner.transform(table)
        self.encoder = WOETransformer().fit(binned, pl.Series("bad", bad))
        encoded = self.encoder.transform(binned).to_numpy()
        self.model = LogisticRegression(max_iter=1000).fit(np.clip(encoded, -5, 5), bad)

    def score(self, table: Any) -> NDArray[Any]:
        """Log-odds of good; more is better."""
        encoded = self.encoder.transform(self.binner.transform(table)).to_numpy()
        return -(np.clip(encoded, -5, 5) @ self.model.coef_[0] + self.model.intercept_[0])


if __name__ == "__main__":
    run(PolarsCredit)
