"""What the marks of a village come to: exact means, a quorum, and little power for any one appraiser."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import median as plain_median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.appraisal import NONE, Outlier, Tally, TopMarks, Twins, fleiss_kappa, median, outliers, tally
from scoring.appraisal import top_marks as found_top_marks
from scoring.appraisal import twins as found_twins

RULES = {"quorum": 3, "trimmed_from": 5, "favourable_from": 60}
scores_of_one = st.lists(st.integers(0, 100), min_size=0, max_size=12)


def tallied(*marks: int, counted: list[bool] | None = None) -> Tally:
    row = np.array([marks], dtype=np.int64)
    counts = np.array([counted if counted is not None else [True] * len(marks)], dtype=bool)
    return tally(row, counts, **RULES)


def score(*marks: int) -> int:
    return int(tallied(*marks).score_hundredths[0])


@pytest.mark.parametrize(
    ("marks", "hundredths"),
    [
        ((), NONE),
        ((100, 100), NONE),
        ((100, 100, 0), 6667),
        ((60, 61, 61), 6067),
        ((0, 0, 1), 33),
        ((10, 20, 30, 100), 4000),
        ((0, 50, 60, 70, 100), 6000),
        ((1, 1, 1, 2, 100), 133),
        ((10, 10, 10, 10, 11, 11, 99), 1040),
    ],
)
def test_the_score_is_the_mean_to_two_decimals_and_from_five_on_without_the_best_and_the_worst(
    marks, hundredths
):
    assert score(*marks) == hundredths


def test_a_half_of_the_last_decimal_is_rounded_up():
    # Eight marks count after trimming: 1/8 = 0.125.
    assert score(0, 0, 0, 0, 0, 0, 0, 0, 1, 1) == 13


def test_a_mark_that_does_not_count_moves_nothing():
    found = tallied(70, 70, 70, 0, counted=[True, True, True, False])
    assert (found.counted[0], found.favourable[0], found.score_hundredths[0]) == (3, 3, 7000)


@pytest.mark.parametrize(("mark", "favourable"), [(59, 0), (60, 1), (100, 1)])
def test_a_mark_is_favourable_from_sixty_points_on(mark, favourable):
    assert tallied(mark).favourable[0] == favourable


@given(scores_of_one)
def test_the_score_agrees_with_exact_arithmetic(marks):
    counted = sorted(marks)[1:-1] if len(marks) >= 5 else marks
    expected = NONE
    if len(marks) >= 3:
        mean = Fraction(sum(counted), len(counted))
        exact = Decimal(mean.numerator) / Decimal(mean.denominator)
        expected = int(exact.quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)
    assert score(*marks) == expected


@given(
    st.lists(st.integers(0, 100), min_size=1, max_size=12).flatmap(
        lambda m: st.tuples(st.just(m), st.permutations(m))
    )
)
def test_the_order_of_the_appraisers_changes_nothing(pair):
    marks, shuffled = pair
    one, other = tallied(*marks), tallied(*shuffled)
    assert (one.counted, one.favourable, one.score_hundredths) == (
        other.counted, other.favourable, other.score_hundredths
    )  # fmt: skip


@given(st.lists(st.integers(0, 100), min_size=4, max_size=11), st.integers(0, 100))
def test_one_rogue_among_five_or_more_cannot_leave_the_range_of_the_others(honest, rogue):
    found = score(*honest, rogue)
    assert 100 * min(honest) <= found <= 100 * max(honest)


@given(st.lists(st.integers(0, 100), min_size=4, max_size=11), st.integers(0, 100), st.integers(0, 100))
def test_what_one_rogue_can_move_is_bounded_by_how_far_the_others_lie_apart(honest, one, other):
    number = len(honest) - 1
    moved = abs(score(*honest, one) - score(*honest, other))
    assert moved <= Fraction(100 * (max(honest) - min(honest)), number) + 1


@given(st.lists(st.integers(0, 100), min_size=3, max_size=12), st.data())
def test_a_better_mark_never_lowers_a_score(marks, data):
    place = data.draw(st.integers(0, len(marks) - 1))
    better = list(marks)
    better[place] = data.draw(st.integers(marks[place], 100))
    assert score(*better) >= score(*marks)


@given(st.lists(st.integers(0, 30_000_000), min_size=0, max_size=9), st.integers(0, 3))
def test_the_median_is_the_middle_or_half_way_half_up(values, uncounted):
    row = np.array([values + [5] * uncounted], dtype=np.int64)
    counted = np.array([[True] * len(values) + [False] * uncounted])
    found = int(median(row, counted)[0])
    exact = Decimal(str(plain_median(values))) if values else Decimal(NONE)
    assert found == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def test_nobody_has_no_median():
    assert median(np.zeros((2, 0), dtype=np.int64), np.zeros((2, 0), dtype=bool)).tolist() == [NONE, NONE]


# The example Fleiss's measure is usually shown by: 14 raters, 10 subjects, 5 categories, kappa 0.210.
PUBLISHED = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def test_kappa_is_that_of_the_published_example():
    found = fleiss_kappa(np.array(PUBLISHED))
    assert found is not None
    assert round(found, 3) == 0.210


def test_full_agreement_over_several_categories_is_one_and_systematic_disagreement_below_nothing():
    assert fleiss_kappa(np.array([[3, 0], [0, 3]])) == pytest.approx(1)
    assert fleiss_kappa(np.array([[1, 1], [1, 1]])) == pytest.approx(-1)


@pytest.mark.parametrize("counts", [[[0, 0], [1, 0]], [[3, 0], [3, 0]]])
def test_where_nothing_can_be_said_there_is_no_kappa(counts):
    assert fleiss_kappa(np.array(counts)) is None


@settings(max_examples=50)
@given(st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=1, max_size=8), st.data())
def test_kappa_does_not_depend_on_the_order_of_households_or_categories(counts, data):
    rows = data.draw(st.permutations(range(len(counts))))
    columns = data.draw(st.permutations(range(3)))
    one, other = fleiss_kappa(np.array(counts)), fleiss_kappa(np.array(counts)[rows][:, columns])
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one == pytest.approx(other)


def marks(columns: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Scores by household, from a list per appraiser; -1 is a mark that does not count."""
    table = np.array(columns, dtype=np.int64).T
    return table, table >= 0


@pytest.mark.parametrize(("distance", "found"), [(19, []), (20, [Outlier(3, 20.0, 5)])])
def test_who_is_twenty_points_from_the_others_is_shown(distance, found):
    table = marks([[60] * 5, [60] * 5, [60] * 5, [60 + distance] * 5])
    assert list(outliers(*table, marks_least=5, points_least=20)) == found


def test_too_few_shared_households_make_nobody_an_outlier():
    alone = marks([[60] * 4 + [-1], [60] * 5, [60] * 5, [0] * 4 + [-1]])
    assert list(outliers(*alone, marks_least=5, points_least=20)) == []
    pair = marks([[60] * 5, [0] * 5])
    assert list(outliers(*pair, marks_least=5, points_least=20)) == []


def test_two_sheets_with_the_same_answers_everywhere_are_twins():
    table, counted = marks([[1, 2, 3], [1, 2, 3], [1, 2, 4], [-1, 2, 3]])
    answers = np.stack([table, table + 1], axis=2)
    assert list(found_twins(answers, counted, marks_least=3, share_least=1)) == [Twins(0, 1, 3)]
    assert list(found_twins(answers, counted, marks_least=2, share_least=1)) == [
        Twins(0, 1, 3), Twins(0, 3, 2), Twins(1, 3, 2)
    ]  # fmt: skip
    assert Twins(0, 2, 3) in list(found_twins(answers, counted, marks_least=3, share_least=0.6))


@pytest.mark.parametrize(("top", "found"), [(8, []), (9, [TopMarks(0, 9, 10)]), (10, [TopMarks(0, 10, 10)])])
def test_who_gives_nine_in_ten_the_best_marks_is_shown(top, found):
    table = marks([[95] * top + [94] * (10 - top), [60] * 10])
    assert list(found_top_marks(*table, marks_least=5, top_from=95, share_least=0.9)) == found


def test_few_top_marks_are_no_pattern():
    table = marks([[100] * 4])
    assert list(found_top_marks(*table, marks_least=5, top_from=95, share_least=0.9)) == []
