"""How the loans in the table turned out, and how much each of them counts."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import assert_all_finite, column_or_1d


def outcomes_of(y: ArrayLike) -> NDArray[Any]:
    """The outcomes, of which there may be two kinds."""
    if y is None:
        raise ValueError("ScorecardClassifier requires y to be passed, but the target y is None")
    outcome: NDArray[Any] = column_or_1d(y, warn=True)
    assert_all_finite(outcome, input_name="y")
    check_classification_targets(outcome)
    kind = type_of_target(outcome, input_name="y", raise_unknown=True)
    if kind != "binary":
        raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
    return outcome


def weights_of(sample_weight: ArrayLike, rows: int) -> NDArray[np.float64]:
    """A weight a row, none below zero and not all of them zero."""
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (rows,):
        raise ValueError(f"sample_weight.shape == {weight.shape}, expected {(rows,)}")
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise ValueError("sample_weight: every weight must be a number of 0 or more")
    if not weight.any():
        raise ValueError("sample_weight: all weights are zero; at least one row must count")
    return weight
