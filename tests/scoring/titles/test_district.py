"""A whole district at once: 194 villages and communities, 20,000 households, 15 towns."""

import numpy as np
import pytest

from scoring.titles import Unit, shortest_town_way, shortest_way
from tests.scoring.titles.places import TOWN, VILLAGE, Books, loan, one

WAN = 1_000_000
# Two of five late loans are bad.
BAD_SHARE = 0.4


def made_up_village(random, first_id, *, late_share):
    """A village of about 100 households, half of them borrowers, with three bad loans of entities."""
    registered = int(random.integers(70, 140))
    on_file = int(registered * random.uniform(0.8, 1))
    borrowers = registered // 2
    arrears = [
        loan(
            first_id + number,
            fen=int(random.integers(1, 12)) * WAN,
            bad=bool(random.random() < BAD_SHARE),
        )
        for number in range(random.binomial(borrowers, late_share))
    ]
    arrears += [loan(first_id + 900 + number, household=False, fen=20 * WAN) for number in range(3)]
    return Books(
        registered=registered,
        on_file=on_file,
        credit=int(on_file * random.uniform(0.3, 0.75)),
        borrowers=borrowers,
        balance=borrowers * 5 * WAN,
        arrears=tuple(arrears),
    )


def district(random, *, late_share):
    """Its 15 towns, each as its villages."""
    villages = [made_up_village(random, 1000 * number, late_share=late_share) for number in range(194)]
    return [villages[number::15] for number in range(15)]


@pytest.mark.parametrize("late_share", [0.05, 0.15])
def test_every_town_of_a_district_has_a_way(late_share):
    towns = district(np.random.default_rng(20), late_share=late_share)
    found = [way_of(town) for town in towns]
    assert sum(village.registered for town in towns for village in town) > 19_000
    assert all(way.village_count == sum(unit.chosen for unit in way.units) for way in found)
    assert all(way.musts == () and way.work > 0 for way in found)


def way_of(town):
    """The way of a town and of each of its villages."""
    late, borrowers = sum(v.late for v in town), sum(v.borrowers for v in town)
    measures = {
        "designated_village_share": one(0, len(town), "villages"),
        "npl_share": one(sum(v.bad for v in town), sum(v.balance for v in town), "loan_balance_fen"),
        "on_time_borrower_share": one(borrowers - late, borrowers, "borrowing_households"),
        "entity_file_coverage": one(89, 100, "roster_entities"),
    }
    units = [
        Unit(number, shortest_way(VILLAGE, village.village()), village.arrears)
        for number, village in enumerate(town)
    ]
    return shortest_town_way(TOWN, measures, units)
