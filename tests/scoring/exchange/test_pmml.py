"""A card as PMML gives, in two engines this project did not write, exactly what the kernel gives."""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring import CardError, Scorecard
from scoring.exchange.pmml_read import read_pmml
from scoring.exchange.pmml_write import write_pmml
from tests.scoring.random_cards import random_card, random_columns, text_of

HERE = Path(__file__).resolve().parent
POLICIES = HERE.parents[2] / "scoring/policies"
ENGINES = HERE.parents[2] / ".venv-pmml/bin/python"
CARDS = {
    "household": Scorecard.load(POLICIES / "cq_bishan/household/2023-01-01.yaml"),
    "chinese": Scorecard.load(HERE / "chinese_card.yaml"),
    "cooperative": Scorecard.load(POLICIES / "cq_bishan/agri_entity/2023-01-01.yaml").overlay("cooperative"),
    "hunan": Scorecard.load(POLICIES / "hunan_rcc/household/2010-01-01.yaml"),
}
FOREIGN = (HERE / "foreign.pmml").read_text(encoding="utf-8")
ROWS = {"household": 20_000, "chinese": 20_000, "cooperative": 5_000, "hunan": 5_000, "foreign": 2_000}
PART_ROWS = 100
RANDOM_CARDS, RANDOM_ROWS = 30, 200


def test_the_documents_are_valid_pmml_4_4(answers):
    assert {name: answers[name]["schema"] for name in CARDS} == dict.fromkeys(CARDS, "")


@pytest.mark.parametrize("engine", ["pypmml", "jpmml"])
@pytest.mark.parametrize("name", CARDS)
def test_points_score_and_grade_are_the_same_in_both_engines(answers, facts, name, engine):
    assert differences(CARDS[name], facts[name], answers[name][engine]) == {}


@pytest.mark.parametrize("name", CARDS)
def test_an_engine_takes_the_same_partial_score_from_every_characteristic(answers, facts, name):
    points = CARDS[name].score(as_columns(CARDS[name], facts[name])).points
    assert np.array(answers[name]["parts"]).T.tolist() == [
        part[:PART_ROWS].tolist() for part in points.values()
    ]


@pytest.mark.parametrize("engine", ["pypmml", "jpmml"])
@pytest.mark.parametrize("name", CARDS)
def test_the_ranked_reasons_are_those_that_cost_most(answers, facts, name, engine):
    card, results = CARDS[name], answers[name][engine]
    told = [results[key] for key in results if key.startswith("reason.")]
    for row, lost in enumerate(points_lost(card, facts[name])):
        codes = [column[row] for column in told if isinstance(column[row], str)]
        assert len(set(codes)) == len(codes) == min(len(lost), len(told)), (row, codes, lost)
        # Reasons that cost the same may come in either order.
        dearest = sorted(lost.values(), reverse=True)[: len(told)]
        assert [lost[code] for code in codes] == dearest, (row, codes, lost)


@pytest.mark.parametrize("engine", ["pypmml", "jpmml"])
def test_a_scorecard_of_another_tool_gives_as_a_card_what_the_engine_gives(answers, facts, engine):
    card = Scorecard(read_pmml(FOREIGN), "foreign")
    totals = card.score(as_columns(card, facts["foreign"])).total.tolist()
    assert answers["foreign"][engine]["final"] == totals


@pytest.mark.parametrize("place", range(RANDOM_CARDS))
def test_random_cards_give_the_same_in_both_engines(answers, random_cards, place):
    card, _, given = random_cards[place]
    answer = answers[f"random {place}"]
    assert answer["schema"] == "", card.definition.content
    assert differences(card, given, answer["pypmml"]) == {}, card.definition.content
    assert differences(card, given, answer["jpmml"]) == {}, card.definition.content


def differences(card, given, results):
    """How many rows differ, by result; nothing where all are the same."""
    scores = card.score(as_columns(card, given))
    expected = {f"points.{name}": points for name, points in scores.points.items()}
    expected["raw_score"] = sum(points.astype(np.int64) for points in scores.points.values())
    expected["known_count"] = scores.known
    counted = {name: (np.array(results[name], float) != column).sum() for name, column in expected.items()}
    told = [-1 if value is None or np.isnan(value) else value for value in results["score"]]
    counted["score"] = (np.array(told) != scores.total).sum()
    grades = [card.grade_codes[rank] for rank in scores.grade]
    counted["grade"] = sum(one != other for one, other in zip(results["grade"], grades, strict=True))
    return {name: int(count) for name, count in counted.items() if count}


def points_lost(card, given):
    """The points every reason costs, row by row."""
    points = card.score(as_columns(card, given))
    lost: dict[str, Any] = {}
    for item in card.definition.characteristics:
        codes = np.array([step.reason or "" for step in item.bins])[points.bins[item.name]]
        for code in set(codes) - {""}:
            cost = np.where(codes == code, np.maximum(item.maximum - points.points[item.name], 0), 0)
            lost[code] = lost.get(code, 0) + cost.astype(np.int64)
    rows = zip(*(column.tolist() for column in lost.values()), strict=True)
    return [{code: cost for code, cost in zip(lost, row, strict=True) if cost} for row in rows]


def drawn(card, rows):
    """Values in, on and around every range, whole numbers and special codes among them, a sixth unknown."""
    rng = np.random.default_rng(17)
    found = {}
    for item in card.definition.inputs:
        if item.categories:
            names = [*(category.name for category in item.categories), "没见过", None]
            found[item.name] = rng.choice(np.array(names, dtype=object), rows).tolist()
            continue
        low, high = max(item.minimum, -1e8), min(item.maximum, 1e8)
        values = low + rng.beta(0.5, 2, rows) * (high - low) * 1.02
        values = np.where(rng.random(rows) < 0.5, np.round(values), values)
        values = np.where(rng.random(rows) < 0.05, item.minimum - 1, values)
        if item.special:
            values = np.where(rng.random(rows) < 0.3, rng.choice(list(item.special), rows), values)
        found[item.name] = as_json(np.where(rng.random(rows) < 0.16, np.nan, values))
    return found


def as_json(column):
    """A column as JSON holds it, which knows no infinity."""
    numbers = column.dtype.kind == "f"
    return [None if numbers and not np.isfinite(value) else value for value in column.tolist()]


def as_columns(card, given):
    """A column as the kernel takes it."""
    texts = {item.name for item in card.definition.inputs if item.categories}
    return {name: np.array(v, dtype=object if name in texts else float) for name, v in given.items()}


def asked(tasks, folder):
    """What both engines answer."""
    assert ENGINES.exists(), "the PMML engines are missing: run tools/pmml_engines.sh"
    (folder / "tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
    command = [ENGINES, HERE / "pmml_engines.py", folder / "tasks.json", folder / "answers.json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads((folder / "answers.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def facts():
    """The facts of every card's subjects."""
    found = {name: drawn(card, ROWS[name]) for name, card in CARDS.items()}
    found["foreign"] = drawn(Scorecard(read_pmml(FOREIGN), "foreign"), ROWS["foreign"])
    found["foreign"]["age"] = [age and float(round(age)) for age in found["foreign"]["age"]]
    return found


@pytest.fixture(scope="module")
def random_cards():
    """Random cards that PMML can carry, their documents and the facts of their subjects."""
    choose = random.Random(5)
    found: list[Any] = []
    while len(found) < RANDOM_CARDS:
        part = random_card(choose)
        card = Scorecard.parse(text_of(part))
        try:
            document = write_pmml(card.definition)
        except CardError:  # a value that could be no number
            continue
        columns = random_columns(part, np.random.default_rng(len(found)), rows=RANDOM_ROWS)
        nothing = np.full(RANDOM_ROWS, np.nan)
        given = {name: as_json(columns.get(name, nothing)) for name in card.inputs}
        found.append((card, document, given))
    return found


@pytest.fixture(scope="module")
def answers(facts, random_cards, tmp_path_factory):
    """The answers of the engines by card, in one call."""
    asks = {name: (write_pmml(card.definition), facts[name], PART_ROWS) for name, card in CARDS.items()}
    asks["foreign"] = (FOREIGN, facts["foreign"], 0)
    for place, (_, document, given) in enumerate(random_cards):
        asks[f"random {place}"] = (document, given, 0)
    tasks = [{"document": d, "columns": given, "parts": parts} for d, given, parts in asks.values()]
    return dict(zip(asks, asked(tasks, tmp_path_factory.mktemp("pmml")), strict=True))
