"""The shortest way of a village: no less work opens its gates, and what work cannot open is said."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import INSUFFICIENT, Profile
from scoring.titles import NOT_BY_WORK, OUT_OF_REACH, UNKNOWN, Near, shortest_way
from tests.scoring.titles.places import PREFECTURE, VILLAGE, Books, loan, one

SOUND = Books()
LADDER = Profile.load(Path(__file__).with_name("ladder.yaml"))


def way_of(books, profile=VILLAGE, *, rung="", **given):
    return shortest_way(profile, books.village(**given), rung=rung)


def musts(way):
    return {must.criterion.name: must.why for must in way.musts}


def choices_of_files(books):
    """How many files can be opened, and how many of them of households that have the grade."""
    without = max(books.registered - books.on_file, 0)
    for files in range(without + 1):
        for graded in range(min(files, books.graded) + 1):
            if files - graded <= without - books.graded:
                yield files, graded


def after(books, way):
    return books.worked(
        files=way.file_count, graded=len(way.graded), households=way.household_count, cured=way.loans
    )


def least_work(books, profile):
    """The least files, households and loans after which the village holds; by trying everything."""
    best = None
    for files, graded in choices_of_files(books):
        for households in range(books.on_file - books.credit + files - graded + 1):
            for size in range(len(books.arrears) + 1):
                work = files + households + size
                if best is not None and work >= best:
                    continue
                if any(
                    books.worked(files=files, graded=graded, households=households, cured=cured).holds(
                        profile
                    )
                    for cured in combinations(books.arrears, size)
                ):
                    best = work
    return best


@st.composite
def small_villages(draw):
    registered = draw(st.integers(1, 7))
    on_file = draw(st.integers(0, registered))
    arrears = tuple(
        loan(
            number,
            owes=number if draw(st.booleans()) else 0,
            household=number != 3,
            fen=draw(st.integers(1, 30)),
            bad=draw(st.booleans()),
            overdue=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 4)))
    )
    return Books(
        registered=registered,
        on_file=on_file,
        credit=draw(st.integers(0, on_file)),
        borrowers=draw(st.integers(10, 14)),
        balance=draw(st.integers(120, 400)),
        before=draw(st.sampled_from([0.0, 0.01, 0.05])),
        graded=draw(st.integers(0, registered - on_file)),
        arrears=arrears,
    )


@settings(max_examples=150, deadline=None)
@given(small_villages(), st.sampled_from([VILLAGE, PREFECTURE]))
def test_brute_force_finds_no_shorter_way(books, profile):
    way = way_of(books, profile)
    assert way.musts == ()
    assert way.work == least_work(books, profile)
    assert after(books, way).holds(profile)


def on_ladder(*least, items=None):
    """The ladder with these points asked for its rungs, and with some of its items only."""
    definition = LADDER.definition
    ladder = definition.ladder
    assert ladder is not None
    rungs = [replace(rung, at_least=points) for rung, points in zip(ladder.rungs, least, strict=False)]
    kept = tuple(item for item in ladder.items if items is None or item.name in items)
    return replace(
        LADDER, definition=replace(definition, ladder=replace(ladder, items=kept, rungs=tuple(rungs)))
    )


def score(books, profile):
    return profile.evaluate(books.measures()).ladder


@settings(max_examples=250, deadline=None)
@given(small_villages(), st.integers(1, 100), st.sampled_from([0.0, 1.0]))
def test_brute_force_finds_no_shorter_way_up_a_ladder(books, points, cadres):
    books, profile = replace(books, cadres=cadres), on_ladder(points)
    way, least = way_of(books, profile), least_work(books, profile)
    if way.musts == ():
        assert way.work == least
        assert after(books, way).holds(profile)
    elif musts(way) == {"A": UNKNOWN}:
        assert score(books, profile).rungs[0].state[0] == INSUFFICIENT
    else:
        assert musts(way) == {"A": OUT_OF_REACH}
        assert least is None
        assert way.work == least_work(books, on_ladder(0))


def test_the_way_to_a_higher_rung_is_asked_for_by_its_name():
    books = replace(SOUND, arrears=(loan(1, fen=5_000, bad=False), loan(2, bad=False)))
    profile = on_ladder(60, 95)
    assert way_of(books, profile).work == 0
    way = way_of(books, profile, rung="AA")
    assert (way.household_count, len(way.loans)) == (16, 1)
    assert score(after(books, way), profile).score[0] >= 95


def test_points_no_work_brings_must_be_settled():
    way = way_of(replace(SOUND, cadres=1.0), on_ladder(5, items=["cadres"]))
    assert (musts(way), way.work) == ({"A": NOT_BY_WORK}, 0)


def test_where_a_better_value_gives_fewer_points_no_work_is_looked_for():
    profile = on_ladder(60)
    ladder = profile.definition.ladder
    turned = [
        replace(item, bins=(*item.bins[:-1], replace(item.bins[-1], points=0)))
        if item.name == "files"
        else item
        for item in ladder.items
    ]
    odd = replace(
        profile,
        definition=replace(profile.definition, ladder=replace(ladder, items=tuple(turned))),
    )
    assert musts(way_of(replace(SOUND, credit=10), odd)) == {"A": NOT_BY_WORK}


def test_a_village_that_holds_needs_nothing():
    way = way_of(SOUND)
    assert (way.work, way.musts, way.nearest, way.loans) == (0, (), (), ())


def test_opening_files_takes_more_credit_households():
    books = replace(SOUND, on_file=80, credit=48)
    way = way_of(books)
    assert (way.file_count, way.household_count) == (10, 6)


def test_files_of_households_with_the_grade_come_first_and_count_by_themselves():
    books = replace(SOUND, on_file=80, credit=48, graded=4)
    way = way_of(books)
    assert (way.file_count, way.household_count, way.graded) == (10, 2, (0, 1, 2, 3))


def test_the_nearest_households_come_first_and_of_equal_ones_the_first():
    near = [Near(5, 3), Near(2, 9), Near(7, 1), Near(4, 3)]
    way = way_of(replace(SOUND, credit=54), near=near)
    assert way.household_count == 3
    assert [item.subject_id for item in way.nearest] == [7, 4, 5]


def test_households_without_points_are_counted_and_not_named():
    way = way_of(replace(SOUND, credit=54), near=[Near(5, 3)])
    assert (way.household_count, way.nearest) == (3, (Near(5, 3),))


def test_two_loans_of_six_wan_are_told():
    six_wan = 6_000_000
    arrears = tuple(loan(number, fen=six_wan, overdue=False) for number in (1, 2, 3))
    way = way_of(replace(SOUND, balance=six_wan * 40, before=1.0, arrears=arrears))
    assert [item.loan_id for item in way.loans] == [1, 2]
    assert (way.bad_fen, way.work) == (10_800_000, 2)


@pytest.mark.parametrize(
    ("change", "name", "why"),
    [
        ({"cadres": 1.0}, "cadre_default_count", NOT_BY_WORK),
        ({"vetoes": 1.0}, "village_veto_count", NOT_BY_WORK),
        ({"cadres": float("nan")}, "cadre_default_count", UNKNOWN),
        ({"borrowers": 9}, "on_time_borrower_share", UNKNOWN),
        ({"registered": 0, "on_file": 0, "credit": 0}, "file_coverage", OUT_OF_REACH),
        ({"registered": float("nan")}, "file_coverage", UNKNOWN),
    ],
)
def test_what_work_cannot_open_is_a_must(change, name, why):
    assert musts(way_of(replace(SOUND, **change)))[name] == why


def test_without_borrowers_a_village_is_decided_by_hand():
    way = way_of(replace(SOUND, borrowers=0, balance=0))
    assert musts(way) == dict.fromkeys(("on_time_borrower_share", "npl_share", "npl_increment"), UNKNOWN)
    assert way.work == 0


def test_arrears_the_banks_did_not_list_are_out_of_reach():
    books = replace(SOUND, arrears=(loan(1, fen=5_000),))
    listed = replace(books.village(), arrears=())
    way = shortest_way(VILLAGE, listed)
    assert musts(way) == {"npl_share": OUT_OF_REACH, "npl_increment": OUT_OF_REACH}
    assert (way.loans, way.bad_fen) == ((), 0)


def test_the_increment_alone_needs_no_known_balance():
    measures = SOUND.measures() | {"npl_increment": one(0.5)}
    del measures["npl_share"], measures["file_coverage"]
    profile = replace(
        PREFECTURE,
        definition=replace(PREFECTURE.definition, criteria=PREFECTURE.definition.criteria[-1:]),
    )
    way = shortest_way(profile, replace(SOUND.village(), measures=measures))
    assert musts(way) == {"npl_increment": OUT_OF_REACH}
