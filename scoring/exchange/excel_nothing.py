"""What every formula of a workbook shows before anything is filled in.

A spreadsheet that does not compute a file when it opens it goes on from these values.
"""

import math

import numpy as np

from scoring import kernel
from scoring.definition import REQUIRED_MISSING, TOO_FEW_FACTS, CardDefinition
from scoring.exchange.excel_formulas import MISSING, TOO_FEW
from scoring.exchange.excel_values import ENDLESS
from scoring.rating import Scorecard

Shown = str | int | float


def of_nothing(card: CardDefinition) -> dict[str, Shown]:
    """The value of each column, by its name, for a subject of whom nothing is known."""
    unknown = {item.name: np.array([np.nan]) for item in card.inputs}
    scores = Scorecard(card, card.code).score(unknown)
    values = kernel.with_derived(card, unknown, rows=1)
    shown: dict[str, Shown] = {name: _number(float(column[0])) for name, column in values.items()}
    points = {name: int(column[0]) for name, column in scores.points.items()}
    shown |= {f"bin:{name}": int(column[0]) for name, column in scores.bins.items()}
    shown |= {f"p:{name}": value for name, value in points.items()}
    blocks = {}
    for block in card.blocks:
        given = sum(points[item.name] for item in card.characteristics if item.block == block.name)
        blocks[f"b:{block.name}"] = min(given, block.maximum)
    held = int(scores.vetoes[0])
    shown |= blocks | {f"v:{veto.name}": held >> bit & 1 for bit, veto in enumerate(card.vetoes)}
    why = {REQUIRED_MISSING: MISSING, TOO_FEW_FACTS: TOO_FEW}.get(int(scores.unrated[0]), "")
    total = max(0, min(sum(blocks.values()), card.maximum))
    grade = (*(grade.code for grade in card.grades), card.unrated.code)[int(scores.grade[0])]
    shown |= {"known": int(scores.known[0]), "outside": 0, "unrated": why, "total": total}
    return shown | {"score": "" if why else total, "grade": grade}


def _number(value: float) -> Shown:
    if math.isnan(value):
        return ""
    return float(ENDLESS) if math.isinf(value) else value
