"""An expert's card meets outcomes: its bins stay, its points move only as far as the outcomes support."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag
from sklearn.linear_model import LogisticRegression

from scoring.definition import Characteristic
from scoring.fitting.card import CardWords, check_grades
from scoring.fitting.posterior import Belief, likeliest
from scoring.fitting.scaling import Integers, Scaling, whole
from scoring.fitting.woe import Floats
from scoring.fitting.yaml_text import document
from scoring.rating import Scorecard

# Beyond so many rows' worth of opinion the outcomes of a whole country would not move a point.
STRENGTH_MAXIMUM = 1e12
UNPENALISED = 1e6
KEY_ORDER = (
    "card", "variant", "subject", "title", "effective_from", "maximum", "basis", "least_known_share",
    "required", "sources", "prohibited_inputs", "blocks", "inputs", "references", "derived", "reasons",
    "inquiry_reasons", "characteristics", "vetoes", "grades", "unrated",
    "name", "code", "is", "from", "above", "to", "up_to", "label", "block", "of", "unit", "points", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class AdjustedCard:
    """The expert's card with its new points, and what a score now means."""

    card: Scorecard
    scaling: Scaling
    moved: tuple[str, ...]

    def totals(self, columns: Mapping[str, NDArray[Any]]) -> Integers:
        """The score of every row, also of rows the card would not rate for want of facts."""
        return self.card.totals(self.card.score(columns).packed).astype(np.int64)

    def text(
        self, code: str, *, effective_from: date, words: CardWords, grades: Mapping[str, int] | None
    ) -> str:
        """The card as YAML; the first source answers for the characteristics whose points moved."""
        content = json.loads(self.card.definition.content)
        content |= {"card": code, "title": asdict(words.title), "effective_from": effective_from.isoformat()}
        for source in words.sources:
            told = asdict(source)
            content["sources"][told.pop("code")] = told
        for item in content["characteristics"]:
            if item["name"] in self.moved and words.sources:
                item["basis"] = words.sources[0].code
        if grades is not None:
            check_grades(grades)
            labels = {item["code"]: item["label"] for item in content["grades"]}
            basis = {"basis": words.sources[0].code} if words.sources else {}
            content["grades"] = [
                {"code": name, "label": labels.get(name, {"zh": name, "en": name}), "minimum": least} | basis
                for name, least in grades.items()
            ]
        return document(_ordered(content))


def adjust(
    card: Scorecard,
    columns: Mapping[str, NDArray[Any]],
    *,
    good: Floats,
    bad: Floats,
    strength: float,
    scaling: Scaling | None,
) -> AdjustedCard:
    """The card with its points pulled towards the outcomes of these rows.

    The expert's word on each bin counts as much as `strength` rows. `scaling` says what the expert's points
    mean; where it is not stated, the outcomes say what one point is worth.
    """
    _check(card, columns, strength=strength)
    scored = card.score(columns)
    if scaling is None:
        scaling = _scaling_of(card.totals(scored.packed).astype(np.float64), good=good, bad=bad)
    items = card.definition.characteristics
    ends = np.cumsum([0, *(len(item.bins) for item in items)])
    codes = np.column_stack([scored.bins[item.name].astype(np.intp) for item in items]) + ends[:-1]
    parts = [_increments(item) for item in items]
    expert = np.array([step.points for item in items for step in item.bins], dtype=np.float64)
    average = good.sum() / (good.sum() + bad.sum())
    belief = Belief(
        mean=expert / scaling.factor,
        precision=min(strength, STRENGTH_MAXIMUM) * average * (1 - average),
        increments=block_diag(*(part for part, _ in parts)),
        rising=np.concatenate([rising for _, rising in parts]),
    )
    log_odds, intercept = likeliest(codes, belief, good=good, bad=bad)
    points = [
        _silence_capped(item, whole(scaling.factor * log_odds[low:high]))
        for item, low, high in zip(items, ends[:-1], ends[1:], strict=True)
    ]
    content = _with_points(card, points)
    moved = tuple(
        item.name
        for item, table in zip(items, points, strict=True)
        if [step.points for step in item.bins] != table.tolist()
    )
    text = json.dumps(content, ensure_ascii=False)
    return AdjustedCard(
        Scorecard.parse(text, where=f"{card.where}, adjusted"),
        Scaling(scaling.factor, -scaling.factor * intercept),
        moved,
    )


def _check(card: Scorecard, columns: Mapping[str, NDArray[Any]], *, strength: float) -> None:
    if not strength > 0:
        raise ValueError(f"strength: {strength!r} must be greater than 0, in rows the expert's word is worth")
    if card.definition.overlays:
        raise ValueError(f"prior: take one version: card.overlay({card.definition.overlays[0]!r})")
    if not set(card.inputs) & set(columns):
        raise ValueError(f"prior: no column is an input of the card; it reads {', '.join(card.inputs)}")


def _scaling_of(totals: Floats, *, good: Floats, bad: Floats) -> Scaling:
    """What one point of the expert's is worth, by the outcomes."""
    spread = float(totals.std())
    slope = 0.0
    if spread > 0:
        middle = float(totals.mean())
        model = LogisticRegression(C=UNPENALISED, solver="newton-cholesky")
        model.fit((totals[:, None] - middle) / spread, good > 0, sample_weight=good + bad)
        slope = float(model.coef_[0, 0]) / spread
    if slope <= 0:
        raise ValueError(
            "prior: more points of the expert's do not go with better outcomes, so these cannot say what a "
            "point is worth; state it with `prior_scaling`"
        )
    log_odds = float(model.intercept_[0]) - slope * middle
    return Scaling(1 / slope, -log_odds / slope)


def _increments(item: Characteristic) -> tuple[Floats, NDArray[np.bool_]]:
    """How the bins' log-odds are made of variables, and which of these must not be negative."""
    size, steps = len(item.bins), len(item.steps)
    made, rising = np.eye(size), np.zeros(size, dtype=bool)
    if item.direction in ("up", "down") and not item.category_bins:
        sign = 1.0 if item.direction == "up" else -1.0
        made[1 : steps + 1, 1 : steps + 1] = np.tril(np.full((steps, steps), sign))
        made[1 : steps + 1, 1] = 1.0
        rising[2 : steps + 1] = True
    return made, rising


def _silence_capped(item: Characteristic, points: Integers) -> Integers:
    """Unknown gives no more than the best value does, unless the expert already said otherwise."""
    if item.bins[0].points <= item.maximum:
        points[0] = min(points[0], points[1 : len(item.steps) + 1].max())
    return points


def _with_points(card: Scorecard, points: list[Integers]) -> dict[str, Any]:
    """The card's document with other points; what blocks and the card give at most follows them."""
    content: dict[str, Any] = json.loads(card.definition.content)
    items = card.definition.characteristics
    most = {block.name: 0 for block in card.definition.blocks}
    before = dict(most)
    for written, item, table in zip(content["characteristics"], items, points, strict=True):
        _write_points(written, item, [int(value) for value in table])
        most[item.block] += int(table[1 : len(item.steps) + 1].max())
        before[item.block] += item.maximum
    for written, block in zip(content["blocks"], card.definition.blocks, strict=True):
        limited = block.maximum < before[block.name]
        written["maximum"] = str(min(block.maximum, most[block.name]) if limited else most[block.name])
    if card.definition.maximum == sum(block.maximum for block in card.definition.blocks if not block.bonus):
        full = sum(int(block["maximum"]) for block in content["blocks"] if block.get("bonus") != "true")
        content["maximum"] = str(full)
    return content


def _write_points(written: dict[str, Any], item: Characteristic, values: list[int]) -> None:
    """The points of each bin as written, and a reason where they are now fewer than the most."""
    if "ladder" in written:
        written["bins"] = _steps_written(item)
        del written["ladder"]
    parts = [written["unknown"], *written["bins"], *written.get("special", ())]
    best = max(values[1 : len(item.steps) + 1])
    reason = next((step.reason for step in item.steps if step.reason), None)
    for part, value in zip(parts, values, strict=True):
        part["points"] = str(value)
        if value < best and reason is not None:
            part.setdefault("reason", reason)


def _steps_written(item: Characteristic) -> list[dict[str, Any]]:
    """The steps of a ladder one by one."""
    made = []
    for step in item.steps:
        part: dict[str, Any] = {}
        if step.low > -math.inf:
            part["from"] = repr(step.low)
        if step.high < math.inf:
            part["to"] = repr(step.high)
        made.append(part | ({"reason": step.reason} if step.reason else {}))
    return made


def _ordered(content: Any) -> Any:
    """The same content with its keys in the order cards are written in."""
    if isinstance(content, list):
        return [_ordered(part) for part in content]
    if not isinstance(content, dict):
        return content
    ranks = {key: rank for rank, key in enumerate(KEY_ORDER)}
    keys = sorted(content, key=lambda key: ranks.get(key, len(ranks)))
    return {key: _ordered(content[key]) for key in keys}
