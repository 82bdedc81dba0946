"""A learned table becomes the policy document that experts write, with the same points for every row."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from scoring.checks import PACKED_BITS
from scoring.definition import Prohibited, Source, Text
from scoring.fitting.binning import Binning
from scoring.fitting.scaling import Scaling
from scoring.fitting.table import FittedCharacteristic, FittedTable
from scoring.fitting.yaml_text import document

CATEGORIES_MAXIMUM = 255
BLOCK = "learned"
UNKNOWN_REASON = "R00"
# A grade begins at a whole score; odds met this exactly count as met.
EXACT = 1e-9


@dataclass(frozen=True)
class CardWords:
    """What a card says beside its numbers: its title, its sources and, by column, how it is shown.

    The first source is where the outcomes come from; it answers for every number of the card. A column
    without a label is shown by its name.
    """

    title: Text
    sources: Sequence[Source]
    labels: Mapping[str, Text] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    sensitivity: Mapping[str, str] = field(default_factory=dict)
    consent: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, Text] = field(default_factory=dict)
    categories: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    special: Mapping[str, Mapping[float, Text]] = field(default_factory=dict)
    months_to_change: Mapping[str, int] = field(default_factory=dict)
    prohibited: Sequence[Prohibited] = ()
    required: Sequence[str] = ()
    least_known_share: float = 0.0


def card_text(
    table: FittedTable, code: str, *, effective_from: date, words: CardWords, grades: Mapping[str, int]
) -> str:
    """The YAML of the card; `grades` has the least score of every grade, best first, the last 0.

    Raises `ValueError` where a card cannot say the same as the table.
    """
    _check(table, words=words)
    check_grades(grades)
    basis = words.sources[0].code
    maximum = table.highest
    reasons = _reasons(table, words)
    content: dict[str, Any] = {
        "card": code,
        "title": asdict(words.title),
        "effective_from": effective_from.isoformat(),
        "maximum": maximum,
        "basis": basis,
        "least_known_share": float(words.least_known_share),
        "required": list(words.required),
        "sources": {item.code: _source(item) for item in words.sources},
        "prohibited_inputs": [asdict(item) for item in words.prohibited],
        "blocks": [_block(maximum, basis=basis)],
        "inputs": [_input(item.binning, words) for item in table.characteristics],
        "reasons": {name: asdict(text) for name, text in reasons.items()},
        "characteristics": [
            _characteristic(item, words, reason=f"R{place:02d}")
            for place, item in enumerate(table.characteristics, start=1)
        ],
        "grades": [
            {"code": name, "label": {"zh": name, "en": name}, "minimum": least, "basis": basis}
            for name, least in grades.items()
        ],
        "unrated": {"code": _unrated(grades), "label": {"zh": "未评", "en": "not rated"}},
    }
    return _comment(table) + document({key: value for key, value in content.items() if value != []})


def minima_at(odds: Mapping[str, float], scaling: Scaling) -> dict[str, int]:
    """The least score of every grade from the least odds of good it takes; the last grade takes any: 0."""
    found = {}
    for grade, least in odds.items():
        if not (math.isfinite(least) and least >= 0):
            raise ValueError(
                f"grade {grade}: odds of {least!r} are none; write for example 20, the last grade 0"
            )
        found[grade] = 0 if least == 0 else max(math.ceil(scaling.points_at(least) - EXACT), 0)
    return found


def check_grades(grades: Mapping[str, int]) -> None:
    """Refuse grades that are not listed best first, each with a lower minimum, the last from 0."""
    minima = list(grades.values())
    if not minima or minima[-1] != 0 or minima != sorted(set(minima), reverse=True):
        listed = ", ".join(f"{grade} {least}" for grade, least in grades.items()) or "none"
        raise ValueError(
            f"grades: must be listed best first, each lower, the last from 0; they are: {listed}"
        )


def _check(table: FittedTable, *, words: CardWords) -> None:
    if not words.sources:
        raise ValueError("sources: a card names where its numbers come from; give at least one Source")
    if table.lowest == table.highest:
        raise ValueError("no column tells good from bad: every row has the same points, which is no card")
    bits = sum(math.ceil(math.log2(item.binning.size)) for item in table.characteristics)
    if bits > PACKED_BITS:
        weakest = sorted(table.characteristics, key=lambda item: (item.information_value, item.name))
        names = ", ".join(item.name for item in weakest[:3])
        raise ValueError(
            f"the bins take {bits} bits, a rating is packed into {PACKED_BITS}: fit without some columns; "
            f"those that tell least are {names}"
        )
    for item in table.characteristics:
        count = sum(map(len, item.binning.groups))
        if count > CATEGORIES_MAXIMUM:
            raise ValueError(f"{item.name}: {count} categories; a card holds {CATEGORIES_MAXIMUM}")
    if table.lowest < 0:
        raise ValueError(
            f"the least score is {table.lowest}, and a card's total does not go below 0: "
            f"fit with base_points greater by {-table.lowest}, or with points_range=(0, 100)"
        )


def _comment(table: FittedTable) -> str:
    first, scaling = table.characteristics[0], table.scaling
    good, bad = float(first.good.sum()), float(first.bad.sum())
    odds = math.exp((table.highest - scaling.offset) / scaling.factor)
    return (
        f"# Points learned from the outcomes of {good + bad:g} rows, {bad:g} of them bad.\n"
        f"# Full marks stand for odds of {odds:.4g} good to 1 bad; "
        f"{scaling.pdo:.4g} points fewer halve the odds.\n"
    )


def _unrated(grades: Mapping[str, int]) -> str:
    return "N" if "N" not in grades else "unrated"


def _source(item: Source) -> dict[str, str]:
    return {"document": item.document, "article": item.article, "dated": item.dated}


def _block(maximum: int, *, basis: str) -> dict[str, Any]:
    label = {"zh": "由结果数据学得", "en": "learned from outcomes"}
    return {"name": BLOCK, "label": label, "maximum": maximum, "basis": basis}


def _label(name: str, words: CardWords) -> dict[str, str]:
    return asdict(words.labels[name]) if name in words.labels else {"zh": name, "en": name}


def _unit(binning: Binning, words: CardWords) -> str:
    return words.units.get(binning.name, "类别" if binning.groups else "数值")


def _input(binning: Binning, words: CardWords) -> dict[str, Any]:
    name = binning.name
    made: dict[str, Any] = {"name": name, "label": _label(name, words), "unit": _unit(binning, words)}
    if binning.groups:
        labels = words.categories.get(name, {})
        members = sorted(member for group in binning.groups for member in group)
        made["categories"] = {member: _shown(labels.get(member), member) for member in members}
    else:
        made |= {"minimum": binning.minimum, "maximum": binning.maximum}
    for key, given in (("sensitivity", words.sensitivity), ("consent", words.consent)):
        if name in given:
            made[key] = given[name]
    if binning.special:
        shown = words.special.get(name, {})
        made["special"] = {float(code): _shown(shown.get(code), f"{code:.10g}") for code in binning.special}
    return made


def _shown(label: Text | None, name: str) -> dict[str, str]:
    """The label given, or the name itself; a blank name is shown as such."""
    if label is not None:
        return asdict(label)
    return {"zh": name, "en": name} if name.strip() else {"zh": "（空白）", "en": "(blank)"}


def _characteristic(item: FittedCharacteristic, words: CardWords, *, reason: str) -> dict[str, Any]:
    binning, points = item.binning, [int(value) for value in item.points]
    first_special = 1 + binning.steps
    best = max(points[1:first_special])
    made: dict[str, Any] = {
        "name": item.name,
        "label": _label(item.name, words),
        "block": BLOCK,
        "of": item.name,
        "basis": words.sources[0].code,
        "direction": binning.direction,
        "unit": _unit(binning, words),
    }
    if item.name in words.months_to_change:
        made["months_to_change"] = words.months_to_change[item.name]
    made["unknown"] = _points(points[0], best, UNKNOWN_REASON)
    if binning.groups:
        steps: list[dict[str, Any]] = [{"is": list(group)} for group in binning.groups]
    else:
        edges = [float(edge) for edge in binning.edges]
        ends = zip([None, *edges], [*edges, None], strict=True)
        steps = [
            {key: end for key, end in (("from", low), ("to", high)) if end is not None} for low, high in ends
        ]
    made["bins"] = [step | _points(points[code], best, reason) for code, step in enumerate(steps, start=1)]
    if binning.special:
        made["special"] = [
            {"code": float(code)} | _points(points[place], best, reason)
            for place, code in enumerate(binning.special, start=first_special)
        ]
    return made


def _points(points: int, best: int, reason: str) -> dict[str, Any]:
    """Points, and the reason where they are fewer than the most."""
    return {"points": points} | ({"reason": reason} if points < best else {})


def _reasons(table: FittedTable, words: CardWords) -> dict[str, Text]:
    """The texts of all reasons that a bin gives."""
    found = {}
    if any(item.points[0] < item.points[1:].max() for item in table.characteristics):
        found[UNKNOWN_REASON] = Text("该项资料缺失", "information is missing")
    for place, item in enumerate(table.characteristics, start=1):
        if item.points[1:].min() < item.points[1:].max():
            label = _label(item.name, words)
            plain = Text(f"{label['zh']}：得分较低", f"{label['en']}: few points")
            found[f"R{place:02d}"] = words.reasons.get(item.name, plain)
    return found
