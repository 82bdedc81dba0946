"""A card read a second time, in plain Python over one household at a time, with exact fractions."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

Value = Fraction | float | None


class Card:
    """A card file, or its version for one type of subject, as an official would work it out by hand."""

    def __init__(self, path: Path, variant: str = "") -> None:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for key, added in content.get("overlays", {}).get(variant, {}).items():
            if isinstance(added, list):
                names = {item["name"] for item in added}
                content[key] = [item for item in content.get(key, []) if item["name"] not in names] + added
        self.content: dict[str, Any] = content

    def rate(self, facts: dict[str, float]) -> dict[str, Any]:
        """Score, grade, known characteristics and vetoes of one subject."""
        values = self._values(facts)
        points = {item["name"]: self._points(item, values) for item in self.content["characteristics"]}
        total = sum(
            min(
                sum(points[c["name"]][0] for c in self.content["characteristics"] if c["block"] == b["name"]),
                b["maximum"],
            )
            for b in self.content["blocks"]
        )
        total = max(0, min(total, self.content["maximum"]))
        known = sum(is_known for _, is_known in points.values())
        vetoes = (
            [veto for veto in self.content["vetoes"] if _held(veto, values)] if self._has_vetoes() else []
        )
        reason = ""
        if known < self.content["least_known_share"] * len(points):
            reason = "too_few_facts"
        if any(values[name] is None for name in self.content["required"]):
            reason = "required_missing"
        return {
            "score": None if reason else total,
            "grade": self.content["unrated"]["code"] if reason else self._grade(total, vetoes),
            "known_count": known,
            "vetoes": [veto["name"] for veto in vetoes],
            "unrated_reason": reason,
            "points": {name: given for name, (given, _) in points.items()},
        }

    def _has_vetoes(self) -> bool:
        return bool(self.content.get("vetoes"))

    def _grade(self, total: int, vetoes: list[dict[str, Any]]) -> str:
        codes = [grade["code"] for grade in self.content["grades"]]
        rank = next(i for i, grade in enumerate(self.content["grades"]) if total >= grade["minimum"])
        return str(codes[max([rank, *(codes.index(veto["grade_at_most"]) for veto in vetoes)])])

    def _values(self, facts: dict[str, float]) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for item in self.content["inputs"]:
            value = facts.get(item["name"])
            inside = value is not None and float(item["minimum"]) <= value <= float(item["maximum"])
            values[item["name"]] = written(value) if value is not None and inside else None
        for item in self.content.get("references", []):
            values[item["name"]] = Fraction(str(item["value"]))
        for item in self.content.get("derived", []):
            values[item["name"]] = _derived(item, [values[name] for name in item["of"]])
        return values

    def _points(self, item: dict[str, Any], values: dict[str, Value]) -> tuple[int, bool]:
        value = values[item["of"]]
        if value is None:
            return item["unknown"]["points"], False
        if "ladder" in item:
            ladder = item["ladder"]
            step = math.floor((value - Fraction(str(ladder["start"]))) / Fraction(str(ladder["width"])))
            step = max(0, min(step, ladder["count"] - 1))
            return ladder["points"] + step * ladder["points_step"], True
        found = [step["points"] for step in item["bins"] if _inside(step, value)]
        assert len(found) == 1, (item["name"], value, found)
        return found[0], True


def written(value: float) -> Fraction:
    """A recorded number as it was written down: 0.6 is three fifths, not the nearest binary number."""
    return Fraction(repr(float(value)))


def _inside(step: dict[str, Any], value: Value) -> bool:
    checks = (
        ("from", lambda edge: value >= edge),
        ("above", lambda edge: value > edge),
        ("to", lambda edge: value < edge),
        ("up_to", lambda edge: value <= edge),
    )
    return all(holds(Fraction(str(step[key]))) for key, holds in checks if key in step)


def _held(veto: dict[str, Any], values: dict[str, Value]) -> bool:
    value = values[veto["of"]]
    if value is None:
        return False
    return bool(value >= veto["at_least"] if "at_least" in veto else value > veto["above"])


def _derived(item: dict[str, Any], of: list[Value]) -> Value:
    if any(value is None for value in of):
        return None
    known = [value for value in of if value is not None]
    operation = item["operation"]
    if operation == "ratio":
        return _ratio(known[0], known[1], endless="endless" in item)
    if operation == "weighted":
        return sum((Fraction(str(w)) * v for w, v in zip(item["weights"], known, strict=True)), Fraction(0))
    if operation == "product":
        return math.prod(known, start=Fraction(1))
    if operation == "least":
        return min(known)
    if operation == "known_if":
        return known[0] if known[1] >= item["at_least"] else None
    assert operation == "default_penalty", operation
    default_item, days, cured, measure = known
    return (
        Fraction(str(item["unit_points"]))
        * Fraction(str(item["item_factors"][int(default_item) - 1]))
        * _step(days, item["days_limits"], item["days_factors"])
        * _step(cured, item["cured_limits"], item["cured_factors"])
        * Fraction(str(item["measure_factors"][int(measure) - 1]))
    )


def _ratio(numerator: Fraction | float, denominator: Fraction | float, *, endless: bool) -> Value:
    if denominator > 0:
        return numerator / denominator
    if not endless:
        return None
    return math.inf if numerator > 0 else Fraction(0)


def _step(value: Fraction | float, limits: list[float], factors: list[float]) -> Fraction:
    """The factor of the step a value is in; a limit belongs to the step it ends."""
    for limit, factor in zip(limits, factors, strict=False):
        if value <= limit:
            return Fraction(str(factor))
    return Fraction(str(factors[-1]))
