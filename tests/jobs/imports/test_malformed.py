"""However a file is damaged, it is refused, told row by row, or lands whole."""

from collections import Counter

import pytest

from tests.jobs.imports.malformed import Office, damaged

SEEDS, PARTS = 600, 4


@pytest.mark.parametrize("part", range(PARTS))
def test_no_damaged_file_lands_in_part_or_fails_without_a_word(tmp_path, part):
    office = Office(tmp_path)
    found = Counter(office.bring(damaged(seed)) for seed in range(part, SEEDS, PARTS))
    assert set(found) == {"refused", "errors", "accepted"}
    assert min(found.values()) > SEEDS / PARTS / 20


def test_a_seed_always_gives_the_same_file():
    assert damaged(7) == damaged(7)
    assert damaged(7) != damaged(8)
