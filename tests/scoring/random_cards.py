"""Random valid cards over everything a card may say, and random columns on, beside and beyond their edges."""

import itertools
import math
import random
from typing import Any

import numpy as np
import yaml
from hypothesis import strategies as st
from numpy.typing import NDArray

Part = dict[str, Any]
Columns = dict[str, NDArray[Any]]

BASIS = "P"
UNIT = "分"
LIKELY_EDGES = [-10, -1, -0.5, 0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.5, 2, 3, 5, 10, 100]
NAMES = ["自有", "租住", "借住", "砖混 二层", "土坯'房", '"其他"', "A", "1", "no", "未知", "是", "é"]
SHARES = ["0", "0.1", "0.3", "0.5", "0.55", "0.6", "0.7", "0.9", "1"]
# minimum, maximum, and values that are likely to be recorded
RANGES: list[tuple[float, float, list[float]]] = [
    (1, 4, [1, 2, 3, 4]),
    (0, 1, [0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
    (0, 50, [0, 1, 2, 3, 4, 5, 6, 9, 10, 50]),
    (-1, 36500, [-1, 0, 1, 30, 31, 90, 91, 365, 366, 730, 1095, 36500]),
    (-1e12, 1e13, [-1e12, -5e6, -1, 0, 1, 1e6, 2.1e6, 4.5e6, 9e6, 1.5e7, 1e13]),
    (-1e308, 1e308, [-1e308, -3.3, -0.0, 0.1, 0.2, 0.30000000000000004, 7, 1e-300, 1e300]),
]


def random_card(choose: random.Random) -> Part:
    """A card as the mapping its YAML holds; with overlays for types of subject now and then."""
    inputs = [_input(choose, place) for place in range(choose.randint(1, 7))]
    references = [
        _part(f"ref_{place}", value=choose.choice(LIKELY_EDGES), basis=BASIS)
        for place in range(choose.randint(0, 2))
    ]
    derived = _derivations(choose, inputs, references)
    readable = [*inputs, *derived]
    names = [f"ch_{place}" for place in range(choose.randint(1, 8))]
    blocks = [f"block_{place}" for place in range(choose.randint(1, min(3, len(names))))]
    characteristics = [
        _characteristic(choose, name, block=blocks[place % len(blocks)], read=choose.choice(readable))
        for place, name in enumerate(names)
    ]
    card: Part = {
        "card": "R-1",
        "title": _words("随机卡"),
        "effective_from": "2023-01-01",
        "basis": BASIS,
        "maximum": choose.choice([100, 30, 10, 1]),
        "least_known_share": choose.choice(SHARES),
        "required": choose.sample([item["name"] for item in inputs], choose.choice([0, 0, 1, len(inputs)])),
        "sources": {BASIS: {"document": "演示数据（合成）", "article": "随机", "dated": "2023-01-01"}},
        "prohibited_inputs": [_part("religion", basis=BASIS)],
        "inputs": inputs,
        "references": references,
        "derived": derived,
        "reasons": {code: _words(code) for code in ("R1", "R2")},
        "characteristics": characteristics,
        "vetoes": [],
        "grades": _grades(choose),
        "unrated": {"code": "N", "label": _words("未评级"), "basis": BASIS},
    }
    numbers = [item for item in readable if "categories" not in item]
    if numbers:
        card["vetoes"] = [_veto(choose, f"veto_{i}", card, numbers) for i in range(choose.randint(0, 3))]
    if choose.random() < 0.4:
        card["overlays"] = {kind: _overlay(choose, card, readable) for kind in ("farm", "collective")}
    card["blocks"] = [_block(choose, name, card) for name in blocks]
    return card


def text_of(card: Part) -> str:
    """The card as a YAML file holds it."""
    return str(yaml.dump(card, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=110))


def cards() -> st.SearchStrategy[Part]:
    """Random valid cards for hypothesis, which makes a failing one smaller."""
    return st.randoms(use_true_random=False).map(random_card)


def random_columns(card: Part, choose: np.random.Generator, *, rows: int) -> Columns:
    """A column per input: numbers or texts as a file brings them, and as they must never count."""
    columns: Columns = {}
    for item in card["inputs"]:
        likely, odd = _pool(likely_values(card, item), choose), odd_values(item)
        if likely.dtype.kind != "i":
            odd_part = np.array(odd, dtype=likely.dtype)
            weights = [1 / len(likely)] * len(likely) + [0.15 / len(odd)] * len(odd)
        else:
            odd_part, weights = np.array([-999]), [1 / len(likely)] * len(likely) + [0.05]
        values, share = np.concatenate([likely, odd_part]), np.array(weights) / sum(weights)
        columns[item["name"]] = values[choose.choice(len(values), size=rows, p=share)]
    if choose.random() < 0.3:
        columns["nobody_asked"] = choose.random(rows)
    if choose.random() < 0.3:
        columns.pop(str(choose.choice(list(columns))))
    return columns


def rows_for(card: Part) -> st.SearchStrategy[list[Part]]:
    """A few subjects for hypothesis, as facts by name."""
    every = {item["name"]: [*likely_values(card, item), *odd_values(item)] for item in card["inputs"]}
    facts = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in every.items()})
    return st.lists(facts, min_size=1, max_size=4)


def likely_values(card: Part, item: Part) -> list[Any]:
    """What may be recorded: every edge and veto the input meets, one ulp below and above it, and the ends."""
    if "categories" in item:
        return list(item["categories"])
    low, high = item["minimum"], item["maximum"]
    overlaid = [part for added in card.get("overlays", {}).values() for part in added["characteristics"]]
    edges = [edge for part in [*card["characteristics"], *overlaid] if part["of"] == item["name"]
             for edge in _edges_of(part)]  # fmt: skip
    edges += [
        veto.get("at_least", veto.get("above")) for veto in card["vetoes"] if veto["of"] == item["name"]
    ]
    beside = [math.nextafter(edge, way) for edge in edges for way in (-math.inf, math.inf)]
    values = [*_recorded(item), *edges, *beside, low, high]
    return [float(value) for value in values if low <= value <= high]


def odd_values(item: Part) -> list[Any]:
    """What counts as unknown or as a special code: nothing, the codes, beyond the range, infinity."""
    if "categories" in item:
        return [None, "", "没见过", f"{next(iter(item['categories']))} "]
    low, high = item["minimum"], item["maximum"]
    beyond = [math.nextafter(low, -math.inf), math.nextafter(high, math.inf), -999.0, math.inf, -math.inf]
    return [None, *map(float, item.get("special", {})), *beyond]


def _pool(values: list[Any], choose: np.random.Generator) -> NDArray[Any]:
    """The values as files bring them: texts, doubles, and now and then whole numbers or single precision."""
    if isinstance(values[0], str):
        return np.array(values, dtype=object)
    pool, kind = np.array(values, dtype=np.float64), choose.random()
    if kind < 0.7 or np.abs(pool).max() > 2**53:
        return pool
    return np.unique(pool.astype(np.int64 if kind < 0.85 else np.float32))


def _input(choose: random.Random, place: int) -> Part:
    name = f"in_{place}"
    if choose.random() < 0.25:
        chosen = choose.sample(NAMES, choose.randint(2, 6))
        return _part(name, unit="类别", sensitivity="open", categories={one: _words(one) for one in chosen})
    low, high, _ = choose.choice(RANGES)
    item = _part(name, unit=UNIT, sensitivity="open", minimum=low, maximum=high)
    if abs(low) < 1e308 and choose.random() < 0.4:
        codes = choose.sample([low - 8, low - 9, high + 1, -999999999999999], choose.randint(1, 3))
        item["special"] = {code: _words("拒答") for code in codes}
    if high == 4 and choose.random() < 0.5:
        item["codes"] = {code: _words(f"第{code}类") for code in (1, 2, 3, 4)}
    return item


def _derivations(choose: random.Random, inputs: list[Part], references: list[Part]) -> list[Part]:
    """Values computed from inputs, references and one another, so that they chain."""
    known = [item["name"] for item in (*inputs, *references) if "categories" not in item]
    if not any(name.startswith("in_") for name in known):
        return []
    derived: list[Part] = []
    for place in range(choose.randint(0, 5)):
        operation = choose.choice(list(_OPERATIONS))
        count, make = _OPERATIONS[operation]
        of = [choose.choice(known) for _ in range(count or choose.randint(1, 3))]
        if all(name.startswith("ref_") for name in of):
            of[0] = choose.choice([name for name in known if not name.startswith("ref_")])
        part = _part(f"der_{place}", unit=UNIT, basis=BASIS, operation=operation, of=of)
        derived.append(part | make(choose, len(of)))
        known.append(part["name"])
    return derived


def _penalty(choose: random.Random, _count: int) -> Part:
    days, cured = sorted(choose.sample([0, 30, 90, 360], 3)), sorted(choose.sample([-1, 0, 365, 730], 2))
    return {
        "unit_points": choose.choice([6, 0.1, 2.5]),
        "item_factors": [1, 0.5, 1.3],
        "days_limits": days,
        "days_factors": [0, 0.7, 2, 8],
        "cured_limits": cured,
        "cured_factors": [1.1, 0.5, 0],
        "measure_factors": [1, 2, 3][: choose.randint(1, 3)],
    }


def _weights(choose: random.Random, count: int) -> Part:
    return {"weights": [choose.choice([-1, 0, 0.1, 0.3, 0.6, 1, 3]) for _ in range(count)]}


_OPERATIONS: dict[str, Any] = {
    "ratio": (2, lambda choose, _: {"endless": 1} if choose.random() < 0.5 else {}),
    "weighted": (0, _weights),
    "product": (0, lambda *_: {}),
    "least": (2, lambda *_: {}),
    "known_if": (2, lambda choose, _: {"at_least": choose.choice(LIKELY_EDGES)}),
    "default_penalty": (4, _penalty),
}


def _characteristic(choose: random.Random, name: str, *, block: str, read: Part) -> Part:
    part = _part(name, block=block, of=read["name"], unit=read["unit"], basis=BASIS, direction="free")
    if choose.random() < 0.5:
        part["months_to_change"] = choose.randint(0, 24)
    part["unknown"] = {"points": choose.randint(-3, 12), "reason": "R2"}
    if "categories" in read:
        part["bins"] = _category_bins(choose, list(read["categories"]))
    elif choose.random() < 0.2:
        part["ladder"] = {
            "start": choose.choice([-0.5, 0, 0.1]),
            "width": choose.choice([0.1, 0.3, 1, 6.25]),
            "count": choose.choice([2, 7, 16, 101]),
            "points": choose.randint(1, 20),
            "points_step": choose.choice([-1, 1, 2]),
            "reason": "R1",
        }
    else:
        part["bins"] = _steps(choose, _edges(choose, read))
    if "special" in read and choose.random() < 0.7:
        codes = choose.sample(list(read["special"]), choose.randint(1, len(read["special"])))
        part["special"] = [{"code": code, "points": choose.randint(-3, 9), "reason": "R2"} for code in codes]
    return part


def _edges(choose: random.Random, read: Part) -> list[float]:
    low, high = read.get("minimum", -math.inf), read.get("maximum", math.inf)
    pool = _recorded(read) if "minimum" in read else LIKELY_EDGES
    inside = sorted({float(value) for value in pool if low < value <= high})
    return sorted(choose.sample(inside, min(len(inside), choose.randint(0, 5))))


def _steps(choose: random.Random, edges: list[float]) -> list[Part]:
    """Steps with an edge of either kind between them, points that go up and down, below 0 too."""
    steps: list[Part] = [{}]
    for edge in edges:
        end, begin = choose.choice([("to", "from"), ("up_to", "above")])
        steps[-1][end] = edge
        steps.append({begin: edge})
    return _pointed(choose, steps)


def _category_bins(choose: random.Random, names: list[str]) -> list[Part]:
    """Every category in one bin; a bin may hold several."""
    cuts = sorted(choose.sample(range(1, len(names)), choose.randint(0, len(names) - 1)))
    ends = [0, *cuts, len(names)]
    shuffled = choose.sample(names, len(names))
    return _pointed(choose, [{"is": shuffled[low:high]} for low, high in itertools.pairwise(ends)])


def _pointed(choose: random.Random, steps: list[Part]) -> list[Part]:
    """The steps with points, a reason wherever points are lost; one of them always gives some."""
    given = [choose.randint(-9, 20) for _ in steps]
    given[choose.randrange(len(given))] = choose.randint(1, 40)
    best = max(given)
    lost: list[Part] = [{"reason": "R1"} if points < best else {} for points in given]
    return [
        step | {"points": points} | reason for step, points, reason in zip(steps, given, lost, strict=True)
    ]


def _block(choose: random.Random, name: str, card: Part) -> Part:
    """A block whose maximum binds now and then, and can be reached in every version of the card."""
    versions = [card["characteristics"]]
    for overlay in card.get("overlays", {}).values():
        added = {part["name"]: part for part in overlay["characteristics"]}
        versions.append([*added.values(), *(p for p in card["characteristics"] if p["name"] not in added)])
    most = min(sum(_most(part) for part in version if part["block"] == name) for version in versions)
    block = _part(name, maximum=choose.choice([most, choose.randint(1, most)]), basis=BASIS)
    if choose.random() < 0.2:
        block["judgement"] = True
    return block


def _most(part: Part) -> int:
    """The most points a characteristic gives by value."""
    if "ladder" in part:
        ladder = part["ladder"]
        return int(max(ladder["points"], ladder["points"] + (ladder["count"] - 1) * ladder["points_step"]))
    return max(int(step["points"]) for step in part["bins"])


def _veto(choose: random.Random, name: str, card: Part, numbers: list[Part]) -> Part:
    read = choose.choice(numbers)
    kind = choose.choice(["above", "at_least"])
    threshold = choose.choice(_edges(choose, read) or [1.0])
    grade = choose.choice(card["grades"])["code"]
    return _part(
        name, of=read["name"], unit=read["unit"], grade_at_most=grade, basis=BASIS, **{kind: threshold}
    )


def _grades(choose: random.Random) -> list[Part]:
    least = sorted({0, *choose.sample(range(1, 90), choose.randint(0, 4))}, reverse=True)
    return [
        {"code": f"第{place}级", "label": _words("级"), "minimum": minimum, "basis": BASIS}
        for place, minimum in enumerate(least, start=1)
    ]


def _overlay(choose: random.Random, card: Part, readable: list[Part]) -> Part:
    """One more characteristic, one in another's place, and now and then another number for the whole card."""
    block = card["characteristics"][0]["block"]
    replaced = choose.choice(card["characteristics"])
    overlay: Part = {
        "title": _words("某类主体"),
        "characteristics": [
            _characteristic(choose, "ch_own", block=block, read=choose.choice(readable)),
            _characteristic(choose, replaced["name"], block=replaced["block"], read=choose.choice(readable)),
        ],
    }
    if choose.random() < 0.5:
        overlay["least_known_share"] = choose.choice(SHARES)
    if choose.random() < 0.3:
        overlay["maximum"] = choose.choice([100, 20])
    return overlay


def _recorded(item: Part) -> list[float]:
    return next(values for low, high, values in RANGES if (low, high) == (item["minimum"], item["maximum"]))


def _edges_of(part: Part) -> list[float]:
    if "ladder" in part:
        ladder = part["ladder"]
        return [ladder["start"] + ladder["width"] * step for step in range(1, ladder["count"])]
    return [step[key] for step in part["bins"] for key in ("to", "up_to") if key in step]


def _part(name: str, **rest: Any) -> Part:
    return {"name": name, "label": _words(name), **rest}


def _words(zh: str) -> Part:
    return {"zh": zh, "en": zh}
