"""The cheapest ways up are the cheapest there are, they are all there are, and they get there."""

import itertools
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scoring import Scorecard
from tests.scoring.random_cards import random_card, text_of

CARD = Scorecard.load(Path("scoring/policies/cq_bishan/household/2023-01-01.yaml"))
COOPERATIVE = Scorecard.load(Path("scoring/policies/cq_bishan/agri_entity/2023-01-01.yaml")).overlay(
    "cooperative"
)
# Random cards say nothing about time; here every other characteristic can be changed, each in its own time.
MONTHS = (3, None, 12, 3, 24, None, 1, 12, 6)


def total(card, bins):
    sums = [
        min(
            sum(
                i.bins[b].points
                for i, b in zip(card.characteristics, bins, strict=False)
                if i.block == block.name
            ),
            block.maximum,
        )
        for block in card.blocks
    ]
    return min(max(sum(sums), 0), card.maximum)


def packed_of(card, bins):
    result = shift = 0
    for item, code in zip(card.characteristics, bins, strict=True):
        result |= code << shift
        shift += item.bits
    return result


def best(item, now):
    return max(range(1, len(item.steps) + 1), key=lambda code: item.bins[code].points, default=now)


def minimal_sets(card, bins):
    """Every set of changes that reaches the next grade and no part of which does, by trying all sets."""
    now = total(card, bins)
    goals = [grade.minimum for grade in card.grades if grade.minimum > now]
    if not goals:
        return set()
    able = [
        place
        for place, item in enumerate(card.characteristics)
        if item.months_to_change is not None
        and item.bins[best(item, 0)].points > item.bins[bins[place]].points
    ]
    reaching: set[tuple[int, ...]] = set()
    for size in range(1, len(able) + 1):
        for chosen in itertools.combinations(able, size):
            if any(set(smaller) <= set(chosen) for smaller in reaching):
                continue
            lifted = [
                best(i, 0) if p in chosen else b
                for p, (i, b) in enumerate(zip(card.characteristics, bins, strict=False))
            ]
            if total(card, lifted) >= min(goals):
                reaching.add(chosen)
    return reaching


def found_sets(card, bins):
    names = [item.name for item in card.definition.characteristics]
    return [
        tuple(names.index(change.name) for change in way.changes)
        for way in card.ways_up(packed_of(card.definition, bins))
    ]


# In the card of the seed 114 a set with a change that is not needed comes up.
@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1))
@example(114)
def test_all_minimal_sets_of_any_card_are_found_and_no_others(seed):
    rng = random.Random(seed)
    content = random_card(rng)
    for item, months in zip(content["characteristics"], itertools.cycle(MONTHS)):
        if months is not None:
            item["months_to_change"] = str(months)
    card = Scorecard.parse(text_of(content))
    bins = [rng.randrange(len(item.bins)) for item in card.definition.characteristics]
    found = found_sets(card, bins)
    assert len(found) == len(set(found))
    assert {tuple(sorted(way)) for way in found} == minimal_sets(card.definition, bins)


@pytest.mark.parametrize("card", [CARD, COOPERATIVE], ids=["household", "cooperative"])
@pytest.mark.parametrize("seed", range(12))
def test_the_first_way_of_a_shipped_card_has_the_fewest_changes_and_of_these_the_soonest(card, seed):
    rng = random.Random(seed)
    bins = [rng.randrange(len(item.bins)) for item in card.definition.characteristics]
    first = next(card.ways_up(packed_of(card.definition, bins)), None)
    cheapest = min(
        ((len(s), max(card.definition.characteristics[p].months_to_change or 0 for p in s))
         for s in minimal_sets(card.definition, bins)),
        default=None,
    )  # fmt: skip
    assert (None if first is None else (len(first.changes), first.months)) == cheapest


@settings(max_examples=60)
@given(st.tuples(*(st.integers(0, len(item.bins) - 1) for item in CARD.definition.characteristics)))
def test_every_way_reaches_the_grade_it_names_with_the_score_it_names(bins):
    items = {item.name: place for place, item in enumerate(CARD.definition.characteristics)}
    for way in itertools.islice(CARD.ways_up(packed_of(CARD.definition, bins)), 5):
        lifted = list(bins)
        for change in way.changes:
            lifted[items[change.name]] = change.to_bin
            item = CARD.definition.characteristics[items[change.name]]
            now = item.bins[bins[items[change.name]]].points
            assert change.points_gained == item.bins[change.to_bin].points - now > 0
        assert total(CARD.definition, lifted) == way.score
        goal = next(grade.minimum for grade in CARD.definition.grades if grade.code == way.grade)
        assert way.score >= goal > total(CARD.definition, bins)


def test_at_the_top_there_is_no_way_up():
    bins = [best(item, 0) for item in CARD.definition.characteristics]
    assert list(CARD.ways_up(packed_of(CARD.definition, bins))) == []


def test_what_cannot_be_changed_is_never_proposed():
    bins = [1] * len(CARD.definition.characteristics)
    ways = itertools.islice(CARD.ways_up(packed_of(CARD.definition, bins)), 50)
    assert "labour_ratio" not in {change.name for way in ways for change in way.changes}


def test_those_without_a_way_up_are_the_ones_for_whom_none_is_found():
    rng = np.random.default_rng(5)
    rows = [[int(rng.integers(0, len(i.bins))) for i in CARD.definition.characteristics] for _ in range(300)]
    packed = np.array([packed_of(CARD.definition, bins) for bins in rows], dtype=np.uint64)
    below_top = np.array([total(CARD.definition, bins) < CARD.definition.grades[0].minimum for bins in rows])
    none = np.array([next(CARD.ways_up(int(one)), None) is None for one in packed])
    assert (CARD.without_way_up(packed) == (none & below_top)).all()


@pytest.mark.parametrize("beyond", [0, 1])
def test_ways_of_more_changes_than_asked_for_are_left_out(beyond):
    rng = random.Random(beyond)
    for _ in range(20):
        packed = packed_of(
            CARD.definition, [rng.randrange(len(i.bins)) for i in CARD.definition.characteristics]
        )
        every = list(itertools.islice(CARD.ways_up(packed), 200))
        if not every:
            continue
        most = len(every[0].changes) + beyond
        assert list(itertools.islice(CARD.ways_up(packed, beyond_fewest=beyond), 200)) == [
            way for way in every if len(way.changes) <= most
        ]
