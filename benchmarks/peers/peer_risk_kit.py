"""risk-kit: an expert scorecard; it learns nothing, so it is given the points of the hand-made card."""

import json
import logging
import math
from typing import Any

import numpy as np
from harness import Peer, run
from numpy.typing import NDArray
from risk_kit.expert_scorecard.models import ExpertScorecard, NumericBucket, ObjectBucket
from risk_kit.expert_scorecard.models.feature import NumericFeature, ObjectFeature


class _Heard(logging.Handler):
    """Keeps what the library logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message."""
        self.words.append(record.getMessage())


class RiskKit(Peer):
    """The expert scorecard of risk-kit."""

    name = distribution = "risk-kit"
    how = "ExpertScorecard with the points of german_credit.yaml; it learns none"
    layouts = ("text",)
    learns = False

    def fit(self, table: Any, bad: NDArray[np.int64]) -> None:
        """No learning: the buckets are those of the hand-made card."""
        self.heard = _Heard()
        logger = logging.getLogger("risk_kit")
        logger.handlers, logger.propagate = [self.heard], False
        parts = json.loads((self.folder / "card.json").read_text(encoding="utf-8"))
        self.card = ExpertScorecard("german", "benchmark", "1", [_feature(part) for part in parts])

    def score(self, table: Any) -> NDArray[Any]:
        """Points; more is better."""
        self.heard.words.clear()
        return np.asarray(self.card.predict(table))

    def flagged(self) -> str:
        """The warning it logs when no bucket holds a value."""
        return f"logs: {self.heard.words[0]}" if self.heard.words else ""


def _feature(part: dict[str, Any]) -> NumericFeature | ObjectFeature:
    words = {"name": part["of"], "family": part["block"], "description": part["of"], "weight": 100.0}
    words["default_points"] = float(part["unknown"])
    if part["text"]:
        return ObjectFeature(
            **words,
            buckets=[ObjectBucket(definition=step["is"], score=step["points"]) for step in part["bins"]],
        )
    # The buckets end where the card's valid range ends: what is outside finds no bucket.
    low, high = part["minimum"], math.nextafter(part["maximum"], math.inf)
    buckets = [
        NumericBucket(definition=(max(step["low"], low), min(step["high"], high)), score=step["points"])
        for step in part["bins"]
    ]
    return NumericFeature(**words, buckets=buckets)


if __name__ == "__main__":
    run(RiskKit)
