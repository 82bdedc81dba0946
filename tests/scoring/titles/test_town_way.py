"""The shortest way of a town: no choice of villages and loans takes less work."""

from dataclasses import replace
from itertools import chain, combinations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import HOLDS, Profile
from scoring.titles import NOT_BY_WORK, OUT_OF_REACH, UNKNOWN, Unit, shortest_town_way, shortest_way
from tests.scoring.titles.places import TOWN, VILLAGE, Books, loan, one
from tests.scoring.titles.test_way import musts

LADDER = Profile.load(Path(__file__).with_name("town_ladder.yaml"))


def town_measures(villages, *, titled, entities=(95, 100), cured=frozenset()):
    """The measures of a town of these villages, once some loans are cured."""
    left = [village.worked(cured=cured) for village in villages]
    borrowers = sum(village.borrowers for village in villages)
    return {
        "designated_village_share": one(titled, len(villages), "villages"),
        "npl_share": one(
            sum(village.bad for village in left),
            sum(village.balance for village in villages),
            "loan_balance_fen",
        ),
        "on_time_borrower_share": one(
            borrowers - sum(village.late for village in left), borrowers, "borrowing_households"
        ),
        "entity_file_coverage": one(entities[0], entities[1], "roster_entities"),
    }


def units_of(villages, titled):
    return [
        Unit(
            number,
            None if number in titled else shortest_way(VILLAGE, village.village()),
            village.arrears,
        )
        for number, village in enumerate(villages)
    ]


def way_of(villages, *, titled=(), profile=TOWN, **given):
    measures = town_measures(villages, titled=len(titled), **given)
    return shortest_town_way(profile, measures, units_of(villages, titled))


def is_enough(measures, profile):
    return profile.evaluate(measures).overall[0] == HOLDS


def subsets(items):
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def least_work(villages, titled, *, profile=TOWN, entities=(95, 100)):
    """The least work after which the town holds: every choice of villages, every set of loans and files."""
    units = units_of(villages, titled)
    free = [unit for unit in units if unit.way is not None and not unit.way.musts]
    loans = [list(subsets(village.arrears)) for village in villages]
    best = None
    for chosen in subsets(free):
        base = sum(unit.way.base for unit in chosen)
        for cured in product(*loans):
            work = base + sum(map(len, cured))
            if best is not None and work >= best:
                continue
            worked = [
                villages[unit.place_id].worked(
                    files=unit.way.file_count,
                    households=unit.way.household_count,
                    cured=cured[unit.place_id],
                )
                for unit in chosen
            ]
            if not all(village.holds(VILLAGE) for village in worked):
                continue
            count, gone = len(titled) + len(chosen), frozenset(chain.from_iterable(cured))
            for files in range(entities[1] - entities[0] + 1):
                measures = town_measures(
                    villages, titled=count, cured=gone, entities=(entities[0] + files, entities[1])
                )
                if (best is None or work + files < best) and is_enough(measures, profile):
                    best = work + files
    return best


@st.composite
def small_towns(draw):
    villages = []
    for place in range(draw(st.integers(1, 3))):
        arrears = tuple(
            loan(
                place * 10 + number,
                owes=place * 10 + draw(st.integers(0, 2)),
                fen=draw(st.integers(1, 40)),
                bad=draw(st.booleans()),
                overdue=draw(st.booleans()),
            )
            for number in range(draw(st.integers(0, 3)))
        )
        on_file = draw(st.integers(80, 100))
        villages.append(
            Books(
                on_file=on_file,
                credit=draw(st.integers(on_file // 2, on_file)),
                borrowers=draw(st.integers(10, 14)),
                balance=draw(st.integers(300, 1000)),
                before=0.5,
                arrears=arrears,
            )
        )
    titled = draw(st.sets(st.integers(0, len(villages) - 1), max_size=1))
    return villages, titled


@settings(max_examples=150, deadline=None)
@given(small_towns())
def test_brute_force_finds_no_shorter_way(town):
    villages, titled = town
    way = way_of(villages, titled=titled)
    assert way.musts == ()
    assert way.work == least_work(villages, titled)
    cured = frozenset(chain.from_iterable(unit.loans for unit in way.units))
    for unit in way.units:
        if unit.chosen:
            village = villages[unit.place_id].worked(
                files=unit.way.file_count, households=unit.way.household_count, cured=cured
            )
            assert village.holds(VILLAGE)
    count = len(titled) + sum(unit.chosen for unit in way.units)
    after = town_measures(villages, titled=count, cured=cured)
    assert TOWN.evaluate(after).overall[0] == HOLDS


@settings(max_examples=150, deadline=None)
@given(small_towns(), st.integers(1, 100))
def test_brute_force_finds_no_shorter_way_up_a_ladder(town, points):
    villages, titled = town
    ladder = LADDER.definition.ladder
    assert ladder is not None
    rungs = (replace(ladder.rungs[0], at_least=points),)
    profile = replace(LADDER, definition=replace(LADDER.definition, ladder=replace(ladder, rungs=rungs)))
    way = way_of(villages, titled=titled, profile=profile)
    least = least_work(villages, titled, profile=profile)
    assert musts(way) == ({"A": OUT_OF_REACH} if least is None else {})
    if least is None:
        return
    assert way.work == least
    after = town_measures(
        villages,
        titled=len(titled) + sum(unit.chosen for unit in way.units),
        entities=(95 + way.entity_file_count, 100),
        cured=frozenset(chain.from_iterable(unit.loans for unit in way.units)),
    )
    assert is_enough(after, profile)


SOUND = Books()


def lacking(count):
    """A village that lacks so many credit households."""
    return replace(SOUND, credit=57 - count)


def chosen(way):
    return [unit.place_id for unit in way.units if unit.chosen]


def test_a_town_brings_up_its_cheapest_villages():
    way = way_of([lacking(9), lacking(7), lacking(0), lacking(8)])
    assert (way.village_count, chosen(way), way.work) == (2, [1, 2], 7)


def test_a_village_that_bears_the_title_counts_already():
    way = way_of([lacking(9), lacking(7), lacking(0), lacking(8)], titled={2})
    assert (way.village_count, chosen(way)) == (1, [1])


def test_a_village_with_a_veto_is_chosen_only_where_there_is_no_other():
    vetoed = replace(SOUND, vetoes=1.0)
    assert chosen(way_of([vetoed, lacking(20)])) == [1]
    way = way_of([vetoed, vetoed])
    assert chosen(way) == [0]
    assert musts(way.units[0].way) == {"village_veto_count": NOT_BY_WORK}


def test_a_loan_cured_for_a_village_counts_for_the_town():
    bad = replace(SOUND, before=1.0, arrears=tuple(loan(number, fen=400) for number in range(2)))
    other = replace(lacking(2), arrears=(loan(9, fen=100),))
    way = way_of([bad, other])
    assert (chosen(way), way.work) == ([0], 2)


def test_loans_are_cured_in_villages_that_are_not_chosen_too():
    late = replace(lacking(50), arrears=tuple(loan(n, fen=1, bad=False) for n in range(9)))
    way = way_of([lacking(1), late])
    assert chosen(way) == [0]
    assert [(unit.place_id, len(unit.loans), unit.work) for unit in way.units] == [(0, 0, 1), (1, 5, 5)]


def test_a_street_without_villages_needs_none():
    late = (loan(1, bad=False),)
    community = Unit(1, None, late)
    measures = town_measures([replace(SOUND, arrears=late)], titled=0)
    measures["designated_village_share"] = one(0, 0, "villages")
    way = shortest_town_way(TOWN, measures, [community])
    assert (way.village_count, way.units, way.musts) == (0, (), ())


def test_files_of_entities_are_counted_to_the_least():
    way = way_of([SOUND], titled={0}, entities=(89, 100))
    assert (way.entity_file_count, way.work) == (6, 6)


@pytest.mark.parametrize(
    ("measures", "name", "why"),
    [
        ({"npl_share": one(np.nan, np.nan, "loan_balance_fen")}, "npl_share", UNKNOWN),
        ({"npl_share": one(5, 100, "loan_balance_fen")}, "npl_share", OUT_OF_REACH),
        ({"designated_village_share": one(0, 9, "villages")}, "designated_village_share", OUT_OF_REACH),
        ({"on_time_borrower_share": one(0, 5, "b")}, "on_time_borrower_share", UNKNOWN),
    ],
)
def test_what_a_town_cannot_work_for_is_a_must(measures, name, why):
    given = town_measures([SOUND], titled=0) | measures
    way = shortest_town_way(TOWN, given, units_of([SOUND], ()))
    assert musts(way) == {name: why}


def test_a_town_whose_profile_has_no_bad_loans_in_it_needs_no_balance():
    counted = [item for item in TOWN.definition.criteria if item.title]
    profile = replace(TOWN, definition=replace(TOWN.definition, criteria=tuple(counted)))
    way = shortest_town_way(
        profile, {"designated_village_share": one(0, 1, "villages")}, units_of([lacking(3)], ())
    )
    assert (chosen(way), way.work) == ([0], 3)


def test_a_threshold_nothing_reaches_leaves_all_villages_to_do():
    item = replace(TOWN.definition.criteria[-1], threshold=1.5)
    profile = replace(TOWN, definition=replace(TOWN.definition, criteria=(item,)))
    given = {"designated_village_share": one(0, 2, "villages")}
    way = shortest_town_way(profile, given, units_of([lacking(3), lacking(4)], ()))
    assert (way.village_count, musts(way)) == (2, {"designated_village_share": OUT_OF_REACH})
