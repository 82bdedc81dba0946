"""The scoring engine and a naive scorer that shares no code with it give every subject the same."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import NO_SCORE, REQUIRED_MISSING, TOO_FEW_FACTS, CardError, Scorecard
from scoring.facts import Coded
from tests.scoring.naive import NaiveCard
from tests.scoring.random_cards import cards, random_card, random_columns, rows_for, text_of

CHUNKS, CARDS, ROWS = 20, 10, 5000  # a million subjects on 200 cards
UNRATED = {"": 0, "required_missing": REQUIRED_MISSING, "too_few_facts": TOO_FEW_FACTS}


def variants(card):
    return ["", *card.get("overlays", {})]


def loaded(text, *, variant):
    card = Scorecard.parse(text)
    return card.overlay(variant) if variant else card


def subjects(columns, rows):
    names = list(columns)
    for values in zip(*(column.tolist() for column in columns.values()), strict=True):
        yield dict(zip(names, values, strict=True))
    if not names:
        yield from ({} for _ in range(rows))


def naive_table(text, columns, *, variant, rows):
    """Every field of every subject as the naive scorer gives it, as rows of whole numbers."""
    card = NaiveCard(text, variant=variant)
    ranks = {code: rank for rank, code in enumerate([*(code for _, code in card.grades), card.none])}
    table = []
    for facts in subjects(columns, rows):
        one = card.rate(facts)
        total = NO_SCORE if one.total is None else one.total
        rest = (ranks[one.grade], UNRATED[one.unrated], one.known, one.out_of_range, one.vetoes)
        table.append((*one.bins, *one.points, total, *rest))
    return np.array(table, dtype=np.int64).reshape(len(table), -1)


def table_of(scores):
    """The same fields as the engine gives them."""
    fields = [*scores.bins.values(), *scores.points.values(), scores.total, scores.grade, scores.unrated,
              scores.known, scores.out_of_range, scores.vetoes]  # fmt: skip
    return np.stack([np.asarray(field).astype(np.int64) for field in fields], axis=1)


def same(scores, others, rows):
    names = ("total", "grade", "packed", "known", "vetoes", "unrated", "out_of_range")
    pairs = [(getattr(scores, name), getattr(others, name)) for name in names]
    pairs += [(scores.bins[name], others.bins[name]) for name in scores.bins]
    pairs += [(scores.points[name], others.points[name]) for name in scores.points]
    return all(np.array_equal(whole[rows], part) for whole, part in pairs)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_million_random_subjects_get_the_same_from_both_scorers(chunk):
    for seed in range(chunk * CARDS, (chunk + 1) * CARDS):
        card = random_card(random.Random(seed))
        text, variant = text_of(card), random.Random(seed).choice(variants(card))
        columns = random_columns(card, np.random.default_rng(seed), rows=ROWS)
        columns = columns or {"nobody_asked": np.zeros(ROWS)}
        found = table_of(loaded(text, variant=variant).score(columns))
        expected = naive_table(text, columns, variant=variant, rows=ROWS)
        wrong = np.argwhere(found != expected)
        assert wrong.size == 0, f"seed {seed}, variant {variant!r}: {len(wrong)} differ, first {wrong[0]}"


@settings(max_examples=150)
@given(st.data())
def test_any_card_and_any_subject_get_the_same_from_both_scorers(data):
    card = data.draw(cards())
    text, variant = text_of(card), data.draw(st.sampled_from(variants(card)))
    facts = data.draw(rows_for(card))
    columns = {name: np.array([one[name] for one in facts], dtype=kind_of(card, name)) for name in facts[0]}
    found = table_of(loaded(text, variant=variant).score(columns))
    assert found.tolist() == naive_table(text, columns, variant=variant, rows=len(facts)).tolist()


def kind_of(card, name):
    texts = next("categories" in item for item in card["inputs"] if item["name"] == name)
    return object if texts else float


@pytest.fixture(scope="module", params=range(1000, 1012))
def scored(request):
    """A random card, random columns, and what the engine gives."""
    card = random_card(random.Random(request.param))
    columns = random_columns(card, np.random.default_rng(request.param), rows=400)
    columns = columns or {"nobody_asked": np.zeros(400)}
    engine = Scorecard.parse(text_of(card))
    return engine, columns, engine.score(columns)


def test_a_packed_rating_alone_explains_the_same_bins_points_score_and_grade(scored):
    card, _, scores = scored
    for row in range(len(scores.total)):
        told = card.explain(
            int(scores.packed[row]), vetoes=int(scores.vetoes[row]), unrated=bool(scores.unrated[row])
        )
        assert {line.name: line.bin for line in told.lines} == {n: b[row] for n, b in scores.bins.items()}
        assert {line.name: line.points for line in told.lines} == {
            n: p[row] for n, p in scores.points.items()
        }
        total = None if scores.total[row] == NO_SCORE else scores.total[row]
        known = (told.known_count, told.characteristic_count)
        assert (told.score, told.grade) == (total, card.grade_codes[scores.grade[row]])
        assert known == (scores.known[row], len(scores.bins))


def test_a_batch_of_one_is_a_row_of_the_batch(scored):
    card, columns, scores = scored
    for row in range(0, 400, 7):
        one = card.score({name: column[row : row + 1] for name, column in columns.items()})
        assert same(scores, one, slice(row, row + 1))


def test_shuffled_rows_get_what_they_got_in_order(scored):
    card, columns, scores = scored
    order = np.random.default_rng(1).permutation(400)
    assert same(scores, card.score({name: column[order] for name, column in columns.items()}), order)


@pytest.mark.parametrize("size", [3, 64, 399])
def test_rows_rated_in_chunks_get_what_they_get_together(scored, size):
    card, columns, scores = scored
    for start in range(0, 400, size):
        rows = slice(start, start + size)
        assert same(scores, card.score({name: column[rows] for name, column in columns.items()}), rows)


@pytest.mark.parametrize("rows", [0, 1])
def test_columns_may_be_lists_and_may_be_empty(scored, rows):
    card, columns, scores = scored
    part = card.score({name: column[:rows].tolist() for name, column in columns.items()})
    assert same(scores, part, slice(0, rows))


@pytest.mark.parametrize("seed", range(1000, 1012))
def test_where_a_card_refuses_invalid_values_they_stop_the_scoring_and_nothing_else_does(seed):
    content = random_card(random.Random(seed))
    columns = random_columns(content, np.random.default_rng(seed), rows=60)
    refusing = content | {"inputs": [item | {"invalid": "refuse"} for item in content["inputs"]]}
    lenient, strict = Scorecard.parse(text_of(content)), Scorecard.parse(text_of(refusing))
    for row in range(60 if columns else 0):
        part = {name: column[row : row + 1] for name, column in columns.items()}
        scores = lenient.score(part)
        if scores.out_of_range[0]:
            with pytest.raises(CardError, match="row 0"):
                strict.score(part)
        else:
            assert same(scores, strict.score(part), slice(0, 1))


def test_texts_given_as_codes_of_other_lists_get_what_they_get_as_texts(scored):
    card, columns, scores = scored
    coded = dict(columns)
    for item in card.definition.inputs:
        if item.categories and item.name in columns:
            texts = columns[item.name].tolist()
            names = sorted({text for text in texts if text is not None}, reverse=True)
            codes = [-1 if text is None else names.index(text) for text in texts]
            coded[item.name] = Coded(np.array(codes, dtype=np.int8), names)
    assert same(scores, card.score(coded), slice(None))


def test_subjects_rated_together_with_thousands_get_what_they_get_alone(scored):
    card, columns, scores = scored
    many = card.score({name: np.tile(column, 90) for name, column in columns.items()})
    for start in range(0, 36_000, 400):
        assert same(many, scores, slice(start, start + 400))


def plain_card(**changes):
    """Two characteristics that give 0 or 10 points below and from 5, in one block."""
    words = {"zh": "示例", "en": "sample"}
    bins = [{"to": "5", "points": 0, "reason": "R1"}, {"from": "5", "points": 10}]
    ends = {"label": words, "unit": "分", "sensitivity": "open", "minimum": 0, "maximum": 10}
    common = {"label": words, "unit": "分", "basis": "P", "block": "block", "bins": bins}
    common["unknown"] = {"points": 1, "reason": "R1"}
    card = random_card(random.Random(0)) | {
        "maximum": 100,
        "least_known_share": 0,
        "required": [],
        "inputs": [{"name": name} | ends for name in ("a", "b")],
        "references": [{"name": "ref", "label": words, "value": 7, "basis": "P"}],
        "derived": [],
        "blocks": [{"name": "block", "label": words, "maximum": 10, "basis": "P"}],
        "characteristics": [{"name": f"of_{name}", "of": name} | common for name in ("a", "b")],
        "vetoes": [],
    }
    card.pop("overlays", None)
    return card | {key: change(card) for key, change in changes.items()}


def copies(points, count):
    """So many characteristics, 14 that read a and the rest b, of which one step gives these points."""
    step = {"to": "5", "points": min(points, 0), "reason": "R1"}
    steps = [step, {"from": "5", "points": max(points, 10)}]
    return lambda card: [
        card["characteristics"][place // 14] | {"name": f"of_{place}", "bins": steps}
        for place in range(count)
    ]


def reading(name):
    return lambda card: [part | {"of": name} for part in card["characteristics"]]


def derived(**parts):
    words = {"zh": "示例", "en": "sample"}
    return lambda card: [{"name": "der", "label": words, "unit": "分", "basis": "P"} | parts]


PENALTY = {
    "operation": "default_penalty", "unit_points": 6, "item_factors": [1, 2], "measure_factors": [1],
    "days_limits": [3], "days_factors": [0, 1], "cured_limits": [3], "cured_factors": [1, 0.5],
}  # fmt: skip


UNUSUAL = {
    "many points": {
        "characteristics": copies(10_000, 4),
        "maximum": lambda _: 30_000,
        "blocks": lambda card: [card["blocks"][0] | {"maximum": 40_000}],
    },
    "many points off": {"characteristics": copies(-10_000, 4)},
    "14 of 25 is 0.56": {"characteristics": copies(10, 25), "least_known_share": lambda _: "0.56"},
    "maximum below 0": {"maximum": lambda _: -5},
    "a reference is judged": {"characteristics": reading("ref")},
    "a value of references alone": {
        "characteristics": reading("der"),
        "derived": derived(operation="product", of=["ref", "ref"]),
    },
    "penalty with a reference": {
        "characteristics": reading("der"),
        "derived": derived(of=["a", "b", "ref", "a"], **PENALTY),
    },
    "penalty whose first value is a reference": {
        "characteristics": reading("der"),
        "derived": derived(of=["ref", "b", "a", "ref"], **PENALTY),
    },
    "penalty without factors": {
        "characteristics": reading("der"),
        "derived": derived(of=["a", "b", "a", "a"], **PENALTY | {"item_factors": []}),
    },
}


@pytest.mark.parametrize("changes", UNUSUAL.values(), ids=UNUSUAL)
def test_an_unusual_card_is_refused_or_rated_as_by_hand(changes):
    text = text_of(plain_card(**changes))
    columns = {"a": np.array([0.0, 4, 5, 10, np.nan] * 5), "b": np.repeat([0.0, 4, 5, 10, np.nan], 5)}
    try:
        card = Scorecard.parse(text)
    except CardError:
        return
    found = table_of(card.score(columns))
    assert found.tolist() == naive_table(text, columns, variant="", rows=25).tolist()


@pytest.mark.parametrize("count", [2, 127, 128, 253, 254, 255, 256, 257, 300])
def test_no_number_of_categories_makes_an_unknown_text_a_known_one(count):
    names = [f"n{place}" for place in range(count)]
    card = plain_card()
    words = card["inputs"][0]["label"]
    card["inputs"][0] = {
        "name": "a", "label": words, "unit": "分", "sensitivity": "open",
        "categories": dict.fromkeys(names, words),
    }  # fmt: skip
    ends = [{"is": names[:-1], "points": 0, "reason": "R1"}, {"is": names[-1:], "points": 10}]
    card["characteristics"][0] = card["characteristics"][0] | {"bins": ends}
    try:
        engine = Scorecard.parse(text_of(card))
    except CardError:
        assert count > 250
        return
    texts = np.array(["n0", names[-1], None, "zz"], dtype=object)
    scores = engine.score({"a": texts, "b": np.zeros(4)})
    assert (scores.bins["of_a"].tolist(), scores.out_of_range.tolist()) == ([1, 2, 0, 0], [0, 0, 0, 1])


def test_rows_rated_by_several_threads_get_what_they_get_by_one(scored):
    card, columns, scores = scored
    many = {name: np.tile(column, 300) for name, column in columns.items()}
    together = card.score(many, threads=4)
    assert len(together.total) == 300 * len(scores.total)
    assert same(card.score(many), together, slice(None))
