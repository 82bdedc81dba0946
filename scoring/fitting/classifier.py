"""A scorecard learned from outcomes: a scikit-learn classifier whose model is its table of whole points."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from scoring.fitting.binning import DIRECTIONS
from scoring.fitting.card import CardWords, card_text, minima_at
from scoring.fitting.columns import array_columns, check_names, frame_columns, holds_text, is_frame
from scoring.fitting.cuts import Rules
from scoring.fitting.learning import Scale, Settings, learn
from scoring.fitting.outcomes import outcomes_of, weights_of
from scoring.fitting.prior import AdjustedCard, adjust
from scoring.fitting.scaling import Integers, Scaling
from scoring.fitting.table import FittedTable
from scoring.rating import Scorecard

Columns = dict[str, NDArray[Any]]


class ScorecardClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A transparent scorecard: bins, whole points, and odds that follow from the sum of the points alone.

    The stated odds of good (`base_odds` to 1) hold at `base_points`, and double every `pdo` points; with
    `points_range`, say (0, 100), scores run from one to the other and the odds follow. `good` is the outcome
    that points speak for, by default the last class. By column: `directions` (`auto`, `up`: a greater value
    never costs points, `down`, `free`), `special` codes with a bin of their own, `ranges` outside which a
    value is unknown. An unknown or special bin with fewer than `least_rows` rows gives neutral points, and
    none gives more than the best value does: silence must not pay.
    """

    def __init__(
        self,
        *,
        base_points: float = 600.0,
        base_odds: float = 50.0,
        pdo: float = 20.0,
        points_range: tuple[int, int] | None = None,
        good: Any = None,
        directions: Mapping[str, str] | None = None,
        special: Mapping[str, Sequence[float]] | None = None,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        feature_names: Sequence[str] | None = None,
        max_bins: int = 7,
        min_share: float = 0.05,
        prebins: int = 20,
        bin_penalty: float = 0.5,
        smoothing: float = 20.0,
        inverse_penalty: float = 1.0,
        least_rows: float = 30.0,
    ) -> None:
        self.base_points = base_points
        self.base_odds = base_odds
        self.pdo = pdo
        self.points_range = points_range
        self.good = good
        self.directions = directions
        self.special = special
        self.ranges = ranges
        self.feature_names = feature_names
        self.max_bins = max_bins
        self.min_share = min_share
        self.prebins = prebins
        self.bin_penalty = bin_penalty
        self.smoothing = smoothing
        self.inverse_penalty = inverse_penalty
        self.least_rows = least_rows

    table_: FittedTable | AdjustedCard

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        prior: Scorecard | None = None,
        strength: float | None = None,
        prior_scaling: Scaling | None = None,
    ) -> Self:
        """Learn the table of points; a row of weight n counts as n rows, one of weight 0 not at all.

        With `prior`, an expert's card, its bins stay and its points move only as far as the outcomes support:
        the expert's word on each bin is worth `strength` rows. The settings for bins and scale then do not
        count: points mean what `prior_scaling` says or, where it is not given, what the outcomes say.
        """
        columns, outcome, weight = self._rows(X, y, sample_weight)
        self.classes_ = np.unique(outcome)
        if len(self.classes_) < 2:
            raise ValueError(f"the outcomes hold one class only, {self.classes_[0]!r}; give rows of both")
        good = outcome == self.classes_[int(self._good_last())]
        weights = {"good": weight * good, "bad": weight * ~good}
        if prior is None:
            if strength is not None or prior_scaling is not None:
                raise ValueError(
                    "strength, prior_scaling: they speak of an expert's card; give it as `prior`"
                )
            settings, scale = self._settings(columns), self._scale()
            self.table_ = learn(columns, **weights, settings=settings, scale=scale)
        else:
            if strength is None:
                raise ValueError(
                    "strength: say how many rows the expert's word on a bin is worth, such as 50"
                )
            self.table_ = adjust(prior, columns, **weights, strength=strength, scaling=prior_scaling)
        self.scaling_ = self.table_.scaling
        return self

    def points(self, X: Any) -> Integers:
        """The score of every row, in whole points."""
        check_is_fitted(self)
        return self.table_.totals(self._columns(X, reset=False))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """The log-odds of the last class that the points of every row stand for."""
        check_is_fitted(self)
        points = self.points(X)
        log_odds = self.scaling_.log_odds(points)
        return log_odds if self._good_last() else -log_odds

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The chance of each class that the points of every row stand for."""
        check_is_fitted(self)
        log_odds = self.decision_function(X)
        return np.column_stack([expit(-log_odds), expit(log_odds)])

    def predict(self, X: Any) -> NDArray[Any]:
        """The likelier class of every row."""
        check_is_fitted(self)
        likely: NDArray[Any] = self.classes_[(self.decision_function(X) > 0).astype(np.intp)]
        return likely

    def to_card(
        self,
        code: str,
        effective_from: date,
        *,
        words: CardWords,
        grades: Mapping[str, int] | None = None,
        grade_odds: Mapping[str, float] | None = None,
    ) -> str:
        """The card as the YAML that experts write; it gives every row the points this classifier gives.

        Grades are listed best first, with the least score or the least odds of good each takes; the last 0.
        An expert's card that was adjusted keeps its grades where none are given.
        """
        check_is_fitted(self)
        adjusted = isinstance(self.table_, AdjustedCard)
        if (grades is None) == (grade_odds is None) and not (adjusted and grades is None):
            raise ValueError("give either `grades`, by least score, or `grade_odds`, by least odds")
        minima = grades if grade_odds is None else minima_at(grade_odds, self.scaling_)
        if isinstance(self.table_, AdjustedCard):
            return self.table_.text(code, effective_from=effective_from, words=words, grades=minima)
        return card_text(self.table_, code, effective_from=effective_from, words=words, grades=minima or {})

    def __sklearn_tags__(self) -> Any:
        """Two classes only; missing values are read as such."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def _good_last(self) -> bool:
        """Whether points speak for the last class."""
        if self.good is None:
            return True
        if self.good not in self.classes_:
            raise ValueError(f"good: {self.good!r} is no outcome; there are {self.classes_.tolist()}")
        return bool(self.good == self.classes_[1])

    def _rows(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[Columns, NDArray[Any], NDArray[np.float64]]:
        """The columns, outcomes and weights of the rows that count."""
        columns = self._columns(X, reset=True, y=y)
        outcome = outcomes_of(y)
        rows = len(next(iter(columns.values())))
        weight = np.ones(rows) if sample_weight is None else weights_of(sample_weight, rows)
        check_consistent_length(next(iter(columns.values())), outcome)
        counts = weight > 0
        if not counts.all():
            columns = {name: values[counts] for name, values in columns.items()}
        return columns, outcome[counts], weight[counts]

    def _columns(self, X: Any, *, reset: bool, y: Any = "no_validation") -> Columns:
        """The table as named columns, checked against the one fitted on."""
        if is_frame(X):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if reset:
                self._names = [str(name) for name in X.columns]
            return frame_columns(X, names=self._names)
        if holds_text(X):
            X = np.asarray(X, dtype=object)
            checks: dict[str, Any] = {"dtype": None, "ensure_all_finite": False}
        else:
            checks = {"dtype": np.float64, "ensure_all_finite": "allow-nan"}
        array = validate_data(self, X, y, reset=reset, **checks)
        array = array if isinstance(y, str) else array[0]
        if reset:
            self._names = self._given_names(array.shape[1])
        return array_columns(array, names=self._names)

    def _given_names(self, count: int) -> list[str]:
        names = [f"x{place}" for place in range(count)]
        if self.feature_names is not None:
            names = [str(name) for name in self.feature_names]
        if len(set(names)) != count:
            raise ValueError(f"feature_names: {len(set(names))} different names for {count} columns")
        return names

    def _settings(self, columns: Columns) -> Settings:
        for what in ("directions", "special", "ranges"):
            check_names(columns, getattr(self, what), what=what)
            for name in getattr(self, what) or {}:
                if columns[name].dtype.kind == "O":
                    raise ValueError(f"{what}: {name} holds texts; only numbers have {what}")
        for name, direction in (self.directions or {}).items():
            if direction not in DIRECTIONS:
                raise ValueError(f"directions: {name}: {direction!r} is none of {', '.join(DIRECTIONS)}")
        for what, least in (("max_bins", 1), ("prebins", 1), ("min_share", 0), ("bin_penalty", 0)):
            if not getattr(self, what) >= least:
                raise ValueError(f"{what}: {getattr(self, what)!r} must be {least} or more")
        for what in ("smoothing", "inverse_penalty"):
            if not getattr(self, what) > 0:
                raise ValueError(f"{what}: {getattr(self, what)!r} must be greater than 0")
        return Settings(
            rules=Rules(
                max_bins=self.max_bins,
                min_share=self.min_share,
                prebins=self.prebins,
                penalty=self.bin_penalty,
                smoothing=self.smoothing,
            ),
            inverse_penalty=self.inverse_penalty,
            least_rows=self.least_rows,
            directions=self.directions or {},
            special=self.special or {},
            ranges=self.ranges or {},
        )

    def _scale(self) -> Scale:
        stated = Scaling.stated(base_points=self.base_points, base_odds=self.base_odds, pdo=self.pdo)
        if self.points_range is not None and not self.points_range[0] < self.points_range[1]:
            raise ValueError(f"points_range: {self.points_range!r} must rise, for example (0, 100)")
        return Scale(stated, self.points_range)
