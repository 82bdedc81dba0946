"""The shortest way of a town: no choice of villages and loans takes less work."""

from itertools import chain, combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import HOLDS
from scoring.titles import Unit, shortest_town_way, shortest_way
from tests.scoring.titles.places import TOWN, VILLAGE, Books, loan, one

# The gates on a village's loans are wide enough here to be held with a few small loans in arrears.
ASKED = VILLAGE


def town_measures(villages, *, titled, entities=(95, 100), cured=frozenset()):
    """The measures of a town of these villages, once some loans are cured."""
    left = [village.worked(cured=cured) for village in villages]
    borrowers = sum(village.borrowers for village in villages)
    return {
        "designated_village_share": one(titled, len(villages), "villages"),
        "npl_share": one(
            sum(village.bad for village in left), sum(village.balance for village in villages), "fen"
        ),
        "on_time_borrower_share": one(
            borrowers - sum(village.late for village in left), borrowers, "borrowing_households"
        ),
        "entity_file_coverage": one(*entities, "roster_entities"),
    }


def units_of(villages, titled):
    return [
        Unit(
            number,
            None if number in titled else shortest_way(ASKED, village.village()),
            village.arrears,
        )
        for number, village in enumerate(villages)
    ]


def way_of(villages, *, titled=(), **given):
    measures = town_measures(villages, titled=len(titled), **given)
    return shortest_town_way(TOWN, measures, units_of(villages, titled))


def subsets(items):
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def least_work(villages, titled):
    """The least work after which the town holds: every choice of villages, every set of loans."""
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
            gone = frozenset(chain.from_iterable(cured))
            measures = town_measures(villages, titled=len(titled) + len(chosen), cured=gone)
            town_holds = TOWN.evaluate(measures).overall[0] == HOLDS
            if town_holds and all(village.holds(ASKED) for village in worked):
                best = work
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
            assert village.holds(ASKED)
    count = len(titled) + sum(unit.chosen for unit in way.units)
    after = town_measures(villages, titled=count, cured=cured)
    assert TOWN.evaluate(after).overall[0] == HOLDS
