"""Several rows of one subject become one value, whatever order and blocks they come in."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.jobs.sources.definition import Together
from app.jobs.sources.drafts import Drafts, combine
from app.jobs.sources.seen import Seen, parts_of, subject_days
from app.jobs.sources.values import UNKNOWN_DAY

# Subject, day, value, and the day it ended (None: it has not).
ROWS = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(20_000, 20_002),
        st.integers(0, 9),
        st.none() | st.integers(20_000, 20_009),
    ),
    min_size=1,
    max_size=20,
)
NAIVE: dict[Together, Callable[[list[int]], int]] = {
    Together.SUM: sum,
    Together.COUNT: sum,
    Together.MAX: max,
    Together.ANY: max,
    Together.LATEST: lambda values: values[-1],
}


def drafts(rows) -> Drafts:
    """Rows as columns; their numbers follow each other from 2."""
    count = len(rows)
    ended = np.array([UNKNOWN_DAY if row[3] is None else row[3] for row in rows], dtype=np.int64)
    return Drafts(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        np.array([float(row[2]) for row in rows]),
        np.arange(2, count + 2),
        ended,
        ended,
        np.zeros(count, dtype=np.int64),
    )


@pytest.mark.parametrize("together", Together)
@given(rows=ROWS)
def test_combining_is_what_a_clerk_would_do_by_hand(together: Together, rows) -> None:
    groups: dict[tuple[int, int], list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(row[:2], []).append(place)
    combined = combine(drafts(rows), together, adverse_from=None)
    made = combined.drafts
    found = zip(made.subject_ids, made.days, made.values, made.rows, strict=True)
    assert {(int(s), int(d)): (float(v), int(r)) for s, d, v, r in found} == {
        key: (float(NAIVE[together]([rows[place][2] for place in places])), places[0] + 2)
        for key, places in groups.items()
    }
    pairs = set(zip(combined.group_rows.tolist(), combined.source_rows.tolist(), strict=True))
    assert pairs == {
        (places[0] + 2, place + 2) for places in groups.values() if len(places) > 1 for place in places
    }


@given(rows=ROWS)
def test_an_event_has_ended_when_all_that_is_adverse_in_it_has(rows) -> None:
    made = combine(drafts(rows), Together.MAX, adverse_from=1).drafts
    for subject, day, ended in zip(made.subject_ids, made.days, made.ended, strict=True):
        adverse = [row[3] for row in rows if row[:2] == (subject, day) and row[2] >= 1]
        expected = UNKNOWN_DAY if not adverse or None in adverse else max(adverse)
        assert ended == expected


def test_ten_parcels_of_a_tenth_are_one() -> None:
    made = combine(drafts([(1, 20_000, 0, None)] * 10), Together.SUM, adverse_from=None).drafts
    tenth = Drafts(*(made.subject_ids.repeat(10), made.days.repeat(10), np.full(10, 0.1)), np.arange(10),
                   *(made.ended.repeat(10),) * 2, made.consents.repeat(10))  # fmt: skip
    assert combine(tenth, Together.SUM, adverse_from=None).drafts.values.tolist() == [1.0]


@given(st.lists(st.lists(st.integers(0, 6), max_size=8), max_size=5))
def test_what_stood_before_is_known_with_its_first_row(blocks) -> None:
    first: dict[int, int] = {}
    seen, row = Seen(), 2
    for block in blocks:
        rows = np.arange(row, row + len(block))
        expected = {place: first[key] for place, key in enumerate(block) if key in first}
        for place, key in enumerate(block):
            if key in first:
                expected[place] = first[key]
            first.setdefault(key, row + place)
        assert seen.add(np.array(block, dtype=np.int64), rows) == expected
        row += len(block)


@given(st.integers(1, 2**40), st.integers(-25_567, 60_000))
def test_a_subject_and_a_day_fit_into_one_number(subject_id: int, day: int) -> None:
    subjects, days = parts_of(subject_days(np.array([subject_id]), np.array([day])))
    assert (subjects[0], days[0]) == (subject_id, day)
