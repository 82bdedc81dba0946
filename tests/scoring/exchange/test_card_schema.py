"""The published schema takes what the loader takes, and refuses what it refuses for its form."""

import copy
import json
import random
from pathlib import Path

import jsonschema
import pytest
import yaml

from scoring import CardError, loader
from scoring.exchange.card_schema import card_schema
from tests.scoring.random_cards import random_card

PUBLISHED = Path("docs/card.schema.json")
CARDS = [
    file for file in sorted(Path("scoring/policies").rglob("*.yaml")) if "\ncard: " in file.read_text("utf-8")
]
HOUSEHOLD = Path("scoring/policies/cq_bishan/household/2023-01-01.yaml")
CHECK = jsonschema.Draft202012Validator(card_schema())


def as_editor_reads(file):
    """YAML as an editor reads it: numbers are numbers, dates are texts."""
    return json.loads(json.dumps(yaml.safe_load(file.read_text("utf-8")), default=str))


def test_the_schema_is_published_as_it_is():
    assert json.loads(PUBLISHED.read_text("utf-8")) == card_schema()
    jsonschema.Draft202012Validator.check_schema(card_schema())


@pytest.mark.parametrize("file", CARDS, ids=str)
def test_a_shipped_card_is_valid_as_an_editor_and_as_the_loader_reads_it(file):
    assert [error.message for error in CHECK.iter_errors(as_editor_reads(file))] == []
    assert [error.message for error in CHECK.iter_errors(loader.read(file))] == []


@pytest.mark.parametrize("seed", range(60))
def test_a_random_valid_card_is_valid(seed):
    assert [error.message for error in CHECK.iter_errors(random_card(random.Random(seed)))] == []


def characteristic(content):
    return content["characteristics"][0]


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.pop("card"),
        lambda c: c.pop("unrated"),
        lambda c: c.update(surprise=1),
        lambda c: c.update(maximum="a hundred"),
        lambda c: c.update(effective_from="next year"),
        lambda c: c["title"].pop("en"),
        lambda c: c["blocks"][0].pop("maximum"),
        lambda c: c["blocks"][0].update(bonus="perhaps"),
        lambda c: c["inputs"][0].pop("minimum"),
        lambda c: c["inputs"][0].update(sensitivity="secret"),
        lambda c: c["inputs"][0].update(consent="oral"),
        lambda c: c["inputs"][0].update(invalid="guess"),
        lambda c: c["inputs"][0].update(units="days"),
        lambda c: c["references"][0].pop("basis"),
        lambda c: c["derived"][0].update(operation="magic"),
        lambda c: c["derived"][0].pop("unit_points"),
        lambda c: c["derived"][1].update(of=["debt_fen"]),
        lambda c: characteristic(c).pop("unknown"),
        lambda c: characteristic(c).pop("bins"),
        lambda c: characteristic(c).update(direction="sideways"),
        lambda c: characteristic(c)["bins"][0].pop("points"),
        lambda c: characteristic(c)["bins"][0].update(points="1.5"),
        lambda c: characteristic(c)["bins"][0].update(until=3),
        lambda c: characteristic(c)["unknown"].update(points="many"),
        lambda c: c["vetoes"][0].pop("above"),
        lambda c: c["vetoes"][0].update(of=["a"]),
        lambda c: c["grades"][0].pop("code"),
        lambda c: c["sources"]["A19"].pop("dated"),
    ],
)
def test_what_is_malformed_is_refused_by_the_schema_and_by_the_loader(change):
    content = copy.deepcopy(loader.read(HOUSEHOLD))
    change(content)
    assert list(CHECK.iter_errors(content))
    with pytest.raises(CardError):
        loader.card(content, where="card")
