"""credit-village: the hand-made card of the benchmarks, and the estimator that learns one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from harness import RUNS, Columns, Peer, Work, record_microseconds, run, taken, timed
from numpy.typing import NDArray

from scoring import CardError, Scorecard
from scoring.facts import Coded
from scoring.fitting.classifier import ScorecardClassifier

CARD = Path(__file__).parents[1] / "data" / "german_credit.yaml"


class Ours(Peer):
    """The hand-made card: 15 characteristics, ten of them texts."""

    name = distribution = "credit-village"
    how = "german_credit.yaml, Scorecard.score; learned: ScorecardClassifier with its defaults"
    refusals = (CardError,)
    found: Any = None

    def table(self, columns: Columns) -> Any:
        """Columns as they are; coded texts say which category each code is, in the card's order."""
        if any(column.dtype.kind == "O" for column in columns.values()):
            return dict(columns)
        inputs = {item.name: item for item in self.card.definition.inputs}
        return {
            name: _coded([category.name for category in inputs[name].categories], column)
            if inputs[name].categories
            else column
            for name, column in columns.items()
        }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.card = Scorecard.load(CARD)

    def fit(self, table: Any, bad: NDArray[np.int64]) -> None:
        """Nothing to learn: the points are written."""

    def score(self, table: Any) -> NDArray[Any]:
        """Points, 0 to 100; more is better."""
        self.found = self.card.score(table)
        total: NDArray[Any] = self.found.total
        return total

    def flagged(self) -> str:
        """What the answer says about the input: facts known, out of range, columns not given."""
        count = len(self.card.definition.characteristics)
        known, outside = int(self.found.known[0]), int(self.found.out_of_range[0])
        if known == count and not outside:
            return ""
        missing = "".join(f", {name} not given" for name in self.found.missing_inputs)
        return f"{known} of {count} facts known, {outside} out of range{missing}"

    def one(self, columns: Columns) -> Callable[[], object]:
        """One record by its facts, as the service scores it."""
        facts = {name: column[0] for name, column in columns.items()}
        return lambda: self.card.score_one(facts)

    def more(self, work: Work) -> dict[str, Any]:
        """With all part-scores kept, one record in detail, and a copy of the same columns as the limit."""
        many = self.table(taken(work.coded, work.rows))
        arrays = [column.codes if isinstance(column, Coded) else column for column in many.values()]
        room = [np.empty_like(array) for array in arrays]
        rows = len(work.rows)

        def copy() -> None:
            for target, array in zip(room, arrays, strict=True):
                np.copyto(target, array)

        copy()
        with_parts = timed(lambda: self.card.score(many).points)
        return {
            "apply_coded_with_parts_rows_per_second": round(rows / with_parts),
            "memory_copy_rows_per_second": round(rows / timed(copy, runs=4 * RUNS)),
            "memory_copy_mb": round(sum(array.nbytes for array in arrays) / 2**20, 1),
        } | self._record_detail(work)

    def _record_detail(self, work: Work) -> dict[str, Any]:
        columns = taken(work.text, work.test[:1])
        facts = {name: column[0] for name, column in columns.items()}
        packed = self.card.score_one(facts).packed
        return {
            "explain_microseconds": round(record_microseconds(lambda: self.card.explain(packed)), 1),
            "record_explained_microseconds": round(
                record_microseconds(lambda: self.card.explain(self.card.score_one(facts).packed)), 1
            ),
        }


class Learned(Peer):
    """The estimator: bins, weight of evidence, logistic regression, whole points."""

    name = distribution = "credit-village"

    def table(self, columns: Columns) -> Any:
        """One array of numbers and texts, the columns in their order."""
        return np.column_stack([np.asarray(column, dtype=object) for column in columns.values()])

    def fit(self, table: Any, bad: NDArray[np.int64]) -> None:
        """Learn the points with the estimator's defaults."""
        self.model = ScorecardClassifier().fit(table, 1 - bad)

    def score(self, table: Any) -> NDArray[Any]:
        """Whole points; more is better."""
        return np.asarray(self.model.points(table))


def _coded(categories: list[str], codes: NDArray[Any]) -> Coded:
    """Codes by alphabet, as the benchmark has them, turned into codes in the card's order."""
    place = {name: position for position, name in enumerate(categories)}
    order = np.array([place[name] for name in sorted(categories)], dtype=np.int8)
    return Coded(order[codes], categories)


if __name__ == "__main__":
    run(Ours, learner=Learned)
