"""Applicants whose outcomes follow a known rule. 演示数据（合成）"""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from scoring.definition import Source, Text
from scoring.fitting.card import CardWords
from scoring.fitting.classifier import ScorecardClassifier
from scoring.fitting.prior import AdjustedCard
from scoring.fitting.table import FittedTable

NAMES = ("age", "income", "housing", "contract")
# -9 stands for "refused".
RANGES = {"age": (18.0, 100.0)}
SPECIAL = {"age": (-9.0,)}
DAY = date(2024, 1, 1)
WORDS = CardWords(
    title=Text("合成卡", "Synthetic card"),
    sources=(Source("OUT", "演示数据（合成）", "结果数据", "2024-01-01"),),
    sensitivity=dict.fromkeys(NAMES, "personal"),
)


def applicants(count: int, *, seed: int) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Rows of age, income, housing and contract, some missing or refused, and who repaid (1)."""
    draw = np.random.default_rng(seed)
    age = draw.integers(18, 80, count).astype(np.float64)
    income = np.round(draw.lognormal(3, 0.7, count), 2)
    housing = draw.choice(np.array(["自有", "租住", "no", "其他: 1"]), count)
    contract = draw.choice(np.array(["yes", "none"]), count)
    log_odds = 0.04 * (age - 45) + 1.2 * (np.log(income) - 3) + 0.9 * (housing == "自有") + 0.8
    age[draw.random(count) < 0.06] = -9
    rows = np.empty((count, 4), dtype=object)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3] = age, income, housing, contract
    rows[draw.random((count, 4)) < 0.06] = None
    return rows, (draw.random(count) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)


def table_of(model: ScorecardClassifier) -> FittedTable:
    """The table a classifier learned from outcomes alone."""
    assert isinstance(model.table_, FittedTable)
    return model.table_


def adjusted_by(model: ScorecardClassifier) -> AdjustedCard:
    """The expert's card a classifier adjusted."""
    assert isinstance(model.table_, AdjustedCard)
    return model.table_


def columns(rows: NDArray[np.object_]) -> dict[str, NDArray[np.generic]]:
    """The rows as the columns a card scores."""
    return {
        name: rows[:, place].astype(np.float64) if place < 2 else rows[:, place]
        for place, name in enumerate(NAMES)
    }
