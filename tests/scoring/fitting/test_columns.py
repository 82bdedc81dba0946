"""Tables of any kind become columns of numbers or of texts, and nothing is guessed."""

from typing import Any

import numpy as np
import pytest

from scoring.fitting.columns import column, holds_text


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (np.array([1, 2]), [1.0, 2.0]),
        (np.array([True, False]), [1.0, 0.0]),
        (np.array([1, 2.5, None], dtype=object), [1.0, 2.5, np.nan]),
        (np.array([np.int64(1), True, np.nan], dtype=object), [1.0, 1.0, np.nan]),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array(["a", None, np.nan], dtype=object), ["a", None, None]),
    ],
)
def test_numbers_are_floats_and_texts_are_texts(given: np.ndarray, read: list[object]):
    assert str(column("x", given).tolist()) == str(read)


def test_a_mark_for_missing_that_is_equal_to_nothing_is_missing():
    class Mark:
        def __eq__(self, other: object) -> Any:
            return self

        def __hash__(self) -> int:
            return 0

    assert column("x", np.array(["a", Mark()], dtype=object)).tolist() == ["a", None]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (np.array(["a", 1], dtype=object), "column x holds texts and numbers"),
        (np.array([{}, 1], dtype=object), "column x holds a dict; give numbers or texts"),
        (np.array([1, np.inf]), "column x holds infinity"),
        (np.array([1, -np.inf, None], dtype=object), "column x holds infinity"),
        (np.array(["2024-01-01"], dtype="datetime64[D]"), "column x holds datetime64"),
    ],
)
def test_what_is_neither_or_both_is_refused(given: np.ndarray, told: str):
    with pytest.raises(ValueError, match=told):
        column("x", given)


def test_a_number_written_as_text_is_a_text():
    assert holds_text([["1", 2], ["3", 4]])
    assert not holds_text([[1, 2], [3, 4]])
    assert column("x", np.array(["1", "2"], dtype=object)).dtype.kind == "O"
